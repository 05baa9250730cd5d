//! What the core does where the oracles leave it a choice: its settings and its documentation
//! promise more than any gateway owes.

use gateway_core::message::{Kind, MessageId, Notice};
use gateway_core::settings::Notices;
use scenarios::catalogue::Catalogue;
use scenarios::input::File;
use scenarios::registry::GatewayName;
use sim::direct::run;
use sim::hub::Keep;
use sim::ledger::Delivery;
use sim::oracle::judge;
use sim::plan::Plan;
use sim::script::Script;
use sim::time::Ms;
use sim::world::World;

/// The plan of a scenario, without the kills that are the matrix's.
fn plan(name: &str) -> Plan {
    let catalogue = Catalogue::embedded().expect("its own files");
    let scenario = catalogue.find(name).map(File::scenario).expect("the catalogue has it");
    scenario.plan.without_probes()
}

/// What the core makes of a plan.
fn ran(plan: &Plan) -> World {
    let core = GatewayName::Core.make(plan);
    let world = run(World::new(Script::new(plan).into()), &*core, Keep::Nothing).world;
    assert_eq!(judge(&world), []);
    world
}

/// Everything that a chat was sent.
fn sent<'w>(world: &'w World, chat: &str) -> Vec<&'w Delivery> {
    let index = world.script().chats.iter().position(|one| one.0 == chat);
    world.ledger().deliveries.iter().filter(|delivery| delivery.chat == index).collect()
}

/// The notices among it that are about a message, by the number that the platform gave it.
fn notices(world: &World, chat: &str, number: u64) -> Vec<Notice> {
    let notices = sent(world, chat).into_iter().filter_map(|delivery| match delivery.kind {
        Kind::Notice { notice, to } => (to == Some(MessageId(number))).then_some(notice),
        Kind::Answer { .. } | Kind::Copy { .. } => None,
    });
    notices.collect()
}

/// The boot whose answer to a message was taken.
fn answered_by(world: &World, number: u64) -> Option<u32> {
    let index = world.script().message(MessageId(number)).expect("somebody writes it");
    world.ledger().answers(index).next().map(|answer| answer.boot)
}

#[test]
fn a_chat_that_lost_its_access_hears_that_it_was_refused_and_not_a_word_more() {
    let world = ran(&plan("r062-resumed-for-a-revoked-user"));
    for number in [1, 2, 4] {
        let mut heard = notices(&world, "revoked", number);
        heard.retain(|notice| *notice != Notice::Stopping);
        assert_eq!(heard, [Notice::Refused]);
    }
    let second = sent(&world, "revoked").into_iter().filter(|delivery| delivery.boot == 2);
    assert!(second.into_iter().all(|delivery| delivery.notice() == Some(Notice::Refused)));
    assert_eq!(answered_by(&world, 3), Some(2));
}

#[test]
fn an_answer_is_not_sent_to_a_chat_that_lost_its_access_meanwhile() {
    let world = ran(&plan("revoked-while-its-turn-runs"));
    assert_eq!(world.ledger().messages[0].produced.len(), 1);
    assert_eq!([1, 2, 3].map(|number| answered_by(&world, number)), [None, None, Some(2)]);
    assert_eq!(notices(&world, "a", 1), [Notice::Refused]);
    assert_eq!(notices(&world, "a", 2), [Notice::Refused]);
}

#[test]
fn a_zero_drain_cuts_the_turns_of_chats_and_waits_for_jobs() {
    let world = ran(&plan("r109-zero-drain-destroys-jobs"));
    assert_eq!((answered_by(&world, 1), answered_by(&world, 2)), (Some(2), Some(1)));
    assert_eq!(world.ledger().boot(1).cut, [0]);
    let mut hasty = plan("r109-zero-drain-destroys-jobs");
    hasty.settings.job_drain_timeout = std::time::Duration::ZERO;
    assert_eq!(ran(&hasty).ledger().boot(1).cut, [0, 1]);
}

#[test]
fn notices_that_are_switched_off_are_not_sent_and_those_that_end_a_duty_are() {
    let quiet = plan("notices-switched-off");
    let world = ran(&quiet);
    assert_eq!((notices(&world, "a", 1), notices(&world, "b", 2)), (vec![], vec![Notice::Stale]));
    let mut loud = quiet;
    loud.settings.notices = Notices::all();
    let world = ran(&loud);
    assert_eq!(notices(&world, "a", 1), [Notice::Stopping, Notice::Resuming]);
    assert_eq!(notices(&world, "b", 2), [Notice::Stopping, Notice::Stale]);
}

#[test]
fn a_resumed_turn_that_is_slow_or_hangs_keeps_nobody_else_waiting() {
    let world = ran(&plan("r054-slow-resume-silences-everybody"));
    let answers = |number: usize| world.ledger().answers(number - 1).next().expect("answered").at;
    let asked = world.script().messages[2].at;
    assert_eq!(world.script().chats[world.script().messages[2].chat].0, "bystander");
    assert!(answers(3).since(asked) < Ms(5_000), "{}", answers(3));
    assert!(answers(1) > answers(3) && answers(2) > answers(3));
}

#[test]
fn a_job_that_waited_too_long_is_reported_and_one_that_is_only_late_is_run() {
    let world = ran(&plan("r110-job-due-while-down"));
    for (number, chat) in [(2, "busy"), (3, "cut")] {
        assert!(notices(&world, chat, number).contains(&Notice::Stale), "{number}");
        assert_eq!(answered_by(&world, number), None);
    }
    // The chat's own message is younger than its window, and a message that waits has none.
    assert_eq!((answered_by(&world, 1), answered_by(&world, 4)), (Some(2), Some(2)));
}

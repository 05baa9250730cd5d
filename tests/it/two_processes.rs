//! Several processes at a time, and a network that fails: what the core makes of it, and what
//! becomes of gateways that do it otherwise.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway_core::env::Exit;
use scenarios::catalogue::Catalogue;
use scenarios::input::File;
use scenarios::registry::GatewayName;
use sim::direct::Ran;
use sim::hub::Keep;
use sim::ledger::{BootFacts, End};
use sim::oracle::{OracleId, judge};
use sim::parity;
use sim::plan::{Plan, Stage};
use sim::script::Script;
use sim::time::Ms;
use sim::trace::first_difference;
use sim::world::World;
use sim::{network, witness};

/// Two chats at work, then whatever a test has in store.
fn plan(more: &str) -> Plan {
    let text = format!(
        "horizon = \"60s\"\nstage = \"network\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n\
         turn = {{ steps = 2, step = \"2s\" }}\n[[message]]\nat = \"2s\"\nchat = \"b\"\n\
         turn = {{ steps = 3, step = \"5s\" }}\n{more}"
    );
    toml::from_str(&text).expect("a plan")
}

fn run(plan: &Plan, gateway: GatewayName) -> Ran {
    parity::play(plan, Stage::Network, &*gateway.make(plan))
}

fn broken(world: &World) -> BTreeSet<OracleId> {
    judge(world).into_iter().map(|violation| violation.oracle).collect()
}

fn acquitted(more: &str) -> World {
    let world = run(&plan(more), GatewayName::Core).world;
    assert_eq!(judge(&world), [], "{more}");
    for message in 0..world.script().messages.len() {
        assert!(world.ledger().answers(message).count() >= 1, "{more}");
    }
    world
}

const REPLACED: &str = "[[replace]]\nat = \"4s\"\npatience = \"9s\"\n";

#[test]
fn a_new_core_waits_for_the_old_one_and_goes_on_with_what_that_could_not_finish() {
    let world = acquitted(REPLACED);
    let boots = &world.ledger().boots;
    assert_eq!(boots.len(), 2, "the new one waits: {boots:?}");
    assert_eq!(boots[0].ended.as_ref().map(|(_, end)| end), Some(&End::Killed));
    assert_eq!(boots[0].cut, [1]);
    assert!(boots[1].began_at < boots[0].ended_at(), "they lived at a time");
    let went_on = world.ledger().runs.iter().find(|run| run.boot == 2).expect("it went on");
    assert!(went_on.asked_at >= boots[0].ended_at());
    assert_eq!(went_on.resumed, Some(gateway_core::message::Cut::Shutdown));
}

#[test]
fn a_core_that_is_told_to_stop_does_not_wait_for_the_lock() {
    let stop = "[[start]]\nat = \"3s\"\n[[replace]]\nat = \"5s\"\npatience = \"50s\"\n";
    let stop = format!("{stop}[[stop]]\nat = \"8s\"\nsignal = \"stop\"\n");
    let world = run(&plan(&stop), GatewayName::Core).world;
    // The stop is for the third process, which waits for the first to end its drain.
    let third = &world.ledger().boots[2];
    let planned = End::Exited(gateway_core::env::Exit::Planned);
    assert_eq!(third.ended.as_ref().map(|(_, end)| end), Some(&planned));
    assert!(third.ended_at() < sim::time::Ms(8_100), "{:?}", third.ended);
    assert_eq!(judge(&world), []);
}

#[test]
fn two_runs_with_two_processes_and_a_failing_network_leave_the_same_trace() {
    let loss = "[[link_fault]]\nfrom = \"5s\"\nuntil = \"20s\"\neffect = \"loss\"\n\
                per_mille = 200\n";
    let plan = plan(&format!("{REPLACED}{loss}"));
    let trace = || {
        let world = World::new(std::sync::Arc::new(Script::new(&plan)));
        let core = GatewayName::Core.make(&plan);
        network::run(world, &*core, Keep::Trace).kept.trace.to_text()
    };
    let first = trace();
    let second = std::thread::scope(|scope| scope.spawn(trace).join().expect("it ends"));
    assert!(first.contains(" b2 ") && first.contains("loss from 5s"), "{first}");
    assert_eq!(first_difference(&first, &second), None);
}

#[test]
fn a_kill_before_a_transition_hits_the_boot_that_it_names() {
    for (boot, killed) in [(1, [true, false]), (2, [false, true])] {
        let kill = format!("[[kill]]\nboot = {boot}\nbefore = 12\nkind = \"process\"\n");
        let plan = plan(&format!("[[start]]\nat = \"3s\"\n{kill}"));
        let seen = witness::witness(&plan, &*GatewayName::Core.make(&plan));
        let boots = &seen.world.ledger().boots;
        let died = [0, 1].map(|index: usize| boots[index].died());
        assert_eq!(died, killed, "{boots:?}");
        assert_eq!(broken(&seen.world), BTreeSet::new());
        let line = &seen.trace.lines[seen.kill.expect("somebody was killed").line];
        assert!(line.text.starts_with("killed") && line.boot == Some(boot), "{line}");
    }
}

#[test]
fn whatever_fails_on_the_way_to_the_platform_the_core_answers_everybody() {
    let faults = [
        "effect = \"partition\"\nuntil = \"12s\"",
        "effect = \"partition-to-platform\"\nuntil = \"12s\"",
        "effect = \"partition-to-gateway\"\nuntil = \"12s\"",
        "effect = \"hold\"\nuntil = \"12s\"",
        "effect = \"latency\"\nuntil = \"12s\"\ndelay = \"800ms\"",
        "effect = \"loss\"\nuntil = \"12s\"\nper_mille = 500",
        "effect = \"reset\"",
        "effect = \"platform-dies\"\nuntil = \"8s\"",
    ];
    for fault in faults {
        let world = acquitted(&format!("[[link_fault]]\nfrom = \"4900ms\"\n{fault}\n"));
        let delivered = world.delivered().count(sim::delivered::Planned::LinkFault(0));
        assert_eq!(delivered, 1, "{fault} never happened");
    }
}

#[test]
fn a_platform_that_dies_with_a_send_shows_it_and_whoever_sends_blindly_shows_it_twice() {
    let fault = "[[link_fault]]\nfrom = \"4s\"\nuntil = \"8s\"\neffect = \"platform-dies\"\n";
    let kinds = |world: &World| {
        let answers = world.ledger().answers(0).map(|answer| answer.kind);
        answers.map(|kind| matches!(kind, gateway_core::message::Kind::Copy { .. })).collect()
    };
    let copied: Vec<bool> = kinds(&acquitted(fault));
    assert_eq!(copied, [false, true], "what is sent again says so");
    let blind = run(&plan(fault), GatewayName::Resends).world;
    assert_eq!(kinds(&blind) as Vec<bool>, [false, false]);
    assert_eq!(broken(&blind), BTreeSet::from([OracleId::NoSilentDuplicate]));
}

#[test]
fn a_frozen_core_whose_place_is_taken_is_killed_and_its_turns_go_on() {
    let frozen = "[[stall]]\nat = \"3s\"\nfor = \"20s\"\n";
    let world = acquitted(&format!("{frozen}{REPLACED}"));
    let boots = &world.ledger().boots;
    assert_eq!((boots.len(), boots[0].ended_at()), (2, sim::time::Ms(13_000)));
    // It never heard that it was to stop.
    assert!(boots[0].stop.as_ref().is_some_and(|stop| stop.announced_at.is_none()));
    let thawed = acquitted(frozen);
    assert_eq!(thawed.ledger().boots.len(), 1);
}

#[test]
fn a_lock_that_is_a_number_lets_two_in_or_nobody() {
    let name = "core-lock-by-number".parse::<GatewayName>().expect("a saboteur");
    let both = "[[kill]]\nat = \"3s\"\nkind = \"process\"\n[[start]]\nat = \"4s\"\n";
    acquitted(both);
    let world = run(&plan(both), name).world;
    assert!(broken(&world).contains(&OracleId::OneAgent), "{:?}", judge(&world));
    let stranger = "supervisor = { pids = \"reused\" }\n\
                    settings = { lock_patience = \"5s\" }\n";
    let kill = "[[kill]]\nat = \"3s\"\nkind = \"process\"\n";
    let mut plan = plan(kill);
    let more: Plan = toml::from_str(&format!("horizon = \"60s\"\n{stranger}")).expect("a plan");
    (plan.supervisor, plan.settings) = (more.supervisor, more.settings);
    assert_eq!(judge(&run(&plan, GatewayName::Core).world), []);
    let world = run(&plan, name).world;
    assert!(broken(&world).contains(&OracleId::NothingLost), "{:?}", judge(&world));
    assert_eq!(world.ledger().runs.iter().filter(|run| run.boot > 1).count(), 0);
}

/// A gateway that is frozen at a time, and loses its lock to another one before it wakes.
fn superseded(at: sim::time::Ms) -> String {
    let after = |ms: u64| at.plus(sim::time::Ms(ms));
    format!(
        "horizon = \"60s\"\nheal_at = \"30s\"\nstage = \"network\"\n\
         settings = {{ compact_after = 1500 }}\n\
         [[message]]\nat = \"1s\"\nchat = \"a\"\nturn = {{ steps = 70, step = \"10ms\" }}\n\
         [[message]]\nat = \"1300ms\"\nchat = \"b\"\nturn = {{ steps = 3, step = \"200ms\" }}\n\
         [[message]]\nat = \"1600ms\"\nchat = \"a\"\nturn = {{ steps = 2, step = \"500ms\" }}\n\
         [[stall]]\nat = \"{at}\"\nfor = \"3s\"\n[[lost_locks]]\nat = \"{}\"\n\
         [[start]]\nat = \"{}\"\n",
        after(100),
        after(200)
    )
}

#[test]
fn a_core_that_wakes_anywhere_beside_its_successor_does_no_harm() {
    let plan = |at| toml::from_str::<Plan>(&superseded(at)).expect("a plan");
    let whole = run(&plan(sim::time::Ms(29_000)), GatewayName::Core);
    let last = whole.world.ledger().deliveries.iter().map(|delivery| delivery.at).max();
    let last = last.expect("it answers").0;
    let (mut superseded, mut unfenced) = (0, 0);
    // Each of these is another place in the middle of something: accepting, a step, a compaction,
    // a transcript, an answer.
    let step = usize::try_from((last - 1_001) / 24).expect("seconds");
    for at in (1_001..last).step_by(step) {
        let plan = plan(sim::time::Ms(at));
        let world = run(&plan, GatewayName::Core).world;
        assert_eq!(judge(&world), [], "frozen at {at} ms");
        let boots = &world.ledger().boots;
        superseded += boots.iter().filter(|boot| boot.told_of_trouble()).count();
        assert_eq!(boots[0].ended.as_ref().map(|(_, end)| end), Some(&End::Superseded), "{at}");
        let without = broken(&run(&plan, GatewayName::Unfenced).world);
        unfenced += usize::from(!without.is_empty());
    }
    assert!(superseded >= 20, "{superseded} boots said that they were superseded");
    assert!(unfenced >= 20, "without a fence only {unfenced} were convicted");
}

#[test]
fn whoever_leaves_because_the_platform_refuses_it_was_superseded_and_did_not_exit() {
    let catalogue = Catalogue::embedded().expect("its own files");
    let file = catalogue.find("lock-lost-between-answer-and-receipt").map(File::scenario);
    let plan = file.expect("the catalogue has it").plan.clone();
    let world = run(&Plan { horizon: Ms(120_000), ..plan }, GatewayName::Core).world;
    let boots = &world.ledger().boots;
    assert_eq!(boots[0].ended.as_ref().map(|(_, end)| end), Some(&End::Superseded));
    // The next one of its keeper finds the lock held and fails: nobody has refused it anything.
    let failed = |boot: &&Arc<BootFacts>| {
        boot.number > 2 && matches!(boot.ended, Some((_, End::Exited(Exit::Failed))))
    };
    assert!(boots.iter().any(|boot| failed(&boot)), "{boots:?}");
}

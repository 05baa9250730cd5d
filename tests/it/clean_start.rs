//! A clean start, killed anywhere: it comes to what it comes to when it is left alone.

use std::collections::BTreeMap;

use gateway_core::message::{Kind, Notice};
use scenarios::catalogue::Catalogue;
use scenarios::input::File;
use scenarios::registry::GatewayName;
use sim::direct::{Ran, run};
use sim::hub::Keep;
use sim::oracle::judge;
use sim::plan::{Death, DeathKind, DiskChoice, InFlight, KillPlan, Moment, Plan};
use sim::script::Script;
use sim::world::World;

/// The boot that is started clean.
const CLEAN: u32 = 2;

fn plan() -> Plan {
    let catalogue = Catalogue::embedded().expect("its own files");
    let scenario = catalogue.find("started-clean").map(File::scenario).expect("it is there");
    scenario.plan.clone()
}

fn ran(plan: &Plan, keep: Keep) -> Ran {
    let core = GatewayName::Core.make(plan);
    let ran = run(World::new(Script::new(plan).into()), &*core, keep);
    assert_eq!(judge(&ran.world), [], "{:?}", plan.kills);
    ran
}

/// What each chat was told: which messages were answered, and about what it was told that it was
/// dropped.
fn told(world: &World) -> BTreeMap<(usize, Option<u64>), Vec<&'static str>> {
    let mut told: BTreeMap<_, Vec<&'static str>> = BTreeMap::new();
    for delivery in world.ledger().deliveries.iter() {
        let (what, to) = match delivery.kind {
            Kind::Answer { to } | Kind::Copy { to } => ("answered", to),
            Kind::Notice { notice: Notice::Dropped, to } => ("dropped", to),
            Kind::Notice { .. } => continue,
        };
        let to = to.map(|message| message.0);
        let chat = delivery.chat.expect("somebody of the plan");
        let all = told.entry((chat, to)).or_default();
        if !all.contains(&what) {
            all.push(what);
        }
    }
    told
}

#[test]
fn a_clean_start_drops_what_was_unfinished_and_tells_each_chat_once() {
    let world = ran(&plan(), Keep::Nothing).world;
    let chat = |name: &str| world.script().chats.iter().position(|chat| chat.0 == name);
    let (cut, undelivered) = (chat("cut").expect("there"), chat("undelivered").expect("there"));
    let expected = BTreeMap::from([
        ((cut, Some(1)), vec!["answered"]),
        ((cut, Some(2)), vec!["dropped"]),
        ((undelivered, Some(3)), vec!["dropped"]),
        ((cut, Some(5)), vec!["answered"]),
    ]);
    assert_eq!(told(&world), expected);
    // The conversation goes on where it was.
    let last = world.ledger().runs.last().expect("it ran");
    assert_eq!((last.message, last.turns_given), (Some(4), 1));
}

#[test]
fn a_clean_start_that_is_killed_comes_to_the_same_as_one_that_is_not() {
    let plan = plan();
    let left_alone = ran(&plan, Keep::Trace);
    let expected = told(&left_alone.world);
    let lines = &left_alone.kept.trace.lines;
    let last = lines.iter().filter(|line| line.boot == Some(CLEAN)).map(|line| line.number).max();
    let lost = DeathKind::Power(DiskChoice::Lost);
    let mut tried = 0;
    for transition in 1..=last.expect("it lived") {
        for kind in [DeathKind::Process, lost.clone()] {
            let death = Death { kind, in_flight: InFlight::Lost };
            let moment = Moment::Before { boot: CLEAN, transition, torn: None };
            let mut killed = plan.clone();
            killed.kills.push(KillPlan { moment, death, down_for: None, probe: false });
            assert_eq!(told(&ran(&killed, Keep::Nothing).world), expected, "{transition}");
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

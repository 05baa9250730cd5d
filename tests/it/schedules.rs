//! Schedules: what they find that no fixed order does, and what they must not disturb.

mod hasty;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gateway_core::env::Gateway;
use scenarios::catalogue::Catalogue;
use scenarios::registry::GatewayName;
use sim::delivered::Planned;
use sim::direct::run;
use sim::explore::{Deaths, Family, Search, Variant, images, matrix, preemptions};
use sim::hub::Keep;
use sim::ledger::BootFacts;
use sim::oracle::{OracleId, judge};
use sim::plan::{Death, DeathKind, Demoted, Demotion, InFlight, Plan};
use sim::script::Script;
use sim::time::Ms;
use sim::trace::{Line, Trace, Transition};
use sim::world::World;

use hasty::{First, Hasty, Pair};

/// Somebody writes in the very millisecond in which the gateway is asked to restart.
const TIE: &str = r#"
horizon = "60s"

[[message]]
at = "1s"
chat = "a"

[[message]]
at = "5s"
chat = "b"

[[stop]]
at = "5s"
signal = "restart"
"#;

/// How many order seeds are enough to show a race.
const SEEDS: u64 = 50;

fn plan(text: &str) -> Plan {
    toml::from_str(text).expect("the plan is one")
}

fn scenario(name: &str) -> Plan {
    let catalogue = Catalogue::embedded().expect("its own files");
    let found = catalogue.scenarios().find(|scenario| scenario.name == name);
    found.expect("the catalogue has it").plan.without_probes()
}

fn ordered(plan: &Plan, seed: u64) -> Plan {
    let mut plan = plan.clone();
    plan.schedule.order = Some(seed);
    plan
}

fn demoted(plan: &Plan, effect: u64, part: Demoted, by: u64) -> Plan {
    let mut plan = plan.clone();
    plan.schedule.demotions.push(Demotion { boot: 1, effect, part, by: Ms(by) });
    plan
}

fn start(plan: &Plan) -> World {
    World::new(Arc::new(Script::new(plan)))
}

fn traced(plan: &Plan, gateway: &dyn Gateway) -> (World, Trace) {
    let ran = run(start(plan), gateway, Keep::Trace);
    (ran.world, ran.kept.trace)
}

fn broken(plan: &Plan, gateway: &dyn Gateway) -> BTreeSet<OracleId> {
    let (world, _) = traced(plan, gateway);
    judge(&world).iter().map(|violation| violation.oracle).collect()
}

/// The effect of the last request that begins with these words in a boot.
fn effect(trace: &Trace, boot: u32, words: &str) -> u64 {
    let asked = trace.lines.iter().rev().filter(|line| line.transition == Transition::Requested);
    let mut asked = asked.filter(|line| line.boot == Some(boot) && line.text.starts_with(words));
    asked.next().and_then(|line| line.effect).expect("it was asked for")
}

fn fingerprint(mut world: World) -> u128 {
    if let Some(boot) = world.boot() {
        world.kill(boot, &Death { kind: DeathKind::Process, in_flight: InFlight::Lost }, None);
    }
    world.fingerprint()
}

#[test]
fn a_race_within_a_millisecond_is_found_by_an_order_and_not_without() {
    let tie = plan(TIE);
    assert_eq!(broken(&tie, &Hasty(First::Note)), BTreeSet::new());
    let lost = |seed: &u64| {
        broken(&ordered(&tie, *seed), &Hasty(First::Note)).contains(&OracleId::NothingLost)
    };
    let found: Vec<u64> = (0..SEEDS).filter(lost).collect();
    assert!(!found.is_empty(), "no order of {SEEDS} finds it");
}

#[test]
fn a_race_that_needs_more_than_a_millisecond_is_found_by_a_demotion_and_by_no_order() {
    let tie = plan(TIE);
    for seed in 0..4 * SEEDS {
        let found = broken(&ordered(&tie, seed), &Hasty(First::Notice));
        assert_eq!(found, BTreeSet::new(), "order {seed}");
    }
    let (_, trace) = traced(&tie, &Hasty(First::Notice));
    let ack = effect(&trace, 1, "ack up to 2");
    for part in [Demoted::Hold, Demoted::Answer] {
        let found = broken(&demoted(&tie, ack, part, 20), &Hasty(First::Notice));
        // What was not even acknowledged is delivered again; what was is lost.
        let lost = found.contains(&OracleId::NothingLost);
        assert_eq!(lost, part == Demoted::Answer, "{part:?}: {found:?}");
    }
}

/// What convicts a gateway in a run in which up to so many effects wait for somebody else.
fn preempted(plan: &Plan, gateway: &dyn Gateway, most: usize) -> BTreeSet<OracleId> {
    let variants = preemptions(plan, gateway, most, &mut |_| ());
    assert!(!variants.is_empty(), "there is a choice");
    let runs: BTreeSet<String> =
        variants.iter().map(|one| traced(&one.plan, gateway).1.to_text()).collect();
    assert_eq!(runs.len(), variants.len(), "each is a run of its own");
    variants.iter().flat_map(|variant| broken(&variant.plan, gateway)).collect()
}

#[test]
fn one_preemption_finds_both_races_without_any_luck() {
    let tie = plan(TIE);
    for first in [First::Note, First::Notice] {
        let found = preempted(&tie, &Hasty(first), 1);
        assert!(found.contains(&OracleId::NothingLost), "{found:?}");
    }
}

#[test]
fn two_preemptions_make_each_run_of_one_and_more() {
    let tie = plan(TIE);
    let of = |most| preemptions(&tie, &Hasty(First::Note), most, &mut |_| ());
    let (one, two) = (of(1), of(2));
    assert!(two.len() > one.len() && two.starts_with(&one));
    let waiting = |variant: &Variant| variant.plan.schedule.demotions.len();
    assert!(one.iter().all(|variant| waiting(variant) == 1));
    assert!(two[one.len()..].iter().all(|variant| waiting(variant) == 2));
}

#[test]
fn the_core_survives_whoever_goes_first_around_its_stop() {
    let written = scenario("027856-killed-in-drain");
    let core = |plan: &Plan| GatewayName::Core.make(plan);
    let variants = preemptions(&written, &*core(&written), 1, &mut |_| ());
    let search = Search { gaps: Some(20), ..Search::new(Deaths::Both) };
    let mut family = Family::default();
    for (place, variant) in variants.iter().enumerate() {
        family.explore((place, variant), &*core(&variant.plan), &search);
    }
    assert!(family.findings.is_empty(), "{:#?}", family.findings);
    assert_eq!(family.fired, variants.len() as u64, "every one of them waits");
}

#[test]
fn a_woken_task_may_sleep_while_the_world_goes_on_and_others_run_before_it() {
    let quiet = plan("horizon = \"9s\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n");
    let look = |plan: &Plan| {
        let pair = Pair::default();
        let (_, trace) = traced(plan, &pair);
        let done = trace.lines.iter().filter(|line| line.transition == Transition::Completed);
        let mut done =
            done.filter(|line| line.text.contains("three") || line.text.contains("four"));
        let first_done = done.next().expect("both were made").text.clone();
        let first_ran = pair.ran.lock().expect("nobody panics")[0];
        let seen = pair.seen.lock().expect("nobody panics").expect("it looked");
        (seen, first_done.contains(first_ran))
    };
    assert_eq!(look(&quiet), ((true, false), true), "nothing is reordered unless the plan says so");
    let looks: BTreeSet<_> = (0..SEEDS).map(|seed| look(&ordered(&quiet, seed))).collect();
    let seen: BTreeSet<_> = looks.iter().map(|(seen, _)| *seen).collect();
    assert_eq!(seen, BTreeSet::from([(true, false), (false, true), (true, true)]));
    assert!(looks.iter().any(|(_, in_order)| !in_order), "tasks always ran as they were answered");
}

#[test]
fn an_order_tells_the_same_story_on_any_thread_and_two_orders_tell_two() {
    let plan = scenario("real-all");
    let tell = |seed: u64| {
        let plan = ordered(&plan, seed);
        traced(&plan, &*GatewayName::Core.make(&plan)).1.to_text()
    };
    let here: Vec<String> = (0..3).map(tell).collect();
    let there = std::thread::scope(|scope| {
        scope.spawn(|| (0..3).map(tell).collect::<Vec<_>>()).join().expect("it does not panic")
    });
    assert_eq!(here, there);
    assert_eq!(BTreeSet::from_iter(&here).len(), 3, "every order is the same");
}

#[test]
fn worlds_that_are_equal_under_an_order_go_on_alike_and_as_from_the_start() {
    let plan = ordered(&scenario("027856-killed-in-drain"), 7);
    let core = GatewayName::Core.make(&plan);
    let mut ends: BTreeMap<u128, (String, u128)> = BTreeMap::new();
    let mut reached_twice = 0;
    for snapshot in &run(start(&plan), &*core, Keep::Everything).kept.snapshots {
        for image in images(snapshot, &Search::new(Deaths::Process)) {
            let world = image.world(snapshot);
            let beginning = world.fingerprint();
            let ran = run(world, &*core, Keep::Trace);
            let end = (ran.kept.trace.to_text(), fingerprint(ran.world));
            let mut explicit = plan.clone();
            explicit.kills.push(image.to_kill());
            let long = run(start(&explicit), &*core, Keep::Nothing).world;
            assert_eq!(fingerprint(long), end.1, "{image:?}");
            if let Some(earlier) = ends.get(&beginning) {
                assert_eq!(*earlier, end, "{image:?}");
                reached_twice += 1;
            }
            ends.insert(beginning, end);
        }
    }
    assert!(reached_twice > 50, "{reached_twice}");
}

#[test]
fn a_demotion_delays_one_effect_and_no_other() {
    let quiet = plan("horizon = \"9s\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n");
    let lines = |plan: &Plan, of_first: bool| -> BTreeSet<(Transition, Ms, String)> {
        let (_, trace) = traced(plan, &Pair::default());
        let of = trace.lines.iter().filter(|line| (line.effect == Some(1)) == of_first);
        let told = |line: &Line| (line.transition, line.at, line.text.clone());
        of.map(told).collect()
    };
    let late = demoted(&quiet, 1, Demoted::Hold, 200);
    assert_eq!(lines(&late, false), lines(&quiet, false));
    let times =
        |plan: &Plan| lines(plan, true).into_iter().map(|(_, at, _)| at).collect::<Vec<_>>();
    assert_eq!(times(&late), [Ms(0), Ms(200), Ms(200)]);
    let answered_late = demoted(&quiet, 1, Demoted::Answer, 200);
    assert_eq!(times(&answered_late), [Ms(0), Ms(0), Ms(200)]);

    let last = demoted(&quiet, 1, Demoted::Hold, 0);
    let (world, trace) = traced(&last, &Pair::default());
    let held = trace.lines.iter().filter(|line| line.transition == Transition::TakenHold);
    let held: Vec<Option<u64>> = held.map(|line| line.effect).collect();
    assert_eq!(held.last(), Some(&Some(1)), "{held:?}");
    assert_eq!(world.delivered().count(Planned::Demotion(0)), 1);
}

#[test]
fn a_demotion_of_what_never_came_is_told() {
    let quiet = plan("horizon = \"9s\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n");
    let plan = demoted(&quiet, 99, Demoted::Hold, 5);
    let never = matrix(&plan, &Pair::default(), &Search::new(Deaths::Process)).never_fired();
    assert_eq!(never, ["`schedule.demote` 1 (hold of effect 99 of boot 1 by 5ms)"]);
}

/// A disk that fails for ever, a send that hangs, a kill, and a gateway that is well from 20s on.
const HEALS: &str = r#"
horizon = "200s"
heal_at = "20s"

[[message]]
at = "1s"
chat = "a"

[[message]]
at = "30s"
chat = "b"

[[disk_fault]]
effect = "eio"
from = "5s"
verb = "sync"

[[platform.fault]]
from = "4s"
until = "100s"
effect = "hang"

[[kill]]
at = "21s"
kind = "process"

[[kill]]
at = "6s"
kind = "process"
"#;

#[test]
fn from_its_heal_time_on_nothing_goes_wrong_any_more() {
    let plan = plan(HEALS);
    let core = GatewayName::Core.make(&plan);
    let matrix = matrix(&plan, &*core, &Search::new(Deaths::Both));
    assert!(matrix.summary.is_clean(), "{:?}", matrix.findings);
    let delivered = matrix.world.delivered();
    assert_eq!(delivered.count(Planned::Kill(0)), 0, "the kill at 21s");
    assert_eq!(delivered.count(Planned::Kill(1)), 1, "the kill at 6s");
    assert!(delivered.count(Planned::DiskFault(0)) > 0);
    let ledger = matrix.world.ledger();
    let sick_until = |boot: &BootFacts| boot.disk_sick.is_none_or(|(_, until)| until < Ms(20_000));
    assert!(ledger.boots.iter().all(|boot| sick_until(boot)));
    assert!(ledger.answers(1).all(|answer| answer.told) && ledger.answers(1).count() == 1);
    assert!(matrix.judged.iter().all(|judged| judged.at < Ms(20_000)));
    assert!(matrix.summary.healed > 0);
}

#[test]
fn what_a_fault_has_slowed_comes_when_the_world_heals() {
    let stalled = "horizon = \"2h\"\nheal_at = \"20s\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n\
                   [[disk_fault]]\neffect = \"stall\"\ndelay = \"1h\"\n";
    let (_, trace) = traced(&plan(stalled), &Pair::default());
    let held = trace.lines.iter().filter(|line| line.transition == Transition::TakenHold);
    assert!(held.map(|line| line.at).all(|at| at == Ms(20_000)));
}

#[test]
fn the_core_survives_any_order_and_tasks_that_are_slow() {
    for name in ["027856-killed-in-drain", "queued-in-drain", "real-all", "turn-asks-for-restart"] {
        let written = scenario(name);
        for seed in 0..5 {
            let mut plan = ordered(&written, seed);
            let effects = traced(&plan, &*GatewayName::Core.make(&plan)).1.lines.len() as u64 / 4;
            let nth = sim::streams::value(seed, name, 1, 0) % effects + 1;
            let part = if seed % 2 == 0 { Demoted::Hold } else { Demoted::Answer };
            plan = demoted(&plan, nth, part, seed * seed * 40);
            let core = GatewayName::Core.make(&plan);
            let matrix = matrix(&plan, &*core, &Search::new(Deaths::Both));
            assert!(matrix.summary.is_clean(), "{name}, {seed}: {:?}", matrix.findings);
        }
    }
}

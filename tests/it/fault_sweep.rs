//! The disk fails at its first call, then at its second, and so on until a run comes through
//! without meeting the fault. The core survives each, and its operator is told of each.
//!
//! The plan is that of the race that this project began with: three chats at work, a restart, and
//! everybody finished or resumed afterwards.

use std::sync::Arc;

use gateway_core::env::{Exit, Gateway};
use scenarios::catalogue::Catalogue;
use scenarios::input::File;
use scenarios::registry::GatewayName;
use sim::delivered::Planned;
use sim::direct::run;
use sim::explore::{Deaths, Search, matrix};
use sim::hub::Keep;
use sim::ledger::End;
use sim::oracle::judge;
use sim::plan::{DiskEffect, DiskFault, Plan, SchedulePlan};
use sim::rerun::base;
use sim::script::Script;
use sim::time::Ms;
use sim::world::World;

/// More calls than the plan makes.
const CALLS_MAX: u64 = 500;

fn seed() -> Plan {
    let catalogue = Catalogue::embedded().expect("the scenarios are good");
    let seed = catalogue.find("027856-killed-in-drain").map(File::scenario);
    seed.expect("the catalogue has it").plan.without_probes()
}

fn fault(effect: DiskEffect, from: Ms) -> DiskFault {
    DiskFault {
        effect,
        from,
        until: None,
        verb: None,
        path: None,
        phase: None,
        nth: None,
        delay: Ms(0),
    }
}

fn with(faults: Vec<DiskFault>) -> Plan {
    Plan { disk_faults: faults, ..seed() }
}

fn core(plan: &Plan) -> Box<dyn Gateway> {
    GatewayName::Core.make(plan)
}

/// Runs the plan; the world at its horizon if the fault was met.
fn met(plan: &Plan) -> Option<World> {
    let world = run(World::new(Arc::new(Script::new(plan))), &*core(plan), Keep::Nothing).world;
    (world.delivered().count(Planned::DiskFault(0)) > 0).then_some(world)
}

/// Nothing is broken, and whoever was given an error has said which, and where.
#[track_caller]
fn assert_survived(world: &World, what: &str) {
    let violations = judge(world);
    assert!(violations.is_empty(), "{what}: {violations:?}");
    for boot in world.ledger().boots.iter().filter(|boot| boot.disk_errors > 0) {
        let told = |error: &String| error.contains("path=") && error.contains("errno=");
        let told = boot.errors.iter().any(told);
        assert!(told, "{what}: boot {} said {:?}", boot.number, boot.errors);
    }
}

/// Runs the plan once for each call that the effect can happen to; how many there are.
fn sweep(effect: DiskEffect) -> u64 {
    for nth in 1..CALLS_MAX {
        let plan = with(vec![DiskFault { nth: Some(nth), ..fault(effect, Ms(0)) }]);
        let Some(world) = met(&plan) else { return nth - 1 };
        assert_survived(&world, &format!("{effect:?} at call {nth}"));
    }
    panic!("there is no end to the calls");
}

#[test]
fn the_core_survives_an_error_at_every_call_of_the_disk_and_tells_of_it() {
    let changing = sweep(DiskEffect::Eio);
    assert_eq!(sweep(DiskEffect::Enospc), changing);
    assert_eq!(sweep(DiskEffect::Erofs), changing);
    let writes = sweep(DiskEffect::EnospcPartial);
    let syncs = sweep(DiskEffect::EioDropsDirty);
    assert!(writes > 5 && syncs > 5 && changing >= writes + syncs, "{changing} {writes} {syncs}");
}

#[test]
fn the_core_survives_a_disk_that_fails_from_any_call_on_for_a_while() {
    let ends = [Ms(1_000), Ms(100_000)];
    for effect in [DiskEffect::Eio, DiskEffect::EnospcPartial, DiskEffect::EioDropsDirty] {
        // Whenever the plan has something happen, and in between.
        for from in (0..400).step_by(5).map(|second| Ms(second * 1_000)) {
            for until in ends.map(|lasts| Some(from.plus(lasts))) {
                let plan = with(vec![DiskFault { until, ..fault(effect, from) }]);
                if let Some(world) = met(&plan) {
                    assert_survived(&world, &format!("{effect:?} from {from} until {until:?}"));
                }
            }
        }
    }
}

#[test]
fn the_core_survives_every_death_after_a_sync_that_failed_and_dropped_its_bytes() {
    let mut tried = 0;
    for nth in 1..CALLS_MAX {
        let sync = DiskFault { nth: Some(nth), ..fault(DiskEffect::EioDropsDirty, Ms(0)) };
        let plan = with(vec![sync]);
        if met(&plan).is_none() {
            break;
        }
        let matrix = matrix(&plan, &*core(&plan), &Search::new(Deaths::Both));
        assert!(matrix.summary.is_clean(), "sync {nth}: {:?}", matrix.findings);
        assert_eq!(matrix.never_fired(), Vec::<String>::new());
        tried += 1;
    }
    assert!(tried > 5, "{tried} syncs");
}

#[test]
fn an_error_that_a_boot_left_before_it_got_it_is_none_that_it_was_given() {
    let catalogue = Catalogue::embedded().expect("the scenarios are good");
    let file = catalogue.find("stop-while-recovery-fails").map(File::scenario);
    let plan = &file.expect("the catalogue has it").plan;
    let in_order = |order| {
        let schedule = SchedulePlan { order: Some(order), ..plan.schedule.clone() };
        let (_, world) = base(&Plan { schedule, ..plan.clone() }, &*core(plan));
        assert_survived(&world, &format!("order {order}"));
        let left = &world.ledger().boots[1];
        let exit = left.ended.as_ref().map(|(_, end)| end.clone());
        (left.disk_errors, exit)
    };
    // The sync has failed in both, in the millisecond in which the signal is heard.
    assert_eq!(in_order(5), (0, Some(End::Exited(Exit::Restart))));
    assert_eq!(in_order(8), (1, Some(End::Exited(Exit::Failed))));
}

/// A disk that is full stays so if every boot that fails on it leaves a file behind.
#[test]
fn boots_that_fail_one_after_another_leave_one_draft_and_not_one_each() {
    for effect in [DiskEffect::EnospcPartial, DiskEffect::EioDropsDirty] {
        // From within the drain, of which nothing can be written any more.
        let (from, until) = (Ms(205_000), Some(Ms(400_000)));
        let plan = with(vec![DiskFault { until, ..fault(effect, from) }]);
        let (trace, world) = base(&plan, &*core(&plan));
        assert_survived(&world, &format!("{effect:?}"));
        let failed = world.ledger().boots.iter().filter(|boot| boot.disk_errors > 0).count();
        assert!(failed >= 5, "{effect:?}: {failed} boots failed");
        let listed = trace.lines.iter().filter(|line| line.text.starts_with("list / -> "));
        let drafts = listed.map(|line| line.text.matches("draft-").count());
        assert_eq!(drafts.max(), Some(1), "{effect:?}");
    }
}

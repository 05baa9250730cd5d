//! What continues from a snapshot is what would have happened from the start: the matrix takes a
//! short cut, and here it is held against the long way.

use std::sync::Arc;

use gateway_core::env::Gateway;
use scenarios::registry::GatewayName;
use sim::direct::{Ran, run};
use sim::explore::{Deaths, Image, Search, images};
use sim::hub::{Keep, Snapshot};
use sim::oracle::judge;
use sim::plan::{Death, DeathKind, InFlight, Plan};
use sim::rerun::rerun;
use sim::script::Script;
use sim::trace::{Line, first_difference};
use sim::world::World;

use super::{SEED, matrix_of, plan_of};

fn start(plan: &Plan) -> World {
    World::new(Arc::new(Script::new(plan)))
}

fn text(lines: &[Line]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A fingerprint of the whole world at its horizon; whoever lives there is killed for it.
fn fingerprint(mut world: World) -> u128 {
    if let Some(boot) = world.boot() {
        let death = Death { kind: DeathKind::Process, in_flight: InFlight::Lost };
        world.kill(boot, &death, None);
    }
    world.fingerprint()
}

/// Dies at one image both ways.
fn assert_same_both_ways(plan: &Plan, core: &dyn Gateway, snapshot: &Snapshot, image: Image) {
    let short = run(image.world(snapshot), core, Keep::Trace);
    let explicit = Plan { kills: vec![image.to_kill()], ..plan.clone() };
    let long = run(start(&explicit), core, Keep::Trace);

    let lines = &long.kept.trace.lines;
    let killed = lines.iter().position(|line| line.text.starts_with("killed: "));
    let after = &lines[killed.expect("the plan kills") + 1..];
    let (short_text, long_text) = (text(&short.kept.trace.lines), text(after));
    assert_eq!(first_difference(&long_text, &short_text), None, "{image:?}");
    assert_eq!(judge(&long.world), judge(&short.world), "{image:?}");
    assert_eq!(fingerprint(long.world), fingerprint(short.world), "{image:?}");
}

#[test]
fn every_kill_of_the_core_ends_alike_from_a_snapshot_and_from_the_start() {
    let plan = plan_of(SEED).without_probes();
    assert!(plan.kills.is_empty(), "the scenario's only kill is a probe");
    let core = GatewayName::Core.make(&plan);
    let Ran { kept, .. } = run(start(&plan), &*core, Keep::Everything);
    let mut compared = 0;
    for snapshot in &kept.snapshots {
        for image in images(snapshot, &Search::new(Deaths::Both)) {
            assert_same_both_ways(&plan, &*core, snapshot, image);
            compared += 1;
        }
    }
    let judged = matrix_of(SEED, GatewayName::Core, Deaths::Both).judged.len();
    assert_eq!(compared, judged, "not every image was compared");
}

#[test]
fn every_finding_replays_from_its_explicit_plan() {
    for gateway in [GatewayName::HermesE1, GatewayName::HermesE2] {
        let matrix = matrix_of(SEED, gateway, Deaths::Process);
        assert!(matrix.findings.len() >= 5, "{gateway}: {:?}", matrix.findings.keys());
        for (oracle, finding) in &matrix.findings {
            let made = gateway.make(&finding.plan);
            let again = rerun(&finding.plan, &*made, &[*oracle]);
            assert!(
                again.violations.contains(&finding.violation),
                "{gateway}, {oracle}: {:?} instead of {:?}",
                again.violations,
                finding.violation,
            );
        }
    }
}

//! "The core is acquitted" is worth as much as the places where it was killed: every transition of
//! its stop and of its recovery, recounted here from the trace and not from the matrix's own sums.

use std::collections::BTreeSet;

use scenarios::registry::GatewayName;
use sim::explore::{Deaths, Matrix};
use sim::trace::{Line, Transition};

use super::{SEED, matrix_of};

/// What a write may be cut at.
const SECTOR: u64 = 512;

/// Every phase of a stop that has an effect.
const STOP: [&str; 7] = ["premark", "notify", "drain", "interrupt", "flush", "clear", "release"];

/// Every phase of a recovery that has an effect. Deciding has none: it is a pure function.
const RECOVERY: [&str; 5] =
    ["boot.lock", "recovery.gather", "boot.record", "recovery.apply", "recovery.dispatch"];

/// The core under every death, which must break nothing.
fn acquitted(scenario: &str) -> Matrix {
    let matrix = matrix_of(scenario, GatewayName::Core, Deaths::Both);
    assert_eq!(matrix.unkilled, [], "{scenario} without a kill");
    for judged in &matrix.judged {
        let (deaths, phase) = (&judged.deaths, judged.phase);
        assert!(judged.violations.is_empty(), "{scenario}, {phase}: {deaths:?}: {judged:?}");
    }
    assert!(matrix.summary.is_clean(), "{scenario}: {:?}", matrix.summary.violations);
    matrix
}

/// The phases that a process was killed in.
fn phases(matrix: &Matrix) -> BTreeSet<&'static str> {
    matrix.judged.iter().map(|judged| judged.phase).collect()
}

fn living(matrix: &Matrix) -> impl Iterator<Item = &Line> {
    matrix.trace.lines.iter().filter(|line| line.boot.is_some())
}

/// The lengths inside a write at which a sector ends.
fn sectors_inside(offset: u64, len: u64) -> impl Iterator<Item = u64> {
    let first = offset / SECTOR + 1;
    (first..).map(move |sector| sector * SECTOR - offset).take_while(move |cut| *cut < len)
}

#[test]
fn the_core_loses_nothing_at_any_kill_point_of_the_seed_scenario() {
    let matrix = acquitted(SEED);
    let hit = phases(&matrix);
    for phase in ["premark", "notify", "drain", "interrupt", "clear", "release"] {
        assert!(hit.contains(phase), "nobody was killed in {phase}: {hit:?}");
    }
    for phase in ["boot.lock", "recovery.gather", "boot.record", "recovery.dispatch"] {
        let mut recoveries = matrix.judged.iter().filter(|judged| judged.deaths[0].boot > 1);
        assert!(
            recoveries.any(|judged| judged.phase == phase),
            "no recovery was killed in {phase}"
        );
    }
}

#[test]
fn every_phase_of_stop_and_recovery_is_killed_in_some_scenario() {
    let mut hit = BTreeSet::new();
    // A drain that is cut short, one that ends well, one beside a platform that hangs, and
    // recoveries that have a decision to write down.
    for scenario in [SEED, "real-all", "platform-hangs-in-stop", "stale-after-long-downtime"] {
        hit.extend(phases(&acquitted(scenario)));
    }
    for phase in STOP.into_iter().chain(["seal"]).chain(RECOVERY) {
        assert!(hit.contains(phase), "nobody was killed in {phase}: {hit:?}");
    }
}

#[test]
fn kill_points_are_the_transitions_and_the_sectors_of_writes() {
    for scenario in [SEED, "real-all"] {
        let matrix = acquitted(scenario);
        let transitions = living(&matrix).count() as u64;
        let writes = living(&matrix).filter_map(|line| line.write);
        let cuts: u64 = writes.map(|(at, len)| sectors_inside(at, len).count() as u64).sum();
        assert!(cuts > 0, "{scenario}: no write crosses a sector");
        assert_eq!(matrix.summary.kill_points(), transitions + cuts, "{scenario}");

        // Not only as many, but the same ones.
        let lines = living(&matrix).flat_map(|line| {
            let place = move |cut| (line.boot.expect("it lives"), line.number, cut);
            let (at, len) = line.write.unwrap_or((0, 0));
            std::iter::once(place(None))
                .chain(sectors_inside(at, len).map(move |cut| place(Some(cut))))
        });
        let killed = matrix.judged.iter().map(|judged| {
            let image = &judged.deaths[0];
            (image.boot, image.number, image.torn)
        });
        let (lines, killed): (BTreeSet<_>, BTreeSet<_>) = (lines.collect(), killed.collect());
        assert_eq!(killed, lines, "{scenario}");
    }
}

#[test]
fn premark_and_clear_each_own_an_append_and_a_sync() {
    let matrix = acquitted(SEED);
    for phase in ["premark", "clear"] {
        let serves = |line: &&Line| {
            let phases = line.label.strip_prefix("commit[").and_then(|l| l.strip_suffix(']'));
            line.transition == Transition::TakenHold
                && phases.is_some_and(|phases| phases.split('+').any(|name| name == phase))
        };
        let effects: Vec<&str> =
            living(&matrix).filter(serves).map(|line| line.text.as_str()).collect();
        let [append, sync] = effects[..] else { panic!("{phase} owns {effects:?}") };
        assert!(append.starts_with("append journal-000001 "), "{phase}: {append}");
        assert_eq!(sync, "sync-data journal-000001", "{phase}");
    }
}

#[test]
fn the_premark_is_one_commit_before_anything_that_can_block() {
    let matrix = acquitted("real-none");
    let first = |is: &dyn Fn(&Line) -> bool| living(&matrix).position(is);
    let synced = first(&|line| {
        line.transition == Transition::Completed
            && &*line.label == "commit[premark]"
            && line.text.starts_with("sync-data")
    });
    let told = first(&|line| line.text.starts_with("send notice Stopping"));
    assert!(synced.is_some() && synced < told, "durable at {synced:?}, told at {told:?}");
    let writes = living(&matrix).filter(|line| line.phase == "premark" && line.write.is_some());
    assert_eq!(writes.count(), 1, "four chats are at work, and one write marks them all");
}

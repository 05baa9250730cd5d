//! One run looked at closely: its whole trace, its verdict, and the disk on both sides of the
//! plan's last kill. It is what a page about a failure is made of.

use std::sync::Arc;

use gateway_core::env::Gateway;

use crate::direct::Ran;
use crate::disk::Disk;
use crate::hub::{Keep, Snapshot};
use crate::ledger::End;
use crate::oracle::{Violation, judge};
use crate::plan::Plan;
use crate::script::Script;
use crate::stage::run;
use crate::trace::Trace;
use crate::verdict::Verdict;
use crate::world::World;

/// One run looked at closely.
#[derive(Debug)]
pub struct Witness {
    /// What happened.
    pub trace: Trace,
    /// What is broken.
    pub violations: Vec<Violation>,
    /// What it came to.
    pub verdict: Verdict,
    /// The last kill of the plan that found a living process.
    pub kill: Option<KillScene>,
    /// The world at the horizon.
    pub world: World,
}

/// A kill and its surroundings.
#[derive(Debug)]
pub struct KillScene {
    /// The line of the trace that tells of it, as an index.
    pub line: usize,
    /// The phase that the boot was in.
    pub phase: &'static str,
    /// The disk before it.
    pub before: Disk,
    /// The disk after it.
    pub after: Disk,
}

/// Runs a plan as it is written, and looks.
pub fn witness(plan: &Plan, gateway: &dyn Gateway) -> Witness {
    let start = World::new(Arc::new(Script::new(plan)));
    let Ran { world, kept, .. } = run(start, gateway, Keep::Everything);
    let violations = judge(&world);
    let verdict = Verdict::of(&world, &violations);
    let kill = kill_scene(&world, &kept.snapshots, &kept.trace);
    Witness { trace: kept.trace, violations, verdict, kill, world }
}

fn kill_scene(end: &World, snapshots: &[Snapshot], trace: &Trace) -> Option<KillScene> {
    let sudden = |end: &End| matches!(end, End::Killed | End::PowerLost);
    let mut boots = end.ledger().boots.iter().rev();
    let killed = boots.find(|boot| boot.ended.as_ref().is_some_and(|(_, end)| sudden(end)));
    let boot = killed?.number;
    let last = snapshots.iter().rev().find(|snapshot| snapshot.boot == boot)?;
    let line = trace.lines.iter().rposition(|line| line.boot == Some(boot))?;
    let before = last.world.disk().clone();
    // What the next boot finds; with no next boot, nothing has changed since.
    let next = snapshots.iter().find(|snapshot| snapshot.boot > boot);
    let after = next.map_or(end.disk(), |next| next.world.disk()).clone();
    Some(KillScene { line, phase: last.phase, before, after })
}

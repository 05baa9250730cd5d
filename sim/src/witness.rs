//! One run looked at closely: its whole trace, its verdict, and the disk on both sides of the
//! plan's last kill. It is what a page about a failure is made of.

use std::sync::Arc;

use gateway_core::env::Gateway;

use crate::direct::{Ran, run};
use crate::disk::Disk;
use crate::hub::{Keep, Snapshot};
use crate::ledger::End;
use crate::oracle::{Violation, judge};
use crate::plan::{DeathKind, KillPlan, Moment, Plan};
use crate::script::Script;
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
    let Ran { world, kept } = run(start, gateway, Keep::Everything);
    let violations = judge(&world);
    let verdict = Verdict::of(&world, &violations);
    let kill = kill_scene(plan, &world, &kept.snapshots, &kept.trace);
    Witness { trace: kept.trace, violations, verdict, kill, world }
}

fn kill_scene(
    plan: &Plan,
    end: &World,
    snapshots: &[Snapshot],
    trace: &Trace,
) -> Option<KillScene> {
    let killed = end.ledger().boots.iter().rev().find_map(|boot| match &boot.ended {
        Some((_, End::Killed(kind))) => Some((boot.number, *kind)),
        _ => None,
    });
    let (boot, kind) = killed?;
    let last = snapshots.iter().rev().find(|snapshot| snapshot.boot == boot)?;
    let line = trace.lines.iter().rposition(|line| line.boot == Some(boot))?;
    let before = last.world.disk().clone();
    let mut after = before.clone();
    let torn = plan.kills.iter().any(|kill: &KillPlan| {
        matches!(kill.moment, Moment::Before { boot: b, torn: Some(_), .. } if b == boot)
    });
    if torn {
        // A torn write takes hold with the death itself; the next boot finds it.
        let next = snapshots.iter().find(|snapshot| snapshot.boot > boot);
        after = next.map_or(after, |next| next.world.disk().clone());
    } else {
        match kind {
            DeathKind::Process => after.kill(),
            DeathKind::Power(choice) => after.power_loss(choice),
        }
    }
    Some(KillScene { line, phase: last.phase, before, after })
}

//! A failure run again from its very start.
//!
//! The matrix continues from snapshots; whatever it finds is run again as an explicit plan before
//! anybody reads of it. Both must break the same statement, else the harness is at fault.

use std::sync::Arc;

use gateway_core::env::Gateway;

use crate::explore::{Outcome, in_recovery};
use crate::hub::Keep;
use crate::ledger::{BootFacts, End};
use crate::oracle::{OracleId, Violation};
use crate::plan::{KillPlan, Moment, Plan};
use crate::script::Script;
use crate::stage::run;
use crate::trace::{Line, Trace};
use crate::verdict::Verdict;
use crate::witness::{Witness, witness};
use crate::world::World;

/// A run from the start, looked at closely.
#[derive(Debug)]
pub struct Rerun {
    /// The run.
    pub witness: Witness,
    /// What is broken, with what shows only beside a run that was not killed.
    pub violations: Vec<Violation>,
    /// What it came to.
    pub verdict: Verdict,
    /// If the plan's last kill is in the gap before a transition: what would have come next.
    pub next: Option<Line>,
}

/// Runs a plan from its start. `suspected` are the oracles that are said to convict: what only the
/// comparison of two runs can show is looked for if it is among them.
pub fn rerun(plan: &Plan, gateway: &dyn Gateway, suspected: &[OracleId]) -> Rerun {
    let witness = witness(plan, gateway);
    let mut violations = witness.violations.clone();
    let mut next = None;
    if let Some((kill, without)) = last_kill(plan) {
        let (trace, world) = base(&without, gateway);
        if suspected.contains(&OracleId::IdempotentRecovery) {
            violations.extend(relapse(&kill, &witness.world, &world));
        }
        next = trace.lines.into_iter().find(|line| is_before(&kill, line));
    }
    let verdict = Verdict::of(&witness.world, &violations);
    Rerun { witness, violations, verdict, next }
}

/// Runs a plan and keeps its trace.
pub fn base(plan: &Plan, gateway: &dyn Gateway) -> (Trace, World) {
    let ran = run(World::new(Arc::new(Script::new(plan))), gateway, Keep::Trace);
    (ran.kept.trace, ran.world)
}

/// The last kill, and the plan without it.
pub(crate) fn last_kill(plan: &Plan) -> Option<(KillPlan, Plan)> {
    let mut without = plan.clone();
    let kill = without.kills.pop()?;
    Some((kill, without))
}

/// What breaks IDEMPOTENT-RECOVERY in a run whose last kill hit a recovery, beside the run without
/// that kill.
pub(crate) fn relapse(kill: &KillPlan, killed: &World, unkilled: &World) -> Option<Violation> {
    let sudden = |boot: &&Arc<BootFacts>| {
        matches!(boot.ended, Some((_, End::Killed | End::PowerLost)))
            && match kill.moment {
                Moment::At(at) => boot.ended_at() == at,
                Moment::Before { boot: number, .. } => boot.number == number,
                Moment::After { boot: number, after } => {
                    boot.number == number && boot.ended_at() == boot.began_at.plus(after)
                }
            }
    };
    let boot = killed.ledger().boots.iter().find(sudden)?.number;
    if !in_recovery(boot, killed.ledger(), unkilled.ledger()) {
        return None;
    }
    let what = Outcome::of(unkilled).difference(&Outcome::of(killed))?;
    Some(Violation {
        oracle: OracleId::IdempotentRecovery,
        chat: None,
        message: None,
        what,
        believed: Vec::new(),
    })
}

/// Whether a line of a trace tells of the transition that a kill comes before.
pub fn is_before(kill: &KillPlan, line: &Line) -> bool {
    match kill.moment {
        Moment::Before { boot, transition, .. } => {
            (line.boot, line.number) == (Some(boot), transition)
                || line.others.contains(&(boot, transition))
        }
        Moment::At(_) | Moment::After { .. } => false,
    }
}

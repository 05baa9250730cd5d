//! Where candidates are run: it counts the runs, and knows what must stay broken.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway_core::env::Gateway;

use crate::direct::Ran;
use crate::hub::Keep;
use crate::ledger::{BootFacts, End, RunFact};
use crate::oracle::{OracleId, Violation, judge};
use crate::plan::{Outcome, Plan, Stage};
use crate::rerun::{last_kill, relapse};
use crate::script::Script;
use crate::stage::run;
use crate::time::Ms;
use crate::verdict::panicked;
use crate::world::World;

/// Makes the gateway for a plan.
pub type Make<'a> = dyn Fn(&Plan) -> Box<dyn Gateway> + 'a;

/// How much may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How many runs.
    pub runs: u64,
}

impl Budget {
    /// For whoever asks for it and waits.
    pub const COMMAND: Budget = Budget { runs: 10_000 };
    /// For a page about a failure that nobody asked to be kept waiting for.
    pub fn page(stage: Stage) -> Budget {
        match stage {
            Stage::Direct => Budget { runs: 300 },
            // A run takes a good part of a second there.
            Stage::Network => Budget { runs: 150 },
        }
    }
}

/// How far it has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// How many runs there were.
    pub runs: u64,
    /// How many there may be.
    pub budget: Budget,
    /// The plan that was tried, or the smallest one if it is new.
    pub plan: &'a Plan,
    /// Whether it is the smallest one so far.
    pub improved: bool,
}

/// A plan breaks what it shall.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    pub(super) violation: Violation,
    /// How much time there is after its last planned death.
    pub(super) left: Ms,
    /// Whether an agent hangs at the horizon that its plan never lets go: nobody can answer for it.
    pub(super) hangs: bool,
    /// Whether nobody lives at the horizon because the supervisor gave up: nobody can answer then.
    pub(super) deserted: bool,
}

/// Where candidates are run.
pub(super) struct Bench<'a> {
    gateway: &'a Make<'a>,
    target: OracleId,
    /// A panic has a verdict of its own: it neither comes nor goes.
    panicked: bool,
    budget: Budget,
    pub(super) runs: u64,
    tried: BTreeSet<u128>,
    progress: &'a mut dyn FnMut(&Progress<'_>),
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        gateway: &'a Make<'a>,
        target: OracleId,
        budget: Budget,
        progress: &'a mut dyn FnMut(&Progress<'_>),
    ) -> Bench<'a> {
        let (runs, tried, panicked) = (0, BTreeSet::new(), false);
        Bench { gateway, target, panicked, budget, runs, tried, progress }
    }

    /// Whether nothing more may be tried.
    pub(super) fn is_spent(&self) -> bool {
        self.runs >= self.budget.runs
    }

    /// Runs the plan that everything begins with; none if it does not break what it shall.
    pub(super) fn first(&mut self, plan: &Plan) -> Option<Broken> {
        let ran = self.run(plan, Keep::Nothing);
        self.panicked = panicked(&ran.world);
        self.broken(plan, &ran.world)
    }

    /// Runs a plan, unless it was tried before; none if it does not break what it shall.
    pub(super) fn breaks(&mut self, plan: &Plan) -> Option<Broken> {
        let text = format!("{plan:?}");
        let is_new = self.tried.insert(xxhash_rust::xxh3::xxh3_128(text.as_bytes()));
        if !is_new || self.is_spent() {
            return None;
        }
        let ran = self.run(plan, Keep::Nothing);
        self.tell(plan, false);
        self.broken(plan, &ran.world)
    }

    /// Runs a plan.
    pub(super) fn run(&mut self, plan: &Plan, keep: Keep) -> Ran {
        self.runs += 1;
        let gateway = (self.gateway)(plan);
        run(World::new(Arc::new(Script::new(plan))), &*gateway, keep)
    }

    pub(super) fn tell(&mut self, plan: &Plan, improved: bool) {
        let (runs, budget) = (self.runs, self.budget);
        (self.progress)(&Progress { runs, budget, plan, improved });
    }

    fn broken(&mut self, plan: &Plan, world: &World) -> Option<Broken> {
        if panicked(world) != self.panicked {
            return None;
        }
        let violation = if self.target == OracleId::IdempotentRecovery {
            let (kill, without) = last_kill(plan)?;
            let unkilled = self.run(&without, Keep::Nothing);
            relapse(&kill, world, &unkilled.world)
        } else {
            judge(world).into_iter().find(|violation| violation.oracle == self.target)
        };
        let left = plan.horizon.since(last_recovery(world));
        let deserted = world.delivered().given_up() && world.living().is_empty();
        Some(Broken { violation: violation?, left, hangs: hangs(world), deserted })
    }
}

/// When the last boot began that came after a planned death; that death, if none did.
fn last_recovery(world: &World) -> Ms {
    let boots = &world.ledger().boots;
    let sudden = |boot: &BootFacts| matches!(boot.ended, Some((_, End::Killed | End::PowerLost)));
    let Some(last) = boots.iter().rposition(|boot| sudden(boot)) else { return Ms(0) };
    boots.get(last + 1).map_or(boots[last].ended_at(), |next| next.began_at)
}

fn hangs(world: &World) -> bool {
    let (script, ledger) = (world.script(), world.ledger());
    let outcome = |run: &RunFact| run.message.map(|m| script.messages[m].turn.outcome);
    let mut runs = ledger.runs.iter().filter(|run| ledger.boot(run.boot).ended.is_none());
    runs.any(|run| run.over_at.is_none() && outcome(run) == Some(Outcome::Hang))
}

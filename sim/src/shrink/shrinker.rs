//! Shrinks a plan: to fewer parts, to plainer kills, to fewer words, to rounder and shorter times.
//!
//! It takes what is there and tries something smaller, big steps first, until a whole round of
//! reductions finds nothing more or the budget is spent. A candidate counts only if it breaks the
//! same oracle, is smaller, and is as fair to the gateway as the plan it came from; so it ends,
//! what it ends with cannot be shrunk again, and one failure never turns into another. It draws no
//! random number and reads no clock: the same input has the same result.
//!
//! Kills that are placed at a transition move whenever anything before them changes. They are
//! turned into kills at a time where that is enough, and found again where it is not (`places`).

use super::bench::{Bench, Broken, Budget, Make, Progress};
use super::fair::{is_fair, needed};
use super::places::{Mark, marks};
use super::size::Size;
use super::{kills, parts, places, said, times, values};
use crate::oracle::{OracleId, Violation};
use crate::plan::{KillPlan, Moment, Plan, Stage};

/// Something that makes smaller plans of a plan. They need not be sound, or smaller: whoever asks
/// looks at each.
type Reduction = fn(&Best) -> Vec<Plan>;

/// Everything that is tried, in this order. Whatever a plan gains has its place here: a list of
/// events in `parts`, a time in `times`; a value that need not be said is found by `said`.
const REDUCTIONS: [Reduction; 12] = [
    |best| kills::at_times(&best.plan, &best.marks),
    |best| kills::of_first_boot(&best.plan),
    |best| parts::fewer(&best.plan),
    |best| said::less(&best.plan),
    |best| kills::plainer_deaths(&best.plan),
    |best| values::one_chat(&best.plan),
    |best| values::simpler(&best.plan),
    |best| times::sooner(&best.plan),
    |best| times::shorter(&best.plan),
    |best| times::rounder(&best.plan),
    |best| times::horizon(&best.plan, needed(&best.plan)),
    |best| values::named_by_letters(&best.plan),
];

/// What a plan was shrunk to.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The smallest plan that was found.
    pub plan: Plan,
    /// What it breaks.
    pub violation: Violation,
    /// How many runs it took.
    pub runs: u64,
    /// Whether the budget ended it: there may be a smaller plan.
    pub exhausted: bool,
}

/// The smallest plan so far.
pub(super) struct Best {
    pub(super) plan: Plan,
    /// Where its kills are that are placed at a transition, in the order of its kills.
    pub(super) marks: Vec<Option<Mark>>,
    broken: Broken,
    size: Size,
}

impl Best {
    fn new(plan: Plan, broken: Broken, bench: &mut Bench<'_>) -> Best {
        let (marks, size) = (marks(&plan, bench), Size::of(&plan));
        Best { plan, marks, broken, size }
    }

    /// Whether it is worth a run to look at a plan.
    fn may_become(&self, plan: &Plan) -> bool {
        Size::of(plan) < self.size && is_fair(plan, &self.plan)
    }

    /// Whether a plan that breaks the same is as fair as this one, as far as its run shows: the
    /// time after its last death, agents that are let go, and somebody who lives.
    fn is_matched_by(&self, plan: &Plan, broken: &Broken) -> bool {
        broken.left >= needed(plan).min(self.broken.left)
            && (self.broken.hangs || !broken.hangs)
            && (self.broken.deserted || !broken.deserted)
    }
}

/// Shrinks `plan` as long as it breaks `target`; none if it does not. `gateway` makes the gateway
/// for a plan, whose settings are part of it. `progress` hears of each run and of each step.
pub fn shrink(
    plan: &Plan,
    gateway: &Make<'_>,
    target: OracleId,
    budget: Budget,
    progress: &mut dyn FnMut(&Progress<'_>),
) -> Option<Shrunk> {
    let mut bench = Bench::new(gateway, target, budget, progress);
    let plan = tidied(plan);
    let broken = bench.first(&plan)?;
    let mut best = Best::new(plan, broken, &mut bench);
    if best.plan.stage == Stage::Network {
        // What is shorter is cheaper to try there.
        exhaust(&mut best, |best| times::horizon(&best.plan, needed(&best.plan)), &mut bench);
    }
    while round(&mut best, &mut bench) && !bench.is_spent() {}
    Some(Shrunk {
        plan: best.plan,
        violation: best.broken.violation,
        runs: bench.runs,
        exhausted: bench.is_spent(),
    })
}

/// The same plan in the order in which things happen, and with no kill that is the matrix's.
fn tidied(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    plan.messages.sort_by_key(|message| message.at);
    for kill in &mut plan.kills {
        kill.probe = false;
    }
    plan
}

/// Tries everything once; whether anything became smaller.
fn round(best: &mut Best, bench: &mut Bench<'_>) -> bool {
    let mut smaller = false;
    for reduction in REDUCTIONS {
        smaller |= exhaust(best, reduction, bench);
    }
    smaller
}

/// Tries one reduction until it finds nothing more; whether it found anything.
fn exhaust(best: &mut Best, reduction: Reduction, bench: &mut Bench<'_>) -> bool {
    let mut smaller = false;
    while let Some((plan, broken)) = first_that_breaks(best, reduction, bench) {
        *best = Best::new(plan, broken, bench);
        bench.tell(&best.plan, true);
        smaller = true;
    }
    smaller
}

fn first_that_breaks(
    best: &Best,
    reduction: Reduction,
    bench: &mut Bench<'_>,
) -> Option<(Plan, Broken)> {
    for plan in reduction(best) {
        if bench.is_spent() {
            return None;
        }
        let found = best.may_become(&plan).then(|| still_breaks(best, plan, bench)).flatten();
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The plan as it is, or with its kills found again, if it breaks the same.
fn still_breaks(best: &Best, plan: Plan, bench: &mut Bench<'_>) -> Option<(Plan, Broken)> {
    let counts = |plan: &Plan, broken: &Broken| best.is_matched_by(plan, broken);
    if let Some(broken) = bench.breaks(&plan).filter(|broken| counts(&plan, broken)) {
        return Some((plan, broken));
    }
    let placed = |kill: &KillPlan| matches!(kill.moment, Moment::Before { .. });
    if !plan.kills.iter().any(placed) {
        return None;
    }
    let marks = best.marks.iter().flatten().cloned().collect::<Vec<_>>();
    let found = places::found_again(plan, &marks, bench)?;
    (best.may_become(&found.0) && counts(&found.0, &found.1)).then_some(found)
}

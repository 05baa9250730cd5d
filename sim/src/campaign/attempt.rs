//! One draft: run as it is, then killed once more for each of its strikes, and judged each time.

use std::sync::Arc;

use gateway_core::env::Gateway;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::aiming::{Settled, settle};
use super::placing::{place, recovers};
use super::tally::Tally;
use crate::coverage::{Goals, Phases, Scene};
use crate::direct::Ran;
use crate::explore::{Deaths, Outcome};
use crate::hub::Keep;
use crate::oracle::{Judgement, OracleId, Violation};
use crate::plan::{Plan, Stage};
use crate::script::Script;
use crate::stage::run;
use crate::strategy::{Draft, drafts};
use crate::streams;
use crate::verdict::panicked;
use crate::world::World;

/// What a campaign asks of whoever runs it.
pub trait Hooks {
    /// The gateway under test, with the settings of a plan.
    fn gateway(&self, plan: &Plan) -> Box<dyn Gateway>;

    /// The deaths that it answers for. Where the power is never lost, it is the process that dies
    /// instead.
    fn deaths(&self) -> Deaths;

    /// What it calls the parts of its stop; the goals about those are not asked for if not said.
    fn phases(&self) -> Phases {
        Phases::default()
    }

    /// A plan is about to be run. Whoever wants to know what was running when the process died
    /// writes it down now.
    fn begins(&mut self, plan: &Plan);
}

/// What became of a draft.
#[derive(Debug)]
pub struct Attempt {
    /// The plan that broke something, or the one with all the kills: explicit, and the same to
    /// the byte wherever it is run again.
    pub plan: Plan,
    /// What is broken.
    pub violations: Vec<Violation>,
    /// Whether a boot panicked.
    pub panicked: bool,
    /// How many runs were judged.
    pub judged: u64,
    /// The transitions of all runs.
    pub transitions: u64,
    /// Whether a run was broken off because it never came to rest: it was not judged.
    pub broken_off: bool,
    /// What was met on the way.
    pub goals: Goals,
    /// What was planned and what of it happened.
    pub tally: Tally,
}

impl Attempt {
    /// Whether nothing is broken.
    pub fn passed(&self) -> bool {
        self.violations.is_empty() && !self.panicked
    }
}

/// The draft for a stage with a number, out of all those that a seed stands for.
///
/// # Panics
///
/// If the strategy cannot draw, which it always can.
pub fn draft(seed: u64, number: u64, stage: Stage) -> Draft {
    let mut key = [0; 32];
    for (place, bytes) in key.chunks_exact_mut(8).enumerate() {
        let word = streams::value(seed, "draft", u32::try_from(place).unwrap_or(0), number);
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &key);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    drafts(stage).new_tree(&mut runner).expect("nothing is ever filtered out").current()
}

/// Runs a draft with its events where they aim, and kills it where its strikes land, until
/// something is broken.
pub fn attempt(draft: &Draft, hooks: &mut impl Hooks) -> Attempt {
    let mut attempt = Attempt {
        plan: draft.plan.clone(),
        violations: Vec::new(),
        panicked: false,
        judged: 0,
        transitions: 0,
        broken_off: false,
        goals: Goals::default(),
        tally: Tally::default(),
    };
    let gateway = hooks.gateway(&attempt.plan);
    let Settled { plan, transitions, broken_off } = settle(draft, &*gateway, hooks);
    (attempt.plan, attempt.transitions, attempt.broken_off) = (plan, transitions, broken_off);
    if broken_off {
        return attempt;
    }
    hooks.begins(&attempt.plan);
    let mut start = World::new(Arc::new(Script::new(&attempt.plan)));
    if hooks.deaths() == Deaths::Process {
        start.spare_power();
    }
    let mut ran = run(start, &*gateway, Keep::Worlds);
    let phases = hooks.phases();
    let mut scene = Scene::new(phases);
    attempt.close(&mut scene, &ran, None);
    let mut struck = 0;
    for strike in &draft.strikes {
        if !attempt.passed() || attempt.broken_off {
            break;
        }
        let Some(placed) = place(strike, &ran, hooks.deaths(), &phases) else { continue };
        scene.killed(placed.kill(&ran, &phases));
        attempt.plan.kills.push(placed.to_kill());
        struck += 1;
        let one_more = placed.one_more(strike, &attempt.plan);
        // Two runs are compared that differ in nothing but a death.
        let alone = one_more.is_none() && recovers(placed.snapshot, &ran.world);
        attempt.plan.starts.extend(one_more);
        hooks.begins(&attempt.plan);
        let recovery = alone.then(|| Outcome::of(&ran.world));
        let world = match attempt.plan.stage {
            Stage::Direct => placed.world(),
            // Nothing can be continued there: the plan with its kills is run from the start.
            Stage::Network => World::new(Arc::new(Script::new(&attempt.plan))),
        };
        ran = run(world, &*gateway, Keep::Worlds);
        attempt.close(&mut scene, &ran, recovery);
    }
    attempt.tally.count(&attempt.plan, ran.world.delivered(), struck);
    attempt
}

impl Attempt {
    /// Judges a run that has ended. `unkilled` is what a recovery came to that was left alone.
    fn close(&mut self, scene: &mut Scene, ran: &Ran, unkilled: Option<Outcome>) {
        self.transitions += ran.kept.transitions;
        self.broken_off = ran.kept.broken_off;
        if self.broken_off {
            return;
        }
        self.judged += 1;
        self.panicked = panicked(&ran.world);
        let judgement = Judgement::of(&ran.world);
        let outcome = || Outcome::judged(&ran.world, &judgement);
        let difference = unkilled.and_then(|was| was.difference(&outcome()));
        self.violations = judgement.violations;
        if let Some(what) = difference {
            let oracle = OracleId::IdempotentRecovery;
            self.violations.push(Violation {
                oracle,
                chat: None,
                message: None,
                what,
                believed: Vec::new(),
            });
        }
        self.goals.add(scene.reached(ran));
    }
}

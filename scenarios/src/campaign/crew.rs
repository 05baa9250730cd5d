//! The threads of a campaign: each takes the next plan, runs it, kills it, judges it.
//!
//! What is found does not depend on how many threads there are: of all plans that fail, the one
//! with the lowest number is the result, and every plan before it has passed.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use gateway_core::env::Gateway;
use sim::campaign::{Attempt, Hooks, Tally, account, attempt, differ, draft};
use sim::coverage::{Goals, Phases};
use sim::explore::Deaths;
use sim::oracle::Violation;
use sim::plan::{Plan, Stage};
use sim::trace::Difference;

use super::running::Running;
use super::shard::Shard;
use crate::real::{self, Stopwatch};

/// When a campaign has tried enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// After so many plans of the whole campaign, of which a shard has its share.
    Plans(u64),
    /// After so many seconds.
    Seconds(f64),
}

/// A campaign against one gateway.
pub struct Campaign<'a> {
    /// The name of the gateway.
    pub gateway: &'a str,
    /// Makes it, with the settings of a plan.
    pub make: &'a (dyn Fn(&Plan) -> Box<dyn Gateway> + Sync),
    /// The deaths that it answers for.
    pub deaths: Deaths,
    /// What it calls the parts of its stop.
    pub phases: Phases,
    /// What the plans are drawn from.
    pub seed: u64,
    /// What they are played on.
    pub stage: Stage,
    /// Which of them are tried here.
    pub shard: Shard,
    /// How many.
    pub limit: Limit,
    /// One plan in so many is run twice; none if 0.
    pub twice: u64,
    /// Whether a digest is kept of each plan that is run twice, to be compared with those of
    /// another process.
    pub digests: bool,
    /// How many threads.
    pub jobs: NonZeroUsize,
    /// Where the plans that are running are kept.
    pub directory: &'a Path,
    /// Somebody wants it to end.
    pub interrupted: &'a AtomicBool,
}

/// How far a campaign has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// How many plans have passed.
    pub plans: u64,
    /// For how many seconds it has run.
    pub seconds: f64,
}

/// What a campaign came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many plans passed, or failed.
    pub plans: u64,
    /// How many runs were judged.
    pub judged: u64,
    /// Their transitions.
    pub transitions: u64,
    /// How many plans had a run that never came to rest, and was broken off and not judged.
    pub broken_off: u64,
    /// How many plans were run twice.
    pub twice: u64,
    /// A digest of each of them (trace, disk and verdict) by its number, if they are kept.
    pub digests: BTreeMap<u64, u128>,
    /// What was met.
    pub goals: Goals,
    /// What was planned, and what of it happened.
    pub tally: Tally,
    /// The plan that broke something.
    pub failed: Option<Failed>,
    /// The plan whose second run was another.
    pub diverged: Option<Divergence>,
    /// Whether it ended before it had tried enough.
    pub interrupted: bool,
    /// For how many seconds it ran.
    pub seconds: f64,
}

/// A plan that broke something.
#[derive(Debug)]
pub struct Failed {
    /// Its number among all plans of the seed.
    pub number: u64,
    /// The plan, with the deaths in it.
    pub plan: Plan,
    /// What is broken.
    pub violations: Vec<Violation>,
    /// Whether a boot panicked.
    pub panicked: bool,
    /// The capsule that was written before it ran.
    pub capsule: PathBuf,
}

/// A plan whose second run was another.
#[derive(Debug)]
pub struct Divergence {
    /// Its number.
    pub number: u64,
    /// The plan.
    pub plan: Plan,
    /// Where the two part.
    pub difference: Difference,
}

/// What the threads share.
struct Shared<'a> {
    campaign: &'a Campaign<'a>,
    /// A name that no other campaign has.
    name: String,
    since: Stopwatch,
    next: AtomicU64,
    /// The lowest ordinal of a plan that was not as it should be.
    bad: AtomicU64,
    outcome: Mutex<Outcome>,
    failure: Mutex<Option<(PathBuf, io::Error)>>,
}

impl Campaign<'_> {
    /// Tries plans until there were enough, one is not as it should be, or somebody interrupts.
    /// `hear` is told now and then how far it has come.
    ///
    /// # Errors
    ///
    /// If a plan could not be written down before it ran: the path, and why not.
    pub fn run(&self, hear: &(dyn Fn(Progress) + Sync)) -> Result<Outcome, (PathBuf, io::Error)> {
        let shared = Shared {
            campaign: self,
            name: real::own_name(),
            since: Stopwatch::start(),
            next: AtomicU64::new(0),
            bad: AtomicU64::new(u64::MAX),
            outcome: Mutex::default(),
            failure: Mutex::default(),
        };
        real::on_threads(self.jobs, |job| shared.work(job, hear));
        if let Some(failure) = lock(&shared.failure).take() {
            return Err(failure);
        }
        let mut outcome = std::mem::take(&mut *lock(&shared.outcome));
        outcome.seconds = shared.since.seconds();
        Ok(outcome)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared<'_> {
    fn work(&self, job: usize, hear: &(dyn Fn(Progress) + Sync)) {
        let Campaign { gateway, directory, .. } = *self.campaign;
        let mut running = Running::new(directory, gateway, &self.name, job);
        while let Some(ordinal) = self.take() {
            let good = self.try_one(ordinal, &mut running);
            if let Some(error) = running.failure.take() {
                lock(&self.failure).get_or_insert((running.path().to_owned(), error));
                self.bad.fetch_min(0, Ordering::Relaxed);
                return;
            }
            if !good {
                return;
            }
            let plans = lock(&self.outcome).plans;
            hear(Progress { plans, seconds: self.since.seconds() });
        }
    }

    /// The next plan to try; none if there were enough.
    fn take(&self) -> Option<u64> {
        let ordinal = self.next.fetch_add(1, Ordering::Relaxed);
        let enough = match self.campaign.limit {
            Limit::Plans(plans) => ordinal >= self.campaign.shard.share(plans),
            Limit::Seconds(seconds) => self.since.seconds() >= seconds,
        };
        if enough || ordinal > self.bad.load(Ordering::Relaxed) {
            return None;
        }
        if self.campaign.interrupted.load(Ordering::Relaxed) {
            lock(&self.outcome).interrupted = true;
            return None;
        }
        Some(ordinal)
    }

    /// Tries one plan; whether it is as it should be.
    fn try_one(&self, ordinal: u64, running: &mut Running) -> bool {
        let campaign = self.campaign;
        let number = campaign.shard.number(ordinal);
        let mut one = One { campaign, running };
        let draft = draft(campaign.seed, number, campaign.stage);
        let attempt = attempt(&draft, &mut one);
        self.count(&attempt);
        if !attempt.passed() {
            self.bad.fetch_min(ordinal, Ordering::Relaxed);
            self.keep(number, attempt, running.path());
            return false;
        }
        if campaign.twice > 0
            && ordinal.is_multiple_of(campaign.twice)
            && let Some(difference) = self.differs(number, &attempt.plan)
        {
            self.bad.fetch_min(ordinal, Ordering::Relaxed);
            let mut outcome = lock(&self.outcome);
            if outcome.diverged.as_ref().is_none_or(|found| found.number > number) {
                outcome.diverged = Some(Divergence { number, plan: attempt.plan, difference });
            }
            return false;
        }
        running.remove();
        true
    }

    /// Where the run of a plan on this thread and one on a fresh thread part.
    fn differs(&self, number: u64, plan: &Plan) -> Option<Difference> {
        let tell = || account(plan, &*(self.campaign.make)(plan));
        let here = tell();
        let there = real::on_fresh_thread(tell);
        let mut outcome = lock(&self.outcome);
        outcome.twice += 1;
        if self.campaign.digests {
            outcome.digests.insert(number, here.digest());
        }
        differ(&here, &there)
    }

    fn count(&self, attempt: &Attempt) {
        let mut outcome = lock(&self.outcome);
        outcome.plans += 1;
        outcome.judged += attempt.judged;
        outcome.transitions += attempt.transitions;
        outcome.broken_off += u64::from(attempt.broken_off);
        outcome.goals.add(attempt.goals.met());
        outcome.tally.add(&attempt.tally);
    }

    fn keep(&self, number: u64, attempt: Attempt, capsule: &Path) {
        let mut outcome = lock(&self.outcome);
        if outcome.failed.as_ref().is_none_or(|failed| failed.number > number) {
            let Attempt { plan, violations, panicked, .. } = attempt;
            let capsule = capsule.to_owned();
            outcome.failed = Some(Failed { number, plan, violations, panicked, capsule });
        }
    }
}

/// One plan that is tried.
struct One<'a> {
    campaign: &'a Campaign<'a>,
    running: &'a mut Running,
}

impl Hooks for One<'_> {
    fn gateway(&self, plan: &Plan) -> Box<dyn Gateway> {
        (self.campaign.make)(plan)
    }

    fn deaths(&self) -> Deaths {
        self.campaign.deaths
    }

    fn phases(&self) -> Phases {
        self.campaign.phases
    }

    fn begins(&mut self, plan: &Plan) {
        self.running.write(plan);
    }
}

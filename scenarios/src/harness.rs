//! A gateway of your own under the whole harness, in a test of a few lines: kill matrix, swarm,
//! shrinking, capsules and their replay.
//!
//! It prints nothing. What is found is a [`Failure`], which shows the whole page when it is
//! printed or unwrapped.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use gateway_core::env::Gateway;
use gateway_core::settings::Settings;
use sim::capsule::Capsule;
use sim::coverage::Phases;
use sim::delivered::Planned;
use sim::explore::{Deaths, Search, matrix};
use sim::oracle::OracleId;
use sim::plan::{Plan, Stage};
use sim::rerun::rerun;
use sim::shrink::{Budget, shrink};
use sim::trace::first_difference;

use crate::allowance::{self, Untested};
use crate::campaign::{Campaign, Limit, Outcome, Shard};
use crate::real;
use crate::report::exhibit::{Exhibit, Origin, Subject};
use crate::report::{capsule, page};

/// The variable that names a capsule to replay instead of anything else.
const REPLAY: &str = "HOLDFAST_REPLAY";

/// How many runs a failure is shrunk for.
const BUDGET: Budget = Budget { runs: 2_000 };

/// Makes the gateway for a plan.
type Make<'a> = dyn Fn(&Plan) -> Box<dyn Gateway> + Sync + 'a;

/// A gateway, and how it is tried.
///
/// ```
/// use gateway_core::env::{Effect, Env, Exit, Gateway};
/// use scenarios::harness::Harness;
///
/// struct Deaf;
///
/// impl Gateway for Deaf {
///     fn boot(&self, env: Env) -> Effect<Exit> {
///         Box::pin(async move {
///             env.signals.next().await;
///             Exit::Planned
///         })
///     }
/// }
///
/// let failure = Harness::new("deaf", |_settings| Deaf).swarm(100).expect_err("it loses all");
/// assert_eq!(failure.oracle().map(|oracle| oracle.name()), Some("NOTHING-LOST"));
/// ```
pub struct Harness<'a> {
    name: String,
    make: Box<Make<'a>>,
    deaths: Deaths,
    seed: u64,
    may_not_fire: Vec<String>,
}

/// What a gateway breaks. Printed or unwrapped, it shows the page: what is demanded and what was
/// found, the shrunk plan, what happened, the disk, and the line that repeats it.
pub struct Failure {
    oracle: Option<OracleId>,
    capsule: PathBuf,
    page: String,
}

impl Failure {
    /// The invariant that is broken; none if a boot panicked, a run could not be repeated, or
    /// something that the plan has in store never happened.
    pub fn oracle(&self) -> Option<OracleId> {
        self.oracle
    }

    /// Where it is saved.
    pub fn capsule(&self) -> &Path {
        &self.capsule
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.page)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever unwraps it wants to read the page.
        write!(f, "\n\n{}", self.page)
    }
}

impl std::error::Error for Failure {}

impl<'a> Harness<'a> {
    /// Tries the gateway that `make` makes, with the settings that each plan gives it. The name
    /// is that of capsules and pages.
    pub fn new<G: Gateway + 'static>(
        name: &str,
        make: impl Fn(Settings) -> G + Sync + 'a,
    ) -> Harness<'a> {
        let make =
            move |plan: &Plan| -> Box<dyn Gateway> { Box::new(make(plan.gateway_settings())) };
        Harness {
            name: name.to_owned(),
            make: Box::new(make),
            deaths: Deaths::Both,
            seed: 0,
            may_not_fire: Vec::new(),
        }
    }

    /// Tries only these deaths; process kills and power losses if not said.
    #[must_use]
    pub fn dying_by(self, deaths: Deaths) -> Harness<'a> {
        Harness { deaths, ..self }
    }

    /// Draws other plans than those of seed 0.
    #[must_use]
    pub fn seeded(self, seed: u64) -> Harness<'a> {
        Harness { seed, ..self }
    }

    /// Says of some events of the plan of a [`Harness::matrix`], by the names that are printed as
    /// in "stop 2", that they may happen in none of its runs. Of any other that is a failure, for
    /// it tested nothing.
    #[must_use]
    pub fn may_not_fire<N: Into<String>>(self, events: impl IntoIterator<Item = N>) -> Harness<'a> {
        let may_not_fire = events.into_iter().map(Into::into).collect();
        Harness { may_not_fire, ..self }
    }

    /// Kills the gateway at every kill point of a plan, and judges what follows.
    ///
    /// # Errors
    ///
    /// What it breaks, or what of the plan never happened.
    pub fn matrix(&self, plan: &Plan) -> Result<(), Failure> {
        if let Some(replayed) = self.replayed() {
            return replayed;
        }
        let found = matrix(plan, &*(self.make)(plan), &Search::new(self.deaths));
        let worst =
            found.findings.values().min_by_key(|finding| finding.violation.oracle.gravity());
        match worst {
            Some(finding) => Err(self.failure("matrix", &finding.plan, finding.violation.oracle)),
            None if found.summary.panicked > 0 => Err(self.panicked("matrix", plan)),
            None => self.tested(plan, &found.missing()),
        }
    }

    /// Tries so many plans that nobody thought of, with deaths and faults of every kind, on all
    /// cores.
    ///
    /// # Errors
    ///
    /// What the first plan breaks that breaks anything.
    pub fn swarm(&self, plans: u64) -> Result<Outcome, Failure> {
        if let Some(replayed) = self.replayed() {
            return replayed.map(|()| Outcome::default());
        }
        let never = std::sync::atomic::AtomicBool::new(false);
        let campaign = Campaign {
            gateway: &self.name,
            make: &*self.make,
            deaths: self.deaths,
            phases: Phases::default(),
            seed: self.seed,
            stage: Stage::Direct,
            shard: Shard::WHOLE,
            limit: Limit::Plans(plans),
            twice: 10,
            digests: false,
            jobs: real::cores(),
            directory: Path::new(capsule::DIRECTORY),
            interrupted: &never,
        };
        let outcome =
            campaign.run(&|_| ()).map_err(|(path, error)| self.unwritten(path, &error))?;
        if let Some(found) = &outcome.diverged {
            let difference = &found.difference;
            let page = format!(
                "{} is not the same twice: plan {} of seed {} parts at line {} of its trace\n  \
                 first:  {}\n  second: {}\n  likely: {}\n",
                self.name,
                found.number,
                self.seed,
                difference.number,
                difference.expected,
                difference.actual,
                difference.likely_source()
            );
            return Err(Failure { oracle: None, capsule: PathBuf::new(), page });
        }
        let Some(failed) = &outcome.failed else { return Ok(outcome) };
        let name = format!("swarm-{}-{}", self.seed, failed.number);
        Err(match failed.violations.iter().min_by_key(|violation| violation.oracle.gravity()) {
            Some(violation) => self.failure(&name, &failed.plan, violation.oracle),
            None => self.panicked(&name, &failed.plan),
        })
    }

    /// Whether everything that a plan has in store has happened, but for what may not.
    fn tested(&self, plan: &Plan, missing: &[Planned]) -> Result<(), Failure> {
        let fail = |page: String| Failure { oracle: None, capsule: PathBuf::new(), page };
        let mut allowed = BTreeSet::new();
        for name in &self.may_not_fire {
            let Some(planned) = allowance::find(plan, name) else {
                return Err(fail(format!("the plan has no `{name}` that may not fire\n")));
            };
            allowed.insert(planned);
        }
        let untested = Untested::of(&plan.without_probes(), missing, &allowed);
        untested.map_or(Ok(()), |untested| Err(fail(format!("{}: {untested}", self.name))))
    }

    /// Shrinks a plan that breaks something, saves it, and shows it.
    fn failure(&self, name: &str, plan: &Plan, oracle: OracleId) -> Failure {
        let found = rerun(plan, &*(self.make)(plan), &[oracle]);
        let shrunk = shrink(plan, &self.make, oracle, BUDGET, &mut |_| ());
        let small = shrunk.as_ref().map_or(plan, |shrunk| &shrunk.plan);
        let again = rerun(small, &*(self.make)(small), &[oracle]);
        let path = capsule::path(name, &self.name, oracle);
        let mut violates: Vec<OracleId> = again.violations.iter().map(|v| v.oracle).collect();
        violates.dedup();
        let trace = Some(again.witness.trace.to_text());
        let text = capsule::wrap(&self.name, violates, small, trace).to_toml();
        if let Err(error) = real::write(&path, &text) {
            return self.unwritten(path, &error);
        }
        let subject =
            Subject { scenario: name, gateway: &self.name, oracle, plan: small, capsule: &path };
        let origin = shrunk.as_ref().map(|shrunk| Origin::new(plan, &found, shrunk, BUDGET));
        let replay = format!("{REPLAY}={} cargo test", path.display());
        let exhibit = Exhibit { origin, replay, ..Exhibit::new(subject, &again) };
        let mut shown = Vec::new();
        // Memory can always be written to.
        page::write_page(&mut shown, &exhibit).ok();
        let page = String::from_utf8_lossy(&shown).into_owned();
        Failure { oracle: Some(oracle), capsule: path, page }
    }

    fn panicked(&self, name: &str, plan: &Plan) -> Failure {
        let path = Path::new(capsule::DIRECTORY).join(format!("{name}-{}-panic.toml", self.name));
        let text = capsule::wrap(&self.name, Vec::new(), plan, None).to_toml();
        if let Err(error) = real::write(&path, &text) {
            return self.unwritten(path, &error);
        }
        let page = format!("{} panicked\n\n  {REPLAY}={} cargo test\n", self.name, path.display());
        Failure { oracle: None, capsule: path, page }
    }

    fn unwritten(&self, path: PathBuf, error: &io::Error) -> Failure {
        let page = format!("{}: cannot be written: {error}\n", path.display());
        Failure { oracle: None, capsule: path, page }
    }

    /// What the capsule comes to that the environment names, if it names one.
    fn replayed(&self) -> Option<Result<(), Failure>> {
        let path = PathBuf::from(real::variable(REPLAY)?);
        let fail = |page: String| Failure { oracle: None, capsule: path.clone(), page };
        let text = real::read(&path);
        let text = match text.map_err(|error| fail(format!("{}: {error}\n", path.display()))) {
            Ok(text) => text,
            Err(failure) => return Some(Err(failure)),
        };
        let capsule = match Capsule::parse(&text) {
            Ok(capsule) => capsule,
            Err(error) => return Some(Err(fail(format!("{}: {error}\n", path.display())))),
        };
        // A test binary may hold several gateways; each replays only its own.
        (capsule.gateway == self.name).then(|| self.replay(&path, &capsule))
    }

    fn replay(&self, path: &Path, capsule: &Capsule) -> Result<(), Failure> {
        let Capsule { plan, violates, trace, .. } = capsule;
        let again = rerun(plan, &*(self.make)(plan), violates);
        let now = again.witness.trace.to_text();
        let same = match trace.as_ref().map(|then| first_difference(then, &now)) {
            Some(None) => "the same trace to the byte".to_owned(),
            Some(Some(difference)) => format!(
                "the trace parts at line {}\n  capsule: {}\n  now:     {}",
                difference.number, difference.expected, difference.actual
            ),
            None => "the capsule has no trace to compare with".to_owned(),
        };
        let Some(worst) =
            again.violations.iter().min_by_key(|violation| violation.oracle.gravity())
        else {
            return Ok(());
        };
        let page = format!("{now}\n{}: {}\nreplay: {same}\n", worst.oracle, worst.what);
        Err(Failure { oracle: Some(worst.oracle), capsule: path.to_owned(), page })
    }
}

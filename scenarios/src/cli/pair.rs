//! A scenario and one of its gateways: its matrix, compared with what the scenario expects, and
//! its base run once more, compared to the byte.

use std::collections::{BTreeMap, BTreeSet};

use sim::explore::{Finding, Summary, matrix};
use sim::oracle::OracleId;
use sim::trace::{Difference, first_difference};

use super::args::Common;
use crate::allowance::Untested;
use crate::expectation::{Expectation, Surprise};
use crate::input::Scenario;
use crate::real::{Stopwatch, on_fresh_thread};
use crate::registry::GatewayName;
use crate::status::Status;
use crate::watchdog::Watchdog;
use sim::rerun::base;

/// A scenario and one of its gateways.
#[derive(Clone, Copy)]
pub(super) struct Pair<'c> {
    pub(super) scenario: &'c Scenario,
    pub(super) gateway: GatewayName,
    pub(super) expected: &'c Expectation,
}

/// What became of a pair.
pub(super) struct Tried {
    pub(super) summary: Summary,
    pub(super) findings: BTreeMap<OracleId, Finding>,
    /// The images in which anything is violated.
    pub(super) violated: usize,
    /// What the matrix came to.
    pub(super) status: Status,
    /// How that is not as expected.
    pub(super) surprise: Option<Surprise>,
    /// Where the second run parts from the first.
    pub(super) divergence: Option<Difference>,
    /// What the plan had in store and no run got.
    pub(super) never_fired: Vec<String>,
    /// How that is not as the file says.
    pub(super) untested: Option<Untested>,
    /// How long the matrix took.
    pub(super) seconds: f64,
}

impl Pair<'_> {
    /// The matrix and the second run.
    pub(super) fn run(self, common: &Common, watchdog: &Watchdog) -> Tried {
        let Pair { scenario, gateway, expected } = self;
        let plan = common.plan(&scenario.plan.without_probes()).expect("it was looked at before");
        let search = common.search(gateway.deaths());
        let watch = watchdog.watch(&scenario.name, gateway, &plan);
        let stopwatch = Stopwatch::start();
        let matrix = matrix(&plan, &watch, &search);
        let seconds = stopwatch.seconds();
        let (again, _) = on_fresh_thread(|| base(&plan, &watch));
        let violated = matrix.judged.iter().filter(|judged| !judged.violations.is_empty());
        let convicting: BTreeSet<OracleId> = matrix.findings.keys().copied().collect();
        Tried {
            violated: violated.count(),
            status: Status::of(matrix.verdict()),
            surprise: expected.surprise(&convicting),
            divergence: first_difference(&matrix.trace.to_text(), &again.to_text()),
            seconds,
            untested: scenario.may_not_fire.untested(gateway, &plan, &matrix.missing()),
            never_fired: matrix.never_fired(),
            summary: matrix.summary,
            findings: matrix.findings,
        }
    }
}

impl Tried {
    /// Whether everything is as it should be.
    pub(super) fn is_expected(&self) -> bool {
        // A panic convicts whatever the file says: no file can expect one.
        self.surprise.is_none()
            && self.untested.is_none()
            && self.divergence.is_none()
            && self.status != Status::Panicked
    }

    /// What to say of what never fired, or fired and was said that it may not.
    pub(super) fn untested_lines(&self, pair: &Pair<'_>) -> Vec<String> {
        let lines = |untested: &Untested| untested.lines(&pair.scenario.path, pair.gateway);
        self.untested.as_ref().map_or(Vec::new(), lines)
    }

    /// What the status of the whole check is for the sake of this pair.
    pub(super) fn status_of(&self, gateway: GatewayName) -> Status {
        match (self.is_expected(), &self.divergence, gateway) {
            (true, ..) => Status::Passed,
            (false, Some(_), _) => Status::Diverged,
            (false, None, _) if self.status == Status::Panicked => Status::Panicked,
            (false, None, GatewayName::Core)
                if self.surprise.is_some() && self.status != Status::Passed =>
            {
                self.status
            }
            (false, None, _) => Status::Harness,
        }
    }

    /// The oracles that convict.
    pub(super) fn convicting(&self) -> BTreeSet<OracleId> {
        self.findings.keys().copied().collect()
    }

    /// The findings that nobody expected.
    pub(super) fn news(&self) -> BTreeMap<OracleId, Finding> {
        let unexpected = self.surprise.as_ref().map(|surprise| &surprise.unexpected);
        let is_news = |oracle: &OracleId| unexpected.is_some_and(|news| news.contains(oracle));
        let findings = self.findings.iter().filter(|(oracle, _)| is_news(oracle));
        findings.map(|(oracle, finding)| (*oracle, finding.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use sim::delivered::Planned;

    use super::*;

    fn tried(status: Status, surprise: Option<Surprise>) -> Tried {
        Tried {
            summary: Summary::default(),
            findings: BTreeMap::new(),
            violated: 0,
            status,
            surprise,
            divergence: None,
            never_fired: Vec::new(),
            untested: None,
            seconds: 0.0,
        }
    }

    fn surprise() -> Option<Surprise> {
        Expectation::Acquitted.surprise(&BTreeSet::from([OracleId::NothingLost]))
    }

    #[test]
    fn a_conviction_that_was_expected_passes() {
        let tried = tried(Status::Unsafe, None);
        assert_eq!(tried.status_of(GatewayName::HermesE1), Status::Passed);
    }

    #[test]
    fn a_convicted_core_ends_the_check_with_its_verdict() {
        assert_eq!(
            tried(Status::NotLive, surprise()).status_of(GatewayName::Core),
            Status::NotLive
        );
        assert_eq!(tried(Status::Unsafe, surprise()).status_of(GatewayName::Core), Status::Unsafe);
    }

    #[test]
    fn a_model_that_is_not_as_expected_is_a_harness_error() {
        let tried = tried(Status::Unsafe, surprise());
        assert_eq!(tried.status_of(GatewayName::MarksOnly), Status::Harness);
    }

    #[test]
    fn what_never_fired_is_a_harness_error_whoever_is_judged() {
        let plan = toml::from_str("horizon = \"9s\"\nstop = [{ at = \"8s\", signal = \"stop\" }]");
        let untested = |status| {
            let plan = plan.clone().expect("a plan");
            let untested = Untested::of(&plan, &[Planned::Stop(0)], &BTreeSet::new());
            Tried { untested, ..tried(status, None) }
        };
        assert!(!untested(Status::Passed).is_expected());
        for status in [Status::Passed, Status::Unsafe] {
            assert_eq!(untested(status).status_of(GatewayName::Core), Status::Harness);
            assert_eq!(untested(status).status_of(GatewayName::HermesE1), Status::Harness);
        }
        let both = Tried { surprise: surprise(), ..untested(Status::Unsafe) };
        assert_eq!(both.status_of(GatewayName::Core), Status::Unsafe);
    }

    #[test]
    fn a_divergence_is_told_before_anything_else() {
        let divergence = first_difference("a", "b");
        let tried = Tried { divergence, ..tried(Status::Unsafe, surprise()) };
        assert_eq!(tried.status_of(GatewayName::Core), Status::Diverged);
    }
}

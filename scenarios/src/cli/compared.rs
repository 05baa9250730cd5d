//! What a gateway's matrix came to, beside what its file says of it.

use std::collections::BTreeSet;

use sim::delivered::Planned;
use sim::explore::{Deaths, Search};
use sim::oracle::OracleId;
use sim::plan::Plan;
use sim::verdict::Verdict;

use crate::allowance::Untested;
use crate::expectation::{Expectation, Surprise};
use crate::input::Scenario;
use crate::registry::GatewayName;
use crate::status::Status;

/// What a matrix came to, beside what its file says of its gateway.
pub(super) struct Compared {
    gateway: GatewayName,
    path: String,
    /// None if the file says nothing of the gateway.
    expected: Option<Expectation>,
    surprise: Option<Surprise>,
    untested: Option<Untested>,
    /// Whether fewer kinds of death were tried than the file speaks of.
    narrow: bool,
}

impl Compared {
    /// Compares what `convicting` says and what never fired in the runs of `plan`.
    pub(super) fn new(
        scenario: &Scenario,
        gateway: GatewayName,
        search: &Search,
        plan: &Plan,
        convicting: &BTreeSet<OracleId>,
        missing: &[Planned],
    ) -> Compared {
        let expected = scenario.expect.get(&gateway).cloned();
        let surprise = expected.as_ref().and_then(|expected| expected.surprise(convicting));
        let untested = scenario.may_not_fire.untested(gateway, plan, missing);
        Compared {
            gateway,
            path: scenario.path.clone(),
            untested: untested.filter(|_| expected.is_some()),
            narrow: gateway.deaths() == Deaths::Both && search.deaths != Deaths::Both,
            expected,
            surprise,
        }
    }

    /// Whether everything is as the file says; none if it says nothing of the gateway.
    pub(super) fn as_expected(&self) -> Option<bool> {
        let as_said = self.surprise.is_none() && self.untested.is_none();
        self.expected.as_ref().map(|_| as_said)
    }

    /// How the command ends. A gateway that is convicted ends it with its verdict, expected or
    /// not: whoever kills one gateway everywhere wants to know what it breaks. What the file
    /// expects counts where nothing convicts.
    pub(super) fn status(&self, verdict: Verdict) -> Status {
        match (verdict, self.as_expected()) {
            (Verdict::Passed, Some(false)) => Status::Harness,
            _ => Status::of(verdict),
        }
    }

    /// What to say of it.
    pub(super) fn lines(&self) -> Vec<String> {
        let Compared { gateway, path, expected, surprise, .. } = self;
        let Some(expected) = expected else {
            return vec![format!("{path} expects nothing of {gateway}")];
        };
        let mut lines = vec![match surprise {
            None => format!("as {path} expects of {gateway}: {expected}"),
            Some(surprise) => format!("not as {path} expects of {gateway}: {surprise}"),
        }];
        if self.narrow && surprise.as_ref().is_some_and(|surprise| !surprise.missing.is_empty()) {
            let deaths = "its file speaks of process kills and power losses";
            lines.push(format!("  {deaths}: `--kill both` tries them all"));
        }
        if let Some(untested) = &self.untested {
            lines.extend(untested.lines(path, *gateway));
        }
        lines
    }
}

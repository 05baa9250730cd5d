//! From a finding to a page: run it again from the start, save it as a capsule, show it.

use std::collections::BTreeMap;
use std::path::Path;

use gateway_core::env::Gateway;
use sim::explore::Finding;
use sim::oracle::{OracleId, Violation};
use sim::plan::Plan;
use sim::rerun::{Rerun, rerun};
use sim::shrink::{Budget, shrink};

use super::app::App;
use super::error::CliError;
use crate::real;
use crate::registry::GatewayName;
use crate::report::capsule;
use crate::report::exhibit::{Exhibit, Origin, Subject};

/// How the first of some findings is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// Like the others: as it was found.
    Brief,
    /// With a whole page: it is shrunk before.
    Page,
}

/// The exhibits of some findings, the most important first.
pub(super) fn exhibits(
    app: &App<'_>,
    scenario: &str,
    gateway: GatewayName,
    findings: &BTreeMap<OracleId, Finding>,
    first: First,
) -> Result<Vec<Exhibit>, CliError> {
    let mut ordered: Vec<&Finding> = findings.values().collect();
    ordered.sort_by_key(|finding| finding.violation.oracle.gravity());
    let exhibit = |(index, finding): (usize, &Finding)| {
        let Finding { plan, violation, .. } = finding;
        // Watched for as long as it runs: a page has many runs of its own to make, and whoever is
        // watched and does not move meanwhile would be taken for a gateway that spins.
        let again = rerun(plan, &app.watchdog.watch(scenario, gateway, plan), &[violation.oracle]);
        agree(scenario, gateway, violation, &again)?;
        match (index, first) {
            (0, First::Page) => page(app, scenario, gateway, finding, &again),
            _ => save(app.root, scenario, gateway, violation.oracle, plan, &again),
        }
    };
    ordered.into_iter().enumerate().map(exhibit).collect()
}

/// The exhibit of a finding that gets a whole page: its plan is shrunk before it is saved.
fn page(
    app: &App<'_>,
    scenario: &str,
    gateway: GatewayName,
    finding: &Finding,
    found: &Rerun,
) -> Result<Exhibit, CliError> {
    let Finding { plan, violation: Violation { oracle, .. }, .. } = finding;
    let make = |plan: &Plan| watched(app, scenario, gateway, plan);
    let budget = Budget::page(plan.stage);
    let Some(shrunk) = shrink(plan, &make, *oracle, budget, &mut |_| ()) else {
        let what = format!("{gateway} in {scenario}: {oracle} is broken in one run and not in");
        return Err(CliError::Harness(format!("{what} the next")));
    };
    let again = rerun(&shrunk.plan, &*make(&shrunk.plan), &[*oracle]);
    let exhibit = save(app.root, scenario, gateway, *oracle, &shrunk.plan, &again)?;
    let origin = Some(Origin::new(plan, found, &shrunk, budget));
    Ok(Exhibit { origin, ..exhibit })
}

/// A gateway for a plan, watched.
pub(super) fn watched(
    app: &App<'_>,
    scenario: &str,
    gateway: GatewayName,
    plan: &Plan,
) -> Box<dyn Gateway> {
    Box::new(app.watchdog.watch(scenario, gateway, plan))
}

/// A kill of a snapshot and a run from the start must break the same statement.
fn agree(
    scenario: &str,
    gateway: GatewayName,
    violation: &Violation,
    again: &Rerun,
) -> Result<(), CliError> {
    if again.violations.contains(violation) {
        return Ok(());
    }
    let found: Vec<String> = again
        .violations
        .iter()
        .map(|violation| format!("{}: {}", violation.oracle, violation.what))
        .collect();
    Err(CliError::Harness(format!(
        "{gateway} in {scenario}: continued from its snapshot it breaks {}: {}; run again from \
         the start it breaks [{}]",
        violation.oracle,
        violation.what,
        found.join("; ")
    )))
}

/// Saves a run as a capsule under `root`, named after what it shows, and makes its exhibit.
pub(super) fn save(
    root: &Path,
    scenario: &str,
    gateway: GatewayName,
    oracle: OracleId,
    plan: &Plan,
    again: &Rerun,
) -> Result<Exhibit, CliError> {
    let path = root.join(capsule::path(scenario, gateway.name(), oracle));
    save_at(Subject { scenario, gateway: gateway.name(), oracle, plan, capsule: &path }, again)
}

/// The same, where it is told to.
pub(super) fn save_at(subject: Subject<'_>, again: &Rerun) -> Result<Exhibit, CliError> {
    let Subject { gateway, plan, capsule: path, .. } = subject;
    let mut violates: Vec<OracleId> = again.violations.iter().map(|v| v.oracle).collect();
    violates.dedup();
    let trace = again.witness.trace.to_text();
    let text = capsule::wrap(gateway, violates, plan, Some(trace)).to_toml();
    real::write(path, &text).map_err(|error| CliError::File { path: path.to_owned(), error })?;
    Ok(Exhibit::new(subject, again))
}

//! From a finding to a page: run it again from the start, save it as a capsule, show it.

use std::collections::BTreeMap;
use std::path::Path;

use sim::explore::Finding;
use sim::oracle::{Kind, OracleId, Violation};
use sim::plan::Plan;

use super::app::App;
use super::error::CliError;
use crate::real;
use crate::registry::GatewayName;
use crate::report::capsule;
use crate::report::exhibit::{Exhibit, Subject};
use sim::rerun::{Rerun, rerun};

/// The exhibits of some findings, the most important first: what is lost before what is late.
pub(super) fn exhibits(
    app: &App<'_>,
    scenario: &str,
    gateway: GatewayName,
    findings: &BTreeMap<OracleId, Finding>,
) -> Result<Vec<Exhibit>, CliError> {
    let mut ordered: Vec<_> = findings.iter().collect();
    ordered.sort_by_key(|(oracle, _)| (oracle.kind() == Kind::Liveness, **oracle));
    let exhibit = |(_, finding): (&OracleId, &Finding)| {
        let Finding { plan, violation, .. } = finding;
        let watch = app.watchdog.watch(scenario, gateway, plan);
        let again = rerun(plan, &watch, &[violation.oracle]);
        agree(scenario, gateway, violation, &again)?;
        save(app.root, scenario, gateway, violation.oracle, plan, &again)
    };
    ordered.into_iter().map(exhibit).collect()
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

/// Saves a run as a capsule under `root` and makes its exhibit.
pub(super) fn save(
    root: &Path,
    scenario: &str,
    gateway: GatewayName,
    oracle: OracleId,
    plan: &Plan,
    again: &Rerun,
) -> Result<Exhibit, CliError> {
    let path = root.join(capsule::path(scenario, gateway, oracle));
    let mut violates: Vec<OracleId> = again.violations.iter().map(|v| v.oracle).collect();
    violates.dedup();
    let trace = again.witness.trace.to_text();
    let text = capsule::wrap(gateway, violates, plan, trace).to_toml();
    real::write(&path, &text).map_err(|error| CliError::File { path: path.clone(), error })?;
    let subject = Subject { scenario, gateway, oracle, plan, capsule: &path };
    Ok(Exhibit::new(subject, again))
}

//! `holdfast run`: one plan as it is written.

use std::sync::Arc;

use sim::ledger::{BootFacts, End};
use sim::oracle::{OracleId, Violation};

use super::app::App;
use super::args::Format;
use super::convict;
use super::error::CliError;
use crate::report::exhibit::Exhibit;
use crate::report::html::Report;
use crate::report::json::{ViolationLine, write_event, write_line};
use crate::report::page;
use crate::status::Status;
use sim::rerun::{Rerun, rerun};

pub(super) fn run(app: &mut App<'_>, name_or_path: &str) -> Result<Status, CliError> {
    let file = app.catalogue()?.resolve(name_or_path)?;
    let gateway = app.common.gateway.unwrap_or(file.gateway());
    let name = file.scenario().name.clone();
    let plan = app.common.plan(&file.scenario().plan)?;
    let watch = app.watchdog.watch(&name, gateway, &plan);
    let ran = rerun(&plan, &watch, &[]);
    let status = Status::of(ran.verdict);
    show(app, &ran)?;
    let first = ran.violations.first().map(|violation| violation.oracle);
    let exhibit = first.map(|oracle| convict::save(app.root, &name, gateway, oracle, &plan, &ran));
    let exhibits: Vec<Exhibit> = exhibit.into_iter().collect::<Result<_, _>>()?;
    if app.common.format == Format::Text {
        for exhibit in &exhibits {
            writeln!(app.out)?;
            page::write_brief(app.out, exhibit)?;
        }
    }
    app.report(|| report(format!("run of {name} with {gateway}"), status, exhibits))?;
    Ok(status)
}

/// Prints the trace, what is broken, and the verdict.
pub(super) fn show(app: &mut App<'_>, ran: &Rerun) -> Result<(), CliError> {
    let out = &mut *app.out;
    let trace = ran.witness.trace.to_text();
    let status = Status::of(ran.verdict);
    if app.common.format == Format::Text {
        write!(out, "{trace}\n{}{}", panics(ran), broken(&ran.violations))?;
        for planned in never_fired(ran) {
            writeln!(out, "{}", super::matrix::never_fired(&planned))?;
        }
        writeln!(out, "verdict: {}", status.meaning())?;
        return Ok(());
    }
    for line in trace.lines() {
        write_event(out, "trace", &[("line", line.into())])?;
    }
    for violation in &ran.violations {
        write_line(out, &ViolationLine::unkilled(violation, ran.witness.world.script()))?;
    }
    let fields = [
        ("exit", status.code().into()),
        ("meaning", status.meaning().into()),
        ("never_fired", never_fired(ran).into()),
    ];
    Ok(write_event(out, "verdict", &fields)?)
}

/// What the plan had in store and this run did not get.
fn never_fired(ran: &Rerun) -> Vec<String> {
    let (world, plan) = (&ran.witness.world, &ran.witness.world.script().plan);
    let missing = world.delivered().missing(plan);
    missing.into_iter().map(|planned| planned.describe(plan)).collect()
}

/// A line for each boot that broke by itself.
fn panics(ran: &Rerun) -> String {
    let line = |boot: &Arc<BootFacts>| match &boot.ended {
        Some((_, End::Panicked(panic))) => {
            Some(format!("boot {} panicked: {panic}\n", boot.number))
        }
        Some((_, End::NeverIdle)) => Some(format!("boot {} never became idle\n", boot.number)),
        _ => None,
    };
    ran.witness.world.ledger().boots.iter().filter_map(line).collect()
}

/// A line for each violation.
fn broken(violations: &[Violation]) -> String {
    let line = |v: &Violation| format!("{} violated: {}\n", v.oracle, v.what);
    violations.iter().map(line).collect()
}

/// The HTML report of a single run.
pub(super) fn report(title: String, status: Status, exhibits: Vec<Exhibit>) -> Report {
    let oracles = OracleId::ALL.map(|oracle| {
        let violated = exhibits.iter().any(|exhibit| exhibit.oracle == oracle.name());
        vec![oracle.name().to_owned(), (if violated { "violated" } else { "" }).to_owned()]
    });
    Report {
        title,
        header: vec!["oracle".to_owned(), String::new()],
        rows: oracles.into_iter().filter(|row| !row[1].is_empty()).collect(),
        summary: vec![format!("verdict: {}", status.meaning())],
        exhibits,
    }
}

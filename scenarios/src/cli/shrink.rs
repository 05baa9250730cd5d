//! `holdfast shrink`: a failure, and the smallest plan that still breaks the same invariant.

use std::path::{Path, PathBuf};

use serde_json::json;
use sim::explore::{Search, matrix};
use sim::oracle::{OracleId, Violation};
use sim::plan::Plan;
use sim::rerun::{Rerun, rerun};
use sim::shrink::{Budget, Parts, Progress, Shrunk, shrink as smaller};
use sim::verdict::Verdict;

use super::app::App;
use super::args::Format;
use super::error::CliError;
use super::{convict, output, run};
use crate::expectation::Expectation;
use crate::input::File;
use crate::registry::GatewayName;
use crate::report::exhibit::{Exhibit, Origin, Subject, ended};
use crate::report::json::write_event;
use crate::report::scenario_text::scenario;
use crate::report::{capsule, page};
use crate::status::Status;

/// What is shrunk.
struct Task {
    name: String,
    gateway: GatewayName,
    plan: Plan,
    found: Rerun,
    oracle: OracleId,
    budget: Budget,
    /// Where the capsule of the result is saved.
    path: PathBuf,
}

pub(super) fn shrink(
    app: &mut App<'_>,
    name_or_path: &str,
    budget: Budget,
    oracle: Option<OracleId>,
) -> Result<Status, CliError> {
    let file = app.catalogue()?.resolve(name_or_path)?;
    let name = file.scenario().name.clone();
    let gateway = app.common.gateway.unwrap_or(file.gateway());
    let plan = app.common.plan(&file.scenario().plan)?;
    let found = rerun(&plan, &*convict::watched(app, &name, gateway, &plan), &suspected(&file));
    let Some(oracle) = gravest(&found.violations, oracle) else {
        return unbroken(app, &name, gateway, oracle);
    };
    let path = beside(app.root, name_or_path, &name);
    let task = Task { name, gateway, plan, found, oracle, budget, path };
    let Some(shrunk) = look(app, &task)? else {
        let what = format!("{oracle} is broken in one run of {name_or_path} and not in the next");
        return Err(CliError::Harness(what));
    };
    show(app, &task, &shrunk)
}

/// What only the comparison of two runs shows is looked for if the capsule says so.
fn suspected(file: &File) -> Vec<OracleId> {
    match file {
        File::Scenario(_) => OracleId::ALL.to_vec(),
        File::Capsule(_, _, capsule) => capsule.violates.clone(),
    }
}

/// The oracle whose statement stays broken.
fn gravest(violations: &[Violation], wanted: Option<OracleId>) -> Option<OracleId> {
    let broken = violations.iter().map(|violation| violation.oracle);
    let broken = broken.filter(|oracle| wanted.is_none_or(|wanted| wanted == *oracle));
    broken.min_by_key(|oracle| oracle.gravity())
}

/// Next to a file; what has no file is saved where all capsules are.
fn beside(root: &Path, name_or_path: &str, name: &str) -> PathBuf {
    let name = format!("{}-shrunk.toml", name.trim_end_matches("-shrunk"));
    match Path::new(name_or_path).parent() {
        Some(directory) if name_or_path.ends_with(".toml") => directory.join(name),
        _ => root.join(capsule::DIRECTORY).join(name),
    }
}

fn unbroken(
    app: &mut App<'_>,
    name: &str,
    gateway: GatewayName,
    oracle: Option<OracleId>,
) -> Result<Status, CliError> {
    if app.common.format == Format::Json {
        let fields = [("scenario", name.into()), ("gateway", gateway.name().into())];
        write_event(app.out, "unbroken", &fields)?;
        return Ok(Status::Passed);
    }
    let what = oracle.map_or("nothing".to_owned(), |oracle| format!("nothing of {oracle}"));
    writeln!(
        app.out,
        "{name} with {gateway} breaks {what} as it is written: there is nothing to shrink\n\
         `holdfast matrix` looks for a death in it that does"
    )?;
    Ok(Status::Passed)
}

/// Shrinks, and tells how far it has come: with a bar, or with a line for each step.
fn look(app: &mut App<'_>, task: &Task) -> Result<Option<Shrunk>, CliError> {
    let Task { name, gateway, plan, oracle, budget, .. } = task;
    let runs = usize::try_from(budget.runs).unwrap_or(usize::MAX);
    let bar = output::Progress::new(runs);
    let mut smallest = Parts::of(plan).to_string();
    let mut steps: Vec<(u64, Parts)> = Vec::new();
    let make = |plan: &Plan| convict::watched(app, name, *gateway, plan);
    let mut hear = |progress: &Progress<'_>| {
        if progress.improved {
            let parts = Parts::of(progress.plan);
            smallest = parts.to_string();
            steps.push((progress.runs, parts));
        }
        bar.reach(progress.runs, smallest.clone());
    };
    let shrunk = smaller(plan, &make, *oracle, *budget, &mut hear);
    bar.finish();
    if app.common.format == Format::Json {
        for (runs, parts) in steps {
            write_event(app.out, "smaller", &[("runs", runs.into()), ("parts", counts(&parts))])?;
        }
    }
    Ok(shrunk)
}

fn counts(parts: &Parts) -> serde_json::Value {
    let Parts { chats, messages, stops, kills, faults } = parts;
    json!({
        "chats": chats, "messages": messages, "stops": stops, "kills": kills, "faults": faults,
    })
}

fn show(app: &mut App<'_>, task: &Task, shrunk: &Shrunk) -> Result<Status, CliError> {
    let Task { name, gateway, plan, found, oracle, budget, path } = task;
    let again =
        rerun(&shrunk.plan, &*convict::watched(app, name, *gateway, &shrunk.plan), &[*oracle]);
    let violation = again.violations.iter().find(|violation| violation.oracle == *oracle).cloned();
    let verdict = Verdict::of(&again.witness.world, &violation.into_iter().collect::<Vec<_>>());
    let status = Status::of(verdict);
    let subject = Subject {
        scenario: name,
        gateway: gateway.name(),
        oracle: *oracle,
        plan: &shrunk.plan,
        capsule: path,
    };
    let exhibit = convict::save_at(subject, &again)?;
    let origin = Some(Origin::new(plan, found, shrunk, *budget));
    let exhibit = Exhibit { origin, ..exhibit };
    let kept = scenario(*gateway, &expectation(app, task, shrunk), &source(name), &shrunk.plan);
    match app.common.format {
        Format::Text => text(app, task, shrunk, &kept, &exhibit)?,
        Format::Json => line(app, task, shrunk, &kept, &exhibit, status)?,
    }
    app.report(|| {
        run::report(format!("{name} with {gateway}, shrunk"), status, vec![exhibit.clone()])
    })?;
    Ok(status)
}

/// Where a shrunk scenario comes from.
fn source(name: &str) -> String {
    format!("shrunk from {name}")
}

/// What the file of the shrunk plan should expect: the core's failures are to be mended, those of
/// the models are to stay.
fn expectation(app: &App<'_>, task: &Task, shrunk: &Shrunk) -> Expectation {
    let Task { name, gateway, .. } = task;
    if *gateway == GatewayName::Core {
        return Expectation::Acquitted;
    }
    let gateway_of_plan = convict::watched(app, name, *gateway, &shrunk.plan);
    let matrix = matrix(&shrunk.plan, &*gateway_of_plan, &Search::new(gateway.deaths()));
    if matrix.findings.is_empty() {
        return Expectation::Acquitted;
    }
    Expectation::Convicted(matrix.findings.keys().copied().collect())
}

fn text(
    app: &mut App<'_>,
    task: &Task,
    shrunk: &Shrunk,
    kept: &str,
    exhibit: &Exhibit,
) -> Result<(), CliError> {
    let Task { name, gateway, plan, oracle, budget, .. } = task;
    let out = &mut *app.out;
    writeln!(out, "{name} with {gateway}, as long as it breaks {oracle}\n")?;
    writeln!(out, "  from  {}", Parts::of(plan))?;
    writeln!(out, "  to    {}", Parts::of(&shrunk.plan))?;
    writeln!(out, "  with  {}\n", ended(shrunk, *budget))?;
    writeln!(out, "as a scenario; its story is yours to tell:\n")?;
    for line in kept.lines() {
        writeln!(out, "{}", format!("  {line}").trim_end())?;
    }
    writeln!(out)?;
    page::write_page(out, exhibit)?;
    Ok(())
}

fn line(
    app: &mut App<'_>,
    task: &Task,
    shrunk: &Shrunk,
    kept: &str,
    exhibit: &Exhibit,
    status: Status,
) -> Result<(), CliError> {
    let fields = [
        ("scenario", task.name.as_str().into()),
        ("gateway", task.gateway.name().into()),
        ("oracle", task.oracle.name().into()),
        ("what", shrunk.violation.what.as_str().into()),
        ("before", counts(&Parts::of(&task.plan))),
        ("after", counts(&Parts::of(&shrunk.plan))),
        ("runs", shrunk.runs.into()),
        ("budget", task.budget.runs.into()),
        ("exhausted", shrunk.exhausted.into()),
        ("file", kept.into()),
        ("replay", exhibit.replay.as_str().into()),
        ("exit", status.code().into()),
    ];
    Ok(write_event(app.out, "shrunk", &fields)?)
}

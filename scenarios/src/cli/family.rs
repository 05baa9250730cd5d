//! `holdfast matrix --sweep` and `--preemptions`: one plan, one gateway, and the kill matrix of
//! many plans that differ from the one in one thing each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use sim::explore::{Deaths, Family, Search, Swept, Variant, preemptions, sweep};
use sim::oracle::OracleId;

use super::app::App;
use super::args::{Format, MatrixArgs};
use super::convict::{self, First};
use super::error::CliError;
use super::matrix::{bounds, left_out, tell, words};
use super::output::Progress;
use crate::allowance::Untested;
use crate::expectation::names;
use crate::input::{BadInput, File};
use crate::real::{self, Stopwatch};
use crate::registry::GatewayName;
use crate::report::exhibit::Exhibit;
use crate::report::family_json::FamilyLine;
use crate::report::html::Report;
use crate::report::json::{rate, write_event, write_finding, write_line};
use crate::status::Status;

/// What is otherwise in each of the plans.
#[derive(Clone, Copy)]
pub(super) enum Varied {
    /// One planned event of a kind comes at another moment.
    Swept(Swept),
    /// So many effects wait for somebody else to go first.
    Preempted(usize),
}

/// A family, and how long it took.
struct Measured {
    file: File,
    gateway: GatewayName,
    search: Search,
    varied: Varied,
    family: Family,
    untested: Option<Untested>,
    /// What of the plan no run got, in words.
    never_fired: Vec<String>,
    seconds: f64,
}

pub(super) fn family(
    app: &mut App<'_>,
    args: &MatrixArgs,
    varied: Varied,
) -> Result<Status, CliError> {
    let file = app.catalogue()?.resolve(&args.plan)?;
    let measured = measure(app, args, file, varied)?;
    let Measured { file, gateway, family, untested, .. } = &measured;
    let name = &file.scenario().name;
    // Moved events may break more than the file says, and convict a gateway all the same.
    let status = match Status::of(family.verdict()) {
        Status::Passed if untested.is_some() => Status::Harness,
        status => status,
    };
    let mut exhibits = convict::exhibits(app, name, *gateway, &family.found(), First::Page)?;
    for exhibit in &mut exhibits {
        let mut findings = family.findings.iter();
        let found = findings.find(|(oracle, _)| oracle.name() == exhibit.oracle);
        exhibit.places.extend(found.map(|(_, (_, what))| format!("found with {what}")));
    }
    match app.common.format {
        Format::Text => text(app, &measured, &exhibits)?,
        Format::Json => lines(app, &measured, &exhibits)?,
    }
    app.report(|| report(&measured, status, exhibits))?;
    Ok(status)
}

fn measure(
    app: &App<'_>,
    args: &MatrixArgs,
    file: File,
    varied: Varied,
) -> Result<Measured, CliError> {
    let gateway = app.common.gateway.unwrap_or(file.gateway());
    let search = args.search(app.common, Search::POINTS);
    let scenario = file.scenario();
    let plan = app.common.plan(&scenario.plan)?;
    let stopwatch = Stopwatch::start();
    let variants = {
        let watch = app.watchdog.watch(&scenario.name, gateway, &plan);
        let bar = Progress::new(0);
        let mut hear = |found: usize| bar.reach(found as u64, "orders found".to_owned());
        let variants = match varied {
            Varied::Swept(swept) => sweep(&plan, &watch, swept),
            Varied::Preempted(most) => preemptions(&plan, &watch, most, &mut hear),
        };
        bar.finish();
        variants
    };
    if let (Varied::Swept(swept), true) = (varied, variants.is_empty()) {
        let problem =
            format!("{}: the plan has no {} that could be moved", scenario.path, of(swept));
        let remedy = "sweep something that it has, or leave `--sweep` out; a `probe` is the \
                      matrix's own";
        return Err(BadInput::argument(problem, remedy).into());
    }
    let family = explore(app, &scenario.name, gateway, &search, &variants);
    let seconds = stopwatch.seconds();
    let own = plan.without_probes();
    let missing = family.summary.runs_with.missing(&own);
    let untested = scenario.may_not_fire.untested(gateway, &own, &missing);
    let judged = scenario.expect.contains_key(&gateway) && !variants.is_empty();
    let untested = untested.filter(|_| judged).and_then(Untested::never);
    let never_fired = missing.iter().map(|planned| planned.describe(&own)).collect();
    Ok(Measured { file, gateway, search, varied, family, untested, never_fired, seconds })
}

/// The matrices of all variants, on some threads. Each takes every so many-th of them, so that what
/// is counted does not depend on which thread is the faster one.
fn explore(
    app: &App<'_>,
    scenario: &str,
    gateway: GatewayName,
    search: &Search,
    variants: &[Variant],
) -> Family {
    let jobs = app.common.jobs.unwrap_or_else(real::cores);
    let bar = Progress::new(variants.len());
    let whole: Mutex<Family> = Mutex::default();
    real::on_threads(jobs, |job| {
        let mut part = Family::default();
        let places = variants.iter().enumerate().skip(job).step_by(jobs.get());
        for (place, variant) in places {
            let watch = app.watchdog.watch(scenario, gateway, &variant.plan);
            part.explore((place, variant), &watch, search);
            bar.advance(scenario);
        }
        whole.lock().unwrap_or_else(PoisonError::into_inner).add(part);
    });
    bar.finish();
    whole.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// What is moved, as plans and arguments call it.
fn of(swept: Swept) -> &'static str {
    match swept {
        Swept::Stop => "stop",
        Swept::Message => "message",
        Swept::Kill => "kill",
        Swept::Fault => "fault",
    }
}

impl Varied {
    /// The event that tells of it in JSON, and what is otherwise.
    fn event(self) -> (&'static str, String) {
        match self {
            Varied::Swept(swept) => ("sweep", of(swept).to_owned()),
            Varied::Preempted(most) => ("preemptions", most.to_string()),
        }
    }
}

fn summary(measured: &Measured) -> Vec<String> {
    let Measured { file, gateway, search, varied, family, untested, never_fired, seconds } =
        measured;
    let numbers = &family.summary;
    let (scenario, variants) = (file.scenario(), family.variants);
    let (title, what) = match varied {
        Varied::Swept(swept) => {
            let moved = format!("each {} moved", of(*swept));
            (moved, format!("{variants} times, {} of which hit", family.fired))
        }
        Varied::Preempted(most) => {
            let title = format!("up to {most} effects kept waiting");
            (title, format!("{variants} orders that make a run of their own"))
        }
    };
    let mut lines = vec![
        format!("{} with {gateway}, {}, {title}", scenario.name, words(search)),
        format!(
            "{what}; {} kill points, {} images, {} judged, {} distinct, {} violated; {seconds:.3} \
             s: {} judged and {} transitions a second",
            numbers.kill_points(),
            numbers.images,
            numbers.judged,
            numbers.distinct,
            family.violated,
            rate(numbers.judged, *seconds),
            rate(numbers.transitions_run, *seconds),
        ),
    ];
    if search.deaths != Deaths::Process {
        lines.push(bounds(numbers.bounded));
    }
    lines.extend(left_out(numbers));
    match untested {
        Some(untested) => lines.extend(untested.lines(&scenario.path, *gateway)),
        None => lines.extend(never_fired.iter().map(|what| super::matrix::never_fired(what))),
    }
    lines.extend(
        family.findings.iter().map(|(oracle, (_, what))| format!("{oracle}: found with {what}")),
    );
    lines
}

fn text(app: &mut App<'_>, measured: &Measured, exhibits: &[Exhibit]) -> Result<(), CliError> {
    let summary = summary(measured);
    writeln!(app.out, "{}\n{}\n", summary[0], measured.file.scenario().story)?;
    for line in &summary[1..] {
        writeln!(app.out, "{line}")?;
    }
    tell(app, exhibits)
}

fn lines(app: &mut App<'_>, measured: &Measured, exhibits: &[Exhibit]) -> Result<(), CliError> {
    let Measured { file, gateway, varied, family, seconds, never_fired, .. } = measured;
    let out = &mut *app.out;
    for (oracle, (_, what)) in &family.findings {
        let fields = [("oracle", oracle.name().into()), ("what", what.as_str().into())];
        write_event(out, "found_with", &fields)?;
    }
    for exhibit in exhibits {
        write_finding(out, exhibit)?;
    }
    let (event, varied) = varied.event();
    let name = &file.scenario().name;
    let line = FamilyLine::new((event, &varied), name, *gateway, family, *seconds, never_fired);
    Ok(write_line(out, &line)?)
}

fn report(measured: &Measured, status: Status, exhibits: Vec<Exhibit>) -> Report {
    let mut summary = summary(measured);
    let title = format!("Kills of many plans: {}", summary.remove(0));
    summary.push(format!("verdict: {}", status.meaning()));
    let violations: BTreeMap<OracleId, u64> = measured.family.summary.violations.clone();
    let convicting: BTreeSet<OracleId> =
        violations.iter().filter(|(_, count)| **count > 0).map(|(oracle, _)| *oracle).collect();
    let row = |oracle: &OracleId| {
        vec![names(&BTreeSet::from([*oracle]), ""), violations[oracle].to_string()]
    };
    Report {
        title,
        header: ["invariant", "images that violate it"].map(str::to_owned).to_vec(),
        rows: convicting.iter().map(row).collect(),
        summary,
        exhibits,
    }
}

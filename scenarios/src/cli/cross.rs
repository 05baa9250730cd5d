//! `holdfast matrix --link-faults`: one plan, one gateway, kills times faults of the network.

use std::collections::BTreeSet;

use sim::explore::{Cross, CrossRow, Deaths, Search, cross as explore};
use sim::oracle::OracleId;
use sim::plan::Stage;

use super::app::App;
use super::args::{Format, MatrixArgs};
use super::convict::{self, First};
use super::error::CliError;
use super::matrix::{bounds, left_out, never_fired, tell, words};
use super::output::Progress;
use crate::allowance::Untested;
use crate::expectation::names;
use crate::input::{BadInput, File};
use crate::real::Stopwatch;
use crate::registry::GatewayName;
use crate::report::cross_json::{CrossLine, CrossRowLine};
use crate::report::exhibit::Exhibit;
use crate::report::html::Report;
use crate::report::json::{rate, write_finding, write_line};
use crate::report::table;
use crate::status::Status;

const HEADER: [&str; 9] = [
    "fault",
    "moments",
    "placed",
    "delivered",
    "felt",
    "kill points",
    "judged",
    "violated",
    "convicted of",
];

/// A cross, and how long it took.
struct Measured {
    file: File,
    gateway: GatewayName,
    search: Search,
    cross: Cross,
    untested: Option<Untested>,
    seconds: f64,
}

pub(super) fn cross(
    app: &mut App<'_>,
    args: &MatrixArgs,
    faults: usize,
) -> Result<Status, CliError> {
    let file = app.catalogue()?.resolve(&args.plan)?;
    let measured = measure(app, args, file, faults)?;
    let Measured { file, gateway, cross, seconds, untested, .. } = &measured;
    let scenario = file.scenario();
    let name = &scenario.name;
    let as_expected = scenario.expect.get(gateway).map(|_| untested.is_none());
    let status = match Status::of(cross.verdict()) {
        Status::Passed if as_expected == Some(false) => Status::Harness,
        status => status,
    };
    let exhibits = convict::exhibits(app, name, *gateway, &cross.findings, First::Page)?;
    match app.common.format {
        Format::Text => text(app, &measured, &exhibits)?,
        Format::Json => {
            let out = &mut *app.out;
            for row in &cross.rows {
                write_line(out, &CrossRowLine::new(row))?;
            }
            for exhibit in &exhibits {
                write_finding(out, exhibit)?;
            }
            write_line(out, &CrossLine::new(name, *gateway, cross, *seconds, as_expected))?;
        }
    }
    app.report(|| report(&measured, status, exhibits))?;
    Ok(status)
}

fn measure(
    app: &App<'_>,
    args: &MatrixArgs,
    file: File,
    faults: usize,
) -> Result<Measured, CliError> {
    let gateway = app.common.gateway.unwrap_or(file.gateway());
    let search = args.search(app.common, Search::POINTS);
    let plan = app.common.plan(&file.scenario().plan)?;
    if plan.stage == Stage::Direct {
        let problem = "on the direct stage there is no network that could fail";
        return Err(BadInput::argument(problem, "say `--stage network`").into());
    }
    let name = &file.scenario().name;
    let watch = app.watchdog.watch(name, gateway, &plan);
    let bar = Progress::new(sim::plan::LinkEffect::ALL.len() * faults);
    let mut hear = |done: usize, of: usize| bar.reach(done as u64, format!("of {of}: {name}"));
    let stopwatch = Stopwatch::start();
    let cross = explore(&plan, &watch, &search, faults, &mut hear);
    bar.finish();
    let (scenario, seconds) = (file.scenario(), stopwatch.seconds());
    // With faults of its own a gateway may be convicted of more than its file says.
    let own = plan.without_probes();
    let untested = scenario.may_not_fire.untested(gateway, &own, &cross.missing);
    let judged = scenario.expect.contains_key(&gateway);
    let untested = untested.filter(|_| judged).and_then(Untested::never);
    Ok(Measured { seconds, file, gateway, search, cross, untested })
}

fn convicting(row: &CrossRow) -> BTreeSet<OracleId> {
    let violations = row.summary.violations.iter();
    violations.filter(|(_, count)| **count > 0).map(|(oracle, _)| *oracle).collect()
}

fn cells(row: &CrossRow) -> [String; 9] {
    [
        row.effect.name(),
        row.moments.to_string(),
        row.placed.to_string(),
        row.delivered.to_string(),
        row.felt.to_string(),
        row.summary.kill_points().to_string(),
        row.summary.judged.to_string(),
        row.violated.to_string(),
        names(&convicting(row), " "),
    ]
}

fn summary(measured: &Measured) -> Vec<String> {
    let Measured { file, gateway, search, cross, seconds, untested } = measured;
    let (numbers, seconds) = (&cross.summary, *seconds);
    let total = |of: fn(&CrossRow) -> u64| cross.rows.iter().map(of).sum::<u64>();
    let mut lines = vec![
        format!(
            "{} with {gateway}, {} times faults of the network",
            file.scenario().name,
            words(search)
        ),
        format!(
            "{} faults placed, {} delivered, {} felt: they changed what the gateway did, or when",
            total(|row| row.placed),
            total(|row| row.delivered),
            total(|row| row.felt),
        ),
        format!(
            "{} kill points, {} images, {} judged, {} distinct; {seconds:.3} s: {} judged and {} \
             transitions a second",
            numbers.kill_points(),
            numbers.images,
            numbers.judged,
            numbers.distinct,
            rate(numbers.judged, seconds),
            rate(numbers.transitions_run, seconds),
        ),
    ];
    if search.deaths != Deaths::Process {
        lines.push(bounds(numbers.bounded));
    }
    if cross.left_out() > 0 {
        let moments = cross.left_out();
        let remedy = "`--link-faults=N` tries more of them";
        lines.push(format!("{moments} more moments for a fault were left out: {remedy}"));
    }
    lines.extend(left_out(numbers));
    lines.extend(cross.never_fired.iter().map(|planned| never_fired(planned)));
    if let Some(untested) = untested {
        lines.extend(untested.lines(&file.scenario().path, *gateway));
    }
    lines
}

fn text(app: &mut App<'_>, measured: &Measured, exhibits: &[Exhibit]) -> Result<(), CliError> {
    let summary = summary(measured);
    let mut table = table::new(&HEADER);
    table.add_rows(measured.cross.rows.iter().map(cells));
    table::align_right(&mut table, 1..=7);
    writeln!(app.out, "{}\n{}\n", summary[0], measured.file.scenario().story)?;
    writeln!(app.out, "{table}\n")?;
    for line in &summary[1..] {
        writeln!(app.out, "{line}")?;
    }
    tell(app, exhibits)
}

fn report(measured: &Measured, status: Status, exhibits: Vec<Exhibit>) -> Report {
    let mut summary = summary(measured);
    let title = format!("Kills times faults: {}", summary.remove(0));
    summary.push(format!("verdict: {}", status.meaning()));
    Report {
        title,
        header: HEADER.map(str::to_owned).to_vec(),
        rows: measured.cross.rows.iter().map(|row| cells(row).to_vec()).collect(),
        summary,
        exhibits,
    }
}

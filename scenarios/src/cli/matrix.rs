//! `holdfast matrix`: one plan, one gateway, killed at every kill point.

use std::collections::BTreeSet;

use sim::disk::{Bounds, Profile};
use sim::explore::{Deaths, Depth, Finding, Matrix, Search, Summary, matrix_heard};
use sim::oracle::OracleId;

use super::app::App;
use super::args::{Format, MatrixArgs};
use super::compared::Compared;
use super::convict::{self, First};
use super::cross;
use super::error::CliError;
use super::family::{self, Varied};
use super::output::Progress;
use crate::input::File;
use crate::real::Stopwatch;
use crate::registry::GatewayName;
use crate::report::exhibit::Exhibit;
use crate::report::html::Report;
use crate::report::json::{MatrixLine, ViolationLine, rate, write_finding, write_line};
use crate::report::page;
use crate::report::windows::{self, Window};
use crate::status::Status;

/// How many kill points are tried where each is a run from the start.
const POINTS: usize = 48;

/// For how long a matrix is repeated, so that its rates mean something.
const SECONDS_MIN: f64 = 1.0;

/// A matrix, and how long it took.
struct Measured {
    file: File,
    gateway: GatewayName,
    search: Search,
    matrix: Matrix,
    compared: Compared,
    seconds: f64,
}

/// Does what `matrix` is asked for: one matrix, or many of plans near the one that is named.
pub(super) fn matrix(app: &mut App<'_>, args: &MatrixArgs) -> Result<Status, CliError> {
    match (args.link_faults, args.sweep, args.preemptions) {
        (Some(faults), ..) => cross::cross(app, args, faults.get()),
        (None, Some(sweep), _) => family::family(app, args, Varied::Swept(sweep.swept())),
        (None, None, 1..) => family::family(app, args, Varied::Preempted(args.preemptions.into())),
        (None, None, 0) => one(app, args),
    }
}

fn one(app: &mut App<'_>, args: &MatrixArgs) -> Result<Status, CliError> {
    let file = app.catalogue()?.resolve(&args.plan)?;
    let measured = measure(app, args, file)?;
    let Measured { file, gateway, matrix, compared, .. } = &measured;
    let name = &file.scenario().name;
    let status = compared.status(matrix.verdict());
    let exhibits = convict::exhibits(app, name, *gateway, &matrix.findings, First::Page)?;
    match app.common.format {
        Format::Text => text(app, &measured, &exhibits)?,
        Format::Json => lines(app, &measured, &exhibits)?,
    }
    app.report(|| report(&measured, status, exhibits))?;
    Ok(status)
}

fn measure(app: &App<'_>, args: &MatrixArgs, file: File) -> Result<Measured, CliError> {
    let gateway = app.common.gateway.unwrap_or(file.gateway());
    let search = args.search(app.common, POINTS);
    let plan = app.common.plan(&file.scenario().plan)?;
    let name = &file.scenario().name;
    let watch = app.watchdog.watch(name, gateway, &plan);
    let bar = Progress::new(search.points);
    let mut hear = |tried: usize, of: usize| bar.reach(tried as u64, format!("of {of}: {name}"));
    let stopwatch = Stopwatch::start();
    let matrix = matrix_heard(&plan, &watch, &search, &mut hear);
    let mut repetitions = 1;
    while stopwatch.seconds() < SECONDS_MIN {
        matrix_heard(&plan, &watch, &search, &mut hear);
        repetitions += 1;
    }
    bar.finish();
    let seconds = stopwatch.seconds() / f64::from(repetitions);
    let (scenario, base) = (file.scenario(), &matrix.world.script().plan);
    let convicting = convicting(&matrix);
    let compared = Compared::new(scenario, gateway, &search, base, &convicting, &matrix.missing());
    Ok(Measured { file, gateway, search, matrix, compared, seconds })
}

pub(super) fn words(search: &Search) -> String {
    let deaths = match search.deaths {
        Deaths::Process => "process kills",
        Deaths::Power => "power losses",
        Deaths::Both => "process kills and power losses",
    };
    let disk = match search.deaths {
        Deaths::Process => String::new(),
        Deaths::Power | Deaths::Both => format!(" on a disk that is {}", search.profile.name()),
    };
    let depth = match search.depth {
        Depth::One => "",
        Depth::Two => ", and once more in recovery",
    };
    let down = search.down_for.map_or(String::new(), |span| format!(", down for {span} each time"));
    format!("{deaths}{disk}{depth}{down}")
}

fn summary(measured: &Measured, windows: &[Window]) -> Vec<String> {
    let Measured { file, gateway, search, matrix, compared, seconds } = measured;
    let numbers = &matrix.summary;
    let (name, deaths, seconds) = (&file.scenario().name, words(search), *seconds);
    let mut lines = vec![
        format!("{name} with {gateway}, {deaths}"),
        format!(
            "{} effects, {} kill points (the gaps before {} transitions, {} torn lengths)",
            numbers.effects,
            numbers.kill_points(),
            numbers.transitions - numbers.healed,
            numbers.torn,
        ),
        format!(
            "{} images, {} judged, {} distinct; {seconds:.3} s: {} judged, {} distinct and {} \
             transitions a second",
            numbers.images,
            numbers.judged,
            numbers.distinct,
            rate(numbers.judged, seconds),
            rate(numbers.distinct, seconds),
            rate(numbers.transitions_run, seconds),
        ),
        windows::coverage(matrix, windows),
    ];
    if search.deaths != Deaths::Process {
        lines.push(bounds(numbers.bounded));
    }
    lines.extend(left_out(numbers));
    lines.extend(matrix.never_fired().iter().map(|planned| never_fired(planned)));
    if search.profile == Profile::Alice {
        lines.extend(lints(matrix));
    }
    lines.extend(compared.lines());
    lines
}

/// Whether everything was tried that the disk may leave.
pub(super) fn bounds(bounded: u64) -> String {
    match bounded {
        0 => "every image that a power loss may leave was tried: no bound was hit".to_owned(),
        _ => format!(
            "at {bounded} kill points a power loss may leave more than was tried: beyond {} \
             choices in one file, or {} images, only the extremes of each operation are",
            Bounds::MATRIX.choices,
            Bounds::MATRIX.images
        ),
    }
}

/// What to say of kill points that were not tried.
pub(super) fn left_out(numbers: &Summary) -> Vec<String> {
    let first = (numbers.left_out, "more kill points were left out: `--points N`");
    let second = (
        numbers.recovery_left_out,
        "more places for a second death were left out: `--recovery-points N`",
    );
    let left_out = [first, second].into_iter().filter(|(points, _)| *points > 0);
    left_out.map(|(points, what)| format!("{points} {what} tries more of them")).collect()
}

/// What to say of something that a plan has in store and no run got.
pub(super) fn never_fired(planned: &str) -> String {
    format!("never fired: {planned}; it tested nothing")
}

/// What breaks only where a rename comes apart, or garbage is read.
fn lints(matrix: &Matrix) -> Vec<String> {
    if matrix.lints.is_empty() {
        return vec!["lint: nothing more breaks than on a disk that is strict".to_owned()];
    }
    let line = |(oracle, finding): (&OracleId, &Finding)| {
        let (images, what) = (matrix.summary.lints[oracle], &finding.violation.what);
        format!("lint: {oracle} in {images} images that only alice leaves: {what}")
    };
    matrix.lints.iter().map(line).collect()
}

fn convicting(matrix: &Matrix) -> BTreeSet<OracleId> {
    matrix.findings.keys().copied().collect()
}

fn text(app: &mut App<'_>, measured: &Measured, exhibits: &[Exhibit]) -> Result<(), CliError> {
    let matrix = &measured.matrix;
    let windows = windows::windows(matrix);
    let summary = summary(measured, &windows);
    let out = &mut *app.out;
    writeln!(out, "{}\n{}\n", summary[0], measured.file.scenario().story)?;
    writeln!(out, "{}\n", windows::table(&windows, &convicting(matrix)))?;
    for line in &summary[1..] {
        writeln!(out, "{line}")?;
    }
    let unkilled: BTreeSet<OracleId> = matrix.unkilled.iter().map(|v| v.oracle).collect();
    if !unkilled.is_empty() {
        let names = crate::expectation::names(&unkilled, ", ");
        writeln!(out, "without any kill but the plan's own: {names}")?;
    }
    tell(app, exhibits)
}

/// Says what came of it all, for people.
pub(super) fn tell(app: &mut App<'_>, exhibits: &[Exhibit]) -> Result<(), CliError> {
    let out = &mut *app.out;
    let Some((first, others)) = exhibits.split_first() else {
        writeln!(out, "\nacquitted: no oracle convicts it")?;
        return Ok(());
    };
    // The page in full comes last: it ends with the line to paste.
    writeln!(out, "\nconvicted; the first finding of each oracle:\n")?;
    for exhibit in others {
        page::write_brief(out, exhibit)?;
    }
    writeln!(out)?;
    page::write_page(out, first)?;
    Ok(())
}

fn lines(app: &mut App<'_>, measured: &Measured, exhibits: &[Exhibit]) -> Result<(), CliError> {
    let Measured { file, gateway, matrix, compared, seconds, .. } = measured;
    let (out, script) = (&mut *app.out, matrix.world.script());
    for violation in &matrix.unkilled {
        write_line(out, &ViolationLine::unkilled(violation, script))?;
    }
    for judged in &matrix.judged {
        for violation in judged.violations.iter() {
            write_line(out, &ViolationLine::of(judged, violation, script))?;
        }
    }
    for exhibit in exhibits {
        write_finding(out, exhibit)?;
    }
    let name = &file.scenario().name;
    Ok(write_line(out, &MatrixLine::new(name, *gateway, matrix, *seconds, compared.as_expected()))?)
}

fn report(measured: &Measured, status: Status, exhibits: Vec<Exhibit>) -> Report {
    let matrix = &measured.matrix;
    let windows = windows::windows(matrix);
    let convicting = convicting(matrix);
    let mut header = vec!["phase".to_owned(), "kill points".to_owned(), "images".to_owned()];
    header.extend(convicting.iter().map(|oracle| oracle.name().to_owned()));
    let row = |window: &Window| {
        let numbers = [window.kill_points, window.images].map(|number| number.to_string());
        let violated = convicting
            .iter()
            .map(|oracle| window.violations.get(oracle).map_or(String::new(), usize::to_string));
        [window.phase.clone()].into_iter().chain(numbers).chain(violated).collect()
    };
    let mut summary = summary(measured, &windows);
    let title = format!("Kill matrix of {}", summary.remove(0));
    summary.push(format!("verdict: {}", status.meaning()));
    Report { title, header, rows: windows.iter().map(row).collect(), summary, exhibits }
}

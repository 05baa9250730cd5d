//! `holdfast check`: every scenario, or those that are named, with every gateway that it names, and
//! one summary table.

use std::collections::BTreeSet;

use rayon::prelude::*;
use serde_json::json;

use super::app::App;
use super::args::Format;
use super::convict::{self, First};
use super::error::CliError;
use super::output::Progress;
use super::pair::{Pair, Tried};
use crate::campaign::Shard;
use crate::expectation::names;
use crate::input::{BadInput, File, Scenario};
use crate::real::Stopwatch;
use crate::registry::GatewayName;
use crate::report::exhibit::Exhibit;
use crate::report::html::Report;
use crate::report::json::{rounded, write_event, write_finding};
use crate::report::{page, table};
use crate::status::Status;

const HEADER: [&str; 10] = [
    "scenario",
    "gateway",
    "kill points",
    "images",
    "judged",
    "distinct",
    "violated",
    "seconds",
    "expected",
    "verdict",
];

type Row<'c> = (Pair<'c>, Tried);

/// Checks the scenarios that are named, each by its name or by the path of its file; all there are
/// if none is.
pub(super) fn check(app: &mut App<'_>, names: &[String]) -> Result<Status, CliError> {
    let stopwatch = Stopwatch::start();
    let catalogue = app.catalogue()?;
    let named = names.iter().map(|name| catalogue.resolve(name)).collect::<Result<Vec<_>, _>>()?;
    let scenarios: Vec<&Scenario> = if named.is_empty() {
        catalogue.scenarios().collect()
    } else {
        named.iter().map(File::scenario).collect()
    };
    for scenario in &scenarios {
        app.common.plan(&scenario.plan)?;
    }
    let shard = app.common.shard.unwrap_or(Shard::WHOLE);
    let pairs = pairs(&scenarios, app.common.gateway, shard);
    if let Some(gateway) = app.common.gateway.filter(|_| pairs.is_empty() && !named.is_empty()) {
        let problem = format!("no file that is named expects anything of {gateway}");
        return Err(BadInput::argument(problem, "add it to `[expect]`, or use `matrix`").into());
    }
    let rows = try_all(app, &pairs)?;
    let statuses = rows.iter().map(|(pair, tried)| tried.status_of(pair.gateway));
    let status = statuses.max_by_key(|status| severity(*status)).unwrap_or(Status::Passed);
    let summary = summary(&rows, stopwatch.seconds(), status);
    match app.common.format {
        Format::Text => text(app, &rows, &summary)?,
        Format::Json => lines(app, &rows)?,
    }
    let exhibits = failures(app, &rows)?;
    if app.common.format == Format::Json {
        close(app, &rows, status)?;
    }
    app.report(|| Report {
        title: "Every scenario with every gateway that it names".to_owned(),
        header: HEADER.map(str::to_owned).to_vec(),
        rows: rows.iter().map(|row| cells(row).to_vec()).collect(),
        summary,
        exhibits,
    })?;
    Ok(status)
}

/// What weighs more when several things are wrong: a run that cannot be repeated makes every
/// other verdict worthless, and a convicted core is worse than a model that changed.
fn severity(status: Status) -> u8 {
    match status {
        Status::Passed => 0,
        Status::Usage | Status::Harness => 1,
        Status::NotLive => 2,
        Status::Unsafe => 3,
        Status::Panicked => 4,
        Status::Diverged => 5,
    }
}

fn pairs<'c>(scenarios: &[&'c Scenario], only: Option<GatewayName>, shard: Shard) -> Vec<Pair<'c>> {
    let pairs = scenarios.iter().flat_map(|&scenario| {
        let expect = scenario.expect.iter();
        expect.map(move |(gateway, expected)| Pair { scenario, gateway: *gateway, expected })
    });
    let pairs = pairs.filter(|pair| only.is_none_or(|only| pair.gateway == only));
    let all: Vec<Pair<'c>> = pairs.collect();
    let share = shard.share(all.len() as u64);
    let places = (0..share).filter_map(|ordinal| usize::try_from(shard.number(ordinal)).ok());
    places.map(|place| all[place]).collect()
}

fn try_all<'c>(app: &App<'_>, pairs: &[Pair<'c>]) -> Result<Vec<Row<'c>>, CliError> {
    let jobs = app.common.jobs.map_or(0, std::num::NonZeroUsize::get);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build().map_err(|error| {
        CliError::Harness(format!("start the threads for {jobs} jobs: {error}"))
    })?;
    let progress = Progress::new(pairs.len());
    let (common, watchdog) = (app.common, app.watchdog);
    let rows = pool.install(|| {
        let each = pairs.par_iter().map(|pair| {
            let tried = pair.run(common, watchdog);
            progress.advance(&pair.scenario.name);
            (*pair, tried)
        });
        each.collect()
    });
    progress.finish();
    Ok(rows)
}

fn verdict(tried: &Tried) -> String {
    let convicting = tried.convicting();
    if tried.status == Status::Panicked {
        return "panicked".to_owned();
    }
    if convicting.is_empty() {
        return "acquitted".to_owned();
    }
    format!("convicted of {}", names(&convicting, " "))
}

fn cells((pair, tried): &Row<'_>) -> [String; 10] {
    let numbers = &tried.summary;
    [
        pair.scenario.name.clone(),
        pair.gateway.to_string(),
        numbers.kill_points().to_string(),
        numbers.images.to_string(),
        numbers.judged.to_string(),
        numbers.distinct.to_string(),
        tried.violated.to_string(),
        format!("{:.2}", tried.seconds),
        (if tried.is_expected() { "yes" } else { "NO" }).to_owned(),
        verdict(tried),
    ]
}

fn summary(rows: &[Row<'_>], seconds: f64, status: Status) -> Vec<String> {
    let total = |of: fn(&Tried) -> u64| rows.iter().map(|(_, tried)| of(tried)).sum::<u64>();
    let scenarios: BTreeSet<&str> = rows.iter().map(|(p, _)| p.scenario.name.as_str()).collect();
    let surprises = rows.iter().filter(|(_, tried)| !tried.is_expected()).count();
    let diverged = rows.iter().filter(|(_, tried)| tried.divergence.is_some()).count();
    let pairs = rows.len();
    let closing = match surprises {
        0 => "everything is as expected".to_owned(),
        _ => format!("{surprises} of {pairs} are not as expected: {}", status.meaning()),
    };
    let mut lines = vec![
        format!(
            "{} scenarios, {pairs} matrices: {} kill points, {} images, {} judged, {} distinct, \
             {} transitions in {seconds:.1} s",
            scenarios.len(),
            total(|tried| tried.summary.kill_points()),
            total(|tried| tried.summary.images),
            total(|tried| tried.summary.judged),
            total(|tried| tried.summary.distinct),
            total(|tried| tried.summary.transitions_run),
        ),
        super::matrix::bounds(total(|tried| tried.summary.bounded)),
        format!("determinism: {pairs} base runs made twice, {diverged} diverged"),
    ];
    lines.extend(allowed(rows));
    lines.push(closing);
    lines
}

/// How many events of the plans no run got because their files say that they may not fire.
fn allowed(rows: &[Row<'_>]) -> Option<String> {
    let as_said = rows.iter().filter(|(_, tried)| tried.untested.is_none());
    let allowed: usize = as_said.map(|(_, tried)| tried.never_fired.len()).sum();
    (allowed > 0).then(|| format!("{allowed} planned events never fired, as their files allow"))
}

fn text(app: &mut App<'_>, rows: &[Row<'_>], summary: &[String]) -> Result<(), CliError> {
    let mut table = table::new(&HEADER);
    for row in rows {
        table.add_row(cells(row));
    }
    table::align_right(&mut table, 2..=7);
    writeln!(app.out, "{table}\n")?;
    for line in summary {
        writeln!(app.out, "{line}")?;
    }
    Ok(())
}

fn lines(app: &mut App<'_>, rows: &[Row<'_>]) -> Result<(), CliError> {
    for (pair, tried) in rows {
        let numbers = &tried.summary;
        let divergence = tried.divergence.as_ref().map(|difference| difference.number);
        let fields = [
            ("scenario", pair.scenario.name.as_str().into()),
            ("gateway", pair.gateway.name().into()),
            ("kill_points", numbers.kill_points().into()),
            ("images", numbers.images.into()),
            ("judged", numbers.judged.into()),
            ("distinct", numbers.distinct.into()),
            ("violations", json!(numbers.violations)),
            ("expected", pair.expected.to_string().into()),
            ("as_expected", tried.is_expected().into()),
            ("first_divergence", divergence.into()),
            ("bounds_hit", numbers.bounded.into()),
            ("never_fired", json!(tried.never_fired)),
            ("untested", json!(tried.untested_lines(pair))),
            ("seconds", rounded(tried.seconds).into()),
        ];
        write_event(app.out, "pair", &fields)?;
    }
    Ok(())
}

fn close(app: &mut App<'_>, rows: &[Row<'_>], status: Status) -> Result<(), CliError> {
    let expected = rows.iter().filter(|(_, tried)| tried.is_expected()).count();
    let fields = [
        ("pairs", rows.len().into()),
        ("as_expected", expected.into()),
        ("exit", status.code().into()),
    ];
    Ok(write_event(app.out, "check", &fields)?)
}

/// Shows what is not as expected: the first convicted core with a whole page, everything else in a
/// few lines. The page comes last, so that it ends with the line to paste.
fn failures(app: &mut App<'_>, rows: &[Row<'_>]) -> Result<Vec<Exhibit>, CliError> {
    let mut all = Vec::new();
    let mut full = None;
    for (pair, tried) in rows.iter().filter(|(_, tried)| !tried.is_expected()) {
        let name = &pair.scenario.name;
        let is_first = pair.gateway == GatewayName::Core && full.is_none();
        let first = if is_first { First::Page } else { First::Brief };
        let exhibits = convict::exhibits(app, name, pair.gateway, &tried.news(), first)?;
        if app.common.format == Format::Text {
            brief(app, pair, tried)?;
            for (index, exhibit) in exhibits.iter().enumerate() {
                if is_first && index == 0 {
                    full = Some(exhibit.clone());
                } else {
                    page::write_brief(app.out, exhibit)?;
                }
            }
        } else {
            for exhibit in &exhibits {
                write_finding(app.out, exhibit)?;
            }
        }
        all.extend(exhibits);
    }
    if let Some(exhibit) = full {
        writeln!(app.out)?;
        page::write_page(app.out, &exhibit)?;
    }
    Ok(all)
}

fn brief(app: &mut App<'_>, pair: &Pair<'_>, tried: &Tried) -> Result<(), CliError> {
    let (scenario, gateway) = (&pair.scenario.name, pair.gateway);
    if let Some(surprise) = &tried.surprise {
        writeln!(app.out, "\n{scenario} with {gateway}: {surprise}")?;
    }
    for line in tried.untested_lines(pair) {
        writeln!(app.out, "\n{line}")?;
    }
    if tried.status == Status::Panicked {
        writeln!(app.out, "\n{scenario} with {gateway}: it panicked; `holdfast run` tells where")?;
    }
    if let Some(difference) = &tried.divergence {
        writeln!(
            app.out,
            "\n{scenario} with {gateway}: the second run diverges at line {}\n  first:  {}\n  \
             second: {}",
            difference.number, difference.expected, difference.actual
        )?;
    }
    Ok(())
}

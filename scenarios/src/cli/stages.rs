//! `holdfast stages`: plans on both stages, what they come to, and what that costs.

use rayon::prelude::*;
use serde_json::json;
use sim::campaign::draft;
use sim::parity::{difference, play};
use sim::plan::{Plan, Stage};
use sim::time::Ms;

use super::app::App;
use super::args::Format;
use super::error::CliError;
use super::output::Progress;
use crate::real::Stopwatch;
use crate::registry::GatewayName;
use crate::report::json::{rate, write_event};
use crate::report::table;
use crate::status::Status;

/// What playing took on one stage.
#[derive(Clone, Copy, Default)]
struct Cost {
    runs: u64,
    simulated: Ms,
    seconds: f64,
}

/// A plan played on both stages.
struct Played {
    name: String,
    difference: Option<String>,
    costs: [Cost; 2],
}

pub(super) fn stages(app: &mut App<'_>, seeds: u64) -> Result<Status, CliError> {
    let gateway = app.common.gateway.unwrap_or(GatewayName::Core);
    let plans = plans(app, seeds)?;
    let jobs = app.common.jobs.map_or(0, std::num::NonZeroUsize::get);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build().map_err(|error| {
        CliError::Harness(format!("start the threads for {jobs} jobs: {error}"))
    })?;
    let progress = Progress::new(plans.len());
    let watchdog = app.watchdog;
    let played: Vec<Played> = pool.install(|| {
        let each = plans.par_iter().map(|(name, plan)| {
            let played = try_one(name, plan, |plan| watchdog.watch(name, gateway, plan));
            progress.advance(name);
            played
        });
        each.collect()
    });
    progress.finish();
    let costs = Stage::ALL.map(|stage| sum(&played, stage));
    match app.common.format {
        Format::Text => text(app, gateway, &played, &costs)?,
        Format::Json => lines(app, &played, &costs)?,
    }
    let same = played.iter().all(|played| played.difference.is_none());
    Ok(if same { Status::Passed } else { Status::Harness })
}

/// Every plan of a scenario that both stages can play, and so many random ones.
fn plans(app: &App<'_>, seeds: u64) -> Result<Vec<(String, Plan)>, CliError> {
    let catalogue = app.catalogue()?;
    let both = catalogue.scenarios().filter(|scenario| scenario.plan.needs_network().is_none());
    let mut plans: Vec<(String, Plan)> =
        both.map(|scenario| (scenario.name.clone(), scenario.plan.clone())).collect();
    let seed = app.common.seed.unwrap_or_default();
    // Those of the direct stage: both can play them.
    let drawn = |number| draft(seed, number, Stage::Direct).plan;
    let random = (0..seeds).map(|number| (format!("{seed}/{number}"), drawn(number)));
    plans.extend(random);
    Ok(plans)
}

fn try_one<G: gateway_core::env::Gateway>(
    name: &str,
    plan: &Plan,
    make: impl Fn(&Plan) -> G,
) -> Played {
    let [direct, network] = Stage::ALL.map(|stage| {
        let plan = Plan { stage, ..plan.clone() };
        let gateway = make(&plan);
        let stopwatch = Stopwatch::start();
        let ran = play(&plan, stage, &gateway);
        let cost = Cost { runs: 1, simulated: ran.simulated, seconds: stopwatch.seconds() };
        (ran.world, cost)
    });
    Played {
        name: name.to_owned(),
        difference: difference(&direct.0, &network.0),
        costs: [direct.1, network.1],
    }
}

fn sum(played: &[Played], stage: Stage) -> Cost {
    let of_stage = |played: &Played| played.costs[stage as usize];
    played.iter().map(of_stage).fold(Cost::default(), |sum, cost| Cost {
        runs: sum.runs + cost.runs,
        simulated: sum.simulated.plus(cost.simulated),
        seconds: sum.seconds + cost.seconds,
    })
}

impl Cost {
    fn simulated_per_second(&self) -> f64 {
        rate(self.simulated.0 / 1_000, self.seconds)
    }

    fn judged_per_second(&self) -> f64 {
        rate(self.runs, self.seconds)
    }

    fn seconds_a_run(&self) -> f64 {
        self.seconds / self.runs as f64
    }
}

fn text(
    app: &mut App<'_>,
    gateway: GatewayName,
    played: &[Played],
    costs: &[Cost; 2],
) -> Result<(), CliError> {
    let out = &mut *app.out;
    let header = ["stage", "runs", "judged runs a second", "simulated seconds a second"];
    let mut table = table::new(&header);
    for (stage, cost) in Stage::ALL.into_iter().zip(costs) {
        let (runs, judged) = (cost.runs.to_string(), cost.judged_per_second().to_string());
        table.add_row([stage.name(), &runs, &judged, &cost.simulated_per_second().to_string()]);
    }
    table::align_right(&mut table, 1..=3);
    writeln!(out, "{table}\n")?;
    let [direct, network] = costs;
    let times = network.seconds_a_run() / direct.seconds_a_run();
    writeln!(out, "a run costs {times:.0} times as much on the network stage, on one core each")?;
    let mut differ = 0;
    for Played { name, difference, .. } in played {
        if let Some(difference) = difference {
            differ += 1;
            writeln!(out, "{name} differs: {difference}")?;
        }
    }
    let plans = played.len();
    match differ {
        0 => writeln!(out, "{plans} plans with {gateway}: all come to the same on both stages")?,
        _ => writeln!(out, "{differ} of {plans} plans with {gateway} come to something else")?,
    }
    Ok(())
}

fn lines(app: &mut App<'_>, played: &[Played], costs: &[Cost; 2]) -> Result<(), CliError> {
    let out = &mut *app.out;
    for Played { name, difference, .. } in played {
        let fields = [("plan", name.as_str().into()), ("difference", json!(difference))];
        write_event(out, "parity", &fields)?;
    }
    for (stage, cost) in Stage::ALL.into_iter().zip(costs) {
        let fields = [
            ("stage", stage.name().into()),
            ("runs", cost.runs.into()),
            ("seconds", cost.seconds.into()),
            ("judged_per_second", cost.judged_per_second().into()),
            ("simulated_seconds_per_second", cost.simulated_per_second().into()),
        ];
        write_event(out, "stage", &fields)?;
    }
    Ok(())
}

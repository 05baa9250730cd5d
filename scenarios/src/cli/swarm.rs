//! `holdfast swarm`: plans that nobody thought of, on all cores, until there were enough or one of
//! them breaks something.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use sim::coverage::Goal;
use sim::explore::Finding;
use sim::plan::Stage;

use super::app::App;
use super::args::{Format, StageArg};
use super::convict::{self, First};
use super::covered::{asked, claims, uncovered};
use super::error::CliError;
use super::output::Progress as Bar;
use crate::campaign::{Campaign, Divergence, Failed, Limit, Outcome, Progress, Shard};
use crate::input::BadInput;
use crate::phases;
use crate::real;
use crate::registry::GatewayName;
use crate::report::annotation::annotation;
use crate::report::exhibit::Exhibit;
use crate::report::json::{rate, rounded, write_event, write_finding};
use crate::report::junit::junit;
use crate::report::{capsule, page};
use crate::status::Status;

/// How many plans are tried if nobody says. One over a network costs hundreds of others.
fn usual(stage: Stage) -> u64 {
    match stage {
        Stage::Direct => 2_000,
        Stage::Network => 100,
    }
}

/// What can be said of a swarm.
#[derive(Debug, clap::Args)]
pub(super) struct SwarmArgs {
    /// How many plans are tried; 2000 if neither this nor --for is said, 100 over a network
    #[arg(long, value_name = "N", conflicts_with = "duration")]
    seeds: Option<NonZeroU64>,
    /// For how long plans are tried: 90s, 10m, 1h 30m
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    duration: Option<Duration>,
    /// One plan in so many is run once more on a fresh thread, and must be the same to the byte;
    /// 0 for none
    #[arg(long, value_name = "N", default_value_t = 10)]
    twice: u64,
    /// Writes a digest of each plan that is run twice (trace, disk, verdict), a line for each: two
    /// processes must write the same file
    #[arg(long, value_name = "FILE")]
    digests: Option<PathBuf>,
    /// Fails if a goal of the coverage was never reached, or a kind of fault that was planned never
    /// happened
    #[arg(long)]
    require_goals: bool,
    /// Writes the result as JUnit XML, too
    #[arg(long, value_name = "FILE.xml")]
    junit: Option<PathBuf>,
}

/// A swarm that is over.
struct Swarm {
    gateway: GatewayName,
    seed: u64,
    stage: Stage,
    shard: Shard,
    outcome: Outcome,
    exhibits: Vec<Exhibit>,
    status: Status,
}

pub(super) fn swarm(app: &mut App<'_>, args: &SwarmArgs) -> Result<Status, CliError> {
    let gateway = app.common.gateway.unwrap_or(GatewayName::Core);
    let (shard, origin) = shard(app.common.shard)?;
    let seed = app.common.seed.unwrap_or_default();
    let stage = app.common.stage.map_or(Stage::Direct, StageArg::stage);
    let limit = match (args.seeds, args.duration) {
        (_, Some(duration)) => Limit::Seconds(duration.as_secs_f64()),
        (plans, None) => Limit::Plans(plans.map_or(usual(stage), NonZeroU64::get)),
    };
    if app.common.format == Format::Text {
        let part =
            if shard.is_whole() { String::new() } else { format!(", shard {shard}{origin}") };
        let on = if stage == Stage::Network { " over a network" } else { "" };
        writeln!(app.out, "swarm of {gateway}{on}, seed {seed}{part}")?;
        app.out.flush()?;
    }
    let (exhibits, status) = (Vec::new(), Status::Passed);
    let outcome = Outcome::default();
    let mut swarm = Swarm { gateway, seed, stage, shard, outcome, exhibits, status };
    swarm.outcome = campaign(app, &swarm, limit, args)?;
    swarm.exhibits = self::exhibits(app, &swarm)?;
    swarm.status = self::status(&swarm, args.require_goals);
    show(app, args, &swarm)?;
    Ok(swarm.status)
}

/// The part of the campaign that is this process' own, and where that is said.
fn shard(said: Option<Shard>) -> Result<(Shard, String), CliError> {
    if let Some(shard) = said {
        return Ok((shard, String::new()));
    }
    let found = Shard::of_environment(real::variable)
        .map_err(|problem| BadInput::argument(problem, "set both, or say --shard K/N"))?;
    let named = |(shard, variable)| (shard, format!(" (from {variable})"));
    Ok(found.map_or((Shard::WHOLE, String::new()), named))
}

fn campaign(
    app: &App<'_>,
    swarm: &Swarm,
    limit: Limit,
    args: &SwarmArgs,
) -> Result<Outcome, CliError> {
    let Swarm { gateway, seed, stage, shard, .. } = *swarm;
    let name = format!("swarm-{seed}");
    let watchdog = app.watchdog;
    let make = |plan: &sim::plan::Plan| -> Box<dyn gateway_core::env::Gateway> {
        Box::new(watchdog.watch(&name, gateway, plan))
    };
    let directory = app.root.join(capsule::DIRECTORY);
    let campaign = Campaign {
        gateway: gateway.name(),
        make: &make,
        deaths: app.common.kill.map_or(gateway.deaths(), super::args::KillArg::deaths),
        phases: phases::of(gateway),
        seed,
        stage,
        shard,
        limit,
        twice: args.twice,
        digests: args.digests.is_some(),
        jobs: app.common.jobs.unwrap_or_else(real::cores),
        directory: &directory,
        interrupted: real::interruptible(),
    };
    let parts = match limit {
        Limit::Plans(plans) => shard.share(plans),
        Limit::Seconds(seconds) => seconds.ceil() as u64,
    };
    let bar = Bar::new(usize::try_from(parts).unwrap_or(usize::MAX));
    let hear = |progress: Progress| {
        let Progress { plans, seconds } = progress;
        let words = format!("{plans} plans, {} a second, {} left", rate(plans, seconds), {
            left(limit, parts, progress)
        });
        let position = match limit {
            Limit::Plans(_) => plans,
            Limit::Seconds(_) => seconds as u64,
        };
        bar.reach(position, words);
    };
    let outcome = campaign.run(&hear);
    bar.finish();
    outcome.map_err(|(path, error)| CliError::File { path, error })
}

/// How much longer it will take.
fn left(limit: Limit, parts: u64, progress: Progress) -> String {
    let Progress { plans, seconds } = progress;
    let left = match limit {
        Limit::Seconds(all) => all - seconds,
        Limit::Plans(_) => seconds / (plans.max(1) as f64) * (parts.saturating_sub(plans) as f64),
    };
    humantime::format_duration(Duration::from_secs(left.max(0.0) as u64)).to_string()
}

/// The page of what is broken first and worst, with its plan shrunk.
fn exhibits(app: &App<'_>, swarm: &Swarm) -> Result<Vec<Exhibit>, CliError> {
    let Some(Failed { number, plan, violations, .. }) = &swarm.outcome.failed else {
        return Ok(Vec::new());
    };
    let name = format!("swarm-{}-{number}", swarm.seed);
    let worst = violations.iter().min_by_key(|violation| violation.oracle.gravity());
    let Some(violation) = worst else { return Ok(Vec::new()) };
    let finding = Finding::alone(plan.clone(), violation.clone());
    let findings = [(violation.oracle, finding)].into();
    convict::exhibits(app, &name, swarm.gateway, &findings, First::Page)
}

fn status(swarm: &Swarm, require_goals: bool) -> Status {
    let Outcome { failed, diverged, .. } = &swarm.outcome;
    if diverged.is_some() {
        return Status::Diverged;
    }
    if let Some(failed) = failed {
        let worst = sim::verdict::Verdict::of_violations(&failed.violations);
        return if failed.panicked { Status::Panicked } else { Status::of(worst) };
    }
    if require_goals && !uncovered(&swarm.outcome, swarm.gateway, swarm.stage).is_empty() {
        Status::Harness
    } else {
        Status::Passed
    }
}

fn show(app: &mut App<'_>, args: &SwarmArgs, swarm: &Swarm) -> Result<(), CliError> {
    let failure = app.common.format == Format::Text && swarm.status != Status::Passed;
    match app.common.format {
        Format::Text => text(app, args, swarm)?,
        Format::Json => lines(app, swarm)?,
    }
    if let Some(path) = &args.digests {
        let line = |(number, digest): (&u64, &u128)| format!("{number} {digest:032x}\n");
        let text: String = swarm.outcome.digests.iter().map(line).collect();
        real::write(path, &text).map_err(|error| CliError::File { path: path.clone(), error })?;
    }
    if let Some(path) = &args.junit {
        let name = format!("swarm {} seed {} shard {}", swarm.gateway, swarm.seed, swarm.shard);
        let xml =
            junit(&name, &claims(&swarm.outcome, swarm.gateway, swarm.stage, &swarm.exhibits));
        real::write(path, &xml).map_err(|error| CliError::File { path: path.clone(), error })?;
    }
    if failure && real::variable("GITHUB_ACTIONS").as_deref() == Some("true") {
        writeln!(app.out, "\n{}", annotated(swarm))?;
    }
    Ok(())
}

fn annotated(swarm: &Swarm) -> String {
    let Swarm { gateway, seed, status, exhibits, .. } = swarm;
    match exhibits.first() {
        Some(exhibit) => {
            let found: Vec<&str> = exhibit.found.iter().map(|found| found.what.as_str()).collect();
            let message = format!("{}\n{}", found.join("\n"), exhibit.replay);
            annotation(&format!("{} violated by {gateway}", exhibit.oracle), &message)
        }
        None => annotation(&format!("swarm of {gateway}, seed {seed}"), status.meaning()),
    }
}

fn text(app: &mut App<'_>, args: &SwarmArgs, swarm: &Swarm) -> Result<(), CliError> {
    let Swarm { outcome, exhibits, .. } = swarm;
    for line in summary(swarm) {
        writeln!(app.out, "{line}")?;
    }
    // What a campaign that was cut short has not met says nothing.
    if outcome.failed.is_none() && outcome.diverged.is_none() {
        coverage(app, args, swarm)?;
    }
    if let Some(diverged) = &outcome.diverged {
        write_divergence(app, swarm, diverged)?;
    }
    if let Some(failed) = &outcome.failed {
        let numbers = (failed.number, &failed.capsule);
        write_failed(app, swarm.seed, numbers)?;
        for exhibit in exhibits {
            page::write_page(app.out, exhibit)?;
        }
    } else if outcome.diverged.is_none() {
        writeln!(app.out, "no oracle convicts {}", swarm.gateway)?;
    }
    Ok(())
}

/// What was met, and what should have been.
fn coverage(app: &mut App<'_>, args: &SwarmArgs, swarm: &Swarm) -> Result<(), CliError> {
    let missing = uncovered(&swarm.outcome, swarm.gateway, swarm.stage);
    if missing.is_empty() {
        let goals = asked(swarm.gateway, swarm.stage).count();
        writeln!(app.out, "all {goals} goals reached; every kind of planned fault delivered")?;
    }
    for line in missing {
        writeln!(app.out, "{line}")?;
    }
    if swarm.status == Status::Harness && args.require_goals {
        writeln!(app.out, "--require-goals: a campaign that never got there says nothing of it")?;
    }
    Ok(())
}

fn write_failed(app: &mut App<'_>, seed: u64, failed: (u64, &PathBuf)) -> Result<(), CliError> {
    let (number, capsule) = failed;
    writeln!(
        app.out,
        "plan {number} of seed {seed} breaks something; as it was drawn it is kept in {}\n",
        capsule.display()
    )?;
    Ok(())
}

fn write_divergence(app: &mut App<'_>, swarm: &Swarm, found: &Divergence) -> Result<(), CliError> {
    let Divergence { number, plan, difference } = found;
    let path = divergence_path(app.root, swarm, *number);
    let text = capsule::wrap(swarm.gateway.name(), Vec::new(), plan, None).to_toml();
    real::write(&path, &text).map_err(|error| CliError::File { path: path.clone(), error })?;
    writeln!(
        app.out,
        "plan {number} of seed {} is not the same twice: its second run, on a fresh thread, parts \
         at line {}\n  first:  {}\n  second: {}\n  likely: {}\n\n  {}",
        swarm.seed,
        difference.number,
        difference.expected,
        difference.actual,
        difference.likely_source(),
        capsule::replay_line(&path)
    )?;
    Ok(())
}

fn divergence_path(root: &Path, swarm: &Swarm, number: u64) -> PathBuf {
    let name = format!("swarm-{}-{number}-{}-diverged.toml", swarm.seed, swarm.gateway);
    root.join(capsule::DIRECTORY).join(name)
}

fn summary(swarm: &Swarm) -> Vec<String> {
    let Outcome { plans, judged, transitions, twice, seconds, diverged, interrupted, .. } =
        &swarm.outcome;
    let broken_off = swarm.outcome.broken_off;
    let memory = real::peak_memory()
        .map_or(String::new(), |bytes| format!(", peak memory {} MiB", bytes / (1024 * 1024)));
    let mut lines = vec![
        format!(
            "{plans} plans, {judged} runs judged, {transitions} transitions in {seconds:.1} s: {} \
             plans a second{memory}",
            rate(*plans, *seconds)
        ),
        format!("determinism: {twice} plans run twice, {} diverged", u64::from(diverged.is_some())),
    ];
    if broken_off > 0 {
        lines.push(format!(
            "not judged: the run of {broken_off} plans never came to rest and was broken off"
        ));
    }
    if *interrupted {
        lines.push("interrupted: this is what there was until then".to_owned());
    }
    lines
}

fn lines(app: &mut App<'_>, swarm: &Swarm) -> Result<(), CliError> {
    let out = &mut *app.out;
    let Swarm { gateway, seed, stage, shard, outcome, exhibits, status } = swarm;
    for (fault, planned, happened) in outcome.tally.counts() {
        let fields =
            [("fault", fault.into()), ("planned", planned.into()), ("delivered", happened.into())];
        write_event(out, "fault", &fields)?;
    }
    for exhibit in exhibits {
        write_finding(out, exhibit)?;
    }
    let goals: Vec<&str> = outcome.goals.met().map(Goal::name).collect();
    let missing: Vec<&str> =
        outcome.goals.missing(*stage, phases::of(*gateway)).map(Goal::name).collect();
    let diverged = outcome.diverged.as_ref().map(|found| found.number);
    let fields = [
        ("gateway", gateway.name().into()),
        ("seed", (*seed).into()),
        ("stage", stage.name().into()),
        ("shard", shard.to_string().into()),
        ("plans", outcome.plans.into()),
        ("judged", outcome.judged.into()),
        ("transitions", outcome.transitions.into()),
        ("broken_off", outcome.broken_off.into()),
        ("seconds", rounded(outcome.seconds).into()),
        ("plans_per_second", rate(outcome.plans, outcome.seconds).into()),
        ("peak_memory", real::peak_memory().into()),
        ("twice", outcome.twice.into()),
        ("first_divergence", diverged.into()),
        ("failing_plan", outcome.failed.as_ref().map(|failed| failed.number).into()),
        ("goals", json!(goals)),
        ("goals_missing", json!(missing)),
        ("interrupted", outcome.interrupted.into()),
        ("exit", status.code().into()),
    ];
    Ok(write_event(out, "swarm", &fields)?)
}

//! What can be said on the command line, and the help that teaches it.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use sim::disk::{Bounds, Profile};
use sim::explore::{Deaths, Depth, Search, Swept};
use sim::oracle::OracleId;
use sim::plan::{Plan, Stage};
use sim::shrink::Budget;
use sim::time::Ms;

use super::swarm::SwarmArgs;
use crate::campaign::Shard;
use crate::input::{BadInput, parse_seed, suggest};
use crate::registry::GatewayName;

const EXAMPLES: &str = "\
Examples:
  holdfast                                          every scenario, one summary table
  holdfast check my-bug.toml                        a file of your own, with its `[expect]`
  holdfast list                                     what there is
  holdfast matrix 027856-killed-in-drain            kill the core at every point
  holdfast matrix 027856-killed-in-drain --gateway hermes-e1
                                                    the same for a gateway that loses sessions
  holdfast matrix my-bug.toml --kill both --depth 2 power losses too, and recovery killed again
  holdfast matrix replaced-while-draining --link-faults
                                                    kills times every fault of the network
  holdfast matrix 027856-killed-in-drain --sweep stop
                                                    the same with the stop at every moment
  holdfast matrix replaced-while-draining --preemptions 1
                                                    and with each other order of two that live
  holdfast replay target/holdfast/FILE.toml         a failure again, the same trace to the byte
  holdfast shrink target/holdfast/FILE.toml         the smallest plan that still breaks the same

Exit codes:
   0  passed
   1  harness error, or not as the file expects: a verdict, or an event that never fired
   2  usage: bad arguments, scenario or capsule
  10  safety violated
  11  not live: something that must end did not
  12  the gateway panicked
  13  diverged: the same plan made another trace";

/// Kills a chat gateway everywhere, and shows what it loses
#[derive(Debug, Parser)]
#[command(name = "holdfast", version, after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Every scenario with every gateway that its `[expect]` names: the matrix, and the base run
    /// twice (the default)
    Check {
        /// Only these: names of scenarios, or paths of scenarios and capsules
        #[arg(value_name = "SCENARIO|FILE")]
        plans: Vec<String>,
    },
    /// Shows the scenarios, the gateways and the oracles
    List,
    /// Runs one plan as it is written, its own kills included, and prints the trace
    Run {
        /// The name of a scenario, or the path of a scenario or a capsule
        #[arg(value_name = "SCENARIO|FILE")]
        plan: String,
    },
    /// Kills the gateway at every kill point of one plan and judges what follows
    ///
    /// Exits with the verdict over the gateway, whatever the file expects. If nothing convicts it,
    /// what the file's `[expect]` says of it counts, and that everything planned happened.
    Matrix(MatrixArgs),
    /// Tries plans that nobody thought of, with deaths and faults of every kind, on all cores
    Swarm(SwarmArgs),
    /// Runs a capsule again and compares its trace to the byte
    Replay {
        /// The path of a capsule
        #[arg(value_name = "FILE")]
        capsule: PathBuf,
    },
    /// Plays plans on both stages: whether they come to the same, and what each stage costs
    Stages {
        /// How many random plans are played beside those of the scenarios
        #[arg(long, value_name = "N", default_value_t = 4)]
        seeds: u64,
    },
    /// Takes the plan of a failure down to the smallest one that still breaks the same invariant
    Shrink {
        /// The path of a capsule, or a scenario whose plan breaks something as it is written
        #[arg(value_name = "FILE")]
        plan: String,
        /// How many plans may be run
        #[arg(long, value_name = "RUNS", default_value_t = Budget::COMMAND.runs)]
        budget: u64,
        /// The invariant that stays broken; the gravest that is, if not said
        #[arg(long, value_name = "NAME", value_parser = parse_oracle)]
        oracle: Option<OracleId>,
    },
}

/// What is killed everywhere.
#[derive(Debug, clap::Args)]
pub(super) struct MatrixArgs {
    /// The name of a scenario, or the path of a scenario or a capsule
    #[arg(value_name = "SCENARIO|FILE")]
    pub(super) plan: String,
    /// On the network stage: kills times faults of the network. Each fault there is comes at up
    /// to N moments that matter, evenly spread (4 if not said), and the gateway is killed at
    /// `--points` points of each of these runs (8 if not said)
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true,
          default_missing_value = "4", conflicts_with_all = ["sweep", "preemptions"])]
    pub(super) link_faults: Option<NonZeroUsize>,
    /// Moves each planned event of a kind, one at a time, to just before, at and just after every
    /// transition of the run, and kills the gateway everywhere in each of these plans, or at
    /// `--points` points of each
    #[arg(long, value_name = "KIND", conflicts_with = "preemptions")]
    pub(super) sweep: Option<SweepArg>,
    /// Lets up to N effects wait until somebody else has gone first, in every way that makes a run
    /// of its own, and kills the gateway everywhere in each of these plans, or at `--points` points
    /// of each
    #[arg(long, value_name = "N", default_value_t = 0,
          value_parser = clap::value_parser!(u8).range(0..=2))]
    pub(super) preemptions: u8,
    /// How long the process stays down after each kill of the matrix, as in `2h`; the supervisor's
    /// restart delay if not said
    #[arg(long, value_name = "DURATION")]
    pub(super) down_for: Option<Ms>,
}

impl MatrixArgs {
    /// What is tried in each matrix: `points` points at most, where each is a run from the start
    /// and nobody says how many; everywhere else as many as are said, or all.
    pub(super) fn search(&self, common: &Common, points: usize) -> Search {
        let said = common.points.map(NonZeroUsize::get);
        let points = said.unwrap_or(points);
        Search { points, gaps: said, down_for: self.down_for, ..common.search(Deaths::Process) }
    }
}

/// What is moved to every moment of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SweepArg {
    /// Requests to stop
    Stop,
    /// Messages of users
    Message,
    /// The plan's own kills that come at a time
    Kill,
    /// Where faults begin
    Fault,
}

impl SweepArg {
    pub(super) fn swept(self) -> Swept {
        match self {
            SweepArg::Stop => Swept::Stop,
            SweepArg::Message => Swept::Message,
            SweepArg::Kill => Swept::Kill,
            SweepArg::Fault => Swept::Fault,
        }
    }
}

fn parse_oracle(name: &str) -> Result<OracleId, String> {
    let known = OracleId::ALL.map(OracleId::name);
    let oracle = OracleId::ALL.into_iter().find(|oracle| oracle.name() == name);
    oracle.ok_or_else(|| format!("unknown oracle `{name}`: {}", suggest::one_of(name, known)))
}

/// What can be said with every command.
#[derive(Debug, clap::Args)]
pub(super) struct Common {
    /// The gateway; `check` takes every one that a scenario names, everything else takes core
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) gateway: Option<GatewayName>,
    /// Replaces the seed of the plan: decimal, 0x hexadecimal, or a commit hash of 40 digits
    #[arg(long, global = true, value_name = "SEED", value_parser = parse_seed)]
    pub(super) seed: Option<u64>,
    /// What it is played on; what the scenario or the capsule says if not said
    #[arg(long, global = true, value_name = "STAGE")]
    pub(super) stage: Option<StageArg>,
    /// How many kill points of a matrix are tried, evenly spread. If not said: all of them; on the
    /// network stage, where each is a run from the start, 48, and 8 where matrices are many
    #[arg(long, global = true, value_name = "N")]
    pub(super) points: Option<NonZeroUsize>,
    /// On the network stage with `--depth 2`: how many second deaths are tried after each first
    /// one, evenly spread; 4 if not said
    #[arg(long, global = true, value_name = "N")]
    pub(super) recovery_points: Option<NonZeroUsize>,
    /// How many matrices (`check`) or plans (`swarm`) run at a time; as many as there are cores
    /// if not said
    #[arg(long, global = true, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// The deaths that are tried; process if not said, and in `check` those that each gateway
    /// answers for
    #[arg(long, global = true, value_name = "DEATHS")]
    pub(super) kill: Option<KillArg>,
    /// How many deaths in a row are tried: the second one kills the recovery from the first
    #[arg(long, global = true, value_name = "N", default_value = "1")]
    pub(super) depth: DepthArg,
    /// One of N parts that share the work (`check` and `swarm`), as in 2/8; in `swarm` also taken
    /// from the variables of the usual CI systems
    #[arg(long, global = true, value_name = "K/N")]
    pub(super) shard: Option<Shard>,
    /// What a power loss may leave of what was not synced
    #[arg(long, global = true, value_name = "PROFILE", default_value = "strict")]
    pub(super) disk: DiskArg,
    /// What is printed: text for people, or one JSON object on a line
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
    /// Writes a report as one HTML file, too (all but `list`)
    #[arg(long, global = true, value_name = "FILE.html")]
    pub(super) report: Option<PathBuf>,
}

impl Common {
    /// A plan as the command line wants it: with another seed, on another stage.
    ///
    /// # Errors
    ///
    /// If the stage cannot play it.
    pub(super) fn plan(&self, plan: &Plan) -> Result<Plan, BadInput> {
        let stage = self.stage.map_or(plan.stage, StageArg::stage);
        let plan = Plan { seed: self.seed.unwrap_or(plan.seed), stage, ..plan.clone() };
        match plan.needs_network().filter(|_| stage == Stage::Direct) {
            None => Ok(plan),
            Some(why) => {
                let problem = format!("the direct stage cannot play this plan: {why}");
                Err(BadInput::argument(problem, "say `--stage network`"))
            }
        }
    }

    /// What is tried at each kill point; `unsaid` are the deaths if the command line names none.
    pub(super) fn search(&self, unsaid: Deaths) -> Search {
        Search {
            points: self.points.map_or(Search::POINTS, NonZeroUsize::get),
            recovery_points: self
                .recovery_points
                .map_or(Search::RECOVERY_POINTS, NonZeroUsize::get),
            deaths: self.kill.map_or(unsaid, KillArg::deaths),
            depth: self.depth.depth(),
            profile: self.disk.profile(),
            bounds: Bounds::MATRIX,
            gaps: None,
            down_for: None,
        }
    }
}

/// What a power loss may leave of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DiskArg {
    /// Whatever POSIX allows: any part of it, sector by sector, names and lengths on their own
    Strict,
    /// What ext4 does (data=ordered): names in their order, and zeros where data is missing
    Ext4Ordered,
    /// A lint: renames come apart, and garbage. What only this one breaks is told and convicts
    /// nobody
    Alice,
}

impl DiskArg {
    fn profile(self) -> Profile {
        match self {
            DiskArg::Strict => Profile::STRICT,
            DiskArg::Ext4Ordered => Profile::Ext4Ordered,
            DiskArg::Alice => Profile::Alice,
        }
    }
}

/// What a plan is played on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum StageArg {
    /// One process at a time, and everything else plain data: fast
    Direct,
    /// Hosts with TCP between them: several processes, and networks that fail
    Network,
}

impl StageArg {
    pub(super) fn stage(self) -> Stage {
        match self {
            StageArg::Direct => Stage::Direct,
            StageArg::Network => Stage::Network,
        }
    }
}

/// The deaths that are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum KillArg {
    /// SIGKILL: what was written survives
    Process,
    /// Power loss: what was not synced may not
    Power,
    /// Both
    Both,
}

impl KillArg {
    pub(super) fn deaths(self) -> Deaths {
        match self {
            KillArg::Process => Deaths::Process,
            KillArg::Power => Deaths::Power,
            KillArg::Both => Deaths::Both,
        }
    }
}

/// How many deaths in a row are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DepthArg {
    /// One death
    #[value(name = "1")]
    One,
    /// Two in a row
    #[value(name = "2")]
    Two,
}

impl DepthArg {
    fn depth(self) -> Depth {
        match self {
            DepthArg::One => Depth::One,
            DepthArg::Two => Depth::Two,
        }
    }
}

/// What is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Text for people
    Text,
    /// One JSON object on a line
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::status::Status;

    #[test]
    fn the_arguments_are_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_help_tells_every_exit_code() {
        for status in Status::ALL {
            let line = format!("\n{:>4}  {}", status.code(), status.meaning());
            assert!(EXAMPLES.contains(&line), "{line} is not in the help");
        }
    }

    #[test]
    fn common_arguments_may_stand_on_either_side() {
        for line in [["holdfast", "--depth=2", "list"], ["holdfast", "list", "--depth=2"]] {
            let args = Args::try_parse_from(line).expect("both are fine");
            assert_eq!(args.common.depth, DepthArg::Two);
        }
    }
}

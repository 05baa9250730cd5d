//! From the arguments of the process to its exit.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use clap::Parser as _;
use sim::shrink::Budget;

use super::args::{Args, Command, Common};
use super::error::CliError;
use super::output::Quiet;
use super::{check, list, matrix, replay, run, shrink, stages, swarm};
use crate::catalogue::{Catalogue, REGRESSIONS};
use crate::real;
use crate::report::html::{self, Report};
use crate::status::Status;
use crate::watchdog::Watchdog;

/// What every command works with.
pub(super) struct App<'a> {
    pub(super) common: &'a Common,
    pub(super) out: &'a mut dyn Write,
    pub(super) watchdog: &'a Watchdog,
    /// Where regressions are looked for and capsules are saved.
    pub(super) root: &'a Path,
}

impl App<'_> {
    /// Every scenario there is.
    pub(super) fn catalogue(&self) -> Result<Catalogue, CliError> {
        Ok(Catalogue::with_regressions(&self.root.join(REGRESSIONS))?)
    }

    /// Writes the HTML report, if one is wanted.
    pub(super) fn report(&self, report: impl FnOnce() -> Report) -> Result<(), CliError> {
        let Some(path) = &self.common.report else { return Ok(()) };
        let text = html::render(&report());
        real::write(path, &text).map_err(|error| CliError::File { path: path.clone(), error })
    }
}

/// Does what the arguments of this process say. Arguments that make no sense end it, with the
/// status of a usage error.
pub fn main() -> Status {
    let args = Args::parse();
    let mut out = BufWriter::new(Quiet(io::stdout().lock()));
    perform(&args, Path::new(""), &mut out, &mut io::stderr())
}

/// Does what a command line says, as [`main`] does, but where it is told to: regressions are looked
/// for and capsules saved under `root`, and what would be printed goes to `out` and `err`.
pub fn execute(line: &[&str], root: &Path, out: &mut dyn Write, err: &mut dyn Write) -> Status {
    match Args::try_parse_from(line) {
        Ok(args) => perform(&args, root, out, err),
        Err(refusal) => {
            let text = refusal.render().to_string();
            let (said, status) = if refusal.use_stderr() {
                (err.write_all(text.as_bytes()), Status::Usage)
            } else {
                (out.write_all(text.as_bytes()), Status::Passed)
            };
            said.map_or(Status::Harness, |()| status)
        }
    }
}

fn perform(args: &Args, root: &Path, out: &mut dyn Write, err: &mut dyn Write) -> Status {
    let watchdog = Watchdog::start();
    let mut app = App { common: &args.common, out, watchdog: &watchdog, root };
    let done = match &args.command {
        None => check::check(&mut app, &[]),
        Some(Command::Check { plans }) => check::check(&mut app, plans),
        Some(Command::List) => list::list(&mut app),
        Some(Command::Run { plan }) => run::run(&mut app, plan),
        Some(Command::Matrix(args)) => matrix::matrix(&mut app, args),
        Some(Command::Swarm(args)) => swarm::swarm(&mut app, args),
        Some(Command::Stages { seeds }) => stages::stages(&mut app, *seeds),
        Some(Command::Replay { capsule }) => replay::replay(&mut app, capsule),
        Some(Command::Shrink { plan, budget, oracle }) => {
            shrink::shrink(&mut app, plan, Budget { runs: *budget }, *oracle)
        }
    };
    let done = done.and_then(|status| Ok(app.out.flush().map(|()| status)?));
    done.unwrap_or_else(|error| {
        // If nobody reads it, the exit code still tells.
        let _ = writeln!(err, "{error}");
        error.status()
    })
}

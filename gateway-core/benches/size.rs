//! What size costs on a real disk: the premark of a stop, steps, a boot, memory, compaction.
//!
//! Each life of a gateway is a process of its own, so that its peak of memory is its own; this
//! one starts them, one after the other, and prints what they saw. Nothing here judges: figures
//! differ between machines, and only those of one run are compared with each other.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it measures in real time what a gateway does to a real disk, and prints it"
)]

#[path = "../tests/real/disk.rs"]
mod disk;
#[path = "size/life.rs"]
mod life;
#[path = "size/options.rs"]
mod options;
#[path = "size/plan.rs"]
mod plan;
#[path = "size/table.rs"]
mod table;
#[path = "../tests/real/users.rs"]
mod users;

use std::error::Error;
use std::io::IsTerminal as _;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use life::{Figures, Life};
use options::Options;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let done = match args.next().as_deref() {
        Some("life") => life(args.next()),
        first => Options::read(first.map(str::to_owned).into_iter().chain(args))
            .map_err(Into::into)
            .and_then(|options| options.map_or(Ok(()), |options| measure(&options))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("size: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Lives one life of a gateway and prints its figures for whoever started it.
fn life(life: Option<String>) -> Result<(), Box<dyn Error>> {
    let life: Life = serde_json::from_str(&life.ok_or("a life to live is missing")?)?;
    println!("{}", serde_json::to_string(&life::live(&life)?)?);
    Ok(())
}

/// Measures everything.
fn measure(options: &Options) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let root = tempfile::tempdir_in(&options.dir)?;
    println!("file system: {}\n", options::file_system(root.path()));
    let mut sizes = Vec::new();
    for size in &options.sizes {
        let root = tempfile::tempdir_in(root.path())?;
        sizes.push(plan::size(root.path(), *size, process)?);
    }
    let mut pasts = Vec::new();
    for past in &options.pasts {
        let root = tempfile::tempdir_in(root.path())?;
        pasts.push(plan::past(root.path(), *past, process)?);
    }
    progress("");
    table::print(&sizes, &pasts);
    println!("\nmeasured in {:.0} s", begun.elapsed().as_secs_f64());
    Ok(())
}

/// Has a life lived by a process of its own.
fn process(what: &str, life: &Life) -> Result<Figures, Box<dyn Error>> {
    progress(what);
    let itself = std::env::current_exe()?;
    let life = serde_json::to_string(life)?;
    let child = Command::new(itself).args(["life", &life]).stderr(Stdio::inherit()).output()?;
    if !child.status.success() {
        return Err(format!("{what}: {}", child.status).into());
    }
    Ok(serde_json::from_slice(&child.stdout)?)
}

/// Says on a terminal what is being measured.
fn progress(what: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K{what}");
    }
}

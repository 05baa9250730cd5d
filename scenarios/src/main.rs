//! The command `holdfast`.
//!
//! Everything is in the library. Here is only what a process does at its two ends: a panic of
//! ours is a harness error, not whatever code the runtime would choose.

use std::process::ExitCode;

use scenarios::status::Status;

fn main() -> ExitCode {
    let status = std::panic::catch_unwind(scenarios::cli::main);
    ExitCode::from(status.unwrap_or(Status::Harness).code())
}

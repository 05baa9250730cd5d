//! The command line: what it offers, and what each command does.

mod app;
mod args;
mod check;
mod compared;
mod convict;
mod covered;
mod cross;
mod error;
mod family;
mod list;
mod matrix;
mod output;
mod pair;
mod replay;
mod run;
mod shrink;
mod stages;
mod swarm;

pub use app::{execute, main};
pub use args::Args;

//! Why a command could not do what it was asked for.

use std::io;
use std::path::PathBuf;

use crate::input::BadInput;
use crate::status::Status;

/// Why a command could not do what it was asked for. What a gateway does wrong is no error.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// What it was handed cannot be understood.
    #[error(transparent)]
    BadInput(#[from] BadInput),
    /// Standard output cannot be written to.
    #[error("write to standard output: {0}")]
    Output(#[from] io::Error),
    /// A file cannot be written.
    #[error("{path}: cannot be written: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The harness contradicts itself.
    #[error("harness error: {0}")]
    Harness(String),
}

impl CliError {
    pub(super) fn status(&self) -> Status {
        match self {
            CliError::BadInput(_) => Status::Usage,
            CliError::Output(_) | CliError::File { .. } | CliError::Harness(_) => Status::Harness,
        }
    }
}

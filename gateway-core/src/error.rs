//! What can go wrong in a boot, as its operator is to read it.
//!
//! Every text names the path and the step, and the remedy where there is one. Errors of chats and
//! agents are not here: those are answered, not raised.

use std::io;

use crate::budget::BudgetError;
use crate::env::{Exit, Fs};
use crate::journal::{Part, VERSION};

/// What helps against damage. Every other copy of a journal is older than what was acknowledged.
const MOVE_OUT: &str = "move this file out of the state directory, keep it as evidence, put no \
                        older copy in its place, and start again: what it held is lost, and the \
                        next boot tells which messages that were";

/// The file system refused.
#[derive(Debug, thiserror::Error)]
#[error("{step} {path}: {source}")]
pub(crate) struct IoError {
    /// What was being done.
    pub(crate) step: &'static str,
    /// To which file, as an operator would type it.
    pub(crate) path: String,
    /// What the file system said.
    pub(crate) source: io::Error,
}

/// Gives an error of the file system its step and its path.
pub(crate) fn failed(
    fs: &dyn Fs,
    step: &'static str,
    path: &str,
) -> impl FnOnce(io::Error) -> IoError + use<> {
    let path = fs.display(path);
    move |source| IoError { step, path, source }
}

impl IoError {
    /// Says it in the operator's log, as an error, and what becomes of it.
    pub(crate) fn error(&self, next: &str) {
        tracing::error!(path = self.path, errno = self.source.raw_os_error(), "{self}; {next}");
    }
}

/// Why a boot could not begin to serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BootError {
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] IoError),
    /// Another gateway serves this state directory.
    #[error(
        "take lock {path}: a live process holds it and did not let go for {patience:?}; stop that \
         gateway first (the file itself may stay, it means nothing)"
    )]
    Held {
        /// The lock file.
        path: String,
        /// How long it was waited for.
        patience: std::time::Duration,
    },
    /// The journal was written by a newer release.
    #[error(
        "read journal {path}: its form is version {version} and this release reads up to \
         {VERSION}; nothing was changed"
    )]
    Newer {
        /// The journal.
        path: String,
        /// The version of its form.
        version: u64,
    },
    /// The journal is damaged where no kill can damage it.
    #[error(
        "read journal {path}: {what} at byte {offset}{}; nothing was changed",
        match part {
            Part::Head => "",
            Part::Commits => ", and what comes before that byte is whole",
        }
    )]
    Corrupt {
        /// The journal, as an operator would type it.
        path: String,
        /// The same, from the state directory.
        file: String,
        /// The earlier journals that lie beside it, from the state directory.
        older: Vec<String>,
        /// Where the damage begins, in bytes.
        offset: usize,
        /// What is wrong there.
        what: &'static str,
        /// In which part of the journal it is.
        part: Part,
    },
    /// The settings leave no time to drain.
    #[error(transparent)]
    Budget(#[from] BudgetError),
    /// A record could not be made durable.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl BootError {
    /// How the process ends for it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            BootError::Newer { .. } | BootError::Corrupt { .. } | BootError::Budget(_) => {
                Exit::Config
            }
            BootError::Io(_) | BootError::Held { .. } | BootError::Commit(_) => Exit::Failed,
        }
    }

    /// Says it in the operator's log.
    ///
    /// Where a file must be moved out of the state directory before anybody can be served, the
    /// event names it as `file`, from the state directory, and says so in `remedy`. There is one
    /// event for each such file.
    pub(crate) fn log(&self) {
        match self {
            BootError::Io(failure) => failure.error("this boot ends, and has done nothing yet"),
            BootError::Held { path, .. } => tracing::error!(path, "{self}"),
            BootError::Newer { path, .. } => {
                tracing::error!(path, remedy = "run the newer release", "{self}");
            }
            BootError::Corrupt { path, file, older, .. } => {
                tracing::error!(path, file, remedy = MOVE_OUT, "{self}");
                for file in older {
                    tracing::error!(
                        file,
                        remedy = MOVE_OUT,
                        "journal {file} is an older copy of the damaged one: a boot that went on \
                         with it would do again what was finished since"
                    );
                }
            }
            BootError::Budget(_) | BootError::Commit(_) => tracing::error!("{self}"),
        }
    }
}

/// Nothing more becomes durable in this boot: its journal was closed, or nobody wants to wait any
/// longer for a disk that cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing more becomes durable in this boot")]
pub struct CommitError;

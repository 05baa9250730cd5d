//! What can go wrong in a boot, as its operator is to read it.
//!
//! Every text names the path and the step, and the remedy where there is one. Errors of chats and
//! agents are not here: those are answered, not raised.

use std::io;

use crate::budget::BudgetError;
use crate::env::{Exit, Fs};
use crate::journal::{Part, VERSION};

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

    /// The same as a warning.
    pub(crate) fn warn(&self, next: &str) {
        tracing::warn!(path = self.path, errno = self.source.raw_os_error(), "{self}; {next}");
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
         {VERSION}; nothing was changed: run the newer release, or restore the file from a backup"
    )]
    Newer {
        /// The journal.
        path: String,
        /// The version of its form.
        version: u64,
    },
    /// The journal is damaged where no kill can damage it.
    #[error(
        "read journal {path}: {what} at byte {offset}; nothing was changed: restore the file from \
         a backup{}",
        match part {
            Part::Head => "",
            Part::Commits => {
                ", or copy it away and cut it at that byte to go on without what follows"
            }
        }
    )]
    Corrupt {
        /// The journal.
        path: String,
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
    pub(crate) fn log(&self) {
        match self {
            BootError::Io(failure) => failure.error("this boot ends, and has done nothing yet"),
            BootError::Held { path, .. }
            | BootError::Newer { path, .. }
            | BootError::Corrupt { path, .. } => tracing::error!(path, "{self}"),
            BootError::Budget(_) | BootError::Commit(_) => tracing::error!("{self}"),
        }
    }
}

/// Nothing more becomes durable in this boot: its journal was closed, or nobody wants to wait any
/// longer for a disk that cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing more becomes durable in this boot")]
pub struct CommitError;

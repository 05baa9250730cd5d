//! What can go wrong in a boot, as its operator is to read it.
//!
//! Every text names the path and the step, and the remedy where there is one. Errors of chats and
//! agents are not here: those are answered, not raised.

use std::io;

use crate::budget::BudgetError;
use crate::env::Exit;

/// Why a boot could not begin to serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BootError {
    /// The file system refused.
    #[error("{step} {path}: {source}")]
    Io {
        /// What was being done.
        step: &'static str,
        /// To which file, as an operator would type it.
        path: String,
        /// What the file system said.
        source: io::Error,
    },
    /// Another gateway serves this state directory.
    #[error(
        "take lock {path}: a live process holds it; stop that gateway first (the file itself may \
         stay, it means nothing)"
    )]
    Held {
        /// The lock file.
        path: String,
    },
    /// The journal is damaged where no kill can damage it.
    #[error(
        "read journal {path}: {what} at byte {offset}; nothing was changed: restore the file from \
         a backup, or copy it away and cut it at that byte to go on without what follows"
    )]
    Corrupt {
        /// The journal.
        path: String,
        /// Where the damage begins, in bytes.
        offset: u64,
        /// What is wrong there.
        what: &'static str,
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
            BootError::Corrupt { .. } | BootError::Budget(_) => Exit::Config,
            BootError::Io { .. } | BootError::Held { .. } | BootError::Commit(_) => Exit::Failed,
        }
    }

    /// Says it in the operator's log.
    pub(crate) fn log(&self) {
        match self {
            BootError::Io { path, source, .. } => {
                tracing::error!(path, errno = source.raw_os_error(), "{self}");
            }
            BootError::Held { path } | BootError::Corrupt { path, .. } => {
                tracing::error!(path, "{self}");
            }
            BootError::Budget(_) => tracing::error!("{self}"),
            // The writer said it, with path and errno, when it happened.
            BootError::Commit(_) => {}
        }
    }
}

/// Why something could not be made durable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A write or a sync of the journal failed, now or earlier; what it holds is unknown until the
    /// next boot reads it.
    #[error("{step} journal {path}: {reason}; nothing more is written to it in this boot")]
    Poisoned {
        /// What failed.
        step: &'static str,
        /// The journal.
        path: String,
        /// What the file system said.
        reason: String,
    },
    /// The journal was closed because the gateway is gone.
    #[error("journal is closed")]
    Closed,
}

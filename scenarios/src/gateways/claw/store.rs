//! The files of the model. Each of the two tables is replaced whole; a transcript is appended to.
//!
//! What was renamed or appended is there for whoever reads it next, in the same machine or after
//! the process. What a power loss leaves of it is not this model's concern.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::env::{File, Fs};
use gateway_core::message::{Entry, MessageId, SessionId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::sibling::Sibling;

/// The spool and the outbox.
pub(super) const QUEUE: &str = "queue.json";
/// The index of sessions.
pub(super) const SESSIONS: &str = "sessions.json";
const LOCK: &str = "gateway.lock";
const STOPPED: &str = "stopped";

/// How long the disk is left alone after it failed.
const RETRY: Duration = Duration::from_secs(1);

/// The files of the model.
pub(super) struct Store {
    fs: Arc<dyn Fs>,
    sibling: Sibling,
}

/// A line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    /// The message whose turn it belongs to.
    pub(super) turn: MessageId,
    pub(super) entry: Entry,
}

/// Does something on the disk until it is done. Every failure is told.
pub(super) async fn until_done<T, F>(path: &str, attempt: impl Fn() -> F) -> T
where
    F: Future<Output = io::Result<T>>,
{
    loop {
        match attempt().await {
            Ok(done) => return done,
            Err(error) => tracing::error!(path, %error, "the disk failed"),
        }
        tokio::time::sleep(RETRY).await;
    }
}

impl Store {
    pub(super) fn new(fs: Arc<dyn Fs>, sibling: Sibling) -> Store {
        Store { fs, sibling }
    }

    /// Whose files they are.
    pub(super) fn sibling(&self) -> Sibling {
        self.sibling
    }

    /// Takes the lock of the state directory; `None` if another process holds it.
    pub(super) async fn lock(&self) -> io::Result<Option<Arc<dyn File>>> {
        let file = self.open_or_create(LOCK).await?;
        Ok(file.try_lock().await?.then_some(file))
    }

    /// Reads a table; one that is not there is empty.
    pub(super) async fn load<T: DeserializeOwned + Default>(&self, path: &str) -> io::Result<T> {
        let file = match self.fs.open(path).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
            opened => opened?,
        };
        Ok(serde_json::from_slice(&file.read().await?)?)
    }

    /// Replaces a table.
    pub(super) async fn save(&self, path: &str, table: &impl Serialize) -> io::Result<()> {
        let bytes = serde_json::to_vec(table).expect("a table is plain data");
        if self.sibling == Sibling::IndexWrittenInPlace && path == SESSIONS {
            let file = self.open_or_create(path).await?;
            file.truncate(0).await?;
            return file.append(bytes).await;
        }
        let temporary = format!("{path}.tmp");
        remove_if_present(self.fs.remove(&temporary).await)?;
        let file = self.fs.create_new(&temporary).await?;
        file.append(bytes).await?;
        file.sync_file().await?;
        self.fs.rename(&temporary, path).await
    }

    /// What a session's transcript says. Lines that were torn are left out.
    pub(super) async fn transcript(&self, session: &SessionId) -> io::Result<Vec<Line>> {
        let file = match self.fs.open(&transcript(session)).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened?,
        };
        let bytes = file.read().await?;
        if self.sibling == Sibling::EmptyFileUnreadable && bytes.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the transcript has no header"));
        }
        let lines = bytes.split(|byte| *byte == b'\n');
        Ok(lines.filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }

    /// Adds a line to a session's transcript.
    pub(super) async fn append(&self, session: &SessionId, line: &Line) -> io::Result<()> {
        let file = self.open_or_create(&transcript(session)).await?;
        // A line of its own whatever a torn one before it has left.
        let mut bytes = vec![b'\n'];
        bytes.extend(serde_json::to_vec(line).expect("a line is plain data"));
        bytes.push(b'\n');
        if self.sibling == Sibling::EmptyFileUnreadable {
            let old = file.read().await?;
            file.truncate(0).await?;
            bytes = [old, bytes].concat();
        }
        file.append(bytes).await
    }

    /// Takes the lock of a session; `false` if it is there already.
    pub(super) async fn lock_session(&self, session: &SessionId) -> io::Result<bool> {
        match self.fs.create_new(&session_lock(session)).await {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            created => created.map(|_| true),
        }
    }

    /// Gives it up.
    pub(super) async fn unlock_session(&self, session: &SessionId) -> io::Result<()> {
        remove_if_present(self.fs.remove(&session_lock(session)).await)
    }

    /// Notes that the operator wants the gateway to be down.
    pub(super) async fn remember_stop(&self) -> io::Result<()> {
        self.open_or_create(STOPPED).await.map(drop)
    }

    /// Whether that was noted.
    pub(super) async fn was_stopped(&self) -> io::Result<bool> {
        match self.fs.open(STOPPED).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            opened => opened.map(|_| true),
        }
    }

    async fn open_or_create(&self, path: &str) -> io::Result<Arc<dyn File>> {
        match self.fs.open(path).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.fs.create_new(path).await,
            opened => opened,
        }
    }
}

fn transcript(session: &SessionId) -> String {
    format!("transcript-{session}.jsonl")
}

fn session_lock(session: &SessionId) -> String {
    format!("transcript-{session}.lock")
}

fn remove_if_present(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

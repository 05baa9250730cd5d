//! The files of the real gateway (lifecycle section 1.3), with their real omissions.
//!
//! The index is rewritten whole for every change: temporary file, file sync, rename, and no sync
//! of the directory. Transcripts are appended without a sync. The receipt is an empty file,
//! created without a sync. An unreadable index is an empty one. Nothing here is made right.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use gateway_core::env::{File, Fs};
use gateway_core::message::{ChatId, SessionId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::index::Index;
use super::row::Row;

const INDEX: &str = "sessions.json";
const RECEIPT: &str = "clean_shutdown";
const COUNTS: &str = "restart_failure_counts";
const LOCK: &str = "gateway.lock";
const PID: &str = "gateway.pid";
const STOPPED: &str = "gateway_state";

/// The ledger of deliveries (E3 and E4).
pub(super) const LEDGER: &str = "deliveries.json";

/// The times of boots that had somebody to resume (E3 and E4).
pub(super) const BOOTS: &str = "restart_loop.json";

/// The sessions whose rows a cleanup has ended.
pub(super) const ENDED: &str = "ended_sessions.json";

/// The files of the real gateway.
pub(super) struct Store {
    fs: Arc<dyn Fs>,
}

/// The runtime lock, held as long as the process lives.
pub(super) struct Lock {
    file: Arc<dyn File>,
}

impl Store {
    pub(super) fn new(fs: Arc<dyn Fs>) -> Store {
        Store { fs }
    }

    /// Takes the runtime lock and writes the pid file (4 step 2); `None` if another process
    /// lives. A pid file that a dead owner left is unlinked.
    pub(super) async fn lock(&self) -> io::Result<Option<Lock>> {
        let file = self.open_or_create(LOCK).await?;
        if !file.try_lock().await? {
            return Ok(None);
        }
        remove_if_present(self.fs.remove(PID).await)?;
        self.fs.create_new(PID).await?;
        Ok(Some(Lock { file }))
    }

    /// Removes the pid file and gives the lock up (3.2 step 12).
    pub(super) async fn release(&self, lock: &Lock) -> io::Result<()> {
        remove_if_present(self.fs.remove(PID).await)?;
        lock.file.unlock().await
    }

    /// Reads the index. One that cannot be read is an empty one, and the next save overwrites it.
    pub(super) async fn load_index(&self) -> Index {
        let Ok(file) = self.fs.open(INDEX).await else {
            return Index::default();
        };
        let parsed = file.read().await.map(|bytes| serde_json::from_slice(&bytes));
        match parsed {
            Ok(Ok(index)) => index,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the index is not readable: beginning with an empty one");
                Index::default()
            }
            Err(error) => {
                tracing::warn!(%error, "the index is not readable: beginning with an empty one");
                Index::default()
            }
        }
    }

    /// Rewrites the whole index. The caller holds the index, so two saves never overlap.
    pub(super) async fn save_index(&self, index: &Index) -> io::Result<()> {
        self.replace(INDEX, index).await
    }

    /// Rewrites a whole file: the new one takes the place of the old.
    pub(super) async fn replace(&self, path: &str, value: &impl Serialize) -> io::Result<()> {
        let bytes = serde_json::to_vec(value).expect("what is saved is plain data");
        let temporary = format!("{path}.tmp");
        let written = self.write_temporary(&temporary, bytes, path).await;
        if written.is_err() {
            // The real code unlinks its temporary file and lets the error through.
            drop(self.fs.remove(&temporary).await);
        }
        written
    }

    async fn write_temporary(&self, path: &str, bytes: Vec<u8>, to: &str) -> io::Result<()> {
        let file = match self.fs.create_new(path).await {
            // The real name is random, so that what a kill left behind is never in the way.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.fs.remove(path).await?;
                self.fs.create_new(path).await?
            }
            created => created?,
        };
        file.append(bytes).await?;
        file.sync_file().await?;
        self.fs.rename(path, to).await
    }

    /// Reads a small file; one that cannot be read says nothing.
    pub(super) async fn load<T: DeserializeOwned + Default>(&self, path: &str) -> T {
        let Ok(file) = self.fs.open(path).await else {
            return T::default();
        };
        let bytes = file.read().await.unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// The session's transcript; an unreadable one is silently an empty one.
    pub(super) async fn load_transcript(&self, session: &SessionId) -> Vec<Row> {
        let Ok(file) = self.fs.open(&transcript(session)).await else {
            return Vec::new();
        };
        let bytes = file.read().await.unwrap_or_default();
        rows(&bytes)
    }

    /// Appends rows to the session's transcript.
    pub(super) async fn append_transcript(
        &self,
        session: &SessionId,
        entries: &[Row],
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        for entry in entries {
            bytes.extend(serde_json::to_vec(entry).expect("a row is plain data"));
            bytes.push(b'\n');
        }
        let file = self.open_or_create(&transcript(session)).await?;
        file.append(bytes).await
    }

    /// Whether the last stop left its receipt; it is used up by asking (4 step 5). An error
    /// other than its absence is ignored, as the real code does.
    pub(super) async fn take_receipt(&self) -> bool {
        match self.fs.remove(RECEIPT).await {
            Ok(()) => true,
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }

    /// Whether there is a receipt; whatever else comes of looking is an error (E4 a).
    pub(super) async fn has_receipt(&self) -> io::Result<bool> {
        match self.fs.open(RECEIPT).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            opened => opened.map(|_| true),
        }
    }

    /// Uses the receipt up, and insists on it (E4 a).
    pub(super) async fn remove_receipt(&self) -> io::Result<()> {
        self.fs.remove(RECEIPT).await
    }

    /// Leaves the receipt (3.2 step 13).
    pub(super) async fn leave_receipt(&self) -> io::Result<()> {
        match self.fs.create_new(RECEIPT).await {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            created => created.map(drop),
        }
    }

    /// How many stops in a row each chat was at work in.
    pub(super) async fn load_counts(&self) -> BTreeMap<ChatId, u32> {
        self.load(COUNTS).await
    }

    /// Deletes the counters, whatever they say (4 step 6).
    pub(super) async fn delete_counts(&self) -> io::Result<()> {
        remove_if_present(self.fs.remove(COUNTS).await)
    }

    /// Writes the counters in place (3.2 step 14).
    pub(super) async fn save_counts(&self, counts: &BTreeMap<ChatId, u32>) -> io::Result<()> {
        let bytes = serde_json::to_vec(counts).expect("counters are plain data");
        let file = self.open_or_create(COUNTS).await?;
        file.truncate(0).await?;
        file.append(bytes).await
    }

    /// Notes that the process was stopped, and not restarted (R027).
    pub(super) async fn note_stopped(&self) -> io::Result<()> {
        self.open_or_create(STOPPED).await.map(drop)
    }

    /// Whether the process was stopped when it last ended.
    pub(super) async fn was_stopped(&self) -> bool {
        self.fs.open(STOPPED).await.is_ok()
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

/// The readable rows of a transcript; the others are skipped.
fn rows(bytes: &[u8]) -> Vec<Row> {
    bytes.split(|byte| *byte == b'\n').filter_map(|row| serde_json::from_slice(row).ok()).collect()
}

fn remove_if_present(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use gateway_core::message::Entry;

    use super::*;

    #[test]
    fn unreadable_rows_are_skipped() {
        let bytes = b"{\"user\":\"hello\"}\n{\"rep\n{\"reply\":\"hi\"}\n{\"re";
        let said = [Entry::User("hello".to_owned()), Entry::Reply("hi".to_owned())];
        assert_eq!(rows(bytes), said.map(Row::Said));
    }
}

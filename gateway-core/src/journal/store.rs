//! The journal on the disk: how a new one takes the place of the old one, and how it grows.
//!
//! A new journal is written under another name, synced, renamed and its name synced. Until all of
//! that went through, nothing in it may be relied on; after it, nothing in the old one is needed,
//! neither in that of the boot before nor in an earlier one of its own.
//! Whatever fails is never tried again on the same file: after a failed sync the kernel may
//! report the next one as a success that it is not.

use std::io;
use std::sync::Arc;

use super::frame::{encode, header};
use super::snapshot;
use crate::env::{File, Fs};
use crate::error::{IoError, failed};
use crate::file_names;
use crate::names::Names;
use crate::state::State;

/// How much is appended at once to a journal that is being prepared, in bytes.
const CHUNK: usize = 1024 * 1024;

/// Puts everything that is known, and a commit that waits, into a new journal of a boot and that
/// into the place of the old one.
///
/// # Errors
///
/// If any step failed. Which of the two journals the disk holds is then unknown.
pub(crate) async fn rotate(
    fs: &dyn Fs,
    names: &Names,
    boot: u64,
    state: &State,
    commit: Option<&[u8]>,
) -> Result<Log, IoError> {
    // What a failed attempt leaves behind is removed by the next one: whoever waits here is to
    // tell of the failure at once, for this process may end before another effect does.
    let mut draft = Draft::begin(fs, boot).await?;
    for line in snapshot::lines(state) {
        draft.add(&line).await?;
    }
    draft.snapshot_ends();
    if let Some(commit) = commit {
        draft.add(commit).await?;
    }
    draft.sync().await?;
    draft.publish(fs, names).await
}

/// Removes what a failed compaction left behind: it takes room that the journal may need.
pub(super) async fn discard(fs: &dyn Fs, boot: u64) {
    let name = file_names::draft(boot);
    if let Err(error) = fs.remove(&name).await
        && error.kind() != io::ErrorKind::NotFound
    {
        failed(fs, "remove unfinished journal", &name)(error).error("it is removed later");
    }
}

/// The journal that is in use.
pub(crate) struct Log {
    /// Whose it is.
    pub(super) boot: u64,
    file: Arc<dyn File>,
    path: String,
    next_seq: u64,
    /// The length of its snapshot, in bytes.
    pub(super) snapshot: u64,
    /// How much was appended since, in bytes.
    pub(super) appended: u64,
}

impl Log {
    /// Appends one commit and makes it durable.
    ///
    /// # Errors
    ///
    /// If that failed; the file is not to be touched again then.
    pub(super) async fn commit(&mut self, json: &[u8]) -> Result<(), IoError> {
        let failed = |step| {
            let path = self.path.clone();
            move |source| IoError { step, path, source }
        };
        let line = encode(self.next_seq, json);
        let len = line.len() as u64;
        self.file.append(line).await.map_err(failed("append to journal"))?;
        self.file.sync_data().await.map_err(failed("sync journal"))?;
        self.next_seq += 1;
        self.appended += len;
        Ok(())
    }
}

/// A journal that is being prepared.
pub(super) struct Draft {
    boot: u64,
    file: Arc<dyn File>,
    path: String,
    next_seq: u64,
    /// What is not appended yet.
    buffer: Vec<u8>,
    written: u64,
    snapshot: u64,
    is_synced: bool,
}

impl Draft {
    /// Creates the file, in the place of one that an earlier attempt of this boot left over.
    pub(super) async fn begin(fs: &dyn Fs, boot: u64) -> Result<Draft, IoError> {
        let name = file_names::draft(boot);
        let file = match fs.create_new(&name).await {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let removed = fs.remove(&name).await;
                removed.map_err(failed(fs, "remove unfinished journal", &name))?;
                fs.create_new(&name).await
            }
            created => created,
        };
        Ok(Draft {
            boot,
            file: file.map_err(failed(fs, "create journal", &name))?,
            path: fs.display(&name),
            next_seq: 1,
            buffer: header(),
            written: 0,
            snapshot: 0,
            is_synced: false,
        })
    }

    /// Adds a line.
    pub(super) async fn add(&mut self, json: &[u8]) -> Result<(), IoError> {
        self.buffer.extend_from_slice(&encode(self.next_seq, json));
        self.next_seq += 1;
        self.is_synced = false;
        if self.buffer.len() >= CHUNK { self.flush().await } else { Ok(()) }
    }

    /// What was added so far is the snapshot.
    pub(super) fn snapshot_ends(&mut self) {
        self.snapshot = self.len();
    }

    /// Makes everything that was added durable.
    pub(super) async fn sync(&mut self) -> Result<(), IoError> {
        if !self.is_synced {
            self.flush().await?;
            let synced = self.file.sync_file().await;
            synced.map_err(self.failed("sync journal"))?;
            self.is_synced = true;
        }
        Ok(())
    }

    /// Puts it into the place of the journal.
    pub(super) async fn publish(self, fs: &dyn Fs, names: &Names) -> Result<Log, IoError> {
        let _alone = names.alone().await;
        let name = file_names::journal(self.boot);
        let renamed = fs.rename(&file_names::draft(self.boot), &name).await;
        renamed.map_err(failed(fs, "rename to journal", &name))?;
        fs.sync_dir("").await.map_err(failed(fs, "sync directory of journal", ""))?;
        let appended = self.len() - self.snapshot;
        let Draft { boot, file, next_seq, snapshot, .. } = self;
        Ok(Log { boot, file, path: fs.display(&name), next_seq, snapshot, appended })
    }

    async fn flush(&mut self) -> Result<(), IoError> {
        if !self.buffer.is_empty() {
            let bytes = std::mem::take(&mut self.buffer);
            let len = bytes.len() as u64;
            let appended = self.file.append(bytes).await;
            appended.map_err(self.failed("append to journal"))?;
            self.written += len;
        }
        Ok(())
    }

    fn len(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    fn failed(&self, step: &'static str) -> impl FnOnce(io::Error) -> IoError + use<> {
        let path = self.path.clone();
        move |source| IoError { step, path, source }
    }
}

//! The transcript files: the long memory of sessions, one JSON entry a line.
//!
//! A file is written from the journal's state and may lag behind it; the state drops its copy
//! only when the file's is durable. A file is named by its session's number, never by a user's
//! text. One that fails is not written again in this boot: the state keeps what it lacks.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tracing::Instrument as _;

use crate::env::{File, Fs};
use crate::error::CommitError;
use crate::live::Live;
use crate::message::{ChatId, Entry, SessionId};
use crate::record::Record;
use crate::state::{Chat, Watermark};

const DIRECTORY: &str = "transcripts";
/// How many entries the state keeps before they are worth an append and a sync.
const LONGEST_TAIL: usize = 64;

/// What this boot knows about the files.
pub(crate) struct Transcripts {
    /// Whether the directory's name is known to be durable.
    ready: AtomicBool,
    /// How many files are being written, by tasks that may be gone by now.
    writing: AtomicUsize,
    /// The sessions whose file failed.
    poisoned: Mutex<BTreeSet<SessionId>>,
}

/// What is to be written to a file.
struct Tail {
    session: SessionId,
    synced: Watermark,
    entries: Vec<Entry>,
}

impl Transcripts {
    /// Nothing is known yet.
    pub(crate) fn new() -> Transcripts {
        Transcripts {
            ready: AtomicBool::new(false),
            writing: AtomicUsize::new(0),
            poisoned: Mutex::new(BTreeSet::new()),
        }
    }

    /// Whether a chat's session has grown enough to be written.
    pub(crate) fn due(&self, chat: &Chat) -> bool {
        chat.tail.len() > LONGEST_TAIL && !self.poisoned().contains(&chat.session)
    }

    /// Whether a write may still take hold, even if nobody waits for it any more.
    pub(crate) fn writing(&self) -> bool {
        self.writing.load(Ordering::Relaxed) > 0
    }

    /// What was said in a chat's session before its present turn.
    pub(crate) async fn history(&self, live: &Live, chat: &ChatId) -> Vec<Entry> {
        let Some(Tail { session, synced, entries: tail }) = tail(live, chat) else {
            return Vec::new();
        };
        if synced.entries == 0 {
            return tail;
        }
        let path = path(&session);
        let read = async { live.env.fs.open(&path).await?.read().await };
        let mut history = match read.await {
            Ok(bytes) => parse(&bytes, synced),
            Err(error) => {
                complain(live, &path, "read", &error);
                Vec::new()
            }
        };
        if (history.len() as u64) < synced.entries {
            let path = live.env.fs.display(&path);
            let (has, wanted) = (history.len(), synced.entries);
            tracing::error!(path, "transcript {path} has {has} whole entries of {wanted}");
        }
        history.extend(tail);
        history
    }

    /// Makes a chat's session durable in its file. A file that fails costs nothing but room.
    ///
    /// # Errors
    ///
    /// If the journal could not record it.
    pub(crate) async fn archive(&self, live: &Live, chat: &ChatId) -> Result<(), CommitError> {
        let Some(tail) = tail(live, chat) else { return Ok(()) };
        if tail.entries.is_empty() || self.poisoned().contains(&tail.session) {
            return Ok(());
        }
        let path = path(&tail.session);
        let span = tracing::info_span!("transcript");
        self.writing.fetch_add(1, Ordering::Relaxed);
        let written = self.write(&*live.env.fs, &path, &tail).instrument(span).await;
        self.writing.fetch_sub(1, Ordering::Relaxed);
        match written {
            Ok(Watermark { entries, bytes }) => {
                let (chat, session) = (chat.clone(), tail.session);
                live.commit(Record::TranscriptSynced { chat, session, entries, bytes }).await
            }
            Err(error) => {
                complain(live, &path, "write", &error);
                self.poisoned().insert(tail.session);
                Ok(())
            }
        }
    }

    async fn write(&self, fs: &dyn Fs, path: &str, tail: &Tail) -> io::Result<Watermark> {
        self.prepare(fs).await?;
        let file = open(fs, path).await?;
        if tail.synced.entries == 0 {
            // Whoever created the file may have died before its name was durable.
            fs.sync_dir(DIRECTORY).await?;
        }
        // What lies behind the watermark was written by a boot that died before it could say so.
        let length = file.read().await?.len() as u64;
        if length < tail.synced.bytes {
            return Err(io::Error::other("it is shorter than what was durable"));
        }
        if length > tail.synced.bytes {
            file.truncate(tail.synced.bytes).await?;
            file.sync_file().await?;
        }
        let mut lines = Vec::new();
        for entry in &tail.entries {
            serde_json::to_writer(&mut lines, entry).expect("entries are plain data");
            lines.push(b'\n');
        }
        let bytes = tail.synced.bytes + lines.len() as u64;
        file.append(lines).await?;
        file.sync_data().await?;
        Ok(Watermark { entries: tail.synced.entries + tail.entries.len() as u64, bytes })
    }

    /// Creates the directory, durably, once in a boot.
    async fn prepare(&self, fs: &dyn Fs) -> io::Result<()> {
        if self.ready.load(Ordering::Relaxed) {
            return Ok(());
        }
        match fs.mkdir(DIRECTORY).await {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => fs.sync_dir("").await?,
        }
        self.ready.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn poisoned(&self) -> std::sync::MutexGuard<'_, BTreeSet<SessionId>> {
        self.poisoned.lock().expect("nobody panics while holding the poisoned sessions")
    }
}

async fn open(fs: &dyn Fs, path: &str) -> io::Result<Arc<dyn File>> {
    match fs.open(path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs.create_new(path).await,
        opened => opened,
    }
}

fn tail(live: &Live, chat: &ChatId) -> Option<Tail> {
    let state = live.state();
    let chat = state.chats.get(chat)?;
    let (session, synced) = (chat.session.clone(), chat.synced);
    Some(Tail { session, synced, entries: chat.tail.clone() })
}

/// The entries up to the watermark, as far as they are whole.
fn parse(bytes: &[u8], synced: Watermark) -> Vec<Entry> {
    let end = usize::try_from(synced.bytes).unwrap_or(usize::MAX).min(bytes.len());
    bytes[..end]
        .split_inclusive(|&byte| byte == b'\n')
        .map_while(|line| serde_json::from_slice(line).ok())
        .collect()
}

fn path(session: &SessionId) -> String {
    format!("{DIRECTORY}/{session}.jsonl")
}

fn complain(live: &Live, path: &str, step: &str, error: &io::Error) {
    let (path, errno) = (live.env.fs.display(path), error.raw_os_error());
    tracing::error!(path, errno, "{step} transcript {path}: {error}");
}

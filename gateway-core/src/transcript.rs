//! The transcript files: the long memory of sessions, one JSON entry a line.
//!
//! A file is written from the journal's state and may lag behind it; the state drops its copy
//! only when the file's is durable, and keeps a checksum of it. A file is named by its session's
//! number, never by a user's text. They lie beside the journal: a directory of their own would be
//! a name whose sync may fail once and then never be told from a durable one. A boot copies what
//! an earlier one has written before it adds to it, and writes to no file of another one. A file
//! that fails is not written again in this boot: the state keeps what it lacks.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tracing::Instrument as _;

use crate::env::Fs;
use crate::error::{CommitError, IoError, failed};
use crate::file_names;
use crate::live::Live;
use crate::message::{ChatId, Entry, SessionId};
use crate::names::Names;
use crate::record::Record;
use crate::state::{Chat, Watermark};

/// How many entries the state keeps before they are worth an append and a sync.
const LONGEST_TAIL: usize = 64;
/// The pause before a file that could not be read is read again; it doubles, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest of these pauses.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What this boot knows about the files.
pub(crate) struct Transcripts {
    /// The names in the state directory.
    names: Arc<Names>,
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
    pub(crate) fn new(names: Arc<Names>) -> Transcripts {
        Transcripts { names, writing: AtomicUsize::new(0), poisoned: Mutex::new(BTreeSet::new()) }
    }

    /// Whether a chat's session has grown enough to be written.
    pub(crate) fn due(&self, chat: &Chat) -> bool {
        chat.tail.len() > LONGEST_TAIL && !self.poisoned().contains(&chat.session)
    }

    /// Whether a write may still take hold, even if nobody waits for it any more.
    pub(crate) fn writing(&self) -> bool {
        self.writing.load(Ordering::Relaxed) > 0
    }

    /// What was said in a chat's session before its present turn. A file that cannot be read is
    /// waited for: an agent that is not given what was said goes on with another conversation.
    /// Nothing if a stop begins meanwhile.
    pub(crate) async fn history(&self, live: &Live, chat: &ChatId) -> Option<Vec<Entry>> {
        let mut pause = FIRST_PAUSE;
        loop {
            let failure = match self.read(live, chat).await {
                Ok(history) => return Some(history),
                Err(failure) => failure,
            };
            failure.error(&format!("its chat waits, and the next try comes in {pause:?}"));
            tokio::select! {
                biased;
                _ = live.halt.begun() => return None,
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn read(&self, live: &Live, chat: &ChatId) -> Result<Vec<Entry>, IoError> {
        let Some(Tail { session, synced, entries: tail }) = tail(live, chat) else {
            return Ok(Vec::new());
        };
        if synced == Watermark::START {
            return Ok(tail);
        }
        let (fs, path) = (&*live.env.fs, file_names::transcript(&session, synced.boot));
        let bytes = match read(fs, &path).await {
            Ok(bytes) => bytes,
            Err(failure) if failure.source.kind() == io::ErrorKind::NotFound => {
                failure.error("the agent does without it");
                return Ok(tail);
            }
            Err(failure) => return Err(failure),
        };
        if let Err(error) = verify(&bytes, synced) {
            let next = "the agent is given what can be read";
            failed(fs, "verify transcript", &path)(error).error(next);
        }
        let mut history = parse(&bytes, synced);
        history.extend(tail);
        Ok(history)
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
        let span = tracing::info_span!("transcript");
        self.writing.fetch_add(1, Ordering::Relaxed);
        let written = write(&*live.env.fs, &self.names, live.boot, &tail).instrument(span).await;
        self.writing.fetch_sub(1, Ordering::Relaxed);
        match written {
            Ok(file) => {
                let (chat, session) = (chat.clone(), tail.session);
                live.commit(Record::TranscriptSynced { chat, session, file }).await
            }
            Err(failure) => {
                failure.error("it is not written again in this boot, and the journal keeps it");
                self.poisoned().insert(tail.session);
                Ok(())
            }
        }
    }

    fn poisoned(&self) -> MutexGuard<'_, BTreeSet<SessionId>> {
        self.poisoned.lock().expect("nobody panics while holding the poisoned sessions")
    }
}

/// Writes what the file of this boot lacks; what is durable in it then.
async fn write(
    fs: &dyn Fs,
    names: &Names,
    boot: u64,
    Tail { session, synced, entries: new }: &Tail,
) -> Result<Watermark, IoError> {
    let path = file_names::transcript(session, boot);
    let is_new = synced.boot != boot;
    let mut bytes = if is_new { inherited(fs, session, *synced).await? } else { Vec::new() };
    let inherited = bytes.len();
    for entry in new {
        serde_json::to_writer(&mut bytes, entry).expect("entries are plain data");
        bytes.push(b'\n');
    }
    let added = &bytes[inherited..];
    let grown = Watermark {
        boot,
        entries: synced.entries + new.len() as u64,
        bytes: synced.bytes + added.len() as u64,
        crc: crc32c::crc32c_append(synced.crc, added),
    };
    // From the new name until its sync.
    let _alone = if is_new { Some(names.alone().await) } else { None };
    let (step, file) = if is_new {
        ("create transcript", fs.create_new(&path).await)
    } else {
        ("open transcript", fs.open(&path).await)
    };
    let file = file.map_err(failed(fs, step, &path))?;
    file.append(bytes).await.map_err(failed(fs, "append to transcript", &path))?;
    file.sync_data().await.map_err(failed(fs, "sync transcript", &path))?;
    if is_new {
        fs.sync_dir("").await.map_err(failed(fs, "sync directory of transcript", ""))?;
    }
    Ok(grown)
}

/// What an earlier boot has written, as far as it was durable. What lies behind that was written
/// by a boot that died before it could say so.
async fn inherited(
    fs: &dyn Fs,
    session: &SessionId,
    synced: Watermark,
) -> Result<Vec<u8>, IoError> {
    if synced == Watermark::START {
        return Ok(Vec::new());
    }
    let path = file_names::transcript(session, synced.boot);
    let mut bytes = read(fs, &path).await?;
    verify(&bytes, synced).map_err(failed(fs, "verify transcript", &path))?;
    // What was verified is that long.
    bytes.truncate(usize::try_from(synced.bytes).unwrap_or(usize::MAX));
    Ok(bytes)
}

async fn read(fs: &dyn Fs, path: &str) -> Result<Vec<u8>, IoError> {
    let read = async { fs.open(path).await?.read().await };
    read.await.map_err(failed(fs, "read transcript", path))
}

/// Whether a file still holds what was durable in it.
fn verify(bytes: &[u8], synced: Watermark) -> io::Result<()> {
    let durable = usize::try_from(synced.bytes).ok().and_then(|end| bytes.get(..end));
    match durable {
        None => {
            let (has, wanted) = (bytes.len(), synced.bytes);
            Err(io::Error::other(format!("{has} bytes are left of {wanted} that were durable")))
        }
        Some(durable) if crc32c::crc32c(durable) != synced.crc => {
            Err(io::Error::other("its checksum is wrong: what was durable has changed"))
        }
        Some(_) => Ok(()),
    }
}

fn tail(live: &Live, chat: &ChatId) -> Option<Tail> {
    let state = live.state();
    let chat = state.chats.get(chat)?;
    let (session, synced) = (chat.session.clone(), chat.synced);
    Some(Tail { session, synced, entries: chat.tail.clone() })
}

/// The entries up to the watermark that can be read.
fn parse(bytes: &[u8], synced: Watermark) -> Vec<Entry> {
    let end = usize::try_from(synced.bytes).unwrap_or(usize::MAX).min(bytes.len());
    let lines = bytes[..end].split_inclusive(|&byte| byte == b'\n');
    lines.filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

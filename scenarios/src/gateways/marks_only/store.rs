//! The files of the marks-only gateway. Every write is durable before it returns.
//!
//! `accepted.log` holds every message that was acknowledged, so that a redelivered one is
//! recognised; recovery never takes work from it. `sessions.log` holds the session of each chat.
//! `transcript-*.log` holds what was said in a session. `marks.json` is replaced whole.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use gateway_core::env::{File, Fs};
use gateway_core::message::{ChatId, Entry, Inbound, MessageId, SessionId};
use serde::{Deserialize, Serialize};

use super::log::Log;
use super::marks::Marks;

const LOCK: &str = "lock";
const ACCEPTED: &str = "accepted.log";
const SESSIONS: &str = "sessions.log";
const MARKS: &str = "marks.json";
const MARKS_TEMPORARY: &str = "marks.json.tmp";

/// One line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    /// The message whose turn it belongs to.
    pub(super) message: MessageId,
    pub(super) entry: Entry,
}

/// Which session a chat has.
#[derive(Serialize, Deserialize)]
struct SessionRow {
    chat: ChatId,
    session: SessionId,
}

/// The files of the marks-only gateway.
pub(super) struct Store {
    fs: Arc<dyn Fs>,
    lock: Arc<dyn File>,
    accepted: Log,
    session_log: Log,
    sessions: Mutex<BTreeMap<ChatId, SessionId>>,
    closed: Arc<AtomicBool>,
}

/// What a boot finds.
pub(super) struct Found {
    pub(super) marks: Marks,
    /// The last message that was accepted; 0 if none was.
    pub(super) accepted: MessageId,
}

/// What a write to a closed store is told.
pub(super) fn closed() -> io::Error {
    io::Error::other("the store is closed")
}

/// Takes the lock; `None` if another process holds it.
pub(super) async fn lock(fs: &Arc<dyn Fs>) -> io::Result<Option<Arc<dyn File>>> {
    let file = match fs.open(LOCK).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs.create_new(LOCK).await?,
        opened => opened?,
    };
    Ok(file.try_lock().await?.then_some(file))
}

impl Store {
    /// Opens the files under a lock that is held.
    pub(super) async fn open(fs: Arc<dyn Fs>, lock: Arc<dyn File>) -> io::Result<(Store, Found)> {
        let closed = Arc::new(AtomicBool::new(false));
        let (accepted, inbox) = Log::open::<Inbound>(&fs, ACCEPTED, closed.clone()).await?;
        let (session_log, rows) = Log::open::<SessionRow>(&fs, SESSIONS, closed.clone()).await?;
        let marks = match fs.open(MARKS).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Marks::default(),
            opened => serde_json::from_slice(&opened?.read().await?)?,
        };
        // The rename that put the marks there may not be durable yet.
        fs.sync_dir("").await?;
        let accepted_upto = inbox.last().map_or(MessageId(0), |message| message.id);
        let sessions = rows.into_iter().map(|row| (row.chat, row.session)).collect();
        let sessions = Mutex::new(sessions);
        let store = Store { fs, lock, accepted, session_log, sessions, closed };
        Ok((store, Found { marks, accepted: accepted_upto }))
    }

    /// Records that a message was accepted.
    pub(super) async fn accept(&self, message: &Inbound) -> io::Result<()> {
        self.accepted.append(message).await
    }

    /// The chat's session, durable; `fresh` if it has none yet.
    pub(super) async fn session(
        &self,
        chat: &ChatId,
        fresh: impl FnOnce() -> SessionId,
    ) -> io::Result<SessionId> {
        let known = self.sessions().get(chat).cloned();
        match known {
            Some(session) => Ok(session),
            None => self.begin_session(chat, fresh()).await,
        }
    }

    /// Gives the chat a new session.
    pub(super) async fn begin_session(
        &self,
        chat: &ChatId,
        session: SessionId,
    ) -> io::Result<SessionId> {
        let row = SessionRow { chat: chat.clone(), session: session.clone() };
        self.session_log.append(&row).await?;
        self.sessions().insert(row.chat, row.session);
        Ok(session)
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, BTreeMap<ChatId, SessionId>> {
        self.sessions.lock().expect("nothing panics with the sessions")
    }

    /// Opens the transcript of a session.
    pub(super) async fn transcript(&self, session: &SessionId) -> io::Result<(Log, Vec<Row>)> {
        let path = format!("transcript-{session}.log");
        Log::open(&self.fs, &path, self.closed.clone()).await
    }

    /// Replaces the marks, atomically and durably. The caller sees to it that no two
    /// replacements overlap.
    pub(super) async fn replace_marks(&self, marks: &Marks) -> io::Result<()> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(closed());
        }
        let bytes = serde_json::to_vec(marks).expect("marks are plain data");
        let file = match self.fs.create_new(MARKS_TEMPORARY).await {
            // What a death or a failure left behind.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.fs.remove(MARKS_TEMPORARY).await?;
                self.fs.create_new(MARKS_TEMPORARY).await?
            }
            created => created?,
        };
        file.append(bytes).await?;
        file.sync_file().await?;
        self.fs.rename(MARKS_TEMPORARY, MARKS).await?;
        self.fs.sync_dir("").await
    }

    /// Closes the store to writes and gives the lock up.
    pub(super) async fn release(&self) -> io::Result<()> {
        self.closed.store(true, Ordering::Relaxed);
        self.lock.unlock().await
    }

    /// Tells the operator that a write failed: where, why and what it was for.
    pub(super) fn complain(&self, error: &io::Error, step: &str) {
        let directory = self.fs.display("");
        let errno = error.raw_os_error();
        tracing::error!(path = %directory, errno, %error, step, "a write failed");
    }
}

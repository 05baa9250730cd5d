//! The one task that writes the journal.
//!
//! Group commit: it takes everything that waits, writes it with one append and one sync, adds it
//! to the shared [`State`] and answers everybody who asked. A file that failed once is never
//! touched again: a new journal takes its place, with everything that is known and what waited,
//! however long that takes. Until then nobody is answered, and everybody waits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tracing::{Instrument as _, Span};

use super::compaction::{Compaction, Drafted};
use super::frame::json;
use super::store::{Log, discard, rotate};
use crate::env::Fs;
use crate::error::{CommitError, IoError};
use crate::file_names;
use crate::halt::Halt;
use crate::names::Names;
use crate::record::Record;
use crate::state::State;
use crate::tasks::Tasks;

/// The pause before a new journal is tried again after a failure; it doubles, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest of these pauses.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The journal, for those who write to it.
#[derive(Clone)]
pub(crate) struct Journal {
    requests: mpsc::UnboundedSender<Request>,
    troubled: watch::Receiver<bool>,
    compacting: Arc<AtomicBool>,
}

enum Request {
    Commit(Commit),
    Close(oneshot::Sender<()>),
}

struct Commit {
    records: Vec<Record>,
    /// The span of whoever asked, because it does not follow into the writer.
    phase: Option<&'static str>,
    done: oneshot::Sender<()>,
}

impl Journal {
    /// The journal, and what its writer needs of it: it is worth a new one when it has grown by
    /// so many bytes.
    pub(crate) fn new(compact_after: u64) -> (Journal, Requests) {
        let (requests, receiver) = mpsc::unbounded_channel();
        let (trouble, troubled) = watch::channel(false);
        let compacting = Arc::new(AtomicBool::new(false));
        let ends =
            Requests { receiver, trouble, compacting: Arc::clone(&compacting), compact_after };
        (Journal { requests, troubled, compacting }, ends)
    }

    /// Makes records durable and part of the state, all or none, in the order of asking. It waits
    /// for as long as the disk cannot be written.
    ///
    /// # Errors
    ///
    /// If the journal was closed; whether the records will be read is then unknown.
    pub(crate) async fn commit(&self, records: Vec<Record>) -> Result<(), CommitError> {
        let (done, answer) = oneshot::channel();
        let phase = Span::current().metadata().map(|metadata| metadata.name());
        let request = Request::Commit(Commit { records, phase, done });
        self.requests.send(request).or(Err(CommitError))?;
        answer.await.or(Err(CommitError))
    }

    /// Waits until nothing is being written, and lets nothing more be written.
    pub(crate) async fn close(&self) {
        let (done, answer) = oneshot::channel();
        let closed = self.requests.send(Request::Close(done)).is_ok() && answer.await.is_ok();
        if !closed {
            tracing::trace!("the journal's writer had ended before it was closed");
        }
    }

    /// Waits until the journal cannot be written; for ever if it always can be.
    pub(crate) async fn troubled(&self) {
        let mut troubled = self.troubled.clone();
        if troubled.wait_for(|troubled| *troubled).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether a new journal is being prepared beside the old one.
    pub(crate) fn compacting(&self) -> bool {
        self.compacting.load(Ordering::Relaxed)
    }
}

/// What waits for the writer, and where it says how it is doing.
pub(crate) struct Requests {
    receiver: mpsc::UnboundedReceiver<Request>,
    trouble: watch::Sender<bool>,
    compacting: Arc<AtomicBool>,
    /// How much the journal grows, in bytes, before it is worth a new one.
    compact_after: u64,
}

/// The task that writes the journal.
pub(crate) struct Writer {
    /// Where the journal is.
    fs: Arc<dyn Fs>,
    /// The names in the state directory.
    names: Arc<Names>,
    /// The journal, which this boot has begun.
    log: Log,
    /// What the records add up to.
    state: Arc<Mutex<State>>,
    /// Whether the boot is on its way out.
    halt: Arc<Halt>,
    /// The boot's tasks.
    tasks: Arc<Tasks>,
    /// The compaction that is under way.
    compaction: Option<Compaction>,
    /// The growth at which a compaction that failed is tried again.
    again_at: u64,
    /// What waits to be written.
    requests: Requests,
}

impl Writer {
    /// A writer that goes on with a journal that this boot has begun.
    pub(crate) fn new(
        fs: Arc<dyn Fs>,
        names: Arc<Names>,
        log: Log,
        state: Arc<Mutex<State>>,
        halt: Arc<Halt>,
        tasks: Arc<Tasks>,
        requests: Requests,
    ) -> Writer {
        let (compaction, again_at) = (None, 0);
        Writer { fs, names, log, state, halt, tasks, compaction, again_at, requests }
    }

    /// Writes until the journal is closed.
    pub(crate) async fn run(mut self) {
        let mut waiting = Vec::new();
        loop {
            tokio::select! {
                biased;
                drafted = Compaction::ended(&mut self.compaction) => {
                    self.take_over(drafted).await;
                    continue;
                }
                count = self.requests.receiver.recv_many(&mut waiting, usize::MAX) => {
                    if count == 0 {
                        return;
                    }
                }
            }
            let mut batch = Vec::with_capacity(waiting.len());
            let mut close = None;
            for request in waiting.drain(..) {
                match request {
                    Request::Commit(commit) if close.is_none() => batch.push(commit),
                    // Dropping the commit answers it: the journal is closed.
                    Request::Commit(_) => {}
                    Request::Close(done) => close = Some(done),
                }
            }
            if !batch.is_empty() {
                self.write(batch).await;
            }
            if let Some(done) = close {
                answer(done, ());
                return;
            }
            self.compact_if_due();
        }
    }

    /// Makes a batch durable, however long that takes, and answers everybody in it.
    async fn write(&mut self, batch: Vec<Commit>) {
        let commit = json(batch.iter().flat_map(|commit| &commit.records));
        let span = tracing::info_span!("commit", phases = %phases(&batch));
        if let Err(failure) = self.log.commit(&commit).instrument(span).await {
            failure.error(
                "this file is not touched again, a new journal takes its place, and until then \
                 nothing is acknowledged",
            );
            let span = tracing::info_span!("rotate", phases = %phases(&batch));
            self.rotate(Some(&commit)).instrument(span).await;
        } else if let Some(compaction) = &mut self.compaction {
            compaction.remember(commit);
        }
        {
            let mut state = self.state();
            for record in batch.iter().flat_map(|commit| &commit.records) {
                state.apply(record);
            }
        }
        for commit in batch {
            answer(commit.done, ());
        }
    }

    /// Goes on in a new journal, however long it takes until there is one.
    async fn rotate(&mut self, commit: Option<&[u8]>) {
        self.requests.trouble.send_replace(true);
        if let Some(compaction) = &self.compaction {
            // Two journals cannot be prepared under one name.
            compaction.abandon();
            Compaction::ended(&mut self.compaction).await;
        }
        let state = self.state().clone();
        let mut pause = FIRST_PAUSE;
        while let Err(failure) = self.begin_new(&state, commit).await {
            failure.error(&format!(
                "nothing is acknowledged until a new journal is durable; the next try comes in \
                 {pause:?}"
            ));
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        let path = self.fs.display(&file_names::journal(self.log.boot));
        tracing::warn!(path, "journal {path}: writes again, to a new file; nothing was lost");
        self.requests.trouble.send_replace(false);
    }

    async fn begin_new(&mut self, state: &State, commit: Option<&[u8]>) -> Result<(), IoError> {
        self.log = rotate(&*self.fs, &self.names, self.log.boot, state, commit).await?;
        self.again_at = 0;
        Ok(())
    }

    /// Begins a compaction if the journal has grown enough for one. A stop has better to do.
    fn compact_if_due(&mut self) {
        let Log { boot, snapshot, appended, .. } = self.log;
        let due = self.requests.compact_after.max(snapshot.saturating_mul(2));
        let due = appended > due && appended >= self.again_at;
        if !due || self.compaction.is_some() || self.halt.stopping() {
            return;
        }
        // Only if this one fails is the next one waited for.
        self.again_at = appended.saturating_mul(2);
        let (fs, running) = (Arc::clone(&self.fs), Arc::clone(&self.requests.compacting));
        let state = self.state().clone();
        self.compaction = Some(Compaction::begin(fs, boot, state, &self.tasks, running));
    }

    /// Lets the journal that was prepared take over.
    async fn take_over(&mut self, drafted: Drafted) {
        let Drafted { draft: Some(mut draft), meanwhile } = drafted else { return };
        if self.halt.stopping() {
            return;
        }
        let span = tracing::info_span!("compact");
        let completed = async {
            for commit in &meanwhile {
                draft.add(commit).await?;
            }
            draft.sync().await
        };
        if let Err(failure) = completed.instrument(span.clone()).await {
            failure.error("the journal is not compacted and stays in use");
            discard(&*self.fs, self.log.boot).instrument(span).await;
            return;
        }
        match draft.publish(&*self.fs, &self.names).instrument(span).await {
            Ok(log) => {
                self.log = log;
                self.again_at = 0;
            }
            Err(failure) => {
                failure.error(
                    "which journal the disk holds is unknown, another one takes the place of \
                     both, and until then nothing is acknowledged",
                );
                self.rotate(None).instrument(tracing::info_span!("rotate")).await;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding the state")
    }
}

/// Answers somebody who may be gone by now; what they asked for is done all the same.
pub(super) fn answer<T>(asked: oneshot::Sender<T>, answer: T) {
    if asked.send(answer).is_err() {
        tracing::trace!("nobody waits for the answer any more");
    }
}

/// The distinct phases that a commit serves, in the order of asking.
fn phases(batch: &[Commit]) -> String {
    let mut names: Vec<&str> = Vec::with_capacity(1);
    for name in batch.iter().filter_map(|commit| commit.phase) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join("+")
}

//! The one task that writes the journal.
//!
//! Group commit: it takes everything that waits, writes it with one append and one sync, adds it
//! to the shared [`State`] and answers everybody who asked. What it could not write it never
//! tries again: after a failed write or sync nobody knows what the file holds until it is read,
//! and the kernel may report the next sync as a success that it is not.

use std::io;
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument as _, Span};

use super::frame::encode;
use crate::env::File;
use crate::error::CommitError;
use crate::halt::Halt;
use crate::record::Record;
use crate::state::State;

/// The journal, for those who write to it.
#[derive(Clone)]
pub(crate) struct Journal {
    requests: mpsc::UnboundedSender<Request>,
}

enum Request {
    Commit(Commit),
    Close(oneshot::Sender<()>),
}

struct Commit {
    records: Vec<Record>,
    /// The span of whoever asked, because it does not follow into the writer.
    phase: Option<&'static str>,
    done: oneshot::Sender<Result<(), CommitError>>,
}

impl Journal {
    /// The journal and the task that writes it, which is to be spawned with [`Writer::run`].
    pub(crate) fn new(writer: impl FnOnce(Requests) -> Writer) -> (Journal, Writer) {
        let (requests, receiver) = mpsc::unbounded_channel();
        (Journal { requests }, writer(Requests(receiver)))
    }

    /// Makes records durable and part of the state, all or none, in the order of asking.
    ///
    /// # Errors
    ///
    /// If the journal is poisoned or closed; whether the records will be read is then unknown.
    pub(crate) async fn commit(&self, records: Vec<Record>) -> Result<(), CommitError> {
        let (done, answer) = oneshot::channel();
        let phase = Span::current().metadata().map(|metadata| metadata.name());
        let request = Request::Commit(Commit { records, phase, done });
        self.requests.send(request).map_err(|_| CommitError::Closed)?;
        answer.await.unwrap_or(Err(CommitError::Closed))
    }

    /// Waits until nothing is being written, and lets nothing more be written.
    pub(crate) async fn close(&self) {
        let (done, answer) = oneshot::channel();
        if self.requests.send(Request::Close(done)).is_ok() {
            // An error means that the writer is gone, which is what is waited for.
            answer.await.ok();
        }
    }
}

/// What waits for the writer.
pub(crate) struct Requests(mpsc::UnboundedReceiver<Request>);

/// The task that writes the journal.
pub(crate) struct Writer {
    /// The journal, its torn tail cut.
    pub(crate) file: Arc<dyn File>,
    /// Its path, for messages.
    pub(crate) path: String,
    /// The number of the next commit.
    pub(crate) next_seq: u64,
    /// What the records add up to.
    pub(crate) state: Arc<Mutex<State>>,
    /// Who is told that the gateway cannot go on.
    pub(crate) halt: Arc<Halt>,
    /// What waits to be written.
    pub(crate) requests: Requests,
}

impl Writer {
    /// Writes until the journal is closed.
    pub(crate) async fn run(mut self) {
        let mut waiting = Vec::new();
        let mut poison = None;
        while self.requests.0.recv_many(&mut waiting, usize::MAX).await > 0 {
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
            if poison.is_none() && !batch.is_empty() {
                poison = self.write(&batch).await.err();
            }
            for commit in batch {
                let answer = poison.clone().map_or(Ok(()), Err);
                // Whoever asked may be gone; what they asked for is durable all the same.
                commit.done.send(answer).ok();
            }
            if let Some(done) = close {
                done.send(()).ok();
                return;
            }
        }
    }

    async fn write(&mut self, batch: &[Commit]) -> Result<(), CommitError> {
        let line = encode(self.next_seq, batch.iter().flat_map(|commit| &commit.records));
        let span = tracing::info_span!("commit", phases = %phases(batch));
        let written = async {
            self.file.append(line).await.map_err(|error| ("append to", error))?;
            self.file.sync_data().await.map_err(|error| ("sync", error))
        };
        if let Err((step, error)) = written.instrument(span).await {
            return Err(self.poison(step, &error));
        }
        self.next_seq += 1;
        let mut state = self.state.lock().expect("nobody panics while holding the state");
        for record in batch.iter().flat_map(|commit| &commit.records) {
            state.apply(record);
        }
        Ok(())
    }

    fn poison(&self, step: &'static str, error: &io::Error) -> CommitError {
        let (path, errno) = (&self.path, error.raw_os_error());
        tracing::error!(path, errno, "{step} journal {path}: {error}; the gateway stops here");
        self.halt.fail();
        CommitError::Poisoned { step, path: path.clone(), reason: error.to_string() }
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

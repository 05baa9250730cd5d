//! The journal of the core, tampered with in one way.
//!
//! Whoever tampers does not change what the core writes. A sync of the whole file stays honest,
//! so that a journal is created and re-read as it should be and only what is appended suffers.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::env::{Effect, File};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::marks::without_older;

/// How late a late write is.
const LATE: Duration = Duration::from_millis(20);

/// How the journal is tampered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tamper {
    /// What is appended is never synced.
    SyncsNothing,
    /// It is not cut where its last line is torn.
    KeepsTornTail,
    /// An append and its sync are answered at once and done a moment later.
    WritesLate,
    /// A mark takes the place of those of earlier boots.
    ClearsOlderMarks,
}

/// A file of the journal.
pub(super) struct JournalFile {
    file: Arc<dyn File>,
    tamper: Tamper,
    late: UnboundedSender<Late>,
}

/// What is done a moment later.
enum Late {
    Append(Vec<u8>),
    /// Nothing, but somebody waits until everything before it is done.
    Mark(oneshot::Sender<()>),
}

impl JournalFile {
    /// Tampers with `file`. It needs the runtime of the boot.
    pub(super) fn new(file: Arc<dyn File>, tamper: Tamper) -> JournalFile {
        let (late, work) = unbounded_channel();
        if tamper == Tamper::WritesLate {
            tokio::spawn(write(Arc::clone(&file), work));
        }
        JournalFile { file, tamper, late }
    }
}

async fn write(file: Arc<dyn File>, mut work: UnboundedReceiver<Late>) {
    while let Some(late) = work.recv().await {
        match late {
            Late::Append(bytes) => {
                tokio::time::sleep(LATE).await;
                let written = async {
                    file.append(bytes).await?;
                    file.sync_data().await
                };
                if let Err(error) = written.await {
                    tracing::error!(errno = error.raw_os_error(), "a late write failed: {error}");
                }
            }
            // Whoever waited may be gone.
            Late::Mark(done) => {
                done.send(()).ok();
            }
        }
    }
}

fn at_once<T: Send + 'static>(answer: T) -> Effect<io::Result<T>> {
    Box::pin(async { Ok(answer) })
}

impl File for JournalFile {
    fn append(&self, bytes: Vec<u8>) -> Effect<io::Result<()>> {
        if self.tamper != Tamper::WritesLate {
            return self.file.append(bytes);
        }
        // The task that writes ends with the boot, and nobody asks any more then.
        self.late.send(Late::Append(bytes)).ok();
        at_once(())
    }

    fn write_at(&self, offset: u64, bytes: Vec<u8>) -> Effect<io::Result<()>> {
        self.file.write_at(offset, bytes)
    }

    fn read(&self) -> Effect<io::Result<Vec<u8>>> {
        let bytes = self.file.read();
        if self.tamper != Tamper::ClearsOlderMarks {
            return bytes;
        }
        Box::pin(async { Ok(without_older(&bytes.await?)) })
    }

    fn truncate(&self, len: u64) -> Effect<io::Result<()>> {
        match self.tamper {
            Tamper::KeepsTornTail => at_once(()),
            _ => self.file.truncate(len),
        }
    }

    fn sync_file(&self) -> Effect<io::Result<()>> {
        if self.tamper != Tamper::WritesLate {
            return self.file.sync_file();
        }
        let (done, is_done) = oneshot::channel();
        self.late.send(Late::Mark(done)).ok();
        let file = Arc::clone(&self.file);
        Box::pin(async move {
            is_done.await.ok();
            file.sync_file().await
        })
    }

    fn sync_data(&self) -> Effect<io::Result<()>> {
        match self.tamper {
            Tamper::SyncsNothing | Tamper::WritesLate => at_once(()),
            _ => self.file.sync_data(),
        }
    }

    fn try_lock(&self) -> Effect<io::Result<bool>> {
        self.file.try_lock()
    }

    fn unlock(&self) -> Effect<io::Result<()>> {
        self.file.unlock()
    }
}

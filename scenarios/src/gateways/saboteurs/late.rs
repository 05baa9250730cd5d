//! What is answered at once and done a moment later, if anybody lives to do it.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::sabotage::{Done, Handle, Sabotage, at_once, is_draft, is_transcript};

/// How late it is.
const LATE: Duration = Duration::from_millis(20);

/// Does one thing after the other, a moment later.
#[derive(Default)]
struct Queue {
    last: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Queue {
    /// Has somebody do `work` when everything before it is done. It needs the boot's runtime.
    fn add(&self, path: &str, work: Done) {
        let (done, is_done) = oneshot::channel();
        let before = self.swap(Some(is_done));
        let path = path.to_owned();
        tokio::spawn(async move {
            if let Some(before) = before {
                before.await.ok();
            }
            tokio::time::sleep(LATE).await;
            if let Err(error) = work.await {
                let errno = error.raw_os_error();
                tracing::error!(path, errno, "{path} was written too late: {error}");
            }
            // Whoever waited may be gone.
            done.send(()).ok();
        });
    }

    /// Waits for everything that was added so far.
    fn empty(&self) -> impl Future<Output = ()> + Send + 'static {
        let last = self.swap(None);
        async move {
            if let Some(last) = last {
                last.await.ok();
            }
        }
    }

    fn swap(&self, next: Option<oneshot::Receiver<()>>) -> Option<oneshot::Receiver<()>> {
        mem::replace(&mut *self.last.lock().unwrap_or_else(PoisonError::into_inner), next)
    }
}

/// Takes what is appended to the journal for durable before it is written. A journal that is
/// synced as a whole is waited for.
#[derive(Default)]
pub(super) struct LateJournal {
    queue: Queue,
}

impl Sabotage for LateJournal {
    fn append(&self, handle: &Arc<Handle>, bytes: Vec<u8>) -> Done {
        if !is_draft(&handle.path) {
            return handle.file().append(bytes);
        }
        let file = handle.file();
        let work = async move {
            file.append(bytes).await?;
            file.sync_data().await
        };
        self.queue.add(&handle.path, Box::pin(work));
        at_once(())
    }

    fn sync_data(&self, handle: &Arc<Handle>) -> Done {
        if is_draft(&handle.path) { at_once(()) } else { handle.file().sync_data() }
    }

    fn sync_file(&self, handle: &Arc<Handle>) -> Done {
        let (written, file) = (self.queue.empty(), handle.file());
        Box::pin(async move {
            written.await;
            file.sync_file().await
        })
    }
}

/// Syncs a transcript when the journal has already dropped what is in it.
#[derive(Default)]
pub(super) struct LateTranscripts {
    queue: Queue,
}

impl Sabotage for LateTranscripts {
    fn sync_data(&self, handle: &Arc<Handle>) -> Done {
        let file = handle.file();
        if !is_transcript(&handle.path) {
            return file.sync_data();
        }
        self.queue.add(&handle.path, Box::pin(async move { file.sync_data().await }));
        at_once(())
    }
}

/// Writes through a buffer that nobody flushes: what is appended leaves with the next append.
pub(super) struct Buffered;

impl Sabotage for Buffered {
    fn append(&self, handle: &Arc<Handle>, bytes: Vec<u8>) -> Done {
        if !is_draft(&handle.path) {
            return handle.file().append(bytes);
        }
        let mut held = handle.held.lock().unwrap_or_else(PoisonError::into_inner);
        match mem::replace(&mut *held, bytes) {
            full if full.is_empty() => at_once(()),
            full => handle.file().append(full),
        }
    }
}

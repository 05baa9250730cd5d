//! Errors of the disk that are swallowed, or answered by trying the same once more.

use std::sync::Arc;

use gateway_core::env::Fs;

use super::sabotage::{Done, Handle, Sabotage};

/// Takes a sync that failed for one that did not.
pub(super) struct IgnoresSyncs;

impl Sabotage for IgnoresSyncs {
    fn sync_file(&self, handle: &Arc<Handle>) -> Done {
        ignored(handle.file().sync_file())
    }

    fn sync_data(&self, handle: &Arc<Handle>) -> Done {
        ignored(handle.file().sync_data())
    }

    fn sync_dir(&self, fs: &Arc<dyn Fs>, path: &str) -> Done {
        ignored(fs.sync_dir(path))
    }
}

/// Takes a write that failed for one that did not.
pub(super) struct IgnoresWrites;

impl Sabotage for IgnoresWrites {
    fn append(&self, handle: &Arc<Handle>, bytes: Vec<u8>) -> Done {
        ignored(handle.file().append(bytes))
    }
}

fn ignored(work: Done) -> Done {
    Box::pin(async {
        work.await.ok();
        Ok(())
    })
}

/// Says that a sync failed, and syncs the same file again. The kernel calls that a success.
pub(super) struct RetriesSyncs;

impl Sabotage for RetriesSyncs {
    fn sync_file(&self, handle: &Arc<Handle>) -> Done {
        let again = Arc::clone(handle);
        let path = handle.fs.display(&handle.path);
        retried(path, handle.file().sync_file(), move || again.file().sync_file())
    }

    fn sync_data(&self, handle: &Arc<Handle>) -> Done {
        let again = Arc::clone(handle);
        let path = handle.fs.display(&handle.path);
        retried(path, handle.file().sync_data(), move || again.file().sync_data())
    }
}

fn retried(path: String, first: Done, again: impl FnOnce() -> Done + Send + 'static) -> Done {
    Box::pin(async move {
        let Err(error) = first.await else { return Ok(()) };
        let errno = error.raw_os_error();
        tracing::error!(path, errno, "sync {path}: {error}; trying again");
        again().await
    })
}

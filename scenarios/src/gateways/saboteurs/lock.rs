//! A lock that is the existence of its file.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gateway_core::env::{Effect, Fs};

use super::sabotage::{Done, Handle, Opening, Sabotage};

/// The directory is held by whoever has made the file, until somebody removes it.
#[derive(Default)]
pub(super) struct ByExistence {
    made: Arc<AtomicBool>,
}

/// The lock's name.
const LOCK: &str = "lock";

impl Sabotage for ByExistence {
    fn create_new(&self, fs: &Arc<dyn Fs>, path: &str) -> Opening {
        let (created, made, is_lock) = (fs.create_new(path), self.made.clone(), path == LOCK);
        Box::pin(async move {
            let created = created.await?;
            made.fetch_or(is_lock, Ordering::Relaxed);
            Ok(created)
        })
    }

    fn try_lock(&self, _: &Arc<Handle>) -> Effect<std::io::Result<bool>> {
        let made = self.made.load(Ordering::Relaxed);
        Box::pin(async move { Ok(made) })
    }

    fn unlock(&self, handle: &Arc<Handle>) -> Done {
        handle.fs.remove(LOCK)
    }
}

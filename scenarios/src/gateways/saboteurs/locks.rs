//! Locks that are not the kernel's: the existence of a file, and the number of a process in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gateway_core::env::{Effect, Fs, Processes};

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

/// The directory is held by the process whose number is in the file, for as long as a process
/// with that number lives. Between looking and writing down its own number anybody else may do the
/// same, and a number says nothing of who bears it.
pub(super) struct ByNumber(pub(super) Arc<dyn Processes>);

impl Sabotage for ByNumber {
    fn try_lock(&self, handle: &Arc<Handle>) -> Effect<std::io::Result<bool>> {
        let (processes, file) = (Arc::clone(&self.0), handle.file());
        Box::pin(async move {
            let own = processes.own().pid;
            let holder = String::from_utf8_lossy(&file.read().await?).trim().parse::<u32>().ok();
            if holder.is_some_and(|pid| pid != own && processes.started(pid).is_some()) {
                return Ok(false);
            }
            file.truncate(0).await?;
            file.append(format!("{own}\n").into_bytes()).await?;
            Ok(true)
        })
    }

    fn unlock(&self, handle: &Arc<Handle>) -> Done {
        handle.file().truncate(0)
    }
}

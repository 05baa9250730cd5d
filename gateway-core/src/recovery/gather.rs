//! Reads what the last boot left behind, and makes sure that it stays.
//!
//! A torn tail is cut before anything can be written behind it. What was read is synced once
//! more: after a kill it may have been seen without being durable, and this boot is going to rely
//! on it. Damage is refused and left as it is.

use std::io;
use std::sync::Arc;

use crate::env::{File, Fs};
use crate::error::BootError;
use crate::journal::{Damage, NAME, NEW_NAME, Replay, header, replay};
use crate::state::State;

/// What the journal says.
pub(crate) struct Evidence {
    /// What its records add up to.
    pub(crate) state: State,
    /// The journal, ready for the next commit.
    pub(crate) file: Arc<dyn File>,
    /// The number of the next commit.
    pub(crate) next_seq: u64,
}

/// Reads the journal, or creates it.
///
/// # Errors
///
/// If the journal is damaged, or the file system refuses.
pub(crate) async fn gather(fs: &dyn Fs) -> Result<Evidence, BootError> {
    let mut state = State::new();
    let file = match fs.open(NAME).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let file = create(fs).await?;
            return Ok(Evidence { state, file, next_seq: 1 });
        }
        opened => opened.map_err(refused(fs, "open journal", NAME))?,
    };
    let bytes = file.read().await.map_err(refused(fs, "read journal", NAME))?;
    let replayed = replay(&bytes, |record| state.apply(record));
    let Replay { next_seq, good, torn } = replayed.map_err(|Damage { offset, what }| {
        BootError::Corrupt { path: fs.display(NAME), offset: offset as u64, what }
    })?;
    if torn > 0 {
        let path = fs.display(NAME);
        tracing::warn!(path, offset = good, bytes = torn, "journal {path}: torn tail is cut");
        let cut = file.truncate(good as u64).await;
        cut.map_err(refused(fs, "cut torn tail of journal", NAME))?;
    }
    file.sync_file().await.map_err(refused(fs, "sync journal", NAME))?;
    fs.sync_dir("").await.map_err(refused(fs, "sync directory", ""))?;
    Ok(Evidence { state, file, next_seq })
}

/// A new journal gets its name only when its header is durable, so that one without a header is
/// damage and never just new.
async fn create(fs: &dyn Fs) -> Result<Arc<dyn File>, BootError> {
    let file = match fs.create_new(NEW_NAME).await {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let removed = fs.remove(NEW_NAME).await;
            removed.map_err(refused(fs, "remove leftover", NEW_NAME))?;
            fs.create_new(NEW_NAME).await
        }
        created => created,
    };
    let file = file.map_err(refused(fs, "create journal", NEW_NAME))?;
    file.append(header()).await.map_err(refused(fs, "begin journal", NEW_NAME))?;
    file.sync_file().await.map_err(refused(fs, "sync journal", NEW_NAME))?;
    fs.rename(NEW_NAME, NAME).await.map_err(refused(fs, "rename journal", NAME))?;
    fs.sync_dir("").await.map_err(refused(fs, "sync directory", ""))?;
    Ok(file)
}

fn refused(
    fs: &dyn Fs,
    step: &'static str,
    path: &'static str,
) -> impl FnOnce(io::Error) -> BootError {
    move |source| BootError::Io { step, path: fs.display(path), source }
}

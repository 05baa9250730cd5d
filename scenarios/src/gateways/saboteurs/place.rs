//! A new journal that takes the place of the old one in some other way than by a sync, a rename
//! and a sync of the directory, in that order.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use gateway_core::env::Fs;

use super::sabotage::{Done, Handle, Opening, Sabotage, at_once, is_draft, is_journal, journal_of};

/// The new journal that was prepared last.
#[derive(Default)]
struct Prepared(Mutex<Option<Arc<Handle>>>);

impl Prepared {
    fn is(&self, handle: &Arc<Handle>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(handle));
    }

    fn take(&self, path: &str) -> Option<Arc<Handle>> {
        let prepared = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        prepared.filter(|handle| handle.path == path)
    }
}

/// Renames first and syncs what was renamed afterwards.
#[derive(Default)]
pub(super) struct RenamesFirst {
    prepared: Prepared,
}

impl Sabotage for RenamesFirst {
    fn sync_file(&self, handle: &Arc<Handle>) -> Done {
        if !is_draft(&handle.path) {
            return handle.file().sync_file();
        }
        self.prepared.is(handle);
        at_once(())
    }

    fn rename(&self, fs: &Arc<dyn Fs>, from: &str, to: &str) -> Done {
        let (renamed, prepared) = (fs.rename(from, to), self.prepared.take(from));
        Box::pin(async move {
            renamed.await?;
            match prepared {
                Some(handle) => handle.file().sync_file().await,
                None => Ok(()),
            }
        })
    }
}

/// Copies where it should rename, as one does from one file system to another: the old file goes,
/// a new one is made and filled.
#[derive(Default)]
pub(super) struct Copies {
    prepared: Prepared,
}

impl Sabotage for Copies {
    fn sync_file(&self, handle: &Arc<Handle>) -> Done {
        self.prepared.is(handle);
        handle.file().sync_file()
    }

    fn rename(&self, fs: &Arc<dyn Fs>, from: &str, to: &str) -> Done {
        let Some(handle) = self.prepared.take(from) else { return fs.rename(from, to) };
        let (fs, from, to) = (Arc::clone(fs), from.to_owned(), to.to_owned());
        Box::pin(async move {
            let bytes = handle.file().read().await?;
            match fs.remove(&to).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let copy = fs.create_new(&to).await?;
            copy.append(bytes).await?;
            copy.sync_file().await?;
            // Whoever goes on writing writes to what has the name.
            handle.lead_to(copy);
            fs.remove(&from).await
        })
    }
}

/// Writes the new journal over the old one.
pub(super) struct RewritesInPlace;

impl Sabotage for RewritesInPlace {
    fn create_new(&self, fs: &Arc<dyn Fs>, path: &str) -> Opening {
        let Some(journal) = journal_of(path) else { return fs.create_new(path) };
        let fs = Arc::clone(fs);
        Box::pin(async move {
            match fs.open(&journal).await {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    fs.create_new(&journal).await
                }
                Err(error) => Err(error),
                Ok(file) => file.truncate(0).await.map(|()| file),
            }
        })
    }

    fn rename(&self, fs: &Arc<dyn Fs>, from: &str, to: &str) -> Done {
        if is_draft(from) { at_once(()) } else { fs.rename(from, to) }
    }
}

/// Removes the old journal to make room where there is none.
pub(super) struct MakesRoom;

/// The errno of a full disk.
const ENOSPC: i32 = 28;

impl Sabotage for MakesRoom {
    fn append(&self, handle: &Arc<Handle>, bytes: Vec<u8>) -> Done {
        let handle = Arc::clone(handle);
        Box::pin(async move {
            match handle.file().append(bytes.clone()).await {
                Err(error) if error.raw_os_error() == Some(ENOSPC) => {
                    for name in handle.fs.list("").await?.iter().filter(|name| is_journal(name)) {
                        handle.fs.remove(name).await?;
                    }
                    handle.file().append(bytes).await
                }
                appended => appended,
            }
        })
    }
}

//! One way to spoil a file system: hooks in the place of its verbs, which change nothing by
//! themselves.
//!
//! A sabotage belongs to one boot, and forgets everything with it. It sees paths, bytes and
//! answers, as a library under the gateway would: never what the gateway means by them.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use gateway_core::env::{Effect, File, Fs};

/// What the names of journals begin with, and those under which they are prepared.
pub(super) const JOURNAL: &str = "journal-";
const DRAFT: &str = "draft-";

/// Whether a path is that of a journal.
pub(super) fn is_journal(path: &str) -> bool {
    path.starts_with(JOURNAL)
}

/// Whether a path is that of a journal that is prepared. What is appended to a journal goes
/// through a handle that was opened under it.
pub(super) fn is_draft(path: &str) -> bool {
    path.starts_with(DRAFT)
}

/// The journal that is prepared under a path; none if it is no such path.
pub(super) fn journal_of(draft: &str) -> Option<String> {
    Some(format!("{JOURNAL}{}", draft.strip_prefix(DRAFT)?))
}

/// Whether a path is that of a transcript.
pub(super) fn is_transcript(path: &str) -> bool {
    path.starts_with("transcript-")
}

/// What a verb is answered that was not heard.
pub(super) fn at_once<T: Send + 'static>(answer: T) -> Effect<io::Result<T>> {
    Box::pin(async { Ok(answer) })
}

/// What opening a file is answered.
pub(super) type Opening = Effect<io::Result<Arc<dyn File>>>;
/// What most verbs are answered.
pub(super) type Done = Effect<io::Result<()>>;

/// A file that the gateway has opened.
pub(super) struct Handle {
    /// The file system it is in.
    pub(super) fs: Arc<dyn Fs>,
    /// The name under which it was opened.
    pub(super) path: String,
    /// What was written to it and kept back.
    pub(super) held: Mutex<Vec<u8>>,
    file: Mutex<Arc<dyn File>>,
}

impl Handle {
    pub(super) fn new(fs: Arc<dyn Fs>, path: String, file: Arc<dyn File>) -> Handle {
        Handle { fs, path, held: Mutex::default(), file: Mutex::new(file) }
    }

    /// The file itself.
    pub(super) fn file(&self) -> Arc<dyn File> {
        Arc::clone(&self.file.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Leads to another file from now on.
    pub(super) fn lead_to(&self, file: Arc<dyn File>) {
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = file;
    }
}

/// One way to spoil a file system. Verbs that the core never uses have no hook.
pub(super) trait Sabotage: Send + Sync {
    fn create_new(&self, fs: &Arc<dyn Fs>, path: &str) -> Opening {
        fs.create_new(path)
    }

    fn open(&self, fs: &Arc<dyn Fs>, path: &str) -> Opening {
        fs.open(path)
    }

    fn rename(&self, fs: &Arc<dyn Fs>, from: &str, to: &str) -> Done {
        fs.rename(from, to)
    }

    fn remove(&self, fs: &Arc<dyn Fs>, path: &str) -> Done {
        fs.remove(path)
    }

    fn mkdir(&self, fs: &Arc<dyn Fs>, path: &str) -> Done {
        fs.mkdir(path)
    }

    fn sync_dir(&self, fs: &Arc<dyn Fs>, path: &str) -> Done {
        fs.sync_dir(path)
    }

    fn append(&self, handle: &Arc<Handle>, bytes: Vec<u8>) -> Done {
        handle.file().append(bytes)
    }

    fn read(&self, handle: &Arc<Handle>) -> Effect<io::Result<Vec<u8>>> {
        handle.file().read()
    }

    fn truncate(&self, handle: &Arc<Handle>, len: u64) -> Done {
        handle.file().truncate(len)
    }

    fn sync_file(&self, handle: &Arc<Handle>) -> Done {
        handle.file().sync_file()
    }

    fn sync_data(&self, handle: &Arc<Handle>) -> Done {
        handle.file().sync_data()
    }

    fn try_lock(&self, handle: &Arc<Handle>) -> Effect<io::Result<bool>> {
        handle.file().try_lock()
    }

    fn unlock(&self, handle: &Arc<Handle>) -> Done {
        handle.file().unlock()
    }
}

//! Syncs that are left out, or that sync something else.
//!
//! Whoever forgets a sync is right in every test that does not take the power away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gateway_core::env::Fs;

use super::sabotage::{
    Done, Handle, Opening, Sabotage, at_once, is_draft, is_journal, is_transcript,
};

/// Which syncs are left out, by the path that the file was opened under.
pub(super) struct Unsynced {
    /// Of a whole file.
    pub(super) files: fn(&str) -> bool,
    /// Of what a file holds.
    pub(super) data: fn(&str) -> bool,
    /// Of a directory.
    pub(super) dirs: fn(&str) -> bool,
}

impl Unsynced {
    const NOTHING: Unsynced = Unsynced { files: never, data: never, dirs: never };
    /// A new journal, before it gets its name.
    pub(super) const DRAFT: Unsynced = Unsynced { files: is_draft, ..Self::NOTHING };
    /// What is appended to the journal.
    pub(super) const APPENDS: Unsynced = Unsynced { data: is_draft, ..Self::NOTHING };
    /// The names in the state directory.
    pub(super) const NAMES: Unsynced = Unsynced { dirs: str::is_empty, ..Self::NOTHING };
    /// The transcripts.
    pub(super) const TRANSCRIPTS: Unsynced =
        Unsynced { files: is_transcript, data: is_transcript, ..Self::NOTHING };
    /// Everything.
    pub(super) const ALL: Unsynced = Unsynced { files: always, data: always, dirs: always };
}

fn never(_: &str) -> bool {
    false
}

fn always(_: &str) -> bool {
    true
}

impl Sabotage for Unsynced {
    fn sync_file(&self, handle: &Arc<Handle>) -> Done {
        if (self.files)(&handle.path) { at_once(()) } else { handle.file().sync_file() }
    }

    fn sync_data(&self, handle: &Arc<Handle>) -> Done {
        if (self.data)(&handle.path) { at_once(()) } else { handle.file().sync_data() }
    }

    fn sync_dir(&self, fs: &Arc<dyn Fs>, path: &str) -> Done {
        if (self.dirs)(path) { at_once(()) } else { fs.sync_dir(path) }
    }
}

/// Syncs the directory in the place of what was appended to the journal.
pub(super) struct WrongObject;

impl Sabotage for WrongObject {
    fn sync_data(&self, handle: &Arc<Handle>) -> Done {
        if is_draft(&handle.path) { handle.fs.sync_dir("") } else { handle.file().sync_data() }
    }
}

/// Creates a transcript and leaves its name out of the next sync of the directory.
#[derive(Default)]
pub(super) struct UnsyncedTranscriptNames {
    is_new: AtomicBool,
}

impl Sabotage for UnsyncedTranscriptNames {
    fn create_new(&self, fs: &Arc<dyn Fs>, path: &str) -> Opening {
        if is_transcript(path) {
            self.is_new.store(true, Ordering::Relaxed);
        }
        fs.create_new(path)
    }

    fn sync_dir(&self, fs: &Arc<dyn Fs>, path: &str) -> Done {
        let skips = path.is_empty() && self.is_new.swap(false, Ordering::Relaxed);
        if skips { at_once(()) } else { fs.sync_dir(path) }
    }
}

/// Relies on the journal that it found. The one that takes its place gets its name durably only
/// with the first commit, and what recovery does before that rests on what may be on no disk.
#[derive(Default)]
pub(super) struct TrustsWhatItReads {
    found: AtomicBool,
    owes: Arc<AtomicBool>,
}

impl Sabotage for TrustsWhatItReads {
    fn open(&self, fs: &Arc<dyn Fs>, path: &str) -> Opening {
        if is_journal(path) {
            self.found.store(true, Ordering::Relaxed);
        }
        fs.open(path)
    }

    fn sync_dir(&self, fs: &Arc<dyn Fs>, path: &str) -> Done {
        let skips = path.is_empty() && self.found.swap(false, Ordering::Relaxed);
        self.owes.fetch_or(skips, Ordering::Relaxed);
        if skips { at_once(()) } else { fs.sync_dir(path) }
    }

    fn sync_data(&self, handle: &Arc<Handle>) -> Done {
        let (handle, owes) = (Arc::clone(handle), Arc::clone(&self.owes));
        Box::pin(async move {
            handle.file().sync_data().await?;
            if owes.swap(false, Ordering::Relaxed) { handle.fs.sync_dir("").await } else { Ok(()) }
        })
    }
}

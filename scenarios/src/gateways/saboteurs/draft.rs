//! What a dead process left behind of a journal that it prepared, treated as if it were of use,
//! or not treated at all.

use std::io;
use std::sync::Arc;

use gateway_core::env::Fs;

use super::sabotage::{DRAFT, Done, JOURNAL, Opening, Sabotage, at_once};

/// Opens what was left over in the place of a new file, and does not empty it.
pub(super) struct Reuses;

impl Sabotage for Reuses {
    fn create_new(&self, fs: &Arc<dyn Fs>, path: &str) -> Opening {
        let (fs, path) = (Arc::clone(fs), path.to_owned());
        Box::pin(async move {
            match fs.create_new(&path).await {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs.open(&path).await,
                created => created,
            }
        })
    }
}

/// Takes what was left over for the journal, if it looks whole: it was written last.
pub(super) struct Reads;

impl Sabotage for Reads {
    fn open(&self, fs: &Arc<dyn Fs>, path: &str) -> Opening {
        if path != JOURNAL {
            return fs.open(path);
        }
        let fs = Arc::clone(fs);
        Box::pin(async move {
            if let Ok(draft) = fs.open(DRAFT).await
                && draft.read().await?.ends_with(b"\n")
            {
                return Ok(draft);
            }
            fs.open(JOURNAL).await
        })
    }
}

/// Never removes what was left over.
pub(super) struct Keeps;

impl Sabotage for Keeps {
    fn remove(&self, fs: &Arc<dyn Fs>, path: &str) -> Done {
        if path == DRAFT { at_once(()) } else { fs.remove(path) }
    }
}

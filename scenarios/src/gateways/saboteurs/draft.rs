//! What an earlier attempt left behind of a journal that it prepared, treated as if it were of use,
//! or not treated at all.

use std::io;
use std::sync::Arc;

use gateway_core::env::Fs;

use super::sabotage::{Done, Opening, Sabotage, at_once, is_draft, is_journal};

/// Prepares the journals of all boots under one name, opens what was left over in the place of a
/// new file, and does not empty it.
pub(super) struct Reuses;

/// The name under which every boot prepares its journal.
const SHARED: &str = "draft";

impl Sabotage for Reuses {
    fn create_new(&self, fs: &Arc<dyn Fs>, path: &str) -> Opening {
        if !is_draft(path) {
            return fs.create_new(path);
        }
        let fs = Arc::clone(fs);
        Box::pin(async move {
            match fs.create_new(SHARED).await {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs.open(SHARED).await,
                created => created,
            }
        })
    }

    fn rename(&self, fs: &Arc<dyn Fs>, from: &str, to: &str) -> Done {
        fs.rename(if is_draft(from) { SHARED } else { from }, to)
    }
}

/// Takes what was left over for the journal, if it looks whole: it was written last.
pub(super) struct Reads;

impl Sabotage for Reads {
    fn open(&self, fs: &Arc<dyn Fs>, path: &str) -> Opening {
        if !is_journal(path) {
            return fs.open(path);
        }
        let (fs, path) = (Arc::clone(fs), path.to_owned());
        Box::pin(async move {
            let names = fs.list("").await?;
            if let Some(draft) = names.iter().rfind(|name| is_draft(name)) {
                let draft = fs.open(draft).await?;
                if draft.read().await?.ends_with(b"\n") {
                    return Ok(draft);
                }
            }
            fs.open(&path).await
        })
    }
}

/// Never removes what was left over.
pub(super) struct Keeps;

impl Sabotage for Keeps {
    fn remove(&self, fs: &Arc<dyn Fs>, path: &str) -> Done {
        if is_draft(path) { at_once(()) } else { fs.remove(path) }
    }
}

//! Reads what the last boot left behind.
//!
//! It only reads. What it found may not even be durable: a dead process cannot tell whether its
//! last sync went through, and the kernel may show what is on no disk. So the journal is never
//! written again by this boot; everything in it goes into a new one before anybody relies on it.
//! Damage is refused and left as it is. What no later boot builds on is removed: what was never a
//! journal before this boot prepares its own, so that boots that fail one after another on a full
//! disk do not fill it; the rest only once there is a new journal.

use std::collections::BTreeMap;
use std::io;

use crate::env::Fs;
use crate::error::{BootError, IoError, failed};
use crate::file_names;
use crate::journal::{Refusal, Replay, Torn, replay};
use crate::message::SessionId;
use crate::state::State;

/// What a state directory holds.
pub(super) struct Found(Vec<String>);

impl Found {
    /// Looks.
    ///
    /// # Errors
    ///
    /// If the file system refuses.
    pub(super) async fn look(fs: &dyn Fs) -> Result<Found, IoError> {
        Ok(Found(fs.list("").await.map_err(failed(fs, "list state directory", ""))?))
    }

    /// The latest boot that has a journal; 0 if there is none.
    pub(super) fn latest(&self) -> u64 {
        self.0.iter().filter_map(|name| file_names::boot_of_journal(name)).max().unwrap_or(0)
    }

    /// The journals of earlier boots than `boot`.
    fn journals_before(&self, boot: u64) -> Vec<String> {
        let is_older =
            |name: &&String| file_names::boot_of_journal(name).is_some_and(|begun| begun < boot);
        self.0.iter().filter(is_older).cloned().collect()
    }

    /// What earlier boots than `boot` were preparing when they ended.
    fn drafts(&self, boot: u64) -> impl Iterator<Item = &str> {
        let of_earlier =
            move |name: &&str| file_names::boot_of_draft(name).is_some_and(|begun| begun < boot);
        self.0.iter().map(String::as_str).filter(of_earlier)
    }

    /// What no boot builds on any more, once `boot` has a journal of its own that holds `state`:
    /// of earlier boots all journals, and the transcripts that were copied since or never
    /// recorded. Those of sessions that are over are kept, for people.
    fn leftovers(&self, boot: u64, state: &State) -> impl Iterator<Item = &str> {
        let current: BTreeMap<&SessionId, u64> =
            state.chats.values().map(|chat| (&chat.session, chat.synced.boot)).collect();
        let is_left = move |name: &&str| {
            let unused = || {
                let (session, begun) = file_names::of_transcript(name)?;
                current.get(&session).is_some_and(|in_use| *in_use != begun).then_some(begun)
            };
            file_names::boot_of_journal(name).or_else(unused).is_some_and(|begun| begun < boot)
        };
        self.0.iter().map(String::as_str).filter(is_left)
    }
}

/// Removes what earlier boots than `boot` were preparing when they ended.
pub(super) async fn sweep_drafts(fs: &dyn Fs, found: &Found, boot: u64) {
    remove(fs, found.drafts(boot)).await;
}

/// Removes what no boot builds on any more, once `boot` has a journal of its own that holds
/// `state`.
pub(super) async fn sweep(fs: &dyn Fs, found: &Found, boot: u64, state: &State) {
    remove(fs, found.leftovers(boot, state)).await;
}

/// What cannot be removed now is removed later.
async fn remove(fs: &dyn Fs, names: impl Iterator<Item = &str>) {
    for name in names {
        match fs.remove(name).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                failed(fs, "remove left-over file", name)(error).error("a later boot removes it");
            }
            _ => {}
        }
    }
}

/// Reads the latest journal, if there is one.
///
/// # Errors
///
/// If the journal is damaged or too new, or the file system refuses.
pub(super) async fn gather(fs: &dyn Fs, found: &Found) -> Result<State, BootError> {
    let latest = found.latest();
    if latest == 0 {
        return Ok(State::new());
    }
    let name = file_names::journal(latest);
    let file = fs.open(&name).await.map_err(failed(fs, "open journal", &name))?;
    let bytes = file.read().await.map_err(failed(fs, "read journal", &name))?;
    let path = fs.display(&name);
    match replay(&bytes) {
        Ok(Replay { state, torn }) => {
            if let Some(Torn { offset, len }) = torn {
                tracing::warn!(
                    path,
                    offset,
                    bytes = len,
                    "journal {path}: its end is torn, and what was never acknowledged is dropped"
                );
            }
            Ok(state)
        }
        Err(Refusal::Newer { version }) => Err(BootError::Newer { path, version }),
        Err(Refusal::Damage { offset, what, part }) => {
            let older = found.journals_before(latest);
            Err(BootError::Corrupt { path, file: name, older, offset, what, part })
        }
    }
}

//! Files that are read, or cut before they are written again, otherwise than they should be.

use std::io;
use std::sync::Arc;

use gateway_core::env::Effect;

use super::lines::without_broken;
use super::marks::without_older;
use super::sabotage::{Done, Handle, JOURNAL, Sabotage, at_once, is_transcript};

/// Reads the journal without its broken lines, and says nothing about them.
pub(super) struct SkipsBrokenLines;

impl Sabotage for SkipsBrokenLines {
    fn read(&self, handle: &Arc<Handle>) -> Effect<io::Result<Vec<u8>>> {
        journal(handle, without_broken)
    }
}

/// Reads a journal in which a mark has taken the place of those of earlier boots.
pub(super) struct ForgetsOlderMarks;

impl Sabotage for ForgetsOlderMarks {
    fn read(&self, handle: &Arc<Handle>) -> Effect<io::Result<Vec<u8>>> {
        journal(handle, without_older)
    }
}

fn journal(
    handle: &Arc<Handle>,
    change: impl FnOnce(&[u8]) -> Vec<u8> + Send + 'static,
) -> Effect<io::Result<Vec<u8>>> {
    let (bytes, is_journal) = (handle.file().read(), handle.path == JOURNAL);
    Box::pin(async move {
        let bytes = bytes.await?;
        Ok(if is_journal { change(&bytes) } else { bytes })
    })
}

/// Appends to a transcript behind what a dead process left there.
pub(super) struct KeepsTornTails;

impl Sabotage for KeepsTornTails {
    fn truncate(&self, handle: &Arc<Handle>, len: u64) -> Done {
        if is_transcript(&handle.path) { at_once(()) } else { handle.file().truncate(len) }
    }
}

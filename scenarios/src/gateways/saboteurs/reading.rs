//! Files that are read otherwise than they should be.

use std::io;
use std::sync::Arc;

use gateway_core::env::Effect;

use super::lines::without_broken;
use super::marks::without_older;
use super::sabotage::{Handle, Sabotage, is_journal};

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
    let (bytes, is_journal) = (handle.file().read(), is_journal(&handle.path));
    Box::pin(async move {
        let bytes = bytes.await?;
        Ok(if is_journal { change(&bytes) } else { bytes })
    })
}

//! Reads a journal back, and tells a torn tail from damage.
//!
//! Its snapshot was durable before the journal got its name, and every commit was synced before
//! the next one was written. So only the very end may be torn; anything else that is broken is
//! damage, and damage is refused, never repaired. It changes nothing itself.

use super::frame::{VERSION, decode, version};
use super::{snapshot, tail};
use crate::record::Record;
use crate::state::State;

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Replay {
    /// What it adds up to.
    pub(crate) state: State,
    /// What is left of a commit that was never acknowledged.
    pub(crate) torn: Option<Torn>,
}

/// What is left of a commit that was never acknowledged.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Torn {
    /// Where it begins, in bytes.
    pub(crate) offset: usize,
    /// Its length, in bytes.
    pub(crate) len: usize,
}

/// Why a journal is not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It was written by a newer release.
    Newer {
        /// The version of its form.
        version: u64,
    },
    /// It cannot be believed.
    Damage {
        /// Where the damage begins, in bytes.
        offset: usize,
        /// What is wrong there.
        what: &'static str,
        /// In which part of the journal it is.
        part: Part,
    },
}

/// A part of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The header and the snapshot, without which the rest means nothing.
    Head,
    /// The commits.
    Commits,
}

/// Reads a whole journal.
///
/// # Errors
///
/// If its form is newer than what this release knows, or if it is damaged.
pub(crate) fn replay(bytes: &[u8]) -> Result<Replay, Refusal> {
    let at = match version(bytes) {
        Some((VERSION, len)) => len,
        Some((version, _)) if version > VERSION => return Err(Refusal::Newer { version }),
        _ => {
            let (what, part) = ("no valid header of a journal", Part::Head);
            return Err(Refusal::Damage { offset: 0, what, part });
        }
    };
    let mut lines = Lines { bytes, at, begin: at, next_seq: 1, part: Part::Head };
    let mut state = snapshot::read(&mut lines)?;
    lines.part = Part::Commits;
    while let Some(json) = lines.next()? {
        let records: Vec<Record> =
            serde_json::from_slice(json).or(Err(lines.damage("a commit of an unknown form")))?;
        records.iter().for_each(|record| state.apply(record));
    }
    Ok(Replay { state, torn: lines.end()? })
}

/// The lines of a journal, one after the other.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    /// Where the next line begins.
    at: usize,
    /// Where the line began that was read last.
    begin: usize,
    next_seq: u64,
    part: Part,
}

impl<'a> Lines<'a> {
    /// The JSON of the next line; nothing if there is no whole one.
    ///
    /// # Errors
    ///
    /// If its number is not the next one.
    pub(super) fn next(&mut self) -> Result<Option<&'a [u8]>, Refusal> {
        self.begin = self.at;
        let Some(frame) = decode(&self.bytes[self.at..]) else { return Ok(None) };
        if frame.seq != self.next_seq {
            return Err(self.damage("a line is missing"));
        }
        self.at += frame.len;
        self.next_seq += 1;
        Ok(Some(frame.json))
    }

    /// Something is wrong with the line that was read last.
    pub(super) fn damage(&self, what: &'static str) -> Refusal {
        Refusal::Damage { offset: self.begin, what, part: self.part }
    }

    /// What is behind the last whole line.
    fn end(&self) -> Result<Option<Torn>, Refusal> {
        let tail = &self.bytes[self.at..];
        if tail.is_empty() {
            return Ok(None);
        }
        if holds_a_line(&tail[1..]) {
            return Err(self.damage("a broken commit before whole ones"));
        }
        if !tail::is_torn(tail, self.at) {
            return Err(self.damage("a last commit that is all there and does not add up"));
        }
        Ok(Some(Torn { offset: self.at, len: tail.len() }))
    }
}

/// Whether a whole line begins anywhere, at the beginning of a line or not: what is broken may be
/// the newline before it.
fn holds_a_line(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|at| decode(&bytes[at..]).is_some())
}

#[cfg(test)]
mod tests;

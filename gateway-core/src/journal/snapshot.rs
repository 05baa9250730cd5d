//! The head of a journal: everything that was known when the journal was begun.
//!
//! One line with what is known once and how many chats follow, then lines of chats. What can be
//! found out from the chats is not written. A snapshot is read whole or not at all: it was
//! durable before the journal got its name.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::frame::json;
use super::reader::{Lines, Refusal};
use crate::env::UnixMs;
use crate::message::{ChatId, Cursor};
use crate::state::{Chat, Mark, State};

/// How much JSON fills a line of chats, in bytes; a single chat may be larger.
const FULL: usize = 64 * 1024;

/// One thing in a line of a snapshot.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kept {
    /// What is known once.
    Snapshot(Scalars),
    /// One chat.
    Chat(ChatId, Arc<Chat>),
}

/// What is known once. The fields are those of [`State`].
#[derive(Serialize, Deserialize)]
struct Scalars {
    /// How many chats follow.
    chats: u64,
    boot: u64,
    alive_at: UnixMs,
    accepted: Cursor,
    turns: u64,
    mark: Option<Mark>,
    sealed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cleaned: Option<String>,
}

/// A state as the JSON of lines, each made when it is asked for.
pub(super) fn lines(state: &State) -> impl Iterator<Item = Vec<u8>> {
    let scalars = Scalars {
        chats: state.chats.len() as u64,
        boot: state.boot,
        alive_at: state.alive_at,
        accepted: state.accepted,
        turns: state.turns,
        mark: state.mark.clone(),
        sealed: state.sealed,
        cleaned: state.cleaned.clone(),
    };
    let mut chats = state.chats.iter();
    let full = std::iter::from_fn(move || {
        let mut line = Vec::new();
        while line.len() < FULL
            && let Some((id, chat)) = chats.next()
        {
            let one = json([Kept::Chat(id.clone(), Arc::clone(chat))].iter());
            if line.is_empty() {
                line = one;
            } else {
                // The end of the one list becomes the comma before the other.
                *line.last_mut().expect("it holds a list") = b',';
                line.extend_from_slice(&one[1..]);
            }
        }
        (!line.is_empty()).then_some(line)
    });
    std::iter::once(json([Kept::Snapshot(scalars)].iter())).chain(full)
}

/// The state at the head of a journal.
///
/// # Errors
///
/// If the snapshot is not whole.
pub(super) fn read(lines: &mut Lines<'_>) -> Result<State, Refusal> {
    let head = next(lines)?;
    let Kept::Snapshot(scalars) = only(lines, head)? else {
        return Err(lines.damage("the snapshot has no beginning"));
    };
    let mut state = State::new();
    while (state.chats.len() as u64) < scalars.chats {
        for kept in next(lines)? {
            let Kept::Chat(id, chat) = kept else {
                return Err(lines.damage("a second snapshot"));
            };
            if state.chats.insert(id, chat).is_some() {
                return Err(lines.damage("a chat that is in the snapshot twice"));
            }
        }
    }
    if state.chats.len() as u64 > scalars.chats {
        return Err(lines.damage("a snapshot with more chats than it has"));
    }
    let Scalars { chats: _, boot, alive_at, accepted, turns, mark, sealed, cleaned } = scalars;
    let mut state = State { boot, alive_at, accepted, turns, mark, sealed, cleaned, ..state };
    state.index();
    Ok(state)
}

fn next(lines: &mut Lines<'_>) -> Result<Vec<Kept>, Refusal> {
    let line = lines.next()?.ok_or_else(|| lines.damage("a snapshot that is not whole"))?;
    serde_json::from_slice(line).or(Err(lines.damage("a snapshot of an unknown form")))
}

fn only(lines: &Lines<'_>, kept: Vec<Kept>) -> Result<Kept, Refusal> {
    let [only] = <[Kept; 1]>::try_from(kept).or(Err(lines.damage("a snapshot with two heads")))?;
    Ok(only)
}

//! The journal: one append-only file that holds every fact.
mod frame;
mod reader;
mod writer;

pub(crate) use frame::{NAME, NEW_NAME, header};
pub(crate) use reader::{Damage, Replay, replay};
pub(crate) use writer::{Journal, Writer};

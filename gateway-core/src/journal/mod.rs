//! The journal: one file that holds a snapshot and every fact since. Each boot begins its own.
mod compaction;
mod frame;
mod reader;
mod snapshot;
mod store;
mod tail;
#[cfg(test)]
mod testing;
mod writer;

pub(crate) use frame::{VERSION, json};
pub(crate) use reader::{Part, Refusal, Replay, Torn, replay};
pub(crate) use store::{Log, rotate};
pub(crate) use writer::{Journal, Writer};

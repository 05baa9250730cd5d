//! The oracles: which statements a run breaks, by what could be seen from outside.
//!
//! Beliefs about each message (`belief`), filtered by one table (`table`) along the history of the
//! run (`replay`), convict where no history explains what happened. What a function of the ledger
//! says in one screen has a file of its own. Settings are read from the plan; there is no time
//! that anybody has chosen. The model is described in `docs/judge.md`.

mod belief;
mod chat;
mod conversation;
mod ends;
mod evidence;
mod honest_io;
mod id;
mod judge;
mod replay;
mod resumed;
mod served;
mod table;
mod violation;

pub use evidence::Evidence;
pub use id::{Kind, OracleId};
pub use judge::{Judgement, judge};
pub use violation::Violation;

#[cfg(test)]
mod past;
#[cfg(test)]
mod tests;

//! The oracles: each judges one statement by what could be seen from outside.

mod case;
mod fresh;
mod honest_io;
mod id;
mod judge;
mod liveness;
mod no_false_resume;
mod nothing_lost;
mod reason_true;
mod release;
mod resumed;
mod same_conversation;
mod sends;

pub use crate::judge::{Evidence, Judgement, judge};
pub use case::{Case, Violation};
pub use id::{Kind, OracleId};
pub use judge::judge as old_judge;

#[cfg(test)]
mod overlap;
#[cfg(test)]
mod past;
#[cfg(test)]
mod tests;

//! A campaign: many drafts, each run, killed and judged.
//!
//! Pure but for the simulation: it draws nothing by itself, touches no file and no clock, and
//! prints nothing. Who draws the drafts, how many, and what becomes of a failure is not its
//! business.

mod aiming;
mod attempt;
mod placing;
mod tally;
mod twice;

pub use attempt::{Attempt, Hooks, attempt, draft};
pub use tally::{Fault, Tally};
pub use twice::{Account, account, differ};

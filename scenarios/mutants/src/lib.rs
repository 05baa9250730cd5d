//! The gateway core with one planted error at a time: what the harness must convict.
//!
//! The build script copies what the core keeps private and edits the copy (`src/edits.rs`); what
//! crosses the seam is the core's own, so that a mutant is a gateway like every other one. No line
//! of the core is written for this. Without an error the copy does what the core does.

mod gateway;
mod planted;

#[cfg(test)]
mod edit;
#[cfg(test)]
mod edits;

pub use gateway::Mutant;
pub use planted::Planted;

include!(concat!(env!("OUT_DIR"), "/copy/roots.rs"));

//! The gateways of this workspace with one step of their protocol broken: what the harness must
//! notice.

mod access;
mod mutant;
mod procedure;

pub use mutant::Mutant;

//! The gateways of this workspace with one thing broken: what the harness must notice.

mod journal;
mod marks;
mod mutant;
mod procedure;
mod tampered;

pub use mutant::Mutant;

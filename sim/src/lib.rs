//! A deterministic world that can kill a chat gateway anywhere, and oracles that notice.

pub mod campaign;
pub mod capsule;
pub mod coverage;
pub mod delivered;
pub mod describe;
pub mod direct;
pub mod disk;
pub mod explore;
pub mod hub;
mod keep;
pub mod ledger;
pub mod network;
pub mod oracle;
mod pace;
pub mod plan;
pub mod rerun;
pub mod script;
mod seam;
pub mod shrink;
mod spans;
pub mod strategy;
pub mod streams;
pub mod time;
pub mod trace;
pub mod verdict;
pub mod witness;
pub mod world;

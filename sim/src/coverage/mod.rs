//! What a campaign has met, by name: a search that never got to a place says nothing about it.

mod beside;
mod facts;
mod goal;
mod network;
mod phases;
mod reached;
mod scene;
mod wished;

pub use goal::{Goal, Goals};
pub use phases::Phases;
pub use scene::{Kill, Scene};

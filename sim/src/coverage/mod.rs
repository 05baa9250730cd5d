//! What a campaign has met, by name: a search that never got to a place says nothing about it.

mod goal;
mod network;
mod reached;
mod scene;
mod wished;

pub use goal::{Goal, Goals};
pub use scene::{Kill, Scene};

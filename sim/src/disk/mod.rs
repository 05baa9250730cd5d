//! The simulated disk.
//!
//! A living process sees of it what Linux would show (paths, names, handles, held against a real
//! disk by `tests/it/real_disk.rs`); what a death leaves is decided apart from that (pending,
//! failure, crash).

mod content;
mod crash;
mod failure;
mod fate;
mod handles;
mod names;
mod path;
mod pending;
mod recording;
mod settle;
mod tree;
mod visible;
mod volume;

pub use content::{BLOCK, Content, SECTOR};
pub use crash::{Bounds, CrashImage, CrashImages, Grain, Profile};
pub use fate::{Fate, Fates, Growth, NoFate, Piece};
pub use handles::Fd;
pub use names::Entry;
pub use recording::{Call, Recording, Refused};
pub(crate) use visible::Visible;
pub use volume::Disk;
pub(crate) use volume::cuts;

#[cfg(test)]
mod tests;

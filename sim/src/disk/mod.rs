//! The simulated disk.

mod content;
mod crash;
mod failure;
mod fate;
mod pending;
mod recording;
mod settle;
mod tree;
mod visible;
mod volume;

pub use content::{Content, SECTOR};
pub use crash::{Bounds, CrashImage, CrashImages, Grain, Profile};
pub use fate::{Fate, Fates, Growth, NoFate, Piece};
pub use recording::{Call, Recording, Refused};
pub(crate) use visible::Visible;
pub(crate) use volume::cuts;
pub use volume::{Disk, Fd};

#[cfg(test)]
mod tests;

//! The simulated disk.

mod content;
mod pending;
mod tree;
mod volume;

pub use content::{Content, SECTOR};
pub(crate) use volume::cuts;
pub use volume::{Disk, Fd};

#[cfg(test)]
mod tests;

//! What a power loss may leave of a log: every legal image, or as many as the bounds allow.
mod contents;
mod images;
mod names;
mod profile;

pub(crate) use images::crash_images;
pub use images::{CrashImage, CrashImages};
pub use profile::{Bounds, Grain, Profile};

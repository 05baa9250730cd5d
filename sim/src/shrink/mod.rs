//! The smallest plan that still breaks the same statement.

mod bench;
mod fair;
mod kills;
mod parts;
mod places;
mod said;
mod shrinker;
mod size;
mod times;
mod values;

pub use bench::{Budget, Make, Progress};
pub use shrinker::{Shrunk, shrink};
pub use size::{Parts, Size};

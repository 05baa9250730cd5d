//! Every place where a process can die, tried.
mod again;
mod cross;
mod explorer;
mod family;
mod image;
mod known;
mod matrix;
mod moments;
mod outcome;
mod preempt;
mod sweep;

pub use cross::{Cross, CrossRow, cross};
pub use family::{Family, Variant};
pub(crate) use image::torn_lengths;
pub use image::{Deaths, Depth, Image, Search, images};
pub use matrix::{Finding, Judged, Matrix, Summary, matrix, matrix_heard};
pub use outcome::Outcome;
pub(crate) use outcome::in_recovery;
pub use preempt::preemptions;
pub use sweep::{Swept, sweep};

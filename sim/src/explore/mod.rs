//! Trying every place where a process can die.

mod image;
mod matrix;
mod outcome;

pub use image::{Deaths, Image, images};
pub use matrix::{Depth, Finding, Judged, Matrix, Summary, matrix};
pub use outcome::Outcome;

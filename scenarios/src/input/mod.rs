//! What people hand to the command: files and arguments, and what is wrong with them.

mod bad_input;
mod document;
mod file;
mod link_check;
mod plan_check;
mod scenario;
mod seed;
pub mod suggest;

pub use bad_input::BadInput;
pub use document::{Document, Step};
pub use file::{File, read_capsule, read_file};
pub use scenario::Scenario;
pub use seed::parse_seed;

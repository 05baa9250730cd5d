//! The core on a file system that somebody spoils: what the disk's part of the harness must notice.

mod saboteur;

mod gateway;
mod sabotage;

mod draft;
mod failure;
mod late;
mod lines;
mod locks;
mod marks;
mod place;
mod reading;
mod sync;

pub use saboteur::Saboteur;

//! The real world of the command: its clock, its files and its threads.
//!
//! The only file of this crate that touches them. Nothing here is ever seen by simulated code.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Measures real time.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts to measure.
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// The seconds since then.
    pub fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// Reads a whole file as text.
///
/// # Errors
///
/// If it cannot be read, or is no UTF-8.
pub fn read(path: &Path) -> io::Result<String> {
    std::fs::read_to_string(path)
}

/// Writes a whole file, and creates the directories that lead to it.
///
/// # Errors
///
/// If a directory or the file cannot be written.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    std::fs::write(path, text)
}

/// The TOML files in a directory, sorted by name; none if there is no such directory.
///
/// # Errors
///
/// If it exists and cannot be listed.
pub fn toml_files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Whether there is a file or a directory.
pub fn exists(path: &Path) -> bool {
    path.exists()
}

/// Runs something on a thread that has never run anything.
///
/// # Panics
///
/// If it panics.
pub fn on_fresh_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().expect("the work does not panic"))
}

/// Calls `look` about once in `period`, on a thread of its own, until the process ends.
pub fn every(period: Duration, mut look: impl FnMut() + Send + 'static) {
    std::thread::spawn(move || {
        loop {
            std::thread::park_timeout(period);
            look();
        }
    });
}

//! The real world of the command: its clock, its files and its threads.
//!
//! The only file of this crate that touches them. Nothing here is ever seen by simulated code.

use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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

/// Puts a text in the place of a file at once: whoever looks finds the old one or the new one.
///
/// # Errors
///
/// If it cannot be written.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("draft");
    write(&draft, text)?;
    std::fs::rename(&draft, path)
}

/// Removes a file; it need not be there.
///
/// # Errors
///
/// If it is there and cannot be removed.
pub fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A name that no other call gets: neither in this process nor in one that lives beside it.
pub fn own_name() -> String {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    format!("{}-{call}", std::process::id())
}

/// Runs the same work on some threads, each with its number from 0, and waits for all of them.
///
/// # Panics
///
/// If the work panics.
pub fn on_threads(count: NonZeroUsize, work: impl Fn(usize) + Sync) {
    std::thread::scope(|scope| {
        for number in 0..count.get() {
            let work = &work;
            scope.spawn(move || work(number));
        }
    });
}

/// How many threads the machine runs at a time.
pub fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The value of a variable of the environment.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The most memory that this process has held at a time, in bytes; none if the system does not
/// tell.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Whether somebody has pressed Ctrl-C since the first call; a second time ends the process.
pub fn interruptible() -> &'static AtomicBool {
    static INTERRUPTED: AtomicBool = AtomicBool::new(false);
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let handler = ctrlc::set_handler(|| {
            if INTERRUPTED.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        });
        // Without a handler Ctrl-C ends the process at once, which loses nothing: the plan that
        // was running is a file.
        drop(handler);
    });
    &INTERRUPTED
}

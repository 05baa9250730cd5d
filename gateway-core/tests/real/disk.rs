//! The real disk with a gauge on it: it counts what is asked of it, and it can be full.
//!
//! It never changes what a verb does, except that a full disk takes nothing.

use std::io;
use std::ops::Sub;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use gateway_core::env::{Effect, File, Fs};
use tokio::time::Instant;

/// What is seen of a disk from outside.
#[derive(Default)]
pub(crate) struct Gauge {
    /// Whether it is full.
    pub(crate) full: AtomicBool,
    /// The largest that a file ever was, in bytes.
    pub(crate) largest: AtomicU64,
    appends: AtomicU64,
    syncs: AtomicU64,
    written: AtomicU64,
    read: AtomicU64,
    synced: Mutex<Option<Instant>>,
}

/// How much was asked of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Appends.
    pub(crate) appends: u64,
    /// Syncs of files and of directories.
    pub(crate) syncs: u64,
    /// Bytes appended.
    pub(crate) written: u64,
    /// Bytes read.
    pub(crate) read: u64,
}

impl Gauge {
    /// How much was asked so far.
    pub(crate) fn counts(&self) -> Counts {
        let Gauge { appends, syncs, written, read, .. } = self;
        let [appends, syncs, written, read] =
            [appends, syncs, written, read].map(|count| count.load(Ordering::Relaxed));
        Counts { appends, syncs, written, read }
    }

    /// When a sync of a file's data last came back.
    pub(crate) fn synced(&self) -> Option<Instant> {
        *self.synced.lock().expect("nobody panics while holding a time")
    }
}

impl Sub for Counts {
    type Output = Counts;

    fn sub(self, earlier: Counts) -> Counts {
        Counts {
            appends: self.appends - earlier.appends,
            syncs: self.syncs - earlier.syncs,
            written: self.written - earlier.written,
            read: self.read - earlier.read,
        }
    }
}

/// Puts a gauge on a disk.
pub(crate) fn gauged(fs: Arc<dyn Fs>, gauge: Arc<Gauge>) -> Arc<dyn Fs> {
    Arc::new(Disk { fs, gauge })
}

struct Disk {
    fs: Arc<dyn Fs>,
    gauge: Arc<Gauge>,
}

struct DiskFile {
    file: Arc<dyn File>,
    /// As far as somebody has read or written it.
    len: Arc<AtomicU64>,
    gauge: Arc<Gauge>,
}

/// What a full disk says.
fn full<T: Send + 'static>(gauge: &Gauge) -> Option<Effect<io::Result<T>>> {
    let no_space = || io::Error::from_raw_os_error(28);
    let is_full = gauge.full.load(Ordering::Relaxed);
    is_full.then(|| Box::pin(async move { Err(no_space()) }) as Effect<io::Result<T>>)
}

fn add(count: &AtomicU64, more: usize) -> u64 {
    let more = more as u64;
    count.fetch_add(more, Ordering::Relaxed) + more
}

impl Disk {
    fn file(&self, file: Effect<io::Result<Arc<dyn File>>>) -> Effect<io::Result<Arc<dyn File>>> {
        let gauge = Arc::clone(&self.gauge);
        Box::pin(async move {
            let file = DiskFile { file: file.await?, len: Arc::default(), gauge };
            Ok(Arc::new(file) as Arc<dyn File>)
        })
    }
}

impl Fs for Disk {
    fn create_new(&self, path: &str) -> Effect<io::Result<Arc<dyn File>>> {
        full(&self.gauge).unwrap_or_else(|| self.file(self.fs.create_new(path)))
    }
    fn open(&self, path: &str) -> Effect<io::Result<Arc<dyn File>>> {
        self.file(self.fs.open(path))
    }
    fn rename(&self, from: &str, to: &str) -> Effect<io::Result<()>> {
        self.fs.rename(from, to)
    }
    fn link(&self, from: &str, to: &str) -> Effect<io::Result<()>> {
        self.fs.link(from, to)
    }
    fn remove(&self, path: &str) -> Effect<io::Result<()>> {
        self.fs.remove(path)
    }
    fn remove_dir(&self, path: &str) -> Effect<io::Result<()>> {
        self.fs.remove_dir(path)
    }
    fn mkdir(&self, path: &str) -> Effect<io::Result<()>> {
        full(&self.gauge).unwrap_or_else(|| self.fs.mkdir(path))
    }
    fn list(&self, path: &str) -> Effect<io::Result<Vec<String>>> {
        self.fs.list(path)
    }
    fn sync_dir(&self, path: &str) -> Effect<io::Result<()>> {
        add(&self.gauge.syncs, 1);
        self.fs.sync_dir(path)
    }
    fn display(&self, path: &str) -> String {
        self.fs.display(path)
    }
}

impl File for DiskFile {
    fn append(&self, bytes: Vec<u8>) -> Effect<io::Result<()>> {
        full(&self.gauge).unwrap_or_else(|| {
            add(&self.gauge.appends, 1);
            add(&self.gauge.written, bytes.len());
            let len = add(&self.len, bytes.len());
            self.gauge.largest.fetch_max(len, Ordering::Relaxed);
            self.file.append(bytes)
        })
    }
    fn write_at(&self, offset: u64, bytes: Vec<u8>) -> Effect<io::Result<()>> {
        full(&self.gauge).unwrap_or_else(|| self.file.write_at(offset, bytes))
    }
    fn read(&self) -> Effect<io::Result<Vec<u8>>> {
        let (gauge, len) = (Arc::clone(&self.gauge), Arc::clone(&self.len));
        let bytes = self.file.read();
        Box::pin(async move {
            let bytes = bytes.await?;
            add(&gauge.read, bytes.len());
            len.fetch_max(bytes.len() as u64, Ordering::Relaxed);
            Ok(bytes)
        })
    }
    fn truncate(&self, len: u64) -> Effect<io::Result<()>> {
        self.len.store(len, Ordering::Relaxed);
        self.file.truncate(len)
    }
    fn sync_file(&self) -> Effect<io::Result<()>> {
        add(&self.gauge.syncs, 1);
        self.file.sync_file()
    }
    fn sync_data(&self) -> Effect<io::Result<()>> {
        add(&self.gauge.syncs, 1);
        let (synced, gauge) = (self.file.sync_data(), Arc::clone(&self.gauge));
        Box::pin(async move {
            let synced = synced.await;
            *gauge.synced.lock().expect("nobody panics while holding a time") =
                Some(Instant::now());
            synced
        })
    }
    fn try_lock(&self) -> Effect<io::Result<bool>> {
        self.file.try_lock()
    }
    fn unlock(&self) -> Effect<io::Result<()>> {
        self.file.unlock()
    }
}

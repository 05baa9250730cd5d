//! The state directory on a real file system.
//!
//! Each verb is one blocking call on a thread of the runtime's, begun at once. What the operating
//! system says is handed on as it is, raw errno and all; nothing here tries again or looks away.

use std::fs::{DirBuilder, File as OsFile, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FlockOperation, Mode, OFlags, flock, fsync, open};

use crate::env::{Effect, File, Fs};

/// Runs a system call beside the runtime, beginning now.
fn call<T: Send + 'static>(
    call: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Effect<io::Result<T>> {
    let running = tokio::task::spawn_blocking(call);
    Box::pin(async move { running.await.unwrap_or_else(|lost| Err(io::Error::other(lost))) })
}

/// A directory of the operating system's.
pub(super) struct OsFs {
    /// Where it is.
    pub(super) root: PathBuf,
}

impl OsFs {
    /// Where a path is. The root goes by `.`, so that nothing can remove or replace it.
    fn at(&self, path: &str) -> PathBuf {
        self.root.join(if path.is_empty() { "." } else { path })
    }
}

impl Fs for OsFs {
    fn create_new(&self, path: &str) -> Effect<io::Result<Arc<dyn File>>> {
        let path = self.at(path);
        call(move || {
            let mut options = OpenOptions::new();
            let file = options.read(true).write(true).create_new(true).mode(0o600).open(&path)?;
            handle(file, &path)
        })
    }

    fn open(&self, path: &str) -> Effect<io::Result<Arc<dyn File>>> {
        let path = self.at(path);
        call(move || handle(OpenOptions::new().read(true).write(true).open(&path)?, &path))
    }

    fn rename(&self, from: &str, to: &str) -> Effect<io::Result<()>> {
        let (from, to) = (self.at(from), self.at(to));
        call(move || std::fs::rename(from, to))
    }

    fn link(&self, from: &str, to: &str) -> Effect<io::Result<()>> {
        let (from, to) = (self.at(from), self.at(to));
        call(move || std::fs::hard_link(from, to))
    }

    fn remove(&self, path: &str) -> Effect<io::Result<()>> {
        let path = self.at(path);
        call(move || std::fs::remove_file(path))
    }

    fn mkdir(&self, path: &str) -> Effect<io::Result<()>> {
        let path = self.at(path);
        call(move || DirBuilder::new().mode(0o700).create(path))
    }

    fn remove_dir(&self, path: &str) -> Effect<io::Result<()>> {
        let path = self.at(path);
        call(move || std::fs::remove_dir(path))
    }

    fn list(&self, path: &str) -> Effect<io::Result<Vec<String>>> {
        let path = self.at(path);
        call(move || {
            let mut names = Vec::new();
            for entry in std::fs::read_dir(path)? {
                let name = entry?.file_name().into_string();
                names.push(name.or(Err(io::Error::from(io::ErrorKind::InvalidData)))?);
            }
            names.sort();
            Ok(names)
        })
    }

    fn sync_dir(&self, path: &str) -> Effect<io::Result<()>> {
        let path = self.at(path);
        // A file would be synced just as well, and its name would not be.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        call(move || Ok(fsync(open(path, flags, Mode::empty())?)?))
    }

    fn display(&self, path: &str) -> String {
        self.root.join(path).display().to_string()
    }
}

/// Two descriptors of one file: the kernel ignores offsets on one that appends.
fn handle(file: OsFile, path: &Path) -> io::Result<Arc<dyn File>> {
    let tail = OpenOptions::new().append(true).open(path)?;
    Ok(Arc::new(Handle(Arc::new(Descriptors { file, tail }))))
}

struct Handle(Arc<Descriptors>);

struct Descriptors {
    file: OsFile,
    tail: OsFile,
}

impl Handle {
    fn call<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&Descriptors) -> io::Result<T> + Send + 'static,
    ) -> Effect<io::Result<T>> {
        let descriptors = Arc::clone(&self.0);
        call(move || verb(&descriptors))
    }
}

impl File for Handle {
    fn append(&self, bytes: Vec<u8>) -> Effect<io::Result<()>> {
        self.call(move |to| (&to.tail).write_all(&bytes))
    }

    fn write_at(&self, offset: u64, bytes: Vec<u8>) -> Effect<io::Result<()>> {
        self.call(move |to| to.file.write_all_at(&bytes, offset))
    }

    fn read(&self) -> Effect<io::Result<Vec<u8>>> {
        self.call(|from| {
            let length = usize::try_from(from.file.metadata()?.len()).map_err(io::Error::other)?;
            let mut bytes = vec![0; length];
            from.file.read_exact_at(&mut bytes, 0)?;
            Ok(bytes)
        })
    }

    fn truncate(&self, len: u64) -> Effect<io::Result<()>> {
        self.call(move |to| to.file.set_len(len))
    }

    fn sync_file(&self) -> Effect<io::Result<()>> {
        self.call(|to| to.file.sync_all())
    }

    fn sync_data(&self) -> Effect<io::Result<()>> {
        self.call(|to| to.file.sync_data())
    }

    fn try_lock(&self) -> Effect<io::Result<bool>> {
        self.call(|to| match flock(&to.file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
            Err(errno) => Err(errno.into()),
        })
    }

    fn unlock(&self) -> Effect<io::Result<()>> {
        self.call(|to| Ok(flock(&to.file, FlockOperation::Unlock)?))
    }
}

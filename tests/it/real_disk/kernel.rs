//! The disk of the machine, as a sequence of operations sees it.
//!
//! Everything happens in one directory that is emptied between sequences. Calls go straight to the
//! kernel: the standard library swallows some, such as a write of nothing. Nothing is ever synced,
//! for a sync has no answer to compare, and on a disk it takes milliseconds.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};

use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use sim::disk::Entry;
use tempfile::TempDir;

use super::op::{Look, Op, Outcome, SLOTS, Slot};

/// A directory of the machine and handles to files in it.
pub(super) struct Kernel {
    /// Removed when this is dropped.
    _home: TempDir,
    root: File,
    handles: [Option<Handle>; SLOTS],
    /// Whether the file system counts directories as links of their parent. Some do not.
    pub(super) counts_directories: bool,
}

/// An open file the way the gateway has it: two descriptors, for the kernel ignores offsets on one
/// that appends.
struct Handle {
    file: File,
    /// None if it is for reading only.
    tail: Option<File>,
}

impl Kernel {
    /// An empty directory below `parent`.
    pub(super) fn new(parent: &std::path::Path) -> Kernel {
        let home = tempfile::tempdir_in(parent).expect("a temporary directory can be made");
        let root = File::open(home.path()).expect("it is there");
        let counts_directories = root.metadata().expect("it is there").nlink() == 2;
        Kernel { _home: home, root, handles: Default::default(), counts_directories }
    }

    /// Closes and removes everything.
    pub(super) fn clear(&mut self) {
        self.handles = Default::default();
        empty(&self.root);
    }

    /// Does one thing.
    pub(super) fn apply(&mut self, op: &Op) -> Result<Outcome, i32> {
        self.call(op).map_err(Errno::raw_os_error)
    }

    fn call(&mut self, op: &Op) -> Result<Outcome, Errno> {
        let root = &self.root;
        match op {
            Op::CreateNew(slot, path) => {
                let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
                return self.open(*slot, name(&path.0), flags);
            }
            Op::Open(slot, path) => return self.open(*slot, name(&path.0), OFlags::RDWR),
            Op::OpenRead(slot, path) => return self.open(*slot, name(&path.0), OFlags::RDONLY),
            Op::Close(slot) => drop(self.handles[*slot].take().ok_or(Errno::BADF)?),
            Op::Read(slot) => {
                let file = self.file(*slot)?;
                let len = usize::try_from(rustix::fs::fstat(file)?.st_size).expect("it is short");
                return read(file, 0, len);
            }
            Op::ReadAt(slot, at, len) => {
                return read(self.file(*slot)?, *at, usize::try_from(*len).expect("it is short"));
            }
            Op::Append(slot, fill) => {
                let handle = self.handles[*slot].as_ref().ok_or(Errno::BADF)?;
                let tail = handle.tail.as_ref().unwrap_or(&handle.file);
                write_all(&fill.bytes(), |rest, _| rustix::io::write(tail, rest))?;
            }
            Op::WriteAt(slot, at, fill) => {
                let file = self.file(*slot)?;
                write_all(&fill.bytes(), |rest, done| rustix::io::pwrite(file, rest, at + done))?;
            }
            Op::Truncate(slot, len) => rustix::fs::ftruncate(self.file(*slot)?, *len)?,
            Op::SyncFile(slot) => drop(self.file(*slot)?),
            Op::TryLock(slot) => {
                let exclusive = FlockOperation::NonBlockingLockExclusive;
                return match rustix::fs::flock(self.file(*slot)?, exclusive) {
                    Err(Errno::WOULDBLOCK) => Ok(Outcome::Locked(false)),
                    locked => locked.map(|()| Outcome::Locked(true)),
                };
            }
            Op::Unlock(slot) => rustix::fs::flock(self.file(*slot)?, FlockOperation::Unlock)?,
            Op::Rename(from, to) => {
                rustix::fs::renameat(root, name(&from.0), root, name(&to.0))?;
            }
            Op::Link(from, to) => {
                let flags = AtFlags::empty();
                rustix::fs::linkat(root, name(&from.0), root, name(&to.0), flags)?;
            }
            Op::Remove(path) => rustix::fs::unlinkat(root, name(&path.0), AtFlags::empty())?,
            Op::RemoveDir(path) => rustix::fs::unlinkat(root, name(&path.0), AtFlags::REMOVEDIR)?,
            Op::Mkdir(path) => rustix::fs::mkdirat(root, name(&path.0), Mode::RWXU)?,
            Op::List(path) => {
                let dir = directory(root, name(&path.0))?;
                return Ok(Outcome::Names(
                    entries(&dir).into_iter().map(|(name, _)| name).collect(),
                ));
            }
            Op::SyncDir(path) => drop(directory(root, name(&path.0))?),
            Op::Kill => self.handles = Default::default(),
        }
        Ok(Outcome::Done)
    }

    fn open(&mut self, slot: Slot, path: &str, flags: OFlags) -> Result<Outcome, Errno> {
        let mode = Mode::RUSR | Mode::WUSR;
        let file = rustix::fs::openat(&self.root, path, flags | OFlags::CLOEXEC, mode)?;
        let tail = flags.contains(OFlags::RDWR).then(|| {
            let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CLOEXEC;
            rustix::fs::openat(&self.root, path, flags, Mode::empty()).expect("it is there")
        });
        self.handles[slot] = Some(Handle { file: file.into(), tail: tail.map(File::from) });
        Ok(Outcome::Done)
    }

    fn file(&self, slot: Slot) -> Result<&File, Errno> {
        self.handles[slot].as_ref().map(|handle| &handle.file).ok_or(Errno::BADF)
    }

    /// What an open handle looks like.
    pub(super) fn look(&self, slot: Slot) -> Option<Look> {
        let stat = rustix::fs::fstat(self.file(slot).ok()?).expect("it is open");
        let links = u32::try_from(stat.st_nlink).expect("few names");
        Some(match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => Look::Dir { links },
            _ => Look::File { len: u64::try_from(stat.st_size).expect("no less"), links },
        })
    }

    /// Every name and what it leads to.
    pub(super) fn tree(&self) -> BTreeMap<String, Entry> {
        let mut names = BTreeMap::new();
        walk(&self.root, "", &mut names);
        let mut firsts: BTreeMap<u64, String> = BTreeMap::new();
        let entry = |(path, file): (String, Option<File>)| {
            let Some(file) = file else { return (path, Entry::Dir) };
            let meta = file.metadata().expect("it is open");
            let mut bytes = vec![0; usize::try_from(meta.len()).expect("it is short")];
            file.read_exact_at(&mut bytes, 0).expect("nobody else changes it");
            let first = firsts.entry(meta.ino()).or_insert_with(|| path.clone()).clone();
            (path, Entry::File { first, bytes })
        };
        names.into_iter().map(entry).collect()
    }
}

/// A path for the kernel, to which the empty one is none.
fn name(path: &str) -> &str {
    if path.is_empty() { "." } else { path }
}

/// Writes until everything is written. What is nothing is written too, for the answer's sake.
fn write_all(
    bytes: &[u8],
    write: impl Fn(&[u8], u64) -> Result<usize, Errno>,
) -> Result<(), Errno> {
    let mut done = write(bytes, 0)?;
    while done < bytes.len() {
        done += write(&bytes[done..], done as u64)?;
    }
    Ok(())
}

fn read(file: &File, at: u64, len: usize) -> Result<Outcome, Errno> {
    let mut bytes = vec![0; len];
    let read = rustix::io::pread(file, &mut bytes, at)?;
    bytes.truncate(read);
    Ok(Outcome::Bytes(bytes))
}

fn directory(root: &File, path: &str) -> Result<File, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(root, path, flags, Mode::empty()).map(File::from)
}

/// The names in a directory, sorted by their bytes, and what they lead to.
fn entries(dir: &File) -> Vec<(String, FileType)> {
    let entries = Dir::read_from(dir).expect("a directory can be listed");
    let mut names: Vec<(String, FileType)> = entries
        .map(|entry| entry.expect("a directory can be listed"))
        .map(|entry| {
            let name = entry.file_name().to_str().expect("names are text").to_owned();
            (name, entry.file_type())
        })
        .filter(|(name, _)| name != "." && name != "..")
        .collect();
    names.sort_by(|one, other| one.0.cmp(&other.0));
    names
}

fn walk(dir: &File, at: &str, names: &mut BTreeMap<String, Option<File>>) {
    for (name, kind) in entries(dir) {
        let path = if at.is_empty() { name.clone() } else { format!("{at}/{name}") };
        if kind == FileType::Directory {
            walk(&directory(dir, &name).expect("it is there"), &path, names);
            names.insert(path, None);
        } else {
            let flags = OFlags::RDONLY | OFlags::CLOEXEC;
            let file = rustix::fs::openat(dir, name, flags, Mode::empty()).expect("it is there");
            names.insert(path, Some(file.into()));
        }
    }
}

fn empty(dir: &File) {
    for (name, kind) in entries(dir) {
        let flags = if kind == FileType::Directory {
            empty(&directory(dir, &name).expect("it is there"));
            AtFlags::REMOVEDIR
        } else {
            AtFlags::empty()
        };
        rustix::fs::unlinkat(dir, name, flags).expect("it can be removed");
    }
}

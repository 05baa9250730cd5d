//! The fault model, and the disk that keeps to it.
//!
//! *Process kill*: every operation that has taken hold survives, durable or not, and stays
//! pending; open files are closed and locks released. A write about to take hold may be cut at
//! any sector; a gateway must survive this because the kernel may be in the middle of copying.
//!
//! *Power loss*: operations that were not made durable by a sync of their object are settled: all
//! kept, all lost, or all kept but the last append, of which a prefix of sectors survives.
//! A rename is atomic. A synced file whose name was never synced is unreachable.
//!
//! Nothing here fails by itself, and nothing is drawn at random.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::content::{Content, SECTOR};
use super::pending::MicroOp;
use super::tree::{Ino, Tree, errno};
use crate::plan::DiskChoice;

/// An open file of the living process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fd(pub u32);

/// The simulated disk. Equal disks have an equal future.
#[derive(Clone, Debug)]
pub struct Disk {
    live: Tree,
    durable: Tree,
    pending: Vec<Arc<MicroOp>>,
    /// How many of the pending operations an earlier process left behind: the first ones.
    carried: usize,
    open: BTreeMap<Fd, Ino>,
    locks: BTreeMap<Ino, Fd>,
    next_ino: Ino,
    next_fd: u32,
}

impl std::hash::Hash for Disk {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.live.hash(state);
        // With nothing pending, what is durable is what is live.
        if !self.pending.is_empty() {
            self.durable.hash(state);
            self.pending.hash(state);
        }
    }
}

impl Default for Disk {
    fn default() -> Disk {
        Disk::new()
    }
}

impl Disk {
    /// An empty disk.
    pub fn new() -> Disk {
        Disk {
            live: Tree::new(),
            durable: Tree::new(),
            pending: Vec::new(),
            carried: 0,
            open: BTreeMap::new(),
            locks: BTreeMap::new(),
            next_ino: 1,
            next_fd: 1,
        }
    }

    fn log(&mut self, op: MicroOp) {
        op.apply(&mut self.live);
        self.pending.push(Arc::new(op));
    }

    fn ino(&self, fd: Fd) -> Result<Ino, i32> {
        self.open.get(&fd).copied().ok_or(errno::EBADF)
    }

    fn open_ino(&mut self, ino: Ino) -> Fd {
        let fd = Fd(self.next_fd);
        self.next_fd += 1;
        self.open.insert(fd, ino);
        fd
    }

    fn create(&mut self, path: &str, is_dir: bool) -> Result<Ino, i32> {
        let (dir, name) = self.live.parent(path)?;
        if self.live.dir(dir).is_some_and(|names| names.contains_key(name)) {
            return Err(errno::EEXIST);
        }
        let ino = self.next_ino;
        self.next_ino += 1;
        self.log(MicroOp::Link { dir, name: name.to_owned(), ino, is_dir });
        Ok(ino)
    }

    /// Creates a file and opens it; the errno on failure, here and below.
    pub fn create_new(&mut self, path: &str) -> Result<Fd, i32> {
        let ino = self.create(path, false)?;
        Ok(self.open_ino(ino))
    }

    /// Opens a file.
    pub fn open(&mut self, path: &str) -> Result<Fd, i32> {
        let ino = self.live.resolve(path)?;
        self.live.file(ino).ok_or(errno::EISDIR)?;
        Ok(self.open_ino(ino))
    }

    /// Closes a file, and releases its lock if this handle holds it.
    pub fn close(&mut self, fd: Fd) {
        if let Some(ino) = self.open.remove(&fd)
            && self.locks.get(&ino) == Some(&fd)
        {
            self.locks.remove(&ino);
        }
    }

    /// Creates a directory.
    pub fn mkdir(&mut self, path: &str) -> Result<(), i32> {
        self.create(path, true).map(|_| ())
    }

    /// Puts one name in the place of another.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), i32> {
        let (from_dir, from_name) = self.live.parent(from)?;
        let ino = self.live.resolve(from)?;
        let (to_dir, to_name) = self.live.parent(to)?;
        if let Ok(target) = self.live.resolve(to) {
            match (self.live.dir(ino), self.live.dir(target)) {
                (None, Some(_)) => return Err(errno::EISDIR),
                (Some(_), None) => return Err(errno::ENOTDIR),
                (Some(_), Some(names)) if !names.is_empty() => return Err(errno::ENOTEMPTY),
                _ => {}
            }
        }
        let from = (from_dir, from_name.to_owned());
        let to = (to_dir, to_name.to_owned());
        if from != to {
            self.log(MicroOp::Rename { from, to, ino });
        }
        Ok(())
    }

    /// Removes a file's name.
    pub fn remove(&mut self, path: &str) -> Result<(), i32> {
        let ino = self.live.resolve(path)?;
        self.live.file(ino).ok_or(errno::EISDIR)?;
        let (dir, name) = self.live.parent(path)?;
        self.log(MicroOp::Unlink { dir, name: name.to_owned() });
        Ok(())
    }

    /// The names in a directory, sorted.
    pub fn list(&self, path: &str) -> Result<Vec<String>, i32> {
        let ino = self.live.resolve(path)?;
        Ok(self.live.dir(ino).ok_or(errno::ENOTDIR)?.keys().cloned().collect())
    }

    /// Writes at an offset, or at the end.
    pub fn write(&mut self, fd: Fd, offset: Option<u64>, bytes: &[u8]) -> Result<(), i32> {
        let ino = self.ino(fd)?;
        let offset = offset.unwrap_or_else(|| self.live.file(ino).map_or(0, Content::len));
        self.log(MicroOp::Write { ino, offset, bytes: Arc::from(bytes) });
        Ok(())
    }

    /// Reads the whole file.
    pub fn read(&self, fd: Fd) -> Result<Vec<u8>, i32> {
        let ino = self.ino(fd)?;
        Ok(self.live.file(ino).map(Content::to_vec).unwrap_or_default())
    }

    /// The length of an open file; 0 if it is not open.
    pub fn len(&self, fd: Fd) -> u64 {
        self.ino(fd).ok().and_then(|ino| self.live.file(ino)).map_or(0, Content::len)
    }

    /// Sets the length.
    pub fn truncate(&mut self, fd: Fd, len: u64) -> Result<(), i32> {
        let ino = self.ino(fd)?;
        self.log(MicroOp::Truncate { ino, len });
        Ok(())
    }

    /// Makes a file's contents durable.
    pub fn sync_file(&mut self, fd: Fd) -> Result<(), i32> {
        let ino = self.ino(fd)?;
        self.force(|op| op.is_content_of(ino));
        Ok(())
    }

    /// Makes the names in a directory durable.
    pub fn sync_dir(&mut self, path: &str) -> Result<(), i32> {
        let ino = self.live.resolve(path)?;
        self.live.dir(ino).ok_or(errno::ENOTDIR)?;
        self.force(|op| op.is_name_in(ino));
        Ok(())
    }

    fn force(&mut self, forced: impl Fn(&MicroOp) -> bool) {
        let (durable, mut place) = (&mut self.durable, 0);
        let carried = self.carried;
        self.pending.retain(|op| {
            let forced = forced(op);
            if forced {
                op.apply(durable);
                self.carried -= usize::from(place < carried);
            }
            place += 1;
            !forced
        });
        if self.pending.is_empty() {
            // Unlinked inodes would else pile up in a tree that nobody reads.
            self.durable.clone_from(&self.live);
        }
    }

    /// Takes the lock of a file; whether it was free.
    pub fn try_lock(&mut self, fd: Fd) -> Result<bool, i32> {
        let ino = self.ino(fd)?;
        Ok(*self.locks.entry(ino).or_insert(fd) == fd)
    }

    /// Gives the lock of a file up.
    pub fn unlock(&mut self, fd: Fd) -> Result<(), i32> {
        let ino = self.ino(fd)?;
        if self.locks.get(&ino) == Some(&fd) {
            self.locks.remove(&ino);
        }
        Ok(())
    }

    /// The process died: its files are closed and its locks released. The pending log survives.
    pub fn kill(&mut self) {
        self.open.clear();
        self.locks.clear();
        self.carried = self.pending.len();
        self.live.collect(std::iter::empty());
        // Numbers start over, so that the number of files that a dead process had opened does
        // not tell two equal disks apart.
        self.next_fd = 1;
    }

    /// The power went: the pending log is settled, and what is left of it is durable.
    pub fn power_loss(&mut self, choice: DiskChoice) {
        self.kill();
        match choice {
            DiskChoice::Kept => {}
            DiskChoice::Lost => self.live = self.durable.clone(),
            DiskChoice::Torn(kept) => self.live = self.torn(kept),
        }
        self.live.collect(std::iter::empty());
        self.settle();
    }

    /// Forgets what is durable and what is not. Only right where no power will ever be lost.
    pub fn settle(&mut self) {
        self.pending.clear();
        self.carried = 0;
        self.durable.clone_from(&self.live);
    }

    fn torn(&self, kept: u64) -> Tree {
        let last = self.pending.iter().rposition(|op| matches!(**op, MicroOp::Write { .. }));
        let mut tree = self.durable.clone();
        for (index, op) in self.pending.iter().enumerate() {
            match &**op {
                MicroOp::Write { ino, offset, bytes } if Some(index) == last => {
                    let kept = usize::try_from(kept).map_or(bytes.len(), |n| n.min(bytes.len()));
                    tree.file_mut(*ino).write(*offset, &bytes[..kept]);
                }
                op => op.apply(&mut tree),
            }
        }
        tree
    }

    /// What a power loss may leave, given what is pending.
    pub fn choices(&self) -> Vec<DiskChoice> {
        let mut choices = vec![DiskChoice::Kept];
        if self.pending.is_empty() {
            return choices;
        }
        choices.push(DiskChoice::Lost);
        let last = self.pending.iter().rev().find_map(|op| match &**op {
            MicroOp::Write { offset, bytes, .. } => Some((*offset, bytes.len() as u64)),
            _ => None,
        });
        if let Some((offset, len)) = last {
            choices.extend(cuts(offset, len).map(DiskChoice::Torn));
        }
        choices
    }

    /// A name of an open file, for a trace.
    pub fn name_of(&self, fd: Fd) -> String {
        let found = self.open.get(&fd).and_then(|ino| self.live.name_of(*ino));
        found.unwrap_or_else(|| "(unlinked)".to_owned())
    }

    /// Whether the living process may have read what would be lost with the power, because an
    /// earlier process wrote it and nobody has synced it since.
    pub fn carries_pending(&self) -> bool {
        self.carried > 0
    }

    /// Every file with its path and contents, sorted by path.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        self.live.files().into_iter().map(|(path, content)| (path, content.to_vec())).collect()
    }
}

/// The lengths at which a write of `len` bytes at `offset` may be cut: at each sector boundary of
/// the file that lies inside it.
pub(crate) fn cuts(offset: u64, len: u64) -> impl Iterator<Item = u64> {
    let first = (offset / SECTOR + 1) * SECTOR;
    (first..offset + len).step_by(SECTOR as usize).map(move |boundary| boundary - offset)
}

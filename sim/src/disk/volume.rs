//! The disk as a living process sees it: inodes, names, open files and locks.
//!
//! What happens to it when a process dies, the power goes or a sync fails is in `failure.rs`.
//! Nothing here fails by itself, and nothing is drawn at random.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::content::{Content, SECTOR};
use super::pending::{Entry, MicroOp};
use super::tree::{Ino, Tree, errno};

/// An open file of the living process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fd(pub u32);

/// The simulated disk. Equal disks have an equal future.
#[derive(Clone, Debug)]
pub struct Disk {
    pub(super) live: Tree,
    pub(super) durable: Tree,
    pub(super) pending: Vec<Entry>,
    /// How many of the pending operations an earlier process left behind: the first ones.
    pub(super) carried: usize,
    /// The files of which a failed sync has dropped something that is still read.
    pub(super) ghosts: BTreeSet<Ino>,
    /// Those that an earlier process left behind.
    pub(super) carried_ghosts: BTreeSet<Ino>,
    /// The files whose contents somebody has looked at since the last power loss.
    pub(super) seen: BTreeSet<Ino>,
    /// Counts the changes, so that nobody has to compare two states of one disk.
    pub(super) changes: u64,
    pub(super) open: BTreeMap<Fd, Ino>,
    pub(super) locks: BTreeMap<Ino, Fd>,
    pub(super) next_ino: Ino,
    pub(super) next_fd: u32,
}

impl std::hash::Hash for Disk {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.live.hash(state);
        // With nothing pending and nothing dropped, what is durable is what is live.
        if !self.pending.is_empty() || !self.ghosts.is_empty() {
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
            ghosts: BTreeSet::new(),
            carried_ghosts: BTreeSet::new(),
            seen: BTreeSet::new(),
            changes: 0,
            open: BTreeMap::new(),
            locks: BTreeMap::new(),
            next_ino: 1,
            next_fd: 1,
        }
    }

    fn log(&mut self, op: MicroOp) {
        let len = |tree: &Tree, ino| tree.file(ino).map_or(0, Content::len);
        let before = match &op {
            MicroOp::Write { ino, .. } => Some((*ino, len(&self.live, *ino))),
            _ => None,
        };
        op.apply(&mut self.live);
        let grew = before.filter(|(ino, before)| *before < len(&self.live, *ino));
        let grew_from = grew.map(|(_, before)| before);
        self.pending.push(Entry { op: Arc::new(op), grew_from, followed_by_sync: false });
        self.changes += 1;
    }

    pub(super) fn ino(&self, fd: Fd) -> Result<Ino, i32> {
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
    pub fn read(&mut self, fd: Fd) -> Result<Vec<u8>, i32> {
        let ino = self.ino(fd)?;
        self.seen.insert(ino);
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
        self.pending.retain_mut(|entry| {
            let forced = forced(&entry.op);
            if forced {
                entry.op.apply(durable);
                self.carried -= usize::from(place < carried);
            }
            entry.followed_by_sync = true;
            place += 1;
            !forced
        });
        self.changes += 1;
        if self.pending.is_empty() && self.ghosts.is_empty() {
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

    /// A name of an open file, for a trace.
    pub fn name_of(&self, fd: Fd) -> String {
        let found = self.open.get(&fd).and_then(|ino| self.live.name_of(*ino));
        found.unwrap_or_else(|| "(unlinked)".to_owned())
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

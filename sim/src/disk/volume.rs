//! The disk as a living process sees it: inodes, names, open files and locks.
//!
//! What happens to it when a process dies, the power goes or a sync fails is in `failure.rs`.
//! Nothing here fails by itself, and nothing is drawn at random.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::content::{Content, SECTOR};
use super::handles::{Fd, Handle};
use super::pending::{Logged, MicroOp};
use super::tree::{Ino, Tree, errno};

/// The simulated disk. Equal disks have an equal future.
#[derive(Clone, Debug)]
pub struct Disk {
    pub(super) live: Tree,
    pub(super) durable: Tree,
    pub(super) pending: Vec<Logged>,
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
    pub(super) open: BTreeMap<Fd, Handle>,
    pub(super) locks: BTreeMap<Ino, Fd>,
    pub(super) next_ino: Ino,
    pub(super) next_fd: u32,
    /// How many blocks there are for the contents of files; none if there is no end to them.
    pub(super) capacity: Option<u64>,
    /// Whether the power may go; if not, nobody needs to know what is durable.
    pub(super) may_lose_power: bool,
}

impl std::hash::Hash for Disk {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.live.hash(state);
        self.capacity.hash(state);
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
    /// An empty disk that never is full.
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
            capacity: None,
            may_lose_power: true,
        }
    }

    /// Does something to the live tree and remembers that it is not durable. Whatever changes
    /// the live tree comes through here.
    pub(super) fn log(&mut self, op: MicroOp) {
        let len = |tree: &Tree, ino| tree.file(ino).map_or(0, Content::len);
        let before = match &op {
            MicroOp::Write { ino, .. } => Some((*ino, len(&self.live, *ino))),
            _ => None,
        };
        op.apply(&mut self.live);
        self.changes += 1;
        if !self.may_lose_power {
            return;
        }
        let grew = before.filter(|(ino, before)| *before < len(&self.live, *ino));
        let grew_from = grew.map(|(_, before)| before);
        self.pending.push(Logged { op: Arc::new(op), grew_from, followed_by_sync: false });
    }

    /// Drops the inodes of the live tree that nothing needs any more: no name in it, no open
    /// file, nothing that is durable, and nothing that is pending.
    pub(super) fn collect(&mut self) {
        let pending = self.pending.iter().flat_map(|logged| logged.op.inodes());
        let open = self.open.values().map(|handle| handle.ino);
        let kept = open.chain(self.durable.reachable()).chain(pending);
        self.live.collect(kept);
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

    /// A name of an open file, for a trace.
    pub fn name_of(&self, fd: Fd) -> String {
        let found = self.open.get(&fd).and_then(|handle| self.live.name_of(handle.ino));
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

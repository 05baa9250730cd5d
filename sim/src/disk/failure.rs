//! The fault model, and the disk that keeps to it.
//!
//! *Process kill*: every operation that has taken hold survives, durable or not, and stays
//! pending; open files are closed and locks released. A write about to take hold may be cut at
//! any sector; a gateway must survive this because the kernel may be in the middle of copying.
//!
//! *Power loss*: each operation that was not made durable by a sync of its object survives, is
//! lost or comes apart, as the profile allows (`crash/`) and the choice says (`fate.rs`). A synced
//! file whose name was never synced is unreachable.
//!
//! *Fault*: a sync may fail and drop what it should have written. What a process reads then is not
//! what the disk holds, and the next sync has nothing left to do.
//!
//! Nothing here fails by itself, and nothing is drawn at random.

use std::collections::BTreeSet;

use super::content::Content;
use super::crash::{Bounds, CrashImage, CrashImages, Profile, crash_images};
use super::handles::Fd;
use super::pending::MicroOp;
use super::settle::settle;
use super::tree::{Ino, Tree};
use super::visible::Visible;
use super::volume::Disk;
use crate::plan::DiskChoice;

impl Disk {
    /// The process died: its files are closed and its locks released. The pending log survives.
    pub fn kill(&mut self) {
        self.open.clear();
        self.locks.clear();
        self.carried = self.pending.len();
        self.carried_ghosts.clone_from(&self.ghosts);
        self.collect();
        // Numbers start over, so that the number of files that a dead process had opened does
        // not tell two equal disks apart.
        self.next_fd = 1;
    }

    /// One of several processes died: its files are closed and its locks released.
    pub fn kill_one(&mut self, open: &BTreeSet<Fd>) {
        self.open.retain(|fd, _| !open.contains(fd));
        self.locks.retain(|_, fd| !open.contains(fd));
        self.carried = self.pending.len();
        self.carried_ghosts.clone_from(&self.ghosts);
        self.collect();
    }

    /// The power went: the pending log is settled, and what is left of it is durable.
    pub fn power_loss(&mut self, choice: &DiskChoice) {
        let tree = match choice {
            DiskChoice::Kept if self.ghosts.is_empty() => self.live.clone(),
            DiskChoice::Kept => {
                let mut tree = self.durable.clone();
                self.pending.iter().for_each(|entry| entry.op.apply(&mut tree));
                tree
            }
            DiskChoice::Lost => self.durable.clone(),
            DiskChoice::Split(fates) => settle(&self.durable, &self.pending, fates),
        };
        self.start_from(tree);
    }

    /// The machine starts again with one of [`Disk::crash_images`].
    pub(crate) fn start_from_image(&mut self, image: &CrashImage) {
        self.start_from(image.tree.clone());
    }

    fn start_from(&mut self, tree: Tree) {
        assert!(self.may_lose_power, "somebody had said that the power would not go");
        self.live = tree;
        self.kill();
        self.seen.clear();
        self.settle();
    }

    /// Forgets what is durable and what is not. Only right where no power will ever be lost.
    pub fn settle(&mut self) {
        self.pending.clear();
        self.carried = 0;
        self.ghosts.clear();
        self.carried_ghosts.clear();
        self.changes += 1;
        self.durable.clone_from(&self.live);
    }

    /// Nobody will take the power away: from now on nothing is kept of what is not durable.
    pub fn spare_power(&mut self) {
        self.may_lose_power = false;
        self.settle();
    }

    /// What a power loss may leave.
    pub fn crash_images(&self, profile: Profile, bounds: &Bounds) -> CrashImages {
        crash_images(&self.durable, &self.pending, profile, bounds)
    }

    /// Rises with every change. Only comparable between states of one disk that follow each other.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// What can be seen of it.
    pub(crate) fn visible(&self) -> Visible {
        self.live.visible()
    }

    /// Whether somebody has looked at the contents of a file since the last power loss.
    pub(crate) fn has_seen(&self, ino: Ino) -> bool {
        self.seen.contains(&ino)
    }

    /// A sync of a file's contents fails: what it should have written is dropped, still read, and
    /// never written by any sync to come.
    pub fn drop_dirty_file(&mut self, fd: Fd) -> Result<(), i32> {
        let ino = self.ino(fd)?;
        self.drop_dirty(ino, |op| op.is_content_of(ino));
        Ok(())
    }

    /// The same for the names in a directory.
    pub fn drop_dirty_dir(&mut self, path: &str) -> Result<(), i32> {
        let ino = self.live.resolve(path)?;
        self.drop_dirty(ino, |op| op.is_name_in(ino));
        Ok(())
    }

    fn drop_dirty(&mut self, ino: Ino, dropped: impl Fn(&MicroOp) -> bool) {
        let (before, carried, mut place) = (self.pending.len(), self.carried, 0);
        self.pending.retain(|entry| {
            let dropped = dropped(&entry.op);
            self.carried -= usize::from(dropped && place < carried);
            place += 1;
            !dropped
        });
        if self.pending.len() < before {
            self.ghosts.insert(ino);
        }
        self.changes += 1;
    }

    /// One bit of a file turns over, on the disk and for everybody who reads it; whether there is
    /// such a byte. A negative place is counted from the end.
    pub fn rot(&mut self, path: &str, byte: i64, bit: u8) -> bool {
        let Ok(ino) = self.live.resolve(path) else { return false };
        let mut flipped = false;
        for tree in [&mut self.live, &mut self.durable] {
            let Some(bytes) = tree.file(ino).map(Content::to_vec) else { continue };
            let from_end = i64::try_from(bytes.len()).map_or(-1, |len| len + byte);
            let place = usize::try_from(if byte < 0 { from_end } else { byte });
            if let Some(old) = place.ok().and_then(|place| bytes.get(place)) {
                let place = place.expect("just used") as u64;
                tree.file_mut(ino).write(place, &[old ^ (1 << (bit % 8))]);
                flipped = true;
            }
        }
        self.changes += 1;
        flipped
    }

    /// How many operations are not durable.
    pub fn pending_ops(&self) -> usize {
        self.pending.len()
    }

    /// Whether the living process may have read what would be lost with the power, because an
    /// earlier process wrote it and nobody has synced it since.
    pub fn carries_pending(&self) -> bool {
        self.carried > 0 || !self.carried_ghosts.is_empty()
    }
}

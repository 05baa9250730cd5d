//! The simulated disk, as a sequence of operations sees it.

use std::collections::BTreeMap;

use sim::disk::{Disk, Entry, Fd};

use super::op::{Look, Op, Outcome, SLOTS, Slot};

/// The simulated disk and the handles of its process.
#[derive(Clone)]
pub(super) struct Simulated {
    disk: Disk,
    /// A handle stays here when it is closed, so that it is seen to be refused.
    handles: [Fd; SLOTS],
}

/// What no handle is called.
const NEVER: Fd = Fd(0);

impl Simulated {
    /// An empty one.
    pub(super) fn new() -> Simulated {
        Simulated { disk: Disk::new(), handles: [NEVER; SLOTS] }
    }

    /// Does one thing.
    pub(super) fn apply(&mut self, op: &Op) -> Result<Outcome, i32> {
        let fd = |slot: &Slot| self.handles[*slot];
        let disk = &mut self.disk;
        let done = match op {
            Op::CreateNew(slot, path) => {
                let opened = disk.create_new(&path.0);
                return self.opened(*slot, opened);
            }
            Op::Open(slot, path) => {
                let opened = disk.open(&path.0);
                return self.opened(*slot, opened);
            }
            Op::OpenRead(slot, path) => {
                let opened = disk.open_read(&path.0);
                return self.opened(*slot, opened);
            }
            Op::Close(slot) => disk.close(fd(slot)),
            Op::Read(slot) => return disk.read(fd(slot)).map(Outcome::Bytes),
            Op::ReadAt(slot, at, len) => {
                return disk.read_at(fd(slot), *at, *len).map(Outcome::Bytes);
            }
            Op::Append(slot, fill) => disk.append(fd(slot), &fill.bytes()),
            Op::WriteAt(slot, at, fill) => disk.write_at(fd(slot), *at, &fill.bytes()),
            Op::Truncate(slot, len) => disk.truncate(fd(slot), *len),
            Op::SyncFile(slot) => disk.sync_file(fd(slot)),
            Op::TryLock(slot) => return disk.try_lock(fd(slot)).map(Outcome::Locked),
            Op::Unlock(slot) => disk.unlock(fd(slot)),
            Op::Rename(from, to) => disk.rename(&from.0, &to.0),
            Op::Link(from, to) => disk.link(&from.0, &to.0),
            Op::Remove(path) => disk.remove(&path.0),
            Op::RemoveDir(path) => disk.remove_dir(&path.0),
            Op::Mkdir(path) => disk.mkdir(&path.0),
            Op::List(path) => return disk.list(&path.0).map(Outcome::Names),
            Op::SyncDir(path) => disk.sync_dir(&path.0),
            Op::Kill => {
                disk.kill();
                // The numbers of its handles mean nothing to the next process.
                self.handles = [NEVER; SLOTS];
                Ok(())
            }
        };
        done.map(|()| Outcome::Done)
    }

    /// Puts a new handle into its slot. The old one may be closed already.
    fn opened(&mut self, slot: Slot, opened: Result<Fd, i32>) -> Result<Outcome, i32> {
        let old = std::mem::replace(&mut self.handles[slot], opened?);
        let _ = self.disk.close(old);
        Ok(Outcome::Done)
    }

    /// What an open handle looks like.
    pub(super) fn look(&self, slot: Slot) -> Option<Look> {
        let fd = self.handles[slot];
        let (len, links) = (self.disk.len(fd).ok()?, self.disk.links(fd).ok()?);
        let is_dir = self.disk.is_dir(fd).ok()?;
        Some(if is_dir { Look::Dir { links } } else { Look::File { len, links } })
    }

    /// Every name and what it leads to.
    pub(super) fn tree(&self) -> BTreeMap<String, Entry> {
        self.disk.tree()
    }
}

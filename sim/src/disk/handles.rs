//! Open files: what a living process does by handle.
//!
//! A handle leads to an inode, not to a name: it goes on when the file is renamed or has lost its
//! last name. It dies with the process and leaves no trace in the disk.
//!
//! # Room
//!
//! A disk may have an end. What counts is the blocks (of 4096 bytes) that hold contents of files,
//! those of unlinked open files too. Holes are free until they are written to, and so is making a
//! file longer; names and inodes cost nothing. A block comes back at once when it is cut off, or
//! when nothing leads to its file any more: no name, no handle. Only the live view counts: a real
//! disk may keep a freed block until the freeing itself is durable.

use std::sync::Arc;

use super::content::{BLOCK, Content};
use super::pending::MicroOp;
use super::tree::{Ino, ROOT, errno};
use super::volume::Disk;

/// The longest file, in bytes: that of ext4 with blocks of 4096 bytes.
const LARGEST: u64 = (1 << 44) - BLOCK;

/// The end of what an offset can say: the kernel counts in signed numbers.
const OFFSETS: u64 = i64::MAX as u64;

/// An open file of the living process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fd(pub u32);

/// What a handle may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Reading.
    Read,
    /// Reading and writing.
    ReadWrite,
}

/// Where a handle leads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handle {
    pub(crate) ino: Ino,
    pub(crate) access: Access,
}

impl Disk {
    /// An empty disk with room for so many bytes of contents, in whole blocks.
    pub fn with_capacity(bytes: u64) -> Disk {
        let mut disk = Disk::new();
        disk.capacity = Some(bytes / BLOCK);
        disk
    }

    /// A handle that was not there before.
    pub(super) fn handle(&mut self, ino: Ino, access: Access) -> Fd {
        let fd = Fd(self.next_fd);
        self.next_fd += 1;
        self.open.insert(fd, Handle { ino, access });
        fd
    }

    /// The inode of a handle.
    pub(super) fn ino(&self, fd: Fd) -> Result<Ino, i32> {
        self.open.get(&fd).map(|handle| handle.ino).ok_or(errno::EBADF)
    }

    /// The contents of the file of a handle.
    fn content(&self, fd: Fd) -> Result<&Content, i32> {
        self.live.file(self.ino(fd)?).ok_or(errno::EISDIR)
    }

    /// Closes a file and releases its lock if this handle holds it.
    pub fn close(&mut self, fd: Fd) -> Result<(), i32> {
        self.unlock(fd)?;
        self.open.remove(&fd);
        self.collect();
        Ok(())
    }

    /// Reads the whole file.
    pub fn read(&mut self, fd: Fd) -> Result<Vec<u8>, i32> {
        let ino = self.ino(fd)?;
        self.seen.insert(ino);
        Ok(self.content(fd)?.to_vec())
    }

    /// Reads up to `len` bytes at `offset`; fewer where the file ends.
    pub fn read_at(&mut self, fd: Fd, offset: u64, len: u64) -> Result<Vec<u8>, i32> {
        let ino = self.ino(fd)?;
        self.seen.insert(ino);
        let content = self.content(fd)?;
        if offset > OFFSETS {
            return Err(errno::EINVAL);
        }
        Ok(content.read(offset, len))
    }

    /// Writes at the end of the file, wherever that is by now.
    pub fn append(&mut self, fd: Fd, bytes: &[u8]) -> Result<(), i32> {
        self.write(fd, None, bytes)
    }

    /// Writes at an offset; a gap before it reads as zeros.
    pub fn write_at(&mut self, fd: Fd, offset: u64, bytes: &[u8]) -> Result<(), i32> {
        self.write(fd, Some(offset), bytes)
    }

    /// Writes at an offset, or at the end. If not all of it has room, the part that has takes hold
    /// and the answer is ENOSPC, or EFBIG at the end of the largest file.
    pub(crate) fn write(&mut self, fd: Fd, offset: Option<u64>, bytes: &[u8]) -> Result<(), i32> {
        let Handle { ino, access } = *self.open.get(&fd).ok_or(errno::EBADF)?;
        if access == Access::Read {
            return Err(errno::EBADF);
        }
        let content = self.content(fd)?;
        let offset = offset.unwrap_or_else(|| content.len());
        if offset > OFFSETS {
            return Err(errno::EINVAL);
        }
        let len = bytes.len() as u64;
        let whole = len.min(LARGEST.saturating_sub(offset));
        let fits = self.free().map_or(whole, |free| content.fitting(offset, whole, free));
        if fits > 0 {
            let fitting = usize::try_from(fits).expect("no more than there is");
            let bytes = Arc::from(&bytes[..fitting]);
            self.log(MicroOp::Write { ino, offset, bytes });
        }
        if fits < whole {
            return Err(errno::ENOSPC);
        }
        if whole < len { Err(errno::EFBIG) } else { Ok(()) }
    }

    /// Sets the length.
    pub fn truncate(&mut self, fd: Fd, len: u64) -> Result<(), i32> {
        let Handle { ino, access } = *self.open.get(&fd).ok_or(errno::EBADF)?;
        if access == Access::Read || len > OFFSETS {
            return Err(errno::EINVAL);
        }
        if len > LARGEST {
            return Err(errno::EFBIG);
        }
        // What changes nothing cannot be lost either.
        if self.content(fd)?.len() != len {
            self.log(MicroOp::Truncate { ino, len });
        }
        Ok(())
    }

    /// The length of an open file; that of a directory means nothing and is 0.
    pub fn len(&self, fd: Fd) -> Result<u64, i32> {
        let ino = self.ino(fd)?;
        Ok(self.live.file(ino).map_or(0, Content::len))
    }

    /// Whether an open file is a directory.
    pub fn is_dir(&self, fd: Fd) -> Result<bool, i32> {
        Ok(self.live.dir(self.ino(fd)?).is_some())
    }

    /// How many names an open file has. A directory counts as ext4 and tmpfs count it: two, and
    /// one more for each directory in it; none once it is removed.
    pub fn links(&self, fd: Fd) -> Result<u32, i32> {
        let ino = self.ino(fd)?;
        let names = self.live.names_to(ino);
        let Some(children) = self.live.dir(ino) else { return Ok(names) };
        if names == 0 && ino != ROOT {
            return Ok(0);
        }
        let dirs = children.values().filter(|child| self.live.dir(**child).is_some()).count();
        Ok(2 + u32::try_from(dirs).expect("a simulated disk has few directories"))
    }

    /// Takes the lock of a file; whether it was free. It belongs to the handle: a second one is
    /// refused, of the same process too.
    pub fn try_lock(&mut self, fd: Fd) -> Result<bool, i32> {
        let ino = self.ino(fd)?;
        Ok(*self.locks.entry(ino).or_insert(fd) == fd)
    }

    /// Gives the lock of a file up, if this handle holds it.
    pub fn unlock(&mut self, fd: Fd) -> Result<(), i32> {
        let ino = self.ino(fd)?;
        if self.locks.get(&ino) == Some(&fd) {
            self.locks.remove(&ino);
        }
        Ok(())
    }

    /// Forgets who holds which lock. Who held one is not told, and cannot give up another's.
    pub fn forget_locks(&mut self) {
        self.locks.clear();
    }

    /// How many blocks can still be written; none if there is no end to them.
    fn free(&self) -> Option<u64> {
        let capacity = self.capacity?;
        let mut held = self.live.reachable();
        held.extend(self.open.values().map(|handle| handle.ino));
        let used = held.into_iter().filter_map(|ino| self.live.file(ino)).map(Content::blocks);
        Some(capacity.saturating_sub(used.sum()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK_BYTES: usize = BLOCK as usize;

    #[test]
    fn a_write_beyond_the_room_keeps_what_fits() {
        let mut disk = Disk::with_capacity(2 * BLOCK);
        let fd = disk.create_new("a").expect("new");
        assert_eq!(disk.append(fd, &[1; 3 * BLOCK_BYTES]), Err(errno::ENOSPC));
        assert_eq!(disk.len(fd), Ok(2 * BLOCK), "the part that fits");
        assert_eq!(disk.append(fd, b"x"), Err(errno::ENOSPC));
        assert_eq!(disk.append(fd, b""), Ok(()), "nothing always fits");
        assert_eq!(disk.write_at(fd, 7, b"over"), Ok(()), "its block is there");
        let other = disk.create_new("b").expect("a name costs nothing");
        assert_eq!(disk.append(other, b"x"), Err(errno::ENOSPC));
        assert_eq!(disk.len(other), Ok(0));
    }

    #[test]
    fn a_hole_costs_nothing_until_it_is_written_to() {
        let mut disk = Disk::with_capacity(BLOCK);
        let fd = disk.create_new("a").expect("new");
        disk.truncate(fd, 10 * BLOCK).expect("a hole");
        disk.write_at(fd, 5 * BLOCK, b"x").expect("one block");
        assert_eq!(disk.write_at(fd, 0, b"x"), Err(errno::ENOSPC));
        // Nothing of it fits, so the file does not grow over the gap either.
        assert_eq!(disk.write_at(fd, 20 * BLOCK, b"x"), Err(errno::ENOSPC));
        assert_eq!(disk.len(fd), Ok(10 * BLOCK));
    }

    #[test]
    fn room_comes_back_when_contents_are_gone() {
        let mut disk = Disk::with_capacity(BLOCK);
        let fill = |disk: &mut Disk, path: &str| {
            let fd = disk.create_new(path).expect("new");
            disk.append(fd, &[1; BLOCK_BYTES]).map(|()| fd)
        };
        let one = fill(&mut disk, "cut").expect("all the room");
        disk.truncate(one, 0).expect("open");
        let two = fill(&mut disk, "removed").expect("what was cut off");
        disk.remove("removed").expect("there");
        assert_eq!(fill(&mut disk, "a"), Err(errno::ENOSPC), "it is still open");
        disk.close(two).expect("open");
        let three = fill(&mut disk, "replaced").expect("nothing leads to it");
        disk.close(three).expect("open");
        disk.rename("cut", "replaced").expect("both there");
        let four = fill(&mut disk, "lost").expect("it was replaced");
        disk.remove("lost").expect("there");
        disk.kill();
        fill(&mut disk, "b").expect("a dead process keeps no file");
        assert_eq!(disk.append(four, b"x"), Err(errno::EBADF));
    }

    #[test]
    fn two_names_of_a_file_take_its_room_once() {
        let mut disk = Disk::with_capacity(2 * BLOCK);
        let fd = disk.create_new("a").expect("new");
        disk.append(fd, b"x").expect("room");
        disk.link("a", "b").expect("new");
        disk.write_at(fd, BLOCK, b"x").expect("the second block");
        disk.remove("a").expect("there");
        disk.close(fd).expect("open");
        let other = disk.create_new("c").expect("new");
        assert_eq!(disk.append(other, b"x"), Err(errno::ENOSPC), "`b` is left");
    }

    #[test]
    fn offsets_end_where_those_of_ext4_do() {
        let mut disk = Disk::new();
        let fd = disk.create_new("a").expect("new");
        assert_eq!(disk.truncate(fd, LARGEST - 1), Ok(()));
        assert_eq!(disk.append(fd, b"xx"), Err(errno::EFBIG));
        assert_eq!(disk.len(fd), Ok(LARGEST), "the part that fits");
        assert_eq!(disk.truncate(fd, LARGEST + 1), Err(errno::EFBIG));
        assert_eq!(disk.append(fd, b"x"), Err(errno::EFBIG));
        assert_eq!(disk.write_at(fd, u64::MAX, b"x"), Err(errno::EINVAL));
        assert_eq!(disk.read_at(fd, u64::MAX, 1), Err(errno::EINVAL));
        assert_eq!(disk.truncate(fd, u64::MAX), Err(errno::EINVAL));
    }

    #[test]
    fn a_closed_handle_is_refused_by_every_verb() {
        let mut disk = Disk::new();
        let fd = disk.create_new("a").expect("new");
        disk.close(fd).expect("open");
        let refused = Err(errno::EBADF);
        assert_eq!(disk.close(fd), refused);
        assert_eq!(disk.append(fd, b""), refused);
        assert_eq!(disk.write_at(fd, 0, b""), refused);
        assert_eq!(disk.truncate(fd, 0), refused);
        assert_eq!(disk.sync_file(fd), refused);
        assert_eq!(disk.unlock(fd), refused);
        assert_eq!(disk.try_lock(fd), Err(errno::EBADF));
        assert_eq!(disk.read(fd), Err(errno::EBADF));
        assert_eq!(disk.read_at(fd, 0, 1), Err(errno::EBADF));
        assert_eq!(disk.len(fd), Err(errno::EBADF));
        assert_eq!(disk.links(fd), Err(errno::EBADF));
    }

    #[test]
    fn a_lock_is_given_up_by_its_own_handle_only() {
        let mut disk = Disk::new();
        let one = disk.create_new("a").expect("new");
        let other = disk.open_read("a").expect("there");
        assert_eq!(disk.try_lock(one), Ok(true));
        assert_eq!(disk.try_lock(one), Ok(true), "it has it");
        disk.unlock(other).expect("open");
        assert_eq!(disk.try_lock(other), Ok(false));
        disk.close(one).expect("open");
        assert_eq!(disk.try_lock(other), Ok(true));
    }
}

//! Names: what a living process does by path.
//!
//! Every verb finds the same errors in the same order as the Linux kernel does, for a gateway may
//! tell them apart. The order matters where a call is wrong in two ways.

use std::collections::BTreeMap;

use super::handles::{Access, Fd};
use super::path::{Last, Place};
use super::pending::MicroOp;
use super::tree::{Ino, Inode, errno};
use super::volume::Disk;

/// What a name leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A directory.
    Dir,
    /// A file.
    File {
        /// The first path, in the order of paths, that leads to the same file.
        first: String,
        /// What it holds.
        bytes: Vec<u8>,
    },
}

impl Disk {
    /// Creates a file that must not exist and opens it for reading and writing; the errno on
    /// failure, here and below.
    pub fn create_new(&mut self, path: &str) -> Result<Fd, i32> {
        let place = self.live.place(path)?;
        if matches!(place.last, Last::Name(_)) && place.slash {
            return Err(errno::EISDIR);
        }
        let name = self.vacant(&place)?;
        let (dir, ino) = (place.dir(), self.new_ino());
        self.log(MicroOp::Link { dir, name, ino, is_dir: false });
        Ok(self.handle(ino, Access::ReadWrite))
    }

    /// Opens a file that must exist, for reading and writing.
    pub fn open(&mut self, path: &str) -> Result<Fd, i32> {
        let ino = self.live.resolve(path)?;
        self.live.file(ino).ok_or(errno::EISDIR)?;
        Ok(self.handle(ino, Access::ReadWrite))
    }

    /// Opens a file or a directory that must exist, for reading; a directory has nothing to read.
    pub fn open_read(&mut self, path: &str) -> Result<Fd, i32> {
        let ino = self.live.resolve(path)?;
        Ok(self.handle(ino, Access::Read))
    }

    /// Creates a directory.
    pub fn mkdir(&mut self, path: &str) -> Result<(), i32> {
        let place = self.live.place(path)?;
        let name = self.vacant(&place)?;
        let (dir, ino) = (place.dir(), self.new_ino());
        self.log(MicroOp::Link { dir, name, ino, is_dir: true });
        Ok(())
    }

    /// Gives a file a second name.
    pub fn link(&mut self, from: &str, to: &str) -> Result<(), i32> {
        let ino = self.live.resolve(from)?;
        let place = self.live.place(to)?;
        let name = self.vacant(&place)?;
        if place.slash {
            return Err(errno::ENOENT);
        }
        self.live.file(ino).ok_or(errno::EPERM)?;
        self.log(MicroOp::Link { dir: place.dir(), name, ino, is_dir: false });
        Ok(())
    }

    /// Atomically puts one name in the place of another.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), i32> {
        let (from, to) = (self.live.place(from)?, self.live.place(to)?);
        let (Last::Name(from_name), Last::Name(to_name)) = (from.last, to.last) else {
            return Err(errno::EBUSY);
        };
        let ino = self.live.lookup(from.dir(), from_name)?.ok_or(errno::ENOENT)?;
        let target = self.live.lookup(to.dir(), to_name)?;
        if self.live.file(ino).is_some() && (from.slash || to.slash) {
            return Err(errno::ENOTDIR);
        }
        if to.trail.contains(&ino) {
            return Err(errno::EINVAL);
        }
        if let Some(target) = target {
            if from.trail.contains(&target) {
                return Err(errno::ENOTEMPTY);
            }
            // The same name, or two of one file: nothing happens, and both stay.
            if target == ino {
                return Ok(());
            }
            self.may_replace(target, ino)?;
        }
        let (from, to) = ((from.dir(), from_name.to_owned()), (to.dir(), to_name.to_owned()));
        self.log(MicroOp::Rename { from, to, ino });
        self.collect();
        Ok(())
    }

    /// Whether a rename may put `ino` in the place of `target`.
    fn may_replace(&self, target: Ino, ino: Ino) -> Result<(), i32> {
        match (self.live.dir(ino), self.live.dir(target)) {
            (None, Some(_)) => Err(errno::EISDIR),
            (Some(_), None) => Err(errno::ENOTDIR),
            (Some(_), Some(names)) if !names.is_empty() => Err(errno::ENOTEMPTY),
            _ => Ok(()),
        }
    }

    /// Removes a file's name; the file lives on while it is open or has another.
    pub fn remove(&mut self, path: &str) -> Result<(), i32> {
        let place = self.live.place(path)?;
        let Last::Name(name) = place.last else { return Err(errno::EISDIR) };
        let ino = self.live.lookup(place.dir(), name)?.ok_or(errno::ENOENT)?;
        self.live.file(ino).ok_or(errno::EISDIR)?;
        if place.slash {
            return Err(errno::ENOTDIR);
        }
        self.unlink(&place, name);
        Ok(())
    }

    /// Removes an empty directory.
    pub fn remove_dir(&mut self, path: &str) -> Result<(), i32> {
        let place = self.live.place(path)?;
        let name = match place.last {
            Last::Name(name) => name,
            Last::Dot => return Err(errno::EINVAL),
            Last::DotDot => return Err(errno::ENOTEMPTY),
            Last::Root => return Err(errno::EBUSY),
        };
        let ino = self.live.lookup(place.dir(), name)?.ok_or(errno::ENOENT)?;
        if !self.live.dir(ino).ok_or(errno::ENOTDIR)?.is_empty() {
            return Err(errno::ENOTEMPTY);
        }
        self.unlink(&place, name);
        Ok(())
    }

    /// The names in a directory, sorted by their bytes.
    pub fn list(&self, path: &str) -> Result<Vec<String>, i32> {
        let ino = self.live.resolve(path)?;
        Ok(self.live.dir(ino).ok_or(errno::ENOTDIR)?.keys().cloned().collect())
    }

    /// Every name with its path, and what it leads to.
    pub fn tree(&self) -> BTreeMap<String, Entry> {
        let mut names = BTreeMap::new();
        let mut todo = vec![(String::new(), super::tree::ROOT)];
        while let Some((path, dir)) = todo.pop() {
            for (name, ino) in self.live.dir(dir).into_iter().flatten() {
                let slash = if path.is_empty() { "" } else { "/" };
                let path = format!("{path}{slash}{name}");
                todo.push((path.clone(), *ino));
                names.insert(path, *ino);
            }
        }
        let mut firsts: BTreeMap<Ino, String> = BTreeMap::new();
        let entry = |(path, ino): (String, Ino)| {
            let first = firsts.entry(ino).or_insert_with(|| path.clone()).clone();
            let entry = match self.live.inodes.get(&ino).map(AsRef::as_ref) {
                Some(Inode::File(content)) => Entry::File { first, bytes: content.to_vec() },
                _ => Entry::Dir,
            };
            (path, entry)
        };
        names.into_iter().map(entry).collect()
    }

    fn new_ino(&mut self) -> Ino {
        let ino = self.next_ino;
        self.next_ino += 1;
        ino
    }

    /// The name for something new, if there is nothing of that name yet.
    fn vacant(&self, place: &Place<'_>) -> Result<String, i32> {
        let Last::Name(name) = place.last else { return Err(errno::EEXIST) };
        match self.live.lookup(place.dir(), name)? {
            Some(_) => Err(errno::EEXIST),
            None => Ok(name.to_owned()),
        }
    }

    fn unlink(&mut self, place: &Place<'_>, name: &str) {
        self.log(MicroOp::Unlink { dir: place.dir(), name: name.to_owned() });
        self.collect();
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{Hash as _, Hasher};

    use super::*;

    /// Everything that a hash is fed with.
    #[derive(Default)]
    struct Fed(Vec<u8>);

    impl Hasher for Fed {
        fn write(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }

        fn finish(&self) -> u64 {
            0
        }
    }

    fn fed(disk: &Disk) -> Vec<u8> {
        let mut fed = Fed::default();
        disk.hash(&mut fed);
        fed.0
    }

    fn with_file(path: &str, bytes: &[u8]) -> Disk {
        let mut disk = Disk::new();
        let fd = disk.create_new(path).expect("new");
        disk.append(fd, bytes).expect("open");
        disk
    }

    #[test]
    fn equal_disks_are_equal_however_many_files_were_opened() {
        let mut disk = with_file("a", b"abc");
        let mut other = disk.clone();
        disk.kill();
        for _ in 0..3 {
            let fd = other.open("a").expect("there");
            assert_eq!(other.try_lock(fd), Ok(true));
            other.close(fd).expect("open");
            assert_eq!(other.create_new("a"), Err(errno::EEXIST));
        }
        other.kill();
        assert_eq!(fed(&disk), fed(&other));
    }

    #[test]
    fn the_room_that_is_left_tells_disks_apart() {
        assert_ne!(fed(&Disk::new()), fed(&Disk::with_capacity(1 << 20)));
    }

    #[test]
    fn a_rename_over_a_file_and_a_removal_leave_nothing_behind() {
        let mut disk = with_file("a", b"old");
        let fd = disk.create_new("b").expect("new");
        disk.append(fd, b"new").expect("open");
        disk.rename("b", "a").expect("both there");
        disk.remove("a").expect("there");
        disk.kill();
        disk.settle();
        disk.kill();
        assert_eq!(fed(&disk), fed(&Disk::new()));
    }

    #[test]
    fn an_inode_stays_as_long_as_something_durable_or_pending_needs_it() {
        let inodes = |disk: &Disk| disk.live.inodes.len();
        let mut disk = with_file("a", b"abc");
        disk.settle();
        disk.remove("a").expect("there");
        disk.kill();
        assert_eq!(inodes(&disk), 2, "its durable name is there, and comes back with a power loss");
        let mut disk = with_file("a", b"abc");
        disk.remove("a").expect("there");
        disk.kill();
        assert_eq!(inodes(&disk), 2, "pending operations name it");
        disk.settle();
        disk.kill();
        assert_eq!(inodes(&disk), 1, "only the root");
    }

    #[test]
    fn what_changes_nothing_cannot_be_lost() {
        let mut disk = with_file("a", b"abc");
        disk.link("a", "b").expect("new");
        disk.settle();
        let before = fed(&disk);
        let fd = disk.open("a").expect("there");
        disk.append(fd, b"").expect("open");
        disk.truncate(fd, 3).expect("open");
        disk.rename("a", "a").expect("there");
        disk.rename("a", "b").expect("one file");
        assert_eq!(fed(&disk), before, "something is pending");
    }

    #[test]
    fn a_clone_goes_its_own_way() {
        let mut disk = with_file("a", b"abc");
        let before = disk.clone();
        disk.rename("a", "b").expect("there");
        let fd = disk.open("b").expect("there");
        disk.append(fd, b"def").expect("open");
        assert_eq!(before.list(""), Ok(vec!["a".to_owned()]));
        assert_eq!(before.files(), [("a".to_owned(), b"abc".to_vec())]);
    }

    #[test]
    fn a_rename_says_what_is_in_its_way_in_the_order_of_linux() {
        let mut disk = with_file("f", b"");
        for path in ["d", "d/e", "x"] {
            disk.mkdir(path).expect("new");
        }
        let rename = |from: &str, to: &str| disk.clone().rename(from, to);
        assert_eq!(rename("d", "d/e/y"), Err(errno::EINVAL), "into its own child");
        assert_eq!(rename("d/e", "d"), Err(errno::ENOTEMPTY), "over its own parent");
        assert_eq!(rename("f", "x"), Err(errno::EISDIR));
        assert_eq!(rename("x", "f"), Err(errno::ENOTDIR));
        assert_eq!(rename("x", "d"), Err(errno::ENOTEMPTY));
        assert_eq!(rename("d", "x"), Ok(()), "an empty directory may be replaced");
        assert_eq!(rename(".", "y"), Err(errno::EBUSY));
        assert_eq!(rename("f/", "y"), Err(errno::ENOTDIR));
        assert_eq!(rename("d", "y/"), Ok(()));
        assert_eq!(rename("none", "x/none/y"), Err(errno::ENOENT));
    }
}

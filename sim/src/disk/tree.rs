//! Inodes and the names that lead to them.
//!
//! Names and contents are apart, as they are on a real disk: a file lives on while it is open,
//! keeps its contents through a rename, and may be durable while its name is not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::content::Content;

/// The number of an inode.
pub(crate) type Ino = u32;

/// The root directory.
pub(crate) const ROOT: Ino = 0;

/// errno values of Linux, which the simulated disk answers with.
pub(crate) mod errno {
    /// Operation not permitted.
    pub(crate) const EPERM: i32 = 1;
    /// No such file or directory.
    pub(crate) const ENOENT: i32 = 2;
    /// Bad file descriptor.
    pub(crate) const EBADF: i32 = 9;
    /// Device or resource busy.
    pub(crate) const EBUSY: i32 = 16;
    /// File exists.
    pub(crate) const EEXIST: i32 = 17;
    /// Not a directory.
    pub(crate) const ENOTDIR: i32 = 20;
    /// Is a directory.
    pub(crate) const EISDIR: i32 = 21;
    /// Invalid argument.
    pub(crate) const EINVAL: i32 = 22;
    /// File too large.
    pub(crate) const EFBIG: i32 = 27;
    /// No space left on device.
    pub(crate) const ENOSPC: i32 = 28;
    /// File name too long.
    pub(crate) const ENAMETOOLONG: i32 = 36;
    /// Directory not empty.
    pub(crate) const ENOTEMPTY: i32 = 39;
}

/// What an inode is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Inode {
    /// A file.
    File(Content),
    /// A directory.
    Dir(BTreeMap<String, Ino>),
}

/// Inodes and the names that lead to them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tree {
    pub(crate) inodes: BTreeMap<Ino, Arc<Inode>>,
}

impl Tree {
    pub(crate) fn new() -> Tree {
        let root = Arc::new(Inode::Dir(BTreeMap::new()));
        Tree { inodes: BTreeMap::from([(ROOT, root)]) }
    }

    pub(crate) fn file(&self, ino: Ino) -> Option<&Content> {
        match self.inodes.get(&ino).map(Arc::as_ref) {
            Some(Inode::File(content)) => Some(content),
            _ => None,
        }
    }

    pub(crate) fn dir(&self, ino: Ino) -> Option<&BTreeMap<String, Ino>> {
        match self.inodes.get(&ino).map(Arc::as_ref) {
            Some(Inode::Dir(names)) => Some(names),
            _ => None,
        }
    }

    /// A file to change; it is created if it is not there, as it is when its contents become
    /// durable before its name.
    pub(crate) fn file_mut(&mut self, ino: Ino) -> &mut Content {
        let inode =
            self.inodes.entry(ino).or_insert_with(|| Arc::new(Inode::File(Content::default())));
        match Arc::make_mut(inode) {
            Inode::File(content) => content,
            Inode::Dir(_) => unreachable!("inode numbers are never used again"),
        }
    }

    /// A directory to change; created likewise.
    pub(crate) fn dir_mut(&mut self, ino: Ino) -> &mut BTreeMap<String, Ino> {
        let inode = self.inodes.entry(ino).or_insert_with(|| Arc::new(Inode::Dir(BTreeMap::new())));
        match Arc::make_mut(inode) {
            Inode::Dir(names) => names,
            Inode::File(_) => unreachable!("inode numbers are never used again"),
        }
    }

    /// Every inode that a name leads to, and the root.
    pub(crate) fn reachable(&self) -> BTreeSet<Ino> {
        let mut reachable = BTreeSet::new();
        let mut todo = vec![ROOT];
        while let Some(ino) = todo.pop() {
            if reachable.insert(ino)
                && let Some(names) = self.dir(ino)
            {
                todo.extend(names.values().copied());
            }
        }
        reachable
    }

    /// Drops every inode that no name leads to and that is not to be kept either.
    pub(crate) fn collect(&mut self, kept: impl Iterator<Item = Ino>) {
        let mut needed = self.reachable();
        needed.extend(kept);
        self.inodes.retain(|ino, _| needed.contains(ino));
    }

    /// How many names lead to an inode; the root has none.
    pub(crate) fn names_to(&self, wanted: Ino) -> u32 {
        let dirs = self.inodes.keys().filter_map(|ino| self.dir(*ino));
        let found = dirs.flat_map(BTreeMap::values).filter(|ino| **ino == wanted).count();
        u32::try_from(found).expect("a simulated disk has few names")
    }

    /// A path that leads to an inode.
    pub(crate) fn name_of(&self, wanted: Ino) -> Option<String> {
        let mut todo = vec![(String::new(), ROOT)];
        while let Some((path, ino)) = todo.pop() {
            for (name, child) in self.dir(ino).into_iter().flatten() {
                let slash = if path.is_empty() { "" } else { "/" };
                let path = format!("{path}{slash}{name}");
                if *child == wanted {
                    return Some(path);
                }
                todo.push((path, *child));
            }
        }
        None
    }

    /// Every file with its path, in the order of paths.
    pub(crate) fn files(&self) -> Vec<(String, &Content)> {
        let mut files = Vec::new();
        let mut todo = vec![(String::new(), ROOT)];
        while let Some((path, ino)) = todo.pop() {
            match self.inodes.get(&ino).map(Arc::as_ref) {
                Some(Inode::File(content)) => files.push((path, content)),
                Some(Inode::Dir(names)) => {
                    for (name, ino) in names {
                        let slash = if path.is_empty() { "" } else { "/" };
                        todo.push((format!("{path}{slash}{name}"), *ino));
                    }
                }
                // A name that became durable before its inode did: the file is there, empty.
                None => {}
            }
        }
        files.sort_by(|a, b| a.0.cmp(&b.0));
        files
    }
}

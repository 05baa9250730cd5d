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
    /// No such file or directory.
    pub(crate) const ENOENT: i32 = 2;
    /// Bad file descriptor.
    pub(crate) const EBADF: i32 = 9;
    /// File exists.
    pub(crate) const EEXIST: i32 = 17;
    /// Not a directory.
    pub(crate) const ENOTDIR: i32 = 20;
    /// Is a directory.
    pub(crate) const EISDIR: i32 = 21;
    /// Invalid argument.
    pub(crate) const EINVAL: i32 = 22;
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

    /// The inode at a path, or the errno that Linux gives.
    pub(crate) fn resolve(&self, path: &str) -> Result<Ino, i32> {
        let mut ino = ROOT;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let names = self.dir(ino).ok_or(errno::ENOTDIR)?;
            ino = *names.get(name).ok_or(errno::ENOENT)?;
        }
        Ok(ino)
    }

    /// The directory a path lies in, and the last name of the path.
    pub(crate) fn parent<'p>(&self, path: &'p str) -> Result<(Ino, &'p str), i32> {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        if name.is_empty() {
            return Err(errno::EINVAL);
        }
        let dir = self.resolve(dir)?;
        self.dir(dir).ok_or(errno::ENOTDIR)?;
        Ok((dir, name))
    }

    /// Drops every inode that no name leads to and nobody holds open.
    pub(crate) fn collect(&mut self, open: impl Iterator<Item = Ino>) {
        let mut reachable: BTreeSet<Ino> = open.collect();
        let mut todo = vec![ROOT];
        while let Some(ino) = todo.pop() {
            if reachable.insert(ino)
                && let Some(names) = self.dir(ino)
            {
                todo.extend(names.values().copied());
            }
        }
        self.inodes.retain(|ino, _| reachable.contains(ino));
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

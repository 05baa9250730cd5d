//! What can be seen of a tree: names, which of them lead to the same file, and contents.
//!
//! Two trees that look the same are the same to whoever boots from them, whatever the numbers of
//! their inodes are.

use std::collections::BTreeMap;
use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use super::content::Content;
use super::tree::{Ino, Inode, ROOT, Tree};

/// What can be seen of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Visible {
    /// A digest of the names, and of which of them lead to the same file.
    pub(crate) names: u128,
    /// The files in the order of their first names, each with a digest of its contents.
    pub(crate) files: Vec<(Ino, u128)>,
}

impl Visible {
    /// A digest of everything.
    pub(crate) fn key(&self) -> u128 {
        self.key_without(|_| false)
    }

    /// A digest of everything but the contents of some files, given by their places.
    pub(crate) fn key_without(&self, unseen: impl Fn(usize) -> bool) -> u128 {
        let mut hasher = Xxh3::new();
        hasher.update(&self.names.to_le_bytes());
        for (place, (_, digest)) in self.files.iter().enumerate() {
            let digest = if unseen(place) { 0 } else { *digest };
            hasher.update(&digest.to_le_bytes());
        }
        hasher.digest128()
    }
}

impl Tree {
    /// What can be seen of it.
    pub(crate) fn visible(&self) -> Visible {
        let mut hasher = Xxh3::new();
        let mut places: BTreeMap<Ino, usize> = BTreeMap::new();
        let mut files = Vec::new();
        self.each_below(ROOT, &mut |name, ino, content| {
            hasher.update(name.as_bytes());
            hasher.update(&[0]);
            let Some(content) = content else {
                hasher.update(&[1]);
                return;
            };
            let next = places.len();
            let place = *places.entry(ino).or_insert(next);
            if place == next {
                files.push((ino, content.digest()));
            }
            hasher.update(&(place as u64 + 2).to_le_bytes());
        });
        Visible { names: hasher.digest128(), files }
    }

    /// Goes through the names below a directory, in their order, directories before what is in
    /// them; an empty name ends a directory. Files come with their contents.
    fn each_below(&self, dir: Ino, visit: &mut impl FnMut(&str, Ino, Option<&Content>)) {
        for (name, ino) in self.dir(dir).into_iter().flatten() {
            match self.inodes.get(ino).map(Arc::as_ref) {
                Some(Inode::File(content)) => visit(name, *ino, Some(content)),
                Some(Inode::Dir(_)) => {
                    visit(name, *ino, None);
                    self.each_below(*ino, visit);
                }
                // A name that became durable before its inode did: the file is there, empty.
                None => visit(name, *ino, Some(&Content::default())),
            }
        }
        visit("", dir, None);
    }
}

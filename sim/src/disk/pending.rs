//! Operations that have taken hold and are not durable.
//!
//! Plain data in the order in which they took hold, each with the objects it touches. The log
//! survives the death of the process and is settled by a power loss (`settle.rs`).

use std::sync::Arc;

use super::content::SECTOR;
use super::tree::{Ino, Tree};

/// One operation that is not durable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MicroOp {
    /// Bytes of a file, and its length if they end behind it.
    Write { ino: Ino, offset: u64, bytes: Arc<[u8]> },
    /// The length of a file.
    Truncate { ino: Ino, len: u64 },
    /// A new name.
    Link { dir: Ino, name: String, ino: Ino, is_dir: bool },
    /// A name goes away.
    Unlink { dir: Ino, name: String },
    /// A name moves, atomically.
    Rename { from: (Ino, String), to: (Ino, String), ino: Ino },
}

/// An operation in the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Logged {
    /// What was done.
    pub(crate) op: Arc<MicroOp>,
    /// How long its file was, if it is a write that made it longer.
    pub(crate) grew_from: Option<u64>,
    /// Whether a sync of anything came behind it: a file system with one journal for all its
    /// metadata has committed it then, if it is metadata.
    pub(crate) followed_by_sync: bool,
}

impl MicroOp {
    /// Whether a sync of the contents of `object` makes it durable.
    pub(crate) fn is_content_of(&self, object: Ino) -> bool {
        self.content() == Some(object)
    }

    /// The file whose contents it changes, if it changes any.
    pub(crate) fn content(&self) -> Option<Ino> {
        match self {
            MicroOp::Write { ino, .. } | MicroOp::Truncate { ino, .. } => Some(*ino),
            _ => None,
        }
    }

    /// Whether a sync of the directory `object` makes it durable.
    pub(crate) fn is_name_in(&self, object: Ino) -> bool {
        match self {
            MicroOp::Link { dir, .. } | MicroOp::Unlink { dir, .. } => *dir == object,
            MicroOp::Rename { from, to, .. } => from.0 == object || to.0 == object,
            _ => false,
        }
    }

    /// The inodes it names.
    pub(crate) fn inodes(&self) -> impl Iterator<Item = Ino> {
        let (one, other, third) = match self {
            MicroOp::Write { ino, .. } | MicroOp::Truncate { ino, .. } => (*ino, None, None),
            MicroOp::Link { dir, ino, .. } => (*dir, Some(*ino), None),
            MicroOp::Unlink { dir, .. } => (*dir, None, None),
            MicroOp::Rename { from, to, ino } => (from.0, Some(to.0), Some(*ino)),
        };
        std::iter::once(one).chain(other).chain(third)
    }

    /// Does it to a tree.
    pub(crate) fn apply(&self, tree: &mut Tree) {
        match self {
            MicroOp::Write { ino, offset, bytes } => tree.file_mut(*ino).write(*offset, bytes),
            MicroOp::Truncate { ino, len } => tree.file_mut(*ino).truncate(*len),
            MicroOp::Link { dir, name, ino, is_dir } => {
                // A name that survives leads to an object that is there, if only an empty one.
                if *is_dir {
                    tree.dir_mut(*ino);
                } else {
                    tree.file_mut(*ino);
                }
                tree.dir_mut(*dir).insert(name.clone(), *ino);
            }
            MicroOp::Unlink { dir, name } => {
                tree.dir_mut(*dir).remove(name);
            }
            MicroOp::Rename { from, to, ino } => {
                tree.dir_mut(from.0).remove(&from.1);
                tree.dir_mut(to.0).insert(to.1.clone(), *ino);
            }
        }
    }
}

/// The sectors of its file that a write touches: for each, where its part of the write begins and
/// how long that is, in bytes from the beginning of the write.
pub(crate) fn sectors(offset: u64, len: u64) -> impl Iterator<Item = std::ops::Range<usize>> {
    let place = move |at: u64| usize::try_from(at - offset).expect("a write fits into memory");
    let end = offset + len;
    let first = offset - offset % SECTOR;
    (first..end)
        .step_by(SECTOR as usize)
        .map(move |sector| place(sector.max(offset))..place((sector + SECTOR).min(end)))
}

//! Operations that have taken hold and are not durable.
//!
//! Plain data in the order in which they took hold, each with the objects it touches. The log
//! survives the death of the process and is settled by a power loss.

use std::sync::Arc;

use super::tree::{Ino, Tree};

/// One operation that is not durable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MicroOp {
    /// Bytes of a file.
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

impl MicroOp {
    /// Whether a sync of the contents of `object` makes it durable.
    pub(crate) fn is_content_of(&self, object: Ino) -> bool {
        match self {
            MicroOp::Write { ino, .. } | MicroOp::Truncate { ino, .. } => *ino == object,
            _ => false,
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

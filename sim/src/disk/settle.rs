//! What is on the disk after a power loss, given the fate of each pending operation.
//!
//! One function for every profile: a profile decides which fates are legal (`crash/`), never what
//! they mean.

use std::collections::{BTreeMap, BTreeSet};

use super::content::Content;
use super::fate::{Fate, Fates, Growth, Piece};
use super::pending::{Logged, MicroOp, sectors};
use super::tree::{Ino, Tree};

/// What a place that nobody wrote holds where it reads as garbage.
const GARBAGE: u8 = 0xa5;

/// The tree that is left of `base` and a log.
pub(crate) fn settle(base: &Tree, log: &[Logged], fates: &Fates) -> Tree {
    let mut tree = base.clone();
    let lost = Fate::whole(Piece::Lost);
    let fate = |place: usize| fates.get(place).unwrap_or(&lost);
    let mut files: BTreeMap<Ino, Vec<(&Logged, &Fate)>> = BTreeMap::new();
    let mut emptied = BTreeSet::new();
    for (place, logged) in log.iter().enumerate() {
        match logged.op.content() {
            Some(ino) => files.entry(ino).or_default().push((logged, fate(place))),
            None => settle_name(&mut tree, &logged.op, fate(place), &mut emptied),
        }
    }
    for (ino, ops) in files {
        let content = settle_content(base.file(ino), ops.into_iter());
        *tree.file_mut(ino) = content;
    }
    for ino in emptied {
        tree.file_mut(ino).truncate(0);
    }
    tree
}

/// Lets what survived of an operation on names happen.
pub(crate) fn settle_name(tree: &mut Tree, op: &MicroOp, fate: &Fate, emptied: &mut BTreeSet<Ino>) {
    let kept = |part: usize| fate.pieces.get(part) == Some(&Piece::Kept);
    match (op, fate.pieces.len()) {
        (MicroOp::Rename { from, to, ino }, 4) => {
            let replaced = tree.dir(to.0).and_then(|names| names.get(&to.1)).copied();
            let replaced = replaced.filter(|replaced| tree.dir(*replaced).is_none());
            if let Some(replaced) = replaced.filter(|_| kept(0)) {
                emptied.insert(replaced);
            }
            if kept(1) {
                tree.dir_mut(to.0).remove(&to.1);
            }
            if kept(2) {
                tree.dir_mut(from.0).remove(&from.1);
            }
            if kept(3) {
                tree.dir_mut(to.0).insert(to.1.clone(), *ino);
            }
        }
        _ if kept(0) => op.apply(tree),
        _ => {}
    }
}

/// What a file holds, given the fates of its own operations.
pub(crate) fn settle_content<'o>(
    base: Option<&Content>,
    ops: impl Iterator<Item = (&'o Logged, &'o Fate)>,
) -> Content {
    // Bytes may have survived behind the end of the file: a later length may show them.
    let mut content = base.cloned().unwrap_or_default();
    let mut len = content.len();
    for (logged, fate) in ops {
        match &*logged.op {
            MicroOp::Write { offset, bytes, .. } => {
                write(&mut content, *offset, bytes, fate);
                match fate.growth {
                    Growth::Kept => len = offset + bytes.len() as u64,
                    Growth::At(at) => len = at,
                    Growth::Lost | Growth::None => {}
                }
            }
            MicroOp::Truncate { len: to, .. } if fate.pieces.first() == Some(&Piece::Kept) => {
                content.truncate(content.len().min(*to));
                len = *to;
            }
            _ => {}
        }
    }
    content.truncate(len);
    content
}

fn write(content: &mut Content, offset: u64, bytes: &[u8], fate: &Fate) {
    if fate.pieces.iter().all(|piece| *piece == Piece::Kept) {
        content.write(offset, bytes);
        return;
    }
    let sectors = sectors(offset, bytes.len() as u64);
    for (range, piece) in sectors.zip(&fate.pieces) {
        let at = offset + range.start as u64;
        match piece {
            Piece::Kept => content.write(at, &bytes[range]),
            Piece::Zeros => content.write(at, &vec![0; range.len()]),
            Piece::Garbage => content.write(at, &vec![GARBAGE; range.len()]),
            Piece::Lost => {}
        }
    }
}

//! What a power loss may leave of the names: every legal set of fates of the operations on them.

use std::collections::BTreeSet;

use super::profile::{Bounds, Profile};
use crate::disk::fate::{Fate, Piece};
use crate::disk::pending::{Logged, MicroOp};
use crate::disk::settle::settle_name;
use crate::disk::tree::{Ino, Tree};

/// One set of names, and the fates that lead to it.
pub(super) struct Variant {
    pub(super) tree: Tree,
    /// Files that lost their contents with their names.
    pub(super) emptied: BTreeSet<Ino>,
    pub(super) fates: Vec<Fate>,
}

/// The sets of names.
pub(super) struct Variants {
    /// That of all operations kept comes first, that of all lost second.
    pub(super) all: Vec<Variant>,
    /// Whether there are more.
    pub(super) bounded: bool,
}

/// Every set of names that `ops` may leave. Several of them may look the same.
pub(super) fn names(base: &Tree, ops: &[&Logged], profile: Profile, bounds: &Bounds) -> Variants {
    let mut sets = vec![fates(ops, |_| true), fates(ops, |_| false)];
    let mut bounded = false;
    match profile {
        Profile::Ext4Ordered => {
            let committed = |at: usize| ops[at].followed_by_sync;
            sets[1] = fates(ops, committed);
            sets.extend((0..ops.len()).map(|end| fates(ops, |at| at < end || committed(at))));
        }
        Profile::Strict(_) | Profile::Alice => {
            let signs: Vec<usize> = ops.iter().map(|logged| parts(logged, profile)).collect();
            let bits = u32::try_from(signs.iter().sum::<usize>()).ok();
            let total = bits.and_then(|bits| 1_u64.checked_shl(bits));
            match total.filter(|total| *total <= bounds.choices) {
                Some(total) => sets.extend((0..total).map(|number| numbered(&signs, number))),
                None => {
                    bounded = true;
                    for one in 0..ops.len() {
                        sets.push(fates(ops, |at| at < one));
                        sets.push(fates(ops, |at| at != one));
                        sets.push(fates(ops, |at| at == one));
                    }
                }
            }
        }
    }
    let all = sets.into_iter().map(|fates| {
        let (mut tree, mut emptied) = (base.clone(), BTreeSet::new());
        for (logged, fate) in ops.iter().zip(&fates) {
            settle_name(&mut tree, &logged.op, fate, &mut emptied);
        }
        Variant { tree, emptied, fates }
    });
    Variants { all: all.collect(), bounded }
}

fn fates(ops: &[&Logged], kept: impl Fn(usize) -> bool) -> Vec<Fate> {
    let piece = |at| if kept(at) { Piece::Kept } else { Piece::Lost };
    (0..ops.len()).map(|at| Fate::whole(piece(at))).collect()
}

/// Into how many parts an operation comes apart.
fn parts(logged: &Logged, profile: Profile) -> usize {
    match (&*logged.op, profile) {
        (MicroOp::Rename { .. }, Profile::Alice) => 4,
        _ => 1,
    }
}

/// The fates that the bits of a number say.
fn numbered(signs: &[usize], mut number: u64) -> Vec<Fate> {
    let mut fates = Vec::with_capacity(signs.len());
    for count in signs {
        let mut fate = Fate::whole(Piece::Lost);
        fate.pieces.resize(*count, Piece::Lost);
        for piece in &mut fate.pieces {
            if number % 2 == 1 {
                *piece = Piece::Kept;
            }
            number /= 2;
        }
        fates.push(fate);
    }
    fates
}

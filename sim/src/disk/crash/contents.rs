//! What a power loss may leave of one file: every legal set of fates of its operations, one for
//! each content that they lead to.

use std::collections::BTreeSet;

use super::profile::{Bounds, Grain, Profile};
use crate::disk::content::{Content, SECTOR};
use crate::disk::fate::{Fate, Growth, Piece};
use crate::disk::pending::{Logged, MicroOp, sectors};
use crate::disk::settle::settle_content;

/// The block of a file system, in bytes.
const BLOCK: u64 = 4096;

/// One content that a file may have, and the fates that lead to it.
pub(super) struct Variant {
    pub(super) content: Content,
    pub(super) fates: Vec<Fate>,
}

/// The contents that a file may have.
pub(super) struct Variants {
    /// That of all operations kept comes first, that of all lost second, each content once.
    pub(super) all: Vec<Variant>,
    /// Whether there are more.
    pub(super) bounded: bool,
}

/// Every content that `ops` on one file may leave.
pub(super) fn contents(
    base: Option<&Content>,
    ops: &[&Logged],
    profile: Profile,
    bounds: &Bounds,
) -> Variants {
    let mut found = Found { base, ops, digests: BTreeSet::new(), order: Vec::new() };
    found.add(ops.iter().map(|logged| extreme(logged, Piece::Kept)).collect());
    found.add(ops.iter().map(|logged| extreme(logged, Piece::Lost)).collect());
    let bounded = match profile {
        Profile::Strict(grain) => free(&mut found, ops, bounds, |op| strict(op, grain)),
        Profile::Alice => free(&mut found, ops, bounds, alice),
        Profile::Ext4Ordered => ordered(&mut found, base.map_or(0, Content::len), ops, bounds),
    };
    Variants { all: found.order, bounded }
}

/// What was found so far, each content once.
struct Found<'a> {
    base: Option<&'a Content>,
    ops: &'a [&'a Logged],
    digests: BTreeSet<u128>,
    order: Vec<Variant>,
}

impl Found<'_> {
    fn add(&mut self, fates: Vec<Fate>) {
        let content = settle_content(self.base, self.ops.iter().copied().zip(&fates));
        if self.digests.insert(content.digest()) {
            self.order.push(Variant { content, fates });
        }
    }
}

/// An operation of which everything is kept, or everything lost.
pub(super) fn extreme(logged: &Logged, piece: Piece) -> Fate {
    match &*logged.op {
        MicroOp::Write { offset, bytes, .. } => {
            let growth = match (logged.grew_from, piece) {
                (None, _) => Growth::None,
                (Some(_), Piece::Kept) => Growth::Kept,
                (Some(_), _) => Growth::Lost,
            };
            let count = sectors(*offset, bytes.len() as u64).count();
            Fate { pieces: vec![piece; count], growth }
        }
        _ => Fate::whole(piece),
    }
}

/// Every fate of one operation under the contract: each grain and the length on its own.
fn strict(logged: &Logged, grain: Grain) -> Choices {
    let MicroOp::Write { offset, bytes, .. } = &*logged.op else {
        return Choices { parts: vec![1], kinds: 2, growth: vec![Growth::None] };
    };
    let parts = parts(*offset, bytes.len() as u64, grain.size());
    Choices { parts, kinds: 2, growth: growths(logged) }
}

/// Every length that a write may leave its file with: the old one, the new one, and the end of
/// every block in between, for blocks are written one by one and the length may follow them.
fn growths(logged: &Logged) -> Vec<Growth> {
    let (MicroOp::Write { offset, bytes, .. }, Some(old)) = (&*logged.op, logged.grew_from) else {
        return vec![Growth::None];
    };
    let first = (old / BLOCK + 1) * BLOCK;
    let ends = (first..offset + bytes.len() as u64).step_by(BLOCK as usize);
    [Growth::Lost, Growth::Kept].into_iter().chain(ends.map(Growth::At)).collect()
}

/// The same, block by block, where each block of a longer file may also read as zeros or garbage.
fn alice(logged: &Logged) -> Choices {
    match &*logged.op {
        MicroOp::Write { offset, bytes, .. } if logged.grew_from.is_some() => {
            let parts = parts(*offset, bytes.len() as u64, BLOCK);
            Choices { parts, kinds: 4, growth: growths(logged) }
        }
        _ => strict(logged, Grain::Block),
    }
}

/// How many sectors of a write each of its grains has.
fn parts(offset: u64, len: u64, grain: u64) -> Vec<usize> {
    let mut parts: Vec<(u64, usize)> = Vec::new();
    for sector in sectors(offset, len) {
        let place = (offset + sector.start as u64) / grain;
        match parts.last_mut() {
            Some((last, count)) if *last == place => *count += 1,
            _ => parts.push((place, 1)),
        }
    }
    parts.into_iter().map(|(_, count)| count).collect()
}

/// The choices that an operation offers.
struct Choices {
    /// For each part that has a choice of its own, how many pieces it has.
    parts: Vec<usize>,
    /// How many kinds of fate each part has: kept and lost, or zeros and garbage as well.
    kinds: usize,
    /// The lengths that its file may have.
    growth: Vec<Growth>,
}

impl Choices {
    /// How many fates there are; none if they are too many to count.
    fn count(&self) -> Option<u64> {
        let parts = u32::try_from(self.parts.len()).ok()?;
        (self.kinds as u64).checked_pow(parts)?.checked_mul(self.growth.len() as u64)
    }

    /// The fate with a number below [`Choices::count`].
    fn fate(&self, mut number: u64) -> Fate {
        let mut digit = |base: usize| {
            let digit = number % base as u64;
            number /= base as u64;
            usize::try_from(digit).expect("it is below the base")
        };
        let growth = self.growth[digit(self.growth.len())];
        let kinds = [Piece::Lost, Piece::Kept, Piece::Zeros, Piece::Garbage];
        let mut pieces = Vec::new();
        for count in &self.parts {
            pieces.extend(std::iter::repeat_n(kinds[digit(self.kinds)], *count));
        }
        Fate { pieces, growth }
    }
}

/// Combines the fates of all operations freely, if they are not too many; whether they were.
fn free(
    found: &mut Found<'_>,
    ops: &[&Logged],
    bounds: &Bounds,
    choices: impl Fn(&Logged) -> Choices,
) -> bool {
    let choices: Vec<Choices> = ops.iter().map(|logged| choices(logged)).collect();
    let counts: Option<Vec<u64>> = choices.iter().map(Choices::count).collect();
    let total =
        counts.as_ref().and_then(|c| c.iter().try_fold(1_u64, |all, n| all.checked_mul(*n)));
    let (Some(counts), Some(total)) = (counts, total.filter(|total| *total <= bounds.choices))
    else {
        classes(found, ops);
        return true;
    };
    for mut number in 0..total {
        let mut fates = Vec::with_capacity(ops.len());
        for (choices, count) in choices.iter().zip(&counts) {
            fates.push(choices.fate(number % count));
            number /= count;
        }
        found.add(fates);
    }
    false
}

/// The classes of outcomes that stand for all: a beginning survives, its last operation torn from
/// either side or as zeros; one operation is lost; one operation survives; one length does, and
/// nothing that was written.
fn classes(found: &mut Found<'_>, ops: &[&Logged]) {
    let extremes = |kept: &dyn Fn(usize) -> bool| -> Vec<Fate> {
        let piece = |at| if kept(at) { Piece::Kept } else { Piece::Lost };
        ops.iter().enumerate().map(|(at, logged)| extreme(logged, piece(at))).collect()
    };
    for (torn, logged) in ops.iter().enumerate() {
        found.add(extremes(&|at| at < torn));
        found.add(extremes(&|at| at != torn));
        found.add(extremes(&|at| at == torn));
        let whole = extreme(logged, Piece::Kept);
        let count = whole.pieces.len();
        let mut length_only = extremes(&|_| false);
        length_only[torn].growth = whole.growth;
        found.add(length_only);
        for cut in 0..=count {
            for side in [0..cut, cut..count] {
                let mut fates = extremes(&|at| at < torn);
                fates[torn] = Fate { pieces: vec![Piece::Lost; count], growth: whole.growth };
                fates[torn].pieces[side].fill(Piece::Kept);
                found.add(fates);
            }
        }
    }
}

/// What ext4 leaves: what made the file longer survives in order, or as zeros within the block
/// that was there; what was overwritten is torn at sectors.
fn ordered(found: &mut Found<'_>, base: u64, ops: &[&Logged], bounds: &Bounds) -> bool {
    let growing: Vec<usize> = (0..ops.len()).filter(|at| !overwrites(ops[*at], base)).collect();
    let over: Vec<usize> = (0..ops.len()).filter(|at| overwrites(ops[*at], base)).collect();
    let sectors: usize = over.iter().map(|at| extreme(ops[*at], Piece::Kept).pieces.len()).sum();
    let torn = u32::try_from(sectors).ok().and_then(|bits| 1_u64.checked_shl(bits));
    let torn = torn.filter(|torn| *torn <= bounds.choices);
    for mut number in 0..torn.unwrap_or(2) {
        let mut fates: Vec<Fate> = ops.iter().map(|logged| extreme(logged, Piece::Lost)).collect();
        for at in &over {
            for piece in &mut fates[*at].pieces {
                *piece = if number % 2 == 1 { Piece::Kept } else { Piece::Lost };
                // Beyond the bound all sectors share one fate.
                number = if torn.is_some() { number / 2 } else { number };
            }
        }
        found.add(fates.clone());
        for at in &growing {
            let mut zeros = fates.clone();
            if let Some(len) = zero_tail(ops[*at], base) {
                zeros[*at].growth = Growth::At(len);
                found.add(zeros);
            }
        }
        for at in &growing {
            fates[*at] = extreme(ops[*at], Piece::Kept);
            found.add(fates.clone());
        }
    }
    torn.is_none()
}

/// Whether an operation writes to blocks that were there, and changes no length.
fn overwrites(logged: &Logged, base: u64) -> bool {
    match &*logged.op {
        MicroOp::Write { offset, bytes, .. } => offset + bytes.len() as u64 <= base,
        _ => false,
    }
}

/// How long a file may be that was made longer within its last block, without what was written.
fn zero_tail(logged: &Logged, base: u64) -> Option<u64> {
    let MicroOp::Write { offset, bytes, .. } = &*logged.op else { return None };
    let end = (offset + bytes.len() as u64).min(base.next_multiple_of(BLOCK));
    (logged.grew_from.is_some() && end > base).then_some(end)
}

const _: () = assert!(BLOCK.is_multiple_of(SECTOR));

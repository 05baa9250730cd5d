//! What a disk is like, and what goes wrong with it.

use proptest::option;
use proptest::prelude::*;

use super::frame::{Frame, span};
use crate::plan::{BitRot, DiskEffect, DiskFault, DiskPlan, DiskVerb};
use crate::time::Ms;

pub(super) fn disk() -> impl Strategy<Value = DiskPlan> {
    span(1, 0..20).prop_map(|latency| DiskPlan { latency, capacity: None })
}

/// A fault of the disk that is over some time: a certain call fails, or all of them for a while.
pub(super) fn disk_fault(frame: Frame) -> impl Strategy<Value = DiskFault> {
    let effect = prop_oneof![
        3 => Just(DiskEffect::Eio),
        2 => Just(DiskEffect::Enospc),
        2 => Just(DiskEffect::EnospcPartial),
        1 => Just(DiskEffect::Erofs),
        4 => Just(DiskEffect::EioDropsDirty),
        2 => Just(DiskEffect::LyingFlush),
        2 => Just(DiskEffect::Stall),
    ];
    let path = prop_oneof![
        4 => Just(None),
        2 => Just(Some("journal-*")),
        1 => Just(Some("draft-*")),
        1 => Just(Some("transcript-*")),
    ];
    let verb = prop_oneof![
        6 => Just(None),
        1 => Just(Some(DiskVerb::Write)),
        1 => Just(Some(DiskVerb::Sync)),
        1 => Just(Some(DiskVerb::SyncDir)),
        1 => Just(Some(DiskVerb::Rename)),
        1 => Just(Some(DiskVerb::Read)),
    ];
    let when = (frame.span(1_000, 0..280), frame.span(500, 1..120), option::of(1..12_u64));
    (effect, when, verb, path).prop_map(move |(effect, (from, lasts, nth), verb, path)| DiskFault {
        effect,
        from,
        until: Some(if nth.is_some() { frame.events_end() } else { from.plus(lasts) }),
        verb: verb.filter(|verb| effect.fits(*verb)),
        path: path.map(str::to_owned),
        phase: None,
        nth,
        delay: if effect == DiskEffect::Stall { lasts } else { Ms(0) },
    })
}

pub(super) fn bit_rot(frame: Frame) -> impl Strategy<Value = BitRot> {
    (frame.span(1_000, 1..300), -200..200_i64, 0..8_u8).prop_map(|(at, byte, bit)| BitRot {
        at,
        path: "journal-*".to_owned(),
        byte,
        bit,
    })
}

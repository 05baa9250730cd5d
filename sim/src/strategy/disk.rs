//! What a disk is like, and what goes wrong with it.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::frame::{Frame, mostly, span};
use crate::plan::{BitRot, DiskEffect, DiskFault, DiskPlan, DiskVerb};
use crate::time::Ms;

pub(super) fn disk(frame: Frame) -> impl Strategy<Value = DiskPlan> {
    frame
        .waits(span(1, 0..20), &[100, 500, 800, 1_000, 2_000])
        .prop_map(|latency| DiskPlan { latency, capacity: None })
}

fn effect() -> impl Strategy<Value = DiskEffect> {
    prop_oneof![
        3 => Just(DiskEffect::Eio),
        2 => Just(DiskEffect::Enospc),
        2 => Just(DiskEffect::EnospcPartial),
        1 => Just(DiskEffect::Erofs),
        4 => Just(DiskEffect::EioDropsDirty),
        2 => Just(DiskEffect::LyingFlush),
        2 => Just(DiskEffect::Stall),
    ]
}

/// A fault of the disk, whatever it is about: a certain call fails, or all of them for a while or
/// until the world heals.
pub(super) fn disk_fault(frame: Frame) -> impl Strategy<Value = DiskFault> {
    let verb = option::weighted(0.5, select(DiskVerb::ALL.to_vec()));
    let lasts = frame.waits(frame.span(500, 1..120), &[1, 5]);
    let when = (frame.span(1_000, 0..280), lasts, option::of(1..12_u64), 0..8_u8);
    (effect(), when, verb).prop_map(move |(effect, when, verb)| {
        let (from, lasts, nth, ends) = when;
        let until = match (nth, ends) {
            (_, 0) => None,
            (Some(_), _) => Some(frame.events_end()),
            (None, _) => Some(frame.until(from, lasts)),
        };
        DiskFault {
            effect,
            from,
            until,
            verb: verb.filter(|verb| effect.fits(*verb)),
            path: None,
            phase: None,
            nth,
            delay: if effect == DiskEffect::Stall { lasts.max(Ms(1)) } else { Ms(0) },
        }
    })
}

/// A bit that turns over in whatever file is the last.
pub(super) fn bit_rot(frame: Frame) -> impl Strategy<Value = BitRot> {
    let byte = mostly(-200..200_i64, vec![0, -1, 511, 512, 4_096]);
    (frame.span(1_000, 1..300), byte, 0..8_u8).prop_map(|(at, byte, bit)| BitRot {
        at,
        path: "*".to_owned(),
        byte,
        bit,
    })
}

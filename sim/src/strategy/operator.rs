//! What the operator does besides asking for stops.

use proptest::option;
use proptest::prelude::*;

use super::frame::Frame;
use super::turn::chat;
use crate::plan::{CleanStart, Revocation};

/// A chat that loses its access, for a while or for good.
pub(super) fn revocation(frame: Frame) -> impl Strategy<Value = Revocation> {
    let lasts = option::weighted(0.6, frame.span(1_000, 1..60));
    (frame.span(1_000, 1..280), chat(), lasts).prop_map(move |(at, chat, lasts)| {
        let until = lasts.map(|lasts| at.plus(lasts).min(frame.events_end()));
        Revocation { at, chat, until }
    })
}

/// A span of time in which every boot is started clean.
pub(super) fn clean_start(frame: Frame) -> impl Strategy<Value = CleanStart> {
    (frame.span(1_000, 1..280), frame.span(1_000, 5..90))
        .prop_map(|(from, lasts)| CleanStart { from, until: from.plus(lasts) })
}

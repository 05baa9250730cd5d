//! What the operator does besides asking for stops.

use proptest::option;
use proptest::prelude::*;

use super::plan::{EVENTS_END, span};
use super::turn::chat;
use crate::plan::{CleanStart, Revocation};
use crate::time::Ms;

/// A chat that loses its access, for a while or for good.
pub(super) fn revocation() -> impl Strategy<Value = Revocation> {
    (span(1_000, 1..280), chat(), option::weighted(0.6, span(1_000, 1..60))).prop_map(
        |(at, chat, lasts)| {
            let until = lasts.map(|lasts| at.plus(lasts).min(Ms(EVENTS_END)));
            Revocation { at, chat, until }
        },
    )
}

/// A span of time in which every boot is started clean.
pub(super) fn clean_start() -> impl Strategy<Value = CleanStart> {
    (span(1_000, 1..280), span(1_000, 5..90))
        .prop_map(|(from, lasts)| CleanStart { from, until: from.plus(lasts) })
}

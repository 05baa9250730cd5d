//! Sudden deaths that are still to be placed.
//!
//! Where a gateway can die is known only once it has run. So a strike says where it aims, and how
//! far along what it aims at it lands; a campaign runs the plan and makes an explicit kill of it.

use proptest::option;
use proptest::prelude::*;

use super::frame::{Frame, span};
use crate::plan::InFlight;
use crate::time::Ms;

/// A death that is still to be placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strike {
    /// What it aims at.
    pub aim: Aim,
    /// How far along that it lands: 0 is the first of the places, `u16::MAX` the last.
    pub place: u16,
    /// Which of the images a power loss may leave there; none if only the process dies.
    pub image: Option<u16>,
    /// At which of the lengths at which a write about to take hold may be cut, if there is one.
    pub torn: Option<u16>,
    /// What becomes of requests that had left.
    pub in_flight: InFlight,
    /// How long the process stays down; the supervisor's restart delay if not said.
    pub down_for: Option<Ms>,
    /// How long after the supervisor starts another process somebody starts one more by hand, if
    /// anybody does.
    pub one_more: Option<Ms>,
}

/// What a death aims at: some of the gaps between two transitions of a boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// Any.
    Anywhere,
    /// Those in which something was done to the disk that is not durable yet.
    PendingWrites,
    /// Those between a request to stop and the end of its boot.
    Stop,
    /// Those of a boot that is not the first, until its last cut turn goes on.
    Recovery,
    /// Those before a write to a conversation that had been kept before.
    Histories,
}

/// A death. Most aim at what can go wrong.
pub(super) fn strike(frame: Frame) -> impl Strategy<Value = Strike> {
    let aim = prop_oneof![
        1 => Just(Aim::Anywhere),
        3 => Just(Aim::PendingWrites),
        3 => Just(Aim::Stop),
        3 => Just(Aim::Recovery),
    ];
    let in_flight = prop_oneof![3 => Just(InFlight::Lost), 1 => Just(InFlight::Arrives)];
    let down_for = option::weighted(0.1, frame.waits(frame.span(1_000, 0..90), &[0, 1]));
    let image = option::weighted(0.6, any::<u16>());
    let torn = option::weighted(0.3, any::<u16>());
    (aim, any::<u16>(), image, torn, in_flight, down_for).prop_map(
        |(aim, place, image, torn, in_flight, down_for)| Strike {
            aim,
            place,
            image,
            torn,
            in_flight,
            down_for,
            one_more: None,
        },
    )
}

/// The same, and now and then somebody starts one more process: mostly in the very millisecond in
/// which the supervisor does.
pub(super) fn accompanied(strike: impl Strategy<Value = Strike>) -> impl Strategy<Value = Strike> {
    let one_more = prop_oneof![3 => Just(Ms(0)), 1 => span(50, 1..60)];
    let accompanied = (strike, option::weighted(0.75, one_more));
    accompanied.prop_map(|(strike, one_more)| Strike { one_more, ..strike })
}

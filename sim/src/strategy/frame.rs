//! How much time a plan has, by the stage that it is drawn for.
//!
//! The network stage ticks once a millisecond, so what users, operators and faults do is drawn ten
//! times as fast for it. What the gateway and its wire wait for by themselves (heartbeats, a
//! silence that is too long, the parts of a stop, the pause before a send is repeated) stays as
//! it is: the world is sick there for longer than any of these.

use proptest::prelude::*;
use proptest::sample::select;

use crate::plan::Stage;
use crate::time::Ms;

/// How many times as fast everything that is drawn happens on the network stage.
const HASTE: u64 = 10;

/// No single wait is longer on the network stage: every millisecond of it costs a tick.
const WAIT_MAX: Ms = Ms(10_000);

/// The time that a plan has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame(pub(super) Stage);

impl Frame {
    /// Whether the plan is for the network stage.
    pub(super) fn is_network(self) -> bool {
        self.0 == Stage::Network
    }

    /// Everything happens before this, and from then on the world is healthy.
    pub(super) fn events_end(self) -> Ms {
        match self.0 {
            Stage::Direct => Ms(300_000),
            Stage::Network => Ms(45_000),
        }
    }

    /// The time that a plan leaves after its last event: several boots, the longest turns, and a
    /// platform that has to be asked again and again.
    pub(super) fn settling(self) -> Ms {
        match self.0 {
            Stage::Direct => Ms(3_600_000),
            Stage::Network => Ms(360_000),
        }
    }

    /// Something that takes as long as it takes everywhere, or a tenth of it.
    pub(super) fn hasty(self, span: Ms) -> Ms {
        match self.0 {
            Stage::Direct => span,
            Stage::Network => Ms(span.0 / HASTE),
        }
    }

    /// The end of something that begins at a time: never later than the last event.
    pub(super) fn until(self, from: Ms, lasts: Ms) -> Ms {
        from.plus(lasts).min(self.events_end()).max(from.plus(Ms(1)))
    }

    /// A wait as long as it is everywhere, or a tenth of it and no more than a plan can afford.
    pub(super) fn wait(self, span: Ms) -> Ms {
        match self.0 {
            Stage::Direct => span,
            Stage::Network => self.hasty(span).min(WAIT_MAX),
        }
    }

    /// Such a wait, drawn.
    pub(super) fn wait_of(self, span: impl Strategy<Value = Ms>) -> impl Strategy<Value = Ms> {
        span.prop_map(move |span| self.wait(span))
    }

    /// Mostly a usual wait, now and then one of those at the edges of what is legal, in
    /// milliseconds.
    pub(super) fn waits(
        self,
        usual: impl Strategy<Value = Ms>,
        edges: &'static [u64],
    ) -> impl Strategy<Value = Ms> {
        mostly(usual, edges.iter().map(|edge| self.wait(Ms(*edge))).collect())
    }

    /// A whole number of `unit` milliseconds, or of tenths of them: round times read better and
    /// collide more often.
    pub(super) fn span(self, unit: u64, range: std::ops::Range<u64>) -> impl Strategy<Value = Ms> {
        range.prop_map(move |count| self.hasty(Ms(count * unit)))
    }
}

/// A whole number of `unit` milliseconds on every stage.
pub(super) fn span(unit: u64, range: std::ops::Range<u64>) -> impl Strategy<Value = Ms> {
    Frame(Stage::Direct).span(unit, range)
}

/// Mostly a usual value, now and then one of those that are legal and that nobody chooses.
pub(super) fn mostly<T: Clone + std::fmt::Debug + 'static>(
    usual: impl Strategy<Value = T>,
    edges: Vec<T>,
) -> impl Strategy<Value = T> {
    prop_oneof![3 => usual, 2 => select(edges)]
}

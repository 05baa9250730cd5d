//! A platform that takes its time, and what goes wrong with sends and polls.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::frame::{Frame, span};
use super::turn::chat;
use crate::plan::{PlatformPlan, PollFault, SendFault, SendFaultEffect};
use crate::time::Ms;

pub(super) fn platform(frame: Frame) -> impl Strategy<Value = PlatformPlan> {
    let usual = || prop_oneof![Just(Ms(0)), Just(Ms(5)), span(50, 1..8)];
    let latency = || frame.waits(usual(), &[1, 2, 1_000, 5_000]);
    let faults = (vec(poll_fault(frame), 1..3), vec(send_fault(frame), 1..3));
    (any::<bool>(), latency(), latency(), faults).prop_map(
        |(honours_keys, send_latency, answer_latency, (poll_faults, faults))| PlatformPlan {
            honours_keys,
            send_latency,
            answer_latency,
            poll_faults,
            faults,
        },
    )
}

/// How long a fault of the platform lasts: mostly some seconds, now and then a moment.
fn lasts(frame: Frame) -> impl Strategy<Value = Ms> {
    prop_oneof![4 => frame.span(1_000, 1..60), 1 => (1..20_u64).prop_map(Ms)]
}

pub(super) fn poll_fault(frame: Frame) -> impl Strategy<Value = PollFault> {
    (frame.span(1_000, 0..250), lasts(frame))
        .prop_map(move |(from, lasts)| PollFault { from, until: frame.until(from, lasts) })
}

pub(super) fn send_fault(frame: Frame) -> impl Strategy<Value = SendFault> {
    let effect = prop_oneof![
        Just(SendFaultEffect::Slow),
        Just(SendFaultEffect::NotTaken),
        Just(SendFaultEffect::Lost),
        Just(SendFaultEffect::AnswerLost),
        Just(SendFaultEffect::Hang),
    ];
    let times = (frame.span(1_000, 0..250), lasts(frame));
    let delay = frame.waits(span(500, 0..10), &[1, 20_000, 60_000]);
    (times, option::of(chat()), effect, delay).prop_map(
        move |((from, lasts), chat, effect, delay)| SendFault {
            from,
            until: frame.until(from, lasts),
            chat,
            effect,
            delay,
        },
    )
}

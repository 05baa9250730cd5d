//! What a user writes, and what the agent makes of it.

use gateway_core::message::ChatId;
use proptest::option;
use proptest::prelude::*;

use super::frame::{Frame, span};
use crate::plan::{MessageBody, MessagePlan, Outcome, TurnPlan};

/// One of three chats: more would only make collisions rare.
pub(super) fn chat() -> impl Strategy<Value = ChatId> {
    (0..3_usize).prop_map(|index| ChatId(["a", "b", "c"][index].to_owned()))
}

pub(super) fn message(frame: Frame) -> impl Strategy<Value = MessagePlan> {
    let body = prop_oneof![
        6 => Just(MessageBody::Text),
        2 => Just(MessageBody::Job),
        1 => Just(MessageBody::Stop),
        1 => Just(MessageBody::Reset),
    ];
    let written = (frame.span(1_000, 1..200), chat(), body, turn(frame));
    written.prop_map(|(at, chat, body, turn)| MessagePlan { at, chat, body, turn })
}

fn turn(frame: Frame) -> impl Strategy<Value = TurnPlan> {
    let outcome = prop_oneof![
        5 => Just(Outcome::Finish),
        1 => Just(Outcome::Fail),
        1 => Just(Outcome::Hang),
        1 => Just(Outcome::AskRestart),
        1 => Just(Outcome::KillProcess),
    ];
    let work = (0..4_u32, frame.span(500, 1..80), frame.span(500, 0..20));
    let obedience = (span(100, 0..10), prop::bool::weighted(0.3));
    (frame.span(1_000, 0..20), work, outcome, option::of(0..4_u32), obedience).prop_map(
        |(prepare, (steps, step, reply), outcome, at_step, (obeys_after, ignores_interrupts))| {
            let at_step = at_step.filter(|at| outcome != Outcome::Finish && *at <= steps);
            TurnPlan {
                prepare,
                steps,
                step,
                reply,
                outcome,
                at_step,
                attempts: None,
                obeys_after,
                ignores_interrupts,
            }
        },
    )
}

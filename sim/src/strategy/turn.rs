//! What a user writes, and what the agent makes of it.

use gateway_core::message::ChatId;
use proptest::option;
use proptest::prelude::*;

use super::frame::{Frame, span};
use crate::plan::{MessageBody, MessagePlan, Outcome, TurnPlan};
use crate::time::Ms;

/// In how many attempts an agent hangs or asks for a restart, at most: each costs a boot.
const ATTEMPTS_MAX: u32 = 3;

/// One of three chats: more would only make collisions rare.
pub(super) fn chat() -> impl Strategy<Value = ChatId> {
    (0..3_usize).prop_map(|index| ChatId(["a", "b", "c"][index].to_owned()))
}

pub(super) fn message(frame: Frame) -> impl Strategy<Value = MessagePlan> {
    let written = (frame.span(1_000, 1..200), chat(), body(), turn(frame));
    written.prop_map(|(at, chat, body, turn)| MessagePlan { at, chat, body, turn })
}

fn body() -> impl Strategy<Value = MessageBody> {
    prop_oneof![
        6 => Just(MessageBody::Text),
        2 => Just(MessageBody::Job),
        1 => Just(MessageBody::Stop),
        1 => Just(MessageBody::Reset),
    ]
}

fn turn(frame: Frame) -> impl Strategy<Value = TurnPlan> {
    let outcome = prop_oneof![
        5 => Just(Outcome::Finish),
        1 => Just(Outcome::Fail),
        1 => Just(Outcome::Hang),
        1 => Just(Outcome::AskRestart),
        1 => Just(Outcome::KillProcess),
    ];
    let usual = (0..4_u32, frame.span(500, 1..80), frame.span(500, 0..20));
    // Steps that are acknowledged one right after the other.
    let hasty = (1..12_u32, (0..40_u64).prop_map(Ms), (0..40_u64).prop_map(Ms));
    let work = prop_oneof![5 => usual, 1 => hasty];
    let prepare = frame.waits(frame.span(1_000, 0..20), &[1, 5, 60_000]);
    let obeys = frame.waits(span(100, 0..10), &[1, 5_000, 30_000, 300_000]);
    let obedience = (obeys, prop::bool::weighted(0.3));
    let where_it_happens = (option::of(0..4_u32), option::weighted(0.4, 0..9_u32));
    (prepare, work, outcome, where_it_happens, obedience).prop_map(
        |(prepare, (steps, step, reply), outcome, (at_step, attempts), obedience)| TurnPlan {
            prepare,
            steps,
            step,
            reply,
            outcome,
            at_step: at_step.filter(|at| outcome != Outcome::Finish && *at <= steps),
            attempts: attempts.and_then(|attempts| attempts_of(outcome, attempts)),
            obeys_after: obedience.0,
            ignores_interrupts: obedience.1,
        },
    )
}

/// In how many attempts an outcome happens, where that may be said.
fn attempts_of(outcome: Outcome, attempts: u32) -> Option<u32> {
    match outcome {
        Outcome::Finish => None,
        Outcome::Fail | Outcome::KillProcess => Some(attempts),
        Outcome::Hang | Outcome::AskRestart => Some(attempts % (ATTEMPTS_MAX + 1)),
    }
}

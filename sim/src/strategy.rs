//! Plans that nobody thought of: the one generator, as a proptest strategy.
//!
//! Plans are small, because most losses need two faults and a reader has to understand what is
//! found; each class of trouble is switched on or off for a whole plan. Every plan leaves a
//! healthy gateway all the time it needs: its horizon lies far behind its last event.

use gateway_core::env::Signal;
use gateway_core::message::ChatId;
use gateway_core::settings::Settings;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::plan::{
    BitRot, ClockJump, DiskEffect, DiskFault, DiskPlan, MessageBody, MessagePlan, Outcome, Plan,
    PlatformPlan, RestartPolicy, SendFault, SendFaultEffect, StopPlan, SupervisorPlan, TurnPlan,
};
use crate::time::{Jump, Ms};

/// Everything happens before this.
const EVENTS_END: u64 = 300_000;

/// A plan leaves this much time after its last event: several boots, the longest turns, and a
/// platform that has to be asked again and again.
const SETTLING: u64 = 3_600_000;

/// The time between two stops that let hanging agents go.
const LET_GO: u64 = 1_200_000;

/// Whole plans, without kills: those are the matrix's to add.
pub fn plans() -> impl Strategy<Value = Plan> {
    let parts = (any::<u32>(), settings(), platform(), supervisor(), stops());
    let jump = option::weighted(0.2, clock_jump());
    (parts, vec(message(), 1..6), jump, disk()).prop_map(
        |((seed, settings, platform, supervisor, mut stops), messages, jump, disk)| {
            let_go(&messages, &mut stops);
            let last = stops.iter().map(|stop| stop.at).max().unwrap_or_default();
            Plan {
                seed: u64::from(seed),
                horizon: last.max(Ms(EVENTS_END)).plus(Ms(SETTLING)),
                settings,
                platform,
                supervisor,
                messages,
                stops,
                kills: Vec::new(),
                disk: DiskPlan { latency: disk.latency, capacity: None },
                disk_faults: disk.faults,
                bit_rots: disk.rots,
                clock_jumps: jump.into_iter().collect(),
            }
        },
    )
}

/// An agent that hangs is let go by the end of its boot: each one gets a stop behind everything
/// else, far enough from the next for whatever is at work in between.
fn let_go(messages: &[MessagePlan], stops: &mut Vec<StopPlan>) {
    let hanging = messages.iter().filter(|message| message.turn.outcome == Outcome::Hang);
    for (_, nth) in hanging.zip(1..) {
        let at = Ms(EVENTS_END + nth * LET_GO);
        stops.push(StopPlan { at, signal: Signal::Restart, down_for: None });
    }
}

/// A whole number of `unit` milliseconds: round times read better and collide more often.
fn span(unit: u64, range: std::ops::Range<u64>) -> impl Strategy<Value = Ms> {
    range.prop_map(move |count| Ms(count * unit))
}

fn settings() -> impl Strategy<Value = Settings> {
    (0..70_u64, 0..4_u64).prop_map(|(drain, stagger)| Settings {
        drain_timeout: std::time::Duration::from_secs(drain),
        resume_stagger: std::time::Duration::from_millis(stagger * 50),
        ..Settings::standard()
    })
}

fn platform() -> impl Strategy<Value = PlatformPlan> {
    let latency = || prop_oneof![Just(Ms(0)), Just(Ms(5)), span(50, 1..8)];
    let faults = prop_oneof![3 => Just(Vec::new()), 1 => vec(send_fault(), 1..3)];
    (any::<bool>(), latency(), latency(), faults).prop_map(
        |(honours_keys, send_latency, answer_latency, faults)| PlatformPlan {
            honours_keys,
            send_latency,
            answer_latency,
            faults,
        },
    )
}

fn send_fault() -> impl Strategy<Value = SendFault> {
    let effect = prop_oneof![
        Just(SendFaultEffect::Slow),
        Just(SendFaultEffect::NotTaken),
        Just(SendFaultEffect::Lost),
        Just(SendFaultEffect::AnswerLost),
        Just(SendFaultEffect::Hang),
    ];
    let times = (span(1_000, 0..250), span(1_000, 1..60));
    (times, option::of(chat()), effect, span(500, 0..10)).prop_map(
        |((from, lasts), chat, effect, delay)| SendFault {
            from,
            until: from.plus(lasts),
            chat,
            effect,
            delay,
        },
    )
}

fn supervisor() -> impl Strategy<Value = SupervisorPlan> {
    (span(1_000, 20..120), span(250, 1..20)).prop_map(|(stop_budget, restart_delay)| {
        SupervisorPlan { stop_budget, restart_delay, restart: RestartPolicy::Always }
    })
}

fn chat() -> impl Strategy<Value = ChatId> {
    (0..3_usize).prop_map(|index| ChatId(["a", "b", "c"][index].to_owned()))
}

fn message() -> impl Strategy<Value = MessagePlan> {
    let body = prop_oneof![
        12 => Just(MessageBody::Text),
        1 => Just(MessageBody::Stop),
        1 => Just(MessageBody::Reset),
    ];
    (span(1_000, 1..200), chat(), body, turn()).prop_map(|(at, chat, body, turn)| MessagePlan {
        at,
        chat,
        body,
        turn,
    })
}

fn turn() -> impl Strategy<Value = TurnPlan> {
    let outcome = prop_oneof![
        8 => Just(Outcome::Finish),
        1 => Just(Outcome::Fail),
        1 => Just(Outcome::Hang),
        1 => Just(Outcome::AskRestart),
        1 => Just(Outcome::KillProcess),
    ];
    let prepare = prop_oneof![3 => Just(Ms(0)), 1 => span(1_000, 1..20)];
    let work = (0..4_u32, span(500, 1..80), span(500, 0..20));
    let obedience = (span(100, 0..10), prop::bool::weighted(0.15));
    (prepare, work, outcome, option::of(0..4_u32), obedience).prop_map(
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

/// What the disk is like, and what goes wrong with it.
#[derive(Clone, Debug)]
struct Disk {
    latency: Ms,
    faults: Vec<DiskFault>,
    rots: Vec<BitRot>,
}

fn disk() -> impl Strategy<Value = Disk> {
    let latency = prop_oneof![4 => Just(Ms(0)), 1 => span(1, 1..20)];
    let faults = prop_oneof![2 => Just(Vec::new()), 1 => vec(disk_fault(), 1..3)];
    let rots = prop_oneof![19 => Just(Vec::new()), 1 => vec(bit_rot(), 1..2)];
    (latency, faults, rots).prop_map(|(latency, faults, rots)| Disk { latency, faults, rots })
}

/// A fault of the disk that is over some time: a certain call fails, or all of them for a while.
fn disk_fault() -> impl Strategy<Value = DiskFault> {
    let effect = prop_oneof![
        3 => Just(DiskEffect::Eio),
        2 => Just(DiskEffect::Enospc),
        2 => Just(DiskEffect::EnospcPartial),
        1 => Just(DiskEffect::Erofs),
        4 => Just(DiskEffect::EioDropsDirty),
        1 => Just(DiskEffect::LyingFlush),
        2 => Just(DiskEffect::Stall),
    ];
    let place = prop_oneof![
        3 => Just(None),
        2 => Just(Some("journal")),
        1 => Just(Some("journal.new")),
        1 => Just(Some("transcripts/")),
    ];
    (effect, span(1_000, 0..280), span(500, 1..120), option::of(1..12_u64), place).prop_map(
        |(effect, from, lasts, nth, path)| DiskFault {
            effect,
            from,
            until: Some(from.plus(if nth.is_some() { Ms(EVENTS_END) } else { lasts })),
            verb: None,
            path: path.map(str::to_owned),
            nth,
            delay: if effect == DiskEffect::Stall { lasts } else { Ms(0) },
        },
    )
}

fn bit_rot() -> impl Strategy<Value = BitRot> {
    (span(1_000, 1..300), -200..200_i64, 0..8_u8).prop_map(|(at, byte, bit)| BitRot {
        at,
        path: "journal".to_owned(),
        byte,
        bit,
    })
}

/// One stop or two.
fn stops() -> impl Strategy<Value = Vec<StopPlan>> {
    let signal = || prop_oneof![Just(Signal::Restart), Just(Signal::Stop)];
    let stop = (span(500, 2..560), signal(), option::weighted(0.2, span(1_000, 0..60)));
    let stop = stop.prop_map(|(at, signal, down_for)| StopPlan { at, signal, down_for });
    vec(stop, 1..3)
}

fn clock_jump() -> impl Strategy<Value = ClockJump> {
    (span(1_000, 0..280), -600..600_i64)
        .prop_map(|(at, seconds)| ClockJump { at, by: Jump(seconds * 1_000) })
}

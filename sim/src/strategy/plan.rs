//! Whole plans.
//!
//! Plans are small, because most losses need two faults and a reader has to understand what is
//! found. Every plan leaves a healthy gateway all the time it needs: its horizon lies far behind
//! its last event.

use std::time::Duration;

use gateway_core::env::Signal;
use gateway_core::settings::{Notices, Settings};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::classes::classes;
use super::disk::{bit_rot, disk, disk_fault};
use super::frame::{Frame, span};
use super::operator::{clean_start, revocation};
use super::release::let_go;
use super::turn::{chat, message};
use crate::plan::{
    ClockJump, Demoted, Demotion, Plan, PlatformPlan, PollFault, SchedulePlan, SendFault,
    SendFaultEffect, Stage, StopPlan, SupervisorPlan,
};
use crate::time::{Jump, Ms};

/// Whole plans for the direct stage, without deaths: those are the matrix's to add, or a
/// campaign's.
pub fn plans() -> impl Strategy<Value = Plan> {
    let frame = Frame(Stage::Direct);
    (classes(frame), unrestricted(frame))
        .prop_map(move |(classes, plan)| let_go(frame, classes.restrict(plan), 0))
}

/// A plan with trouble of every class that both stages have.
pub(super) fn unrestricted(frame: Frame) -> impl Strategy<Value = Plan> {
    let setting = (settings(frame), platform(frame), supervisor(frame), schedule());
    let events = (vec(message(frame), 1..6), stops(frame), vec(clock_jump(frame), 1..3));
    let disks = (disk(), vec(disk_fault(frame), 1..3), vec(bit_rot(frame), 1..2));
    let wishes = (vec(revocation(frame), 1..3), vec(clean_start(frame), 1..2));
    let drawn = (any::<u32>(), setting, events, disks, wishes);
    drawn.prop_map(move |(seed, setting, events, disks, wishes)| {
        let (settings, platform, supervisor, schedule) = setting;
        let (messages, stops, clock_jumps) = events;
        let (disk, disk_faults, bit_rots) = disks;
        let (mut revocations, clean_starts) = wishes;
        revocations.retain(|one| messages.iter().any(|message| message.chat == one.chat));
        Plan {
            seed: u64::from(seed),
            horizon: frame.events_end().plus(frame.settling()),
            heal_at: Some(frame.events_end()),
            settings,
            platform,
            supervisor,
            messages,
            stops,
            kills: Vec::new(),
            disk,
            disk_faults,
            bit_rots,
            clock_jumps,
            revocations,
            clean_starts,
            schedule,
            stage: frame.0,
            starts: Vec::new(),
            replacements: Vec::new(),
            stalls: Vec::new(),
            lost_locks: Vec::new(),
            link_faults: Vec::new(),
        }
    })
}

fn settings(frame: Frame) -> impl Strategy<Value = Settings> {
    let drains = (0..70_u64, 0..70_u64);
    let window = prop_oneof![2 => Just(3_600_u64), 1 => 30..300_u64];
    let notices = (any::<bool>(), any::<bool>());
    let notices = notices.prop_map(|(stopping, resuming)| Notices { stopping, resuming });
    (drains, window, notices, 0..4_u64, 300..3_000_u64).prop_map(
        move |((drain, job_drain), job_window, notices, stagger, compact_after)| {
            let seconds = |count: u64| Duration::from(frame.hasty(Ms(count * 1_000)));
            Settings {
                drain_timeout: seconds(drain),
                job_drain_timeout: seconds(job_drain),
                job_window: seconds(job_window),
                resume_stagger: Duration::from_millis(stagger * 50),
                compact_after,
                notices,
                ..Settings::standard()
            }
        },
    )
}

fn platform(frame: Frame) -> impl Strategy<Value = PlatformPlan> {
    let latency = || prop_oneof![Just(Ms(0)), Just(Ms(5)), span(50, 1..8)];
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

fn poll_fault(frame: Frame) -> impl Strategy<Value = PollFault> {
    (frame.span(1_000, 0..250), frame.span(1_000, 1..60))
        .prop_map(|(from, lasts)| PollFault { from, until: from.plus(lasts) })
}

fn send_fault(frame: Frame) -> impl Strategy<Value = SendFault> {
    let effect = prop_oneof![
        Just(SendFaultEffect::Slow),
        Just(SendFaultEffect::NotTaken),
        Just(SendFaultEffect::Lost),
        Just(SendFaultEffect::AnswerLost),
        Just(SendFaultEffect::Hang),
    ];
    let times = (frame.span(1_000, 0..250), frame.span(1_000, 1..60));
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

fn supervisor(frame: Frame) -> impl Strategy<Value = SupervisorPlan> {
    (span(1_000, 20..120), span(250, 1..20)).prop_map(move |(budget, restart_delay)| {
        let stop_budget = if frame.is_network() { Ms(15_000 + budget.0 / 8) } else { budget };
        SupervisorPlan { stop_budget, restart_delay, ..SupervisorPlan::default() }
    })
}

/// Ties in any order, and now and then an effect that everything else overtakes.
fn schedule() -> impl Strategy<Value = SchedulePlan> {
    let part = prop_oneof![Just(Demoted::Hold), Just(Demoted::Answer)];
    let demotion = (1..4_u32, 1..160_u64, part, prop_oneof![Just(Ms(0)), span(10, 1..200)]);
    let demotion =
        demotion.prop_map(|(boot, effect, part, by)| Demotion { boot, effect, part, by });
    (any::<u16>(), vec(demotion, 0..4))
        .prop_map(|(order, demotions)| SchedulePlan { order: Some(u64::from(order)), demotions })
}

/// One stop to three.
fn stops(frame: Frame) -> impl Strategy<Value = Vec<StopPlan>> {
    let signal = || prop_oneof![Just(Signal::Restart), Just(Signal::Stop)];
    let down_for = option::weighted(0.2, frame.span(1_000, 0..60));
    let stop = (frame.span(500, 2..560), signal(), down_for);
    let stop =
        stop.prop_map(|(at, signal, down_for)| StopPlan { at, boot: None, signal, down_for });
    vec(stop, 1..4)
}

fn clock_jump(frame: Frame) -> impl Strategy<Value = ClockJump> {
    (frame.span(1_000, 0..280), -600..600_i64)
        .prop_map(|(at, seconds)| ClockJump { at, by: Jump(seconds * 1_000) })
}

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
use super::operator::{clean_start, revocation};
use super::turn::{chat, message};
use crate::plan::{
    ClockJump, Demoted, Demotion, Outcome, Plan, PlatformPlan, PollFault, SchedulePlan, SendFault,
    SendFaultEffect, Stage, StopPlan, SupervisorPlan,
};
use crate::time::{Jump, Ms};

/// Everything happens before this, and from then on the world is healthy.
pub(super) const EVENTS_END: u64 = 300_000;

/// A plan leaves this much time after its last event: several boots, the longest turns, and a
/// platform that has to be asked again and again.
const SETTLING: u64 = 3_600_000;

/// The time between two stops that let hanging agents go.
const LET_GO: u64 = 1_200_000;

/// Whole plans, without deaths: those are the matrix's to add, or a campaign's.
pub fn plans() -> impl Strategy<Value = Plan> {
    (classes(), unrestricted()).prop_map(|(classes, plan)| let_go(classes.restrict(plan)))
}

/// A plan with trouble of every class.
pub(super) fn unrestricted() -> impl Strategy<Value = Plan> {
    let frame = (any::<u32>(), settings(), platform(), supervisor(), schedule());
    let events = (vec(message(), 1..6), stops(), vec(clock_jump(), 1..3));
    let disks = (disk(), vec(disk_fault(), 1..3), vec(bit_rot(), 1..2));
    let wishes = (vec(revocation(), 1..3), vec(clean_start(), 1..2));
    (frame, events, disks, wishes).prop_map(|(frame, events, disks, wishes)| {
        let (seed, settings, platform, supervisor, schedule) = frame;
        let (messages, stops, clock_jumps) = events;
        let (disk, disk_faults, bit_rots) = disks;
        let (mut revocations, clean_starts) = wishes;
        revocations.retain(|one| messages.iter().any(|message| message.chat == one.chat));
        Plan {
            seed: u64::from(seed),
            horizon: Ms(EVENTS_END + SETTLING),
            heal_at: Some(Ms(EVENTS_END)),
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
            stage: Stage::Direct,
            starts: Vec::new(),
            replacements: Vec::new(),
            stalls: Vec::new(),
            lost_locks: Vec::new(),
            link_faults: Vec::new(),
        }
    })
}

/// An agent that hangs is let go by the end of its boot: each one gets a stop behind everything
/// else, far enough from the next for whatever is at work in between.
pub(super) fn let_go(mut plan: Plan) -> Plan {
    let hanging = plan.messages.iter().filter(|m| m.turn.outcome == Outcome::Hang).count();
    for nth in (1..).take(hanging) {
        let at = Ms(EVENTS_END + nth * LET_GO);
        plan.stops.push(StopPlan { at, signal: Signal::Restart, down_for: None });
    }
    let last = plan.stops.iter().map(|stop| stop.at).max().unwrap_or_default();
    Plan { horizon: last.max(Ms(EVENTS_END)).plus(Ms(SETTLING)), ..plan }
}

/// A whole number of `unit` milliseconds: round times read better and collide more often.
pub(super) fn span(unit: u64, range: std::ops::Range<u64>) -> impl Strategy<Value = Ms> {
    range.prop_map(move |count| Ms(count * unit))
}

fn settings() -> impl Strategy<Value = Settings> {
    let drains = (0..70_u64, 0..70_u64);
    let window = prop_oneof![2 => Just(3_600_u64), 1 => 30..300_u64];
    let notices = (any::<bool>(), any::<bool>());
    let notices = notices.prop_map(|(stopping, resuming)| Notices { stopping, resuming });
    (drains, window, notices, 0..4_u64, 300..3_000_u64).prop_map(
        |((drain, job_drain), job_window, notices, stagger, compact_after)| Settings {
            drain_timeout: Duration::from_secs(drain),
            job_drain_timeout: Duration::from_secs(job_drain),
            job_window: Duration::from_secs(job_window),
            resume_stagger: Duration::from_millis(stagger * 50),
            compact_after,
            notices,
            ..Settings::standard()
        },
    )
}

fn platform() -> impl Strategy<Value = PlatformPlan> {
    let latency = || prop_oneof![Just(Ms(0)), Just(Ms(5)), span(50, 1..8)];
    let faults = (vec(poll_fault(), 1..3), vec(send_fault(), 1..3));
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

fn poll_fault() -> impl Strategy<Value = PollFault> {
    (span(1_000, 0..250), span(1_000, 1..60))
        .prop_map(|(from, lasts)| PollFault { from, until: from.plus(lasts) })
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
fn stops() -> impl Strategy<Value = Vec<StopPlan>> {
    let signal = || prop_oneof![Just(Signal::Restart), Just(Signal::Stop)];
    let stop = (span(500, 2..560), signal(), option::weighted(0.2, span(1_000, 0..60)));
    let stop = stop.prop_map(|(at, signal, down_for)| StopPlan { at, signal, down_for });
    vec(stop, 1..4)
}

fn clock_jump() -> impl Strategy<Value = ClockJump> {
    (span(1_000, 0..280), -600..600_i64)
        .prop_map(|(at, seconds)| ClockJump { at, by: Jump(seconds * 1_000) })
}

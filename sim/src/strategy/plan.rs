//! Whole plans.
//!
//! Plans are small, because most losses need two faults and a reader has to understand what is
//! found. Every plan leaves a healthy gateway all the time it needs: its horizon lies far behind
//! its last event.

use gateway_core::env::Signal;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::classes::{Classes, small};
use super::disk::{bit_rot, disk, disk_fault};
use super::fit::fitted;
use super::frame::{Frame, mostly, span};
use super::operator::{clean_start, revocation};
use super::platform::platform;
use super::release::{Later, let_go};
use super::settings::settings;
use super::supervisor::supervisor;
use super::turn::message;
use crate::plan::{ClockJump, Demoted, Demotion, Plan, SchedulePlan, Stage, StopPlan};
use crate::time::{Jump, Ms};

/// Whole plans for the direct stage, without deaths: those are the matrix's to add, or a
/// campaign's. A matrix tries every gap of each, so none of them has many.
pub fn plans() -> impl Strategy<Value = Plan> {
    let frame = Frame(Stage::Direct);
    (small(frame), unrestricted(frame)).prop_map(move |(classes, plan): (Classes, Plan)| {
        let_go(frame, fitted(frame, classes.restrict(plan)), &Later::default())
    })
}

/// A plan with trouble of every class that both stages have.
pub(super) fn unrestricted(frame: Frame) -> impl Strategy<Value = Plan> {
    let setting = (settings(frame), platform(frame), supervisor(frame), schedule());
    let events = (vec(message(frame), 1..6), stops(frame), vec(clock_jump(frame), 1..3));
    let disks = (disk(frame), vec(disk_fault(frame), 1..3), vec(bit_rot(frame), 1..2));
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
            patience: crate::plan::default_patience(),
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

/// Ties in any order, and now and then an effect that everything else overtakes.
fn schedule() -> impl Strategy<Value = SchedulePlan> {
    let part = prop_oneof![Just(Demoted::Hold), Just(Demoted::Answer)];
    let demotion = (1..4_u32, 1..160_u64, part, prop_oneof![Just(Ms(0)), span(10, 1..200)]);
    let demotion =
        demotion.prop_map(|(boot, effect, part, by)| Demotion { boot, effect, part, by });
    (any::<u16>(), vec(demotion, 0..4)).prop_map(|(order, mut demotions)| {
        let part = |one: &Demotion| (one.boot, one.effect, one.part);
        demotions.sort_by_key(part);
        demotions.dedup_by_key(|one| part(one));
        SchedulePlan { order: Some(u64::from(order)), demotions }
    })
}

/// How far the wall clock jumps: minutes, a moment, or further than any window is wide.
const JUMPS: [i64; 6] = [1, 1_000, 3_600_000, 86_400_000, 1_209_600_000, 1_814_400_000];

/// One stop to three.
fn stops(frame: Frame) -> impl Strategy<Value = Vec<StopPlan>> {
    let signal = || prop_oneof![Just(Signal::Restart), Just(Signal::Stop)];
    let down_for = option::weighted(0.2, frame.waits(frame.span(1_000, 0..60), &[0, 1]));
    let stop = (frame.span(500, 2..560), signal(), down_for);
    let stop =
        stop.prop_map(|(at, signal, down_for)| StopPlan { at, boot: None, signal, down_for });
    vec(stop, 1..4)
}

fn clock_jump(frame: Frame) -> impl Strategy<Value = ClockJump> {
    let edges = JUMPS.into_iter().flat_map(|by| [by, -by]).collect();
    let by = mostly((-600..600_i64).prop_map(|seconds| seconds * 1_000), edges);
    (frame.span(1_000, 0..280), by).prop_map(|(at, by)| ClockJump { at, by: Jump(by) })
}

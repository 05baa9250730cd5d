//! What few plans have: turns of many steps, many chats at a time, processes that are down for
//! days, disks that are nearly full. Each is a class of its own, for each costs more than the rest
//! of a plan.

use gateway_core::message::ChatId;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::classes::{Class, Classes};
use super::frame::{Frame, span};
use super::strike::{Aim, Strike};
use crate::plan::{MessageBody, MessagePlan, Outcome, Plan, TurnPlan, points};
use crate::time::Ms;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

/// How long a process is down whose machine nobody looks after.
const LONG: [u64; 9] =
    [600_000, HOUR, 2 * HOUR, 5 * HOUR, DAY, 3 * DAY, 7 * DAY, 21 * DAY, 60 * DAY];

/// How long a process stays down.
#[derive(Clone, Copy, Debug)]
pub(super) enum Down {
    /// So long.
    For(Ms),
    /// As long as a cut turn still goes on by itself, and so many milliseconds longer.
    Window(i64),
    /// The same for jobs.
    JobWindow(i64),
}

impl Down {
    fn of(self, frame: Frame, plan: &Plan) -> Ms {
        let beside = |window: std::time::Duration, by: i64| {
            let window = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
            Ms(window.saturating_add_signed(by))
        };
        let down = match self {
            Down::For(down) => down,
            Down::Window(by) => beside(plan.settings.resume_window, by),
            Down::JobWindow(by) => beside(plan.settings.job_window, by),
        };
        if frame.is_network() { frame.wait(down) } else { down }
    }
}

/// What few plans have.
#[derive(Clone, Debug)]
pub(super) struct Rare {
    /// Turns of many steps, for the first messages.
    long_turns: Vec<(u32, Ms)>,
    crowd: Crowd,
    /// How long the process is down after each stop, and whether everything behind that stop waits
    /// until it is over.
    downs: Vec<(Down, bool)>,
    /// How long after each death.
    deaths: Vec<Option<Down>>,
    restart_delay: Ms,
    /// How many blocks of the disk are left beside what the plan needs.
    spare_blocks: u64,
}

/// Many chats that write at about the same time.
#[derive(Clone, Debug)]
struct Crowd {
    chats: usize,
    at: Ms,
    gap: Ms,
    body: MessageBody,
    turn: TurnPlan,
}

pub(super) fn rare(frame: Frame) -> impl Strategy<Value = Rare> {
    let long_turn = (60..140_u32, (1..100_u64).prop_map(Ms));
    let downs = vec((down(), any::<bool>()), 3);
    let deaths = vec(proptest::option::weighted(0.5, down()), 3);
    let delay = frame.waits(frame.wait_of(span(60_000, 1..60)), &[5 * HOUR]);
    (vec(long_turn, 1..4), crowd(frame), downs, deaths, delay, 0..64_u64).prop_map(
        |(long_turns, crowd, downs, deaths, restart_delay, spare_blocks)| Rare {
            long_turns,
            crowd,
            downs,
            deaths,
            restart_delay,
            spare_blocks,
        },
    )
}

fn down() -> impl Strategy<Value = Down> {
    let by = || prop_oneof![1 => -5..6_i64, 2 => (-60..60_i64).prop_map(|tenths| tenths * 500)];
    prop_oneof![
        2 => select(LONG.to_vec()).prop_map(|down| Down::For(Ms(down))),
        2 => by().prop_map(Down::Window),
        1 => by().prop_map(Down::JobWindow),
    ]
}

fn crowd(frame: Frame) -> impl Strategy<Value = Crowd> {
    let chats = prop_oneof![2 => 5..40_usize, 1 => 101..151_usize];
    let body = prop_oneof![3 => Just(MessageBody::Text), 1 => Just(MessageBody::Job)];
    let turn = (1..3_u32, frame.span(500, 20..120));
    let when = (frame.span(1_000, 5..200), (0..80_u64).prop_map(Ms));
    (chats, when, body, turn).prop_map(|(chats, (at, gap), body, (steps, step))| Crowd {
        chats,
        at,
        gap,
        body,
        turn: TurnPlan { steps, step, ..TurnPlan::default() },
    })
}

impl Rare {
    /// Whether the long turns are of one chat, and are finished, so that its conversation is kept
    /// more than once.
    fn is_one_conversation(&self) -> bool {
        self.long_turns.len() > 1 && self.long_turns[0].0.is_multiple_of(2)
    }

    /// Where a conversation is kept more than once, the first death aims at that.
    pub(super) fn aim(&self, classes: Classes, strikes: &mut [Strike]) {
        let is_kept = classes.has(Class::LongTurns) && self.is_one_conversation();
        if let Some(first) = strikes.first_mut().filter(|_| is_kept) {
            first.aim = Aim::Histories;
        }
    }

    /// Puts what a plan's classes have into it; how long each death keeps the process down.
    pub(super) fn put_into(
        &self,
        frame: Frame,
        plan: &mut Plan,
        classes: Classes,
    ) -> Vec<Option<Ms>> {
        if classes.has(Class::LongTurns) {
            let requests = plan.messages.iter_mut().filter(|m| m.body.is_request());
            let mut chat = None;
            for (message, (steps, step)) in requests.zip(&self.long_turns) {
                (message.turn.steps, message.turn.step) = (*steps, *step);
                if self.is_one_conversation() {
                    message.chat = chat.get_or_insert_with(|| message.chat.clone()).clone();
                    message.turn.outcome = Outcome::Finish;
                    message.turn.at_step = None;
                    message.turn.attempts = None;
                }
            }
        }
        if classes.has(Class::Crowds) {
            plan.messages.extend(self.crowd.messages());
        }
        if classes.has(Class::FullDisks) {
            plan.disk.capacity = Some(BLOCK * (blocks(plan) + self.spare_blocks));
        }
        if !classes.has(Class::Downtime) {
            return Vec::new();
        }
        plan.supervisor.restart_delay = plan.supervisor.restart_delay.max(self.restart_delay);
        for (index, (down, later)) in self.downs.iter().enumerate().take(plan.stops.len()) {
            let down = down.of(frame, plan);
            plan.stops[index].down_for = Some(down);
            let from = plan.stops[index].at;
            if *later {
                postpone(plan, from, down);
            }
        }
        self.deaths.iter().map(|down| down.map(|down| down.of(frame, plan))).collect()
    }
}

/// Everything behind a time happens so much later; what goes wrong lasts no longer than it did.
fn postpone(plan: &mut Plan, behind: Ms, by: Ms) {
    let lasts: Vec<Ms> = faults(plan).into_iter().map(|(from, until)| until.since(*from)).collect();
    points(plan).into_iter().filter(|at| **at > behind).for_each(|at| at.0 += by.0);
    for ((from, until), lasts) in faults(plan).into_iter().zip(lasts) {
        *until = from.plus(lasts);
    }
}

/// From when until when something goes wrong.
fn faults(plan: &mut Plan) -> Vec<(&mut Ms, &mut Ms)> {
    let mut faults: Vec<(&mut Ms, &mut Ms)> = Vec::new();
    faults.extend(plan.platform.faults.iter_mut().map(|fault| (&mut fault.from, &mut fault.until)));
    let polls = plan.platform.poll_faults.iter_mut();
    faults.extend(polls.map(|fault| (&mut fault.from, &mut fault.until)));
    let disk = plan.disk_faults.iter_mut();
    faults.extend(disk.filter_map(|fault| Some((&mut fault.from, fault.until.as_mut()?))));
    faults
}

impl Crowd {
    fn messages(&self) -> impl Iterator<Item = MessagePlan> {
        (0..self.chats).map(|index| MessagePlan {
            at: self.at.plus(Ms(self.gap.0 * index as u64)),
            chat: ChatId(format!("c{index}")),
            body: self.body,
            turn: self.turn.clone(),
        })
    }
}

/// A file takes whole blocks of so many bytes.
const BLOCK: u64 = 4_096;

/// How many blocks a gateway may need that keeps a few files for itself and one for each chat, with
/// every step in two of them.
fn blocks(plan: &Plan) -> u64 {
    let chats: std::collections::BTreeSet<_> = plan.messages.iter().map(|m| &m.chat).collect();
    let steps: u64 = plan.messages.iter().map(|m| u64::from(m.turn.steps) + 4).sum();
    let again = match plan.messages.iter().any(|m| m.turn.outcome == Outcome::KillProcess) {
        true => 4,
        false => 2,
    };
    24 + 3 * chats.len() as u64 + again * steps / 8
}

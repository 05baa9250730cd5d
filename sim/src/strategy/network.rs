//! What only several processes and a network can meet: links that fail, processes that are started
//! beside others, take the place of others or are frozen, and locks that are lost.
//!
//! Most of it is drawn beside something else that the plan has in store, for most losses need two
//! things at a time. What it is beside is known only when everything is drawn, so each time is an
//! aim at first.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use gateway_core::env::Signal;

use super::classes::{Class, Classes};
use super::frame::{Frame, span};
use crate::plan::{
    LinkEffect, LinkFault, LostLocks, Plan, ReplacementPlan, Stage, StallPlan, StartPlan,
};
use crate::time::Ms;

/// Nothing begins before this: a gateway that has not begun has nothing to lose.
const FIRST: Ms = Ms(100);

/// Whatever begins lasts at least so long before the world is healthy.
const LEAST: u64 = 500;

/// When something begins.
#[derive(Clone, Debug)]
struct When {
    /// Beside which of the things that it may be beside, and how much later in milliseconds.
    beside: Option<(u16, i64)>,
    /// When, if it is beside nothing.
    at: Ms,
}

impl When {
    /// The time, given those of everything that it may be beside.
    fn among(&self, anchors: &[Ms]) -> Ms {
        let anchor = self.beside.and_then(|(which, later)| {
            let anchor = anchors.get(usize::from(which) % anchors.len().max(1))?;
            Some(Ms(anchor.0.saturating_add_signed(later)))
        });
        let latest = Ms(Frame(Stage::Network).events_end().0 - LEAST);
        anchor.unwrap_or(self.at).clamp(FIRST, latest)
    }
}

/// Something that begins at some time.
type Timed<T> = (When, T);

/// Everything of this kind that a plan may have in store.
#[derive(Clone, Debug)]
pub(super) struct Troubles {
    replacements: Vec<Timed<(Ms, Signal)>>,
    starts: Vec<Timed<()>>,
    stalls: Vec<Timed<Ms>>,
    lost_locks: Vec<Timed<()>>,
    links: Vec<Timed<Link>>,
}

/// A fault of the way to the platform, without its time.
#[derive(Clone, Debug)]
struct Link {
    effect: LinkEffect,
    lasts: Ms,
    delay: Ms,
    per_mille: u16,
}

/// Trouble of every class that only the network stage has.
pub(super) fn troubles() -> impl Strategy<Value = Troubles> {
    let signal = prop_oneof![2 => Just(Signal::Stop), 1 => Just(Signal::Restart)];
    // Less than any drain takes, about as long as one, and longer than any stop.
    let patience =
        prop_oneof![2 => span(100, 0..20), 2 => span(500, 4..30), 1 => span(1_000, 15..30)];
    let stall = prop_oneof![2 => span(100, 1..30), 2 => span(500, 6..24), 1 => span(1_000, 12..45)];
    let replacements = vec((when(-20..40), (patience, signal)), 1..3);
    let starts = vec((when(-20..30), Just(())), 1..3);
    let stalls = vec((when(-30..10), stall), 1..3);
    let lost_locks = vec((when(-10..5), Just(())), 1..3);
    let links = vec((when(-20..20), link()), 1..4);
    (replacements, starts, stalls, lost_locks, links).prop_map(
        |(replacements, starts, stalls, lost_locks, links)| Troubles {
            replacements,
            starts,
            stalls,
            lost_locks,
            links,
        },
    )
}

/// Some time, mostly beside something: exactly then, or so many tenths of a second later.
fn when(later: std::ops::Range<i64>) -> impl Strategy<Value = When> {
    let later = prop_oneof![1 => Just(0), 3 => later.prop_map(|tenths| tenths * 100)];
    (option::weighted(0.8, (any::<u16>(), later)), span(100, 1..440))
        .prop_map(|(beside, at)| When { beside, at })
}

fn link() -> impl Strategy<Value = Link> {
    let effect = prop_oneof![
        2 => Just(LinkEffect::Partition),
        2 => Just(LinkEffect::PartitionToPlatform),
        3 => Just(LinkEffect::PartitionToGateway),
        2 => Just(LinkEffect::Hold),
        1 => Just(LinkEffect::Latency),
        2 => Just(LinkEffect::Loss),
        2 => Just(LinkEffect::Reset),
        3 => Just(LinkEffect::PlatformDies),
    ];
    // Short of a heartbeat, of a silence that is too long, and longer than that.
    let lasts = prop_oneof![3 => span(100, 1..30), 2 => span(500, 6..24), 1 => span(1_000, 12..44)];
    let delay = prop_oneof![span(10, 1..30), span(100, 3..30)];
    let per_mille = prop_oneof![Just(20), Just(100), Just(300), Just(800)];
    (effect, lasts, delay, per_mille).prop_map(|(effect, lasts, delay, per_mille)| Link {
        effect,
        lasts,
        delay,
        per_mille,
    })
}

impl Troubles {
    /// Puts those of the classes that a plan has into it.
    pub(super) fn put_into(&self, plan: &mut Plan, classes: Classes) {
        let stops: Vec<Ms> = plan.stops.iter().map(|stop| stop.at).collect();
        let answers: Vec<Ms> = answered(plan).collect();
        if classes.has(Class::Replacements) {
            let anchors = [stops.clone(), answers.clone()].concat();
            plan.replacements.extend(self.replacements.iter().map(|(when, what)| {
                let (patience, signal) = *what;
                ReplacementPlan { at: when.among(&anchors), patience, signal }
            }));
        }
        let replaced: Vec<Ms> = plan.replacements.iter().map(|new| new.at).collect();
        if classes.has(Class::Starts) {
            // A stop that has nothing to wait for takes a few milliseconds.
            let delay = plan.supervisor.restart_delay;
            let again = stops.iter().map(|at| at.plus(delay));
            let anchors: Vec<Ms> = again.chain(replaced.iter().copied()).collect();
            let starts = self.starts.iter();
            plan.starts.extend(starts.map(|(when, ())| StartPlan { at: when.among(&anchors) }));
        }
        let started = plan.starts.iter().map(|start| start.at);
        let processes: Vec<Ms> = stops.into_iter().chain(replaced).chain(started).collect();
        if classes.has(Class::Stalls) {
            plan.stalls.extend(
                self.stalls
                    .iter()
                    .map(|(when, lasts)| StallPlan { at: when.among(&processes), lasts: *lasts }),
            );
        }
        if classes.has(Class::LostLocks) {
            let lost = self.lost_locks.iter();
            let lost = lost.map(|(when, ())| LostLocks { at: when.among(&processes) });
            plan.lost_locks.extend(lost);
        }
        if classes.has(Class::Links) {
            let anchors = [answers, processes].concat();
            let links = self.links.iter();
            plan.link_faults.extend(links.map(|(when, link)| link.from(when.among(&anchors))));
        }
    }
}

impl Link {
    fn from(&self, from: Ms) -> LinkFault {
        let Link { effect, lasts, delay, per_mille } = *self;
        let until = from.plus(lasts).min(Frame(Stage::Network).events_end());
        LinkFault {
            from,
            until: (effect != LinkEffect::Reset).then_some(until),
            effect,
            delay: if effect == LinkEffect::Latency { delay } else { Ms(0) },
            per_mille: (effect == LinkEffect::Loss).then_some(per_mille),
        }
    }
}

/// When each request is answered if nothing comes between.
fn answered(plan: &Plan) -> impl Iterator<Item = Ms> {
    let requests = plan.messages.iter().filter(|message| message.body.is_request());
    requests.map(|message| {
        let turn = &message.turn;
        let steps = Ms(turn.step.0 * u64::from(turn.steps));
        message.at.plus(turn.prepare).plus(steps).plus(turn.reply)
    })
}

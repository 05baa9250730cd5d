//! The order of what is due in the same millisecond.
//!
//! By default events happen in the order in which they were filed. A plan with an order seed draws
//! a rank for each from what the event is (the boot and the number of the effect, or the list of
//! the plan and the place in it), never from a running counter: so equal worlds go on alike. What
//! one list of the plan does in one millisecond keeps the order of the list.
//!
//! Explored this way: the order in which effects of concurrent tasks take hold and are answered,
//! and where stops, kills, messages, starts, jumps of the clock and late sends fall among them.
//! Each event may also happen before the tasks run that the events before it have woken, and these
//! then run in an order of their own: a task that was slow to be scheduled. A demotion keeps one
//! effect waiting for longer than a millisecond.
//!
//! Not explored: what a task does between two of its awaits is never cut in two; tasks that one
//! transition woke by themselves run in the order in which they were woken, and only what they ask
//! for next is reordered; a timer of the gateway fires before what the world has in the same
//! millisecond; and none of this is drawn for the hosts of the network stage, whose tasks all run
//! after everything that was due.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_64;

use super::queue::{Due, Event, Queue};
use super::world::World;
use crate::delivered::Planned;
use crate::plan::{Demoted, Moment};
use crate::script::Script;
use crate::streams::value;
use crate::time::Ms;

/// The place of an event among those of its millisecond; equal ones keep the order of filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank(u64);

impl Rank {
    /// Where no order is drawn.
    const FILED: Rank = Rank(0);
    /// Behind everything else.
    const LAST: Rank = Rank(u64::MAX);

    fn drawn(seed: u64, of: &str, boot: u32, number: u64) -> Rank {
        Rank(value(seed, of, boot, number) >> 1)
    }

    /// Whether the event happens before the tasks run that earlier ones have woken. The last bits
    /// of a rank are as random as the first ones, which order events.
    fn crowds_in(self) -> bool {
        self != Rank::LAST && self.0 & 1 == 1
    }

    /// The turn of the task that the event wakes, among those that are woken with it.
    pub(crate) fn turn(self) -> u64 {
        self.0.swap_bytes()
    }
}

/// The queue of a world before anything has happened.
pub(super) fn beginning(script: &Script) -> Queue {
    let plan = &script.plan;
    let mut queue = Queue::default();
    let mut file = |list: &str, events: Vec<(Ms, Event)>| {
        let times: Vec<Ms> = events.iter().map(|(at, _)| *at).collect();
        for ((at, event), rank) in events.into_iter().zip(ranks(plan.schedule.order, list, &times))
        {
            queue.push(at, rank, event);
        }
    };
    file("start", vec![(Ms(0), Event::Start)]);
    let jumps = plan.clock_jumps.iter().enumerate();
    file("jump", jumps.map(|(index, jump)| (jump.at, Event::Jump(index))).collect());
    let rots = plan.bit_rots.iter().enumerate();
    file("rot", rots.map(|(index, rot)| (rot.at, Event::Rot(index))).collect());
    let posts = script.messages.iter().enumerate();
    file("post", posts.map(|(index, message)| (message.at, Event::Post(index))).collect());
    let stops = plan.stops.iter().enumerate();
    let stops = stops.filter_map(|(index, stop)| Some((stop.time()?, Event::Stop(index))));
    file("stop", stops.collect());
    let kills = plan.kills.iter().enumerate().filter_map(|(index, kill)| match kill.moment {
        Moment::At(at) => Some((at, Event::Kill(index))),
        Moment::After { .. } | Moment::Before { .. } => None,
    });
    file("kill", kills.collect());
    let starts = plan.starts.iter().enumerate();
    file("start-one", starts.map(|(index, start)| (start.at, Event::StartOne(index))).collect());
    let replaced = plan.replacements.iter().enumerate();
    file("replace", replaced.map(|(index, new)| (new.at, Event::Replace(index))).collect());
    let stalls = plan.stalls.iter().enumerate();
    file("stall", stalls.map(|(index, stall)| (stall.at, Event::Stall(index))).collect());
    let lost = plan.lost_locks.iter().enumerate();
    file("lose-locks", lost.map(|(index, lost)| (lost.at, Event::LoseLocks(index))).collect());
    let faults = plan.link_faults.iter().enumerate();
    file("link", faults.map(|(index, fault)| (fault.from, Event::Link(index))).collect());
    queue
}

/// The ranks of the events of one list of the plan: at each time they grow with the list.
fn ranks(order: Option<u64>, list: &str, times: &[Ms]) -> Vec<Rank> {
    let mut ranks = vec![Rank::FILED; times.len()];
    let Some(seed) = order else { return ranks };
    let mut together: BTreeMap<Ms, Vec<usize>> = BTreeMap::new();
    for (index, at) in times.iter().enumerate() {
        together.entry(*at).or_default().push(index);
    }
    for indices in together.into_values() {
        let draw = |index: &usize| Rank::drawn(seed, list, 0, *index as u64);
        let mut drawn: Vec<Rank> = indices.iter().map(draw).collect();
        drawn.sort_unstable();
        for (index, rank) in indices.into_iter().zip(drawn) {
            ranks[index] = rank;
        }
    }
    ranks
}

impl World {
    /// Puts an event that follows from others into the queue, where the schedule wants it.
    pub(super) fn file(&mut self, at: Ms, event: Event) -> Due {
        match self.demoted(at, &event) {
            Some(later) => self.queue.push(later, Rank::LAST, event),
            None => self.queue.push(at, self.rank(&event), event),
        }
    }

    fn rank(&self, event: &Event) -> Rank {
        let Some(seed) = self.script.plan.schedule.order else { return Rank::FILED };
        let next = self.ledger.boots.len() as u64 + 1;
        let (of, boot, number) = match event {
            Event::Hold(boot, effect) => ("hold", *boot, *effect),
            Event::Complete(boot, effect) => ("complete", *boot, *effect),
            Event::Start => ("start", 0, next),
            Event::BudgetOver(boot) => ("budget-over", *boot, 0),
            Event::PatienceOver(boot) => ("patience-over", *boot, 0),
            Event::Exit(boot, _) => ("exit", *boot, 0),
            Event::PlatformGone => ("platform-gone", 0, self.now.0),
            Event::LinkOver(index) => ("link-over", 0, *index as u64),
            // Two that are equal need equal ranks, and nobody sees the effect that they were.
            Event::LateSend(boot, sent, _) => ("late-send", *boot, xxh3_64(sent.key.as_bytes())),
            Event::LateAck(boot, upto) => ("late-ack", *boot, upto.0),
            // Those that count from the begin of a boot.
            Event::Stop(index) => ("stop", 0, *index as u64),
            Event::Kill(index) => ("kill", 0, *index as u64),
            Event::Post(_)
            | Event::Jump(_)
            | Event::Rot(_)
            | Event::StartOne(_)
            | Event::Replace(_)
            | Event::Stall(_)
            | Event::LoseLocks(_)
            | Event::Link(_) => {
                unreachable!("what the plan does is filed in the beginning")
            }
        };
        Rank::drawn(seed, of, boot, number)
    }

    /// When an event happens that the plan keeps waiting; none if it does not.
    fn demoted(&mut self, at: Ms, event: &Event) -> Option<Ms> {
        let (part, boot, effect) = match event {
            Event::Hold(boot, effect) => (Demoted::Hold, *boot, *effect),
            Event::Complete(boot, effect) => (Demoted::Answer, *boot, *effect),
            _ => return None,
        };
        let plan = &self.script.plan;
        if plan.schedule.demotions.is_empty() || plan.is_healed(at) {
            return None;
        }
        let mut demotions = plan.schedule.demotions.iter();
        let index = demotions.position(|demotion| {
            (demotion.boot, demotion.effect, demotion.part) == (boot, effect, part)
        })?;
        let by = plan.shorter_if_healed(at, plan.schedule.demotions[index].by);
        self.delivered.note(Planned::Demotion(index));
        self.slow_down(boot, by);
        Some(at.plus(by))
    }

    /// The rank of the next event.
    pub(crate) fn next_rank(&self) -> Rank {
        self.queue.first().map_or(Rank::FILED, |((_, rank, _), _)| rank)
    }

    /// Whether the next event happens before the tasks run that were woken just now.
    pub(crate) fn crowds_in(&self) -> bool {
        let next = self.queue.first().filter(|((at, ..), _)| *at <= self.now);
        next.is_some_and(|((_, rank, _), _)| rank.crowds_in())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_list_keeps_its_order_within_a_millisecond() {
        let times = [Ms(5), Ms(5), Ms(1), Ms(5)];
        for seed in 0..100 {
            let ranks = ranks(Some(seed), "post", &times);
            assert!(ranks[0] < ranks[1] && ranks[1] < ranks[3], "{ranks:?}");
        }
    }

    #[test]
    fn two_lists_come_in_either_order() {
        let first = |seed| {
            let rank = |list| ranks(Some(seed), list, &[Ms(5)])[0];
            rank("post") < rank("stop")
        };
        let posts_first = (0..100).filter(|seed| first(*seed)).count();
        assert!((20..80).contains(&posts_first), "{posts_first}");
    }

    #[test]
    fn without_an_order_everything_stays_as_it_was_filed() {
        assert_eq!(ranks(None, "post", &[Ms(5), Ms(5)]), [Rank::FILED; 2]);
    }
}

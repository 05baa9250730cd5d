//! The moments of a run at which something makes a difference if it happens then.
//!
//! For most things these are just before and just after each transition. A fault of the way to
//! the platform costs many runs on the network for each, so for these there are fewer: they are
//! read from the trace of a run without such a fault: when something leaves, is taken and is
//! confirmed, when messages are handed out, and each step of a stop, of a replacement and of a
//! recovery. It says nothing of what goes wrong there.

use std::collections::{BTreeMap, BTreeSet};

use crate::network::UNDER_WAY;
use crate::plan::LinkEffect;
use crate::time::Ms;
use crate::trace::{DOWN, Line, Topic, Trace, Transition};

/// The moments just before and just after each transition of a run, and that of the transition
/// itself, where the plan is first: all that come before a time, each once.
pub(super) fn around(trace: &Trace, before: Ms) -> Vec<Ms> {
    let times: BTreeSet<Ms> = trace.lines.iter().map(|line| line.at).collect();
    let around = times.into_iter().flat_map(|at| [at.since(Ms(1)), at, at.plus(Ms(1))]);
    let around: BTreeSet<Ms> = around.filter(|at| *at < before).collect();
    around.into_iter().collect()
}

/// The moments of a run at which something on the way to the platform matters, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Moments {
    all: BTreeSet<Ms>,
    /// Those at which a send leaves.
    sends: BTreeSet<Ms>,
}

impl Moments {
    /// Those of a run that come before a time.
    pub(super) fn of(trace: &Trace, before: Ms) -> Moments {
        let mut moments = Moments::default();
        let mut phases: BTreeMap<u32, &str> = BTreeMap::new();
        for line in trace.lines.iter().filter(|line| line.at < before) {
            let step = line.boot.is_some_and(|boot| {
                line.phase != DOWN && phases.insert(boot, line.phase) != Some(line.phase)
            });
            let crossing = crossing(line);
            let moment = crossing.or((step || line.topic == Topic::Process).then_some(line.at));
            moments.all.extend(moment);
            if line.topic == Topic::Send && line.transition == Transition::Requested {
                moments.sends.extend(crossing);
            }
        }
        moments
    }

    /// Those at which an effect may make a difference, in their order.
    pub(super) fn for_effect(&self, effect: LinkEffect) -> Vec<Ms> {
        let fitting = match effect {
            // Nothing but a send kills it.
            LinkEffect::PlatformDies => &self.sends,
            _ => &self.all,
        };
        fitting.iter().copied().collect()
    }
}

/// When what a line tells of begins to cross the way to the platform, or has crossed it.
fn crossing(line: &Line) -> Option<Ms> {
    match (line.topic, line.transition) {
        // The platform is asked when a request has crossed the way: it left before.
        (Topic::Send | Topic::Ack, Transition::Requested) => Some(line.at.since(UNDER_WAY)),
        (Topic::Send | Topic::Ack, Transition::TakenHold | Transition::Completed)
        | (Topic::Poll, Transition::Completed) => Some(line.at),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::trace::RUNNING;

    fn line(at: u64, transition: Transition, topic: Topic, phase: &'static str) -> Line {
        Line {
            at: Ms(at),
            boot: Some(1),
            number: 1,
            others: Vec::new(),
            transition,
            topic,
            effect: None,
            phase,
            label: Arc::from(""),
            text: String::new(),
            write: None,
        }
    }

    fn moments(lines: Vec<Line>, before: u64) -> Moments {
        Moments::of(&Trace { lines }, Ms(before))
    }

    fn at(moments: &Moments, effect: LinkEffect) -> Vec<u64> {
        moments.for_effect(effect).into_iter().map(|at| at.0).collect()
    }

    #[test]
    fn a_send_matters_when_it_leaves_is_taken_and_is_confirmed() {
        use Transition::{Completed, Requested, TakenHold};
        let of = |topic| {
            let lines = [(50, Requested), (55, TakenHold), (60, Completed)];
            let lines = lines.map(|(at, transition)| line(at, transition, topic, RUNNING));
            // The boot's first phase is a moment of its own.
            moments(lines.into_iter().collect(), 100)
        };
        assert_eq!(at(&of(Topic::Send), LinkEffect::Reset), [49, 55, 60]);
        assert_eq!(at(&of(Topic::Send), LinkEffect::PlatformDies), [49]);
        assert_eq!(at(&of(Topic::Ack), LinkEffect::Hold), [49, 55, 60]);
        assert!(at(&of(Topic::Ack), LinkEffect::PlatformDies).is_empty());
        assert_eq!(at(&of(Topic::Poll), LinkEffect::Loss), [50, 60]);
    }

    #[test]
    fn a_step_matters_when_it_begins_and_other_work_does_not() {
        let work = |at, phase| line(at, Transition::TakenHold, Topic::Other, phase);
        let stop = line(20, Transition::World, Topic::Process, RUNNING);
        let lines = vec![work(1, RUNNING), work(10, RUNNING), stop, work(21, "premark")];
        let lines = lines.into_iter().chain([work(22, "premark"), work(30, "drain")]).collect();
        assert_eq!(at(&moments(lines, 100), LinkEffect::Partition), [1, 20, 21, 30]);
    }

    #[test]
    fn a_moment_is_before_at_and_after_each_transition_and_comes_once() {
        let held = |at| line(at, Transition::TakenHold, Topic::Other, RUNNING);
        let trace = Trace { lines: vec![held(0), held(5), held(5), held(6), held(20)] };
        let times: Vec<u64> = around(&trace, Ms(20)).into_iter().map(|at| at.0).collect();
        assert_eq!(times, [0, 1, 4, 5, 6, 7, 19]);
    }

    #[test]
    fn what_comes_too_late_is_no_moment() {
        let confirmed = |at| line(at, Transition::Completed, Topic::Send, RUNNING);
        let moments = moments(vec![confirmed(98), confirmed(99), confirmed(100)], 99);
        assert_eq!(at(&moments, LinkEffect::Partition), [98]);
    }
}

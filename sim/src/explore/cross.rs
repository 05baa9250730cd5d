//! Kills times faults of the network: each fault of the way to the platform at the moments that
//! matter, and the kill matrix of each plan that comes of it.
//!
//! A cross is a list of plans, each explored as any other plan is, and summed up. It draws
//! nothing: the moments are those of the run without a fault of its own, evenly spread.

use std::collections::BTreeMap;

use gateway_core::env::Gateway;

use super::again::spread;
use super::family::violated;
use super::image::Search;
use super::matrix::{Finding, Matrix, Summary, matrix};
use super::moments::Moments;
use crate::delivered::Planned;
use crate::oracle::OracleId;
use crate::plan::{LinkEffect, LinkFault, Plan};
use crate::rerun::base;
use crate::time::Ms;
use crate::trace::{Line, Topic, Trace};
use crate::verdict::Verdict;

/// How long a fault lasts: for longer than a gateway waits before it sends again.
const LASTS: Ms = Ms(5_000);

/// How much later a faulted run may come to its end. A connection that a fault has left half open
/// is noticed within half a minute, and dialled again within ten seconds.
const ROOM: Ms = Ms(60_000);

/// How long every segment takes where everything is late: an answer comes after more than a second.
const LATE: Ms = Ms(800);

/// How many of a thousand segments are lost where some are: one in two calls does not pass.
const LOST: u16 = 300;

/// Kills times faults of the network.
#[derive(Debug)]
pub struct Cross {
    /// One for each effect.
    pub rows: Vec<CrossRow>,
    /// The numbers of all matrices together.
    pub summary: Summary,
    /// One finding of each oracle.
    pub findings: BTreeMap<OracleId, Finding>,
    /// What a plan had in store and no run got, in words: it tested nothing.
    pub never_fired: Vec<String>,
    /// What of this is the plan's own, and no fault that was put into it.
    pub missing: Vec<Planned>,
}

/// What came of one effect.
#[derive(Clone, Debug)]
pub struct CrossRow {
    /// What happens on the way.
    pub effect: LinkEffect,
    /// The moments at which it may make a difference.
    pub moments: u64,
    /// Those at which it was tried.
    pub placed: u64,
    /// How many of these faults came to be in the run that nobody is killed in.
    pub delivered: u64,
    /// How many of them changed anything that the gateway did, or when.
    pub felt: u64,
    /// The judged runs in which anything is broken, those without a kill included.
    pub violated: u64,
    /// The numbers of its matrices together.
    pub summary: Summary,
}

impl CrossRow {
    /// The moments at which it was not tried.
    pub fn left_out(&self) -> u64 {
        self.moments - self.placed
    }
}

/// Puts each fault of the network, one at a time, into `plan` at up to `faults` moments that
/// matter, and kills `gateway` in each of the runs as [`matrix`] does. `hear` is told how many of
/// how many matrices are done.
///
/// # Panics
///
/// If the plan is not for the network stage.
pub fn cross(
    plan: &Plan,
    gateway: &dyn Gateway,
    search: &Search,
    faults: usize,
    hear: &mut dyn FnMut(usize, usize),
) -> Cross {
    let roomy = with_room(plan);
    let (alone, _) = base(&roomy.without_probes(), gateway);
    let moments = Moments::of(&alone, plan.heal_at.unwrap_or(plan.horizon));
    let chosen = LinkEffect::ALL.map(|effect| {
        let fitting = moments.for_effect(effect);
        let places = spread(fitting.len(), faults).into_iter();
        (effect, fitting.len(), places.map(|place| fitting[place]).collect::<Vec<_>>())
    });
    let of = chosen.iter().map(|(_, _, places)| places.len()).sum();
    let mut cross = Cross::new();
    let mut done = 0;
    for (effect, moments, places) in chosen {
        let mut row = CrossRow::new(effect, moments as u64);
        for at in places {
            hear(done, of);
            let faulted = with_fault(&roomy, fault(effect, at));
            let matrix = matrix(&faulted, gateway, search);
            row.take(&matrix, &alone);
            cross.take(matrix);
            done += 1;
        }
        cross.rows.push(row);
    }
    let own = roomy.without_probes();
    cross.missing = cross.summary.runs_with.missing(&own);
    cross.never_fired.splice(..0, cross.missing.iter().map(|planned| planned.describe(&own)));
    cross
}

/// The same plan with time enough to settle after a fault that it knows nothing of.
fn with_room(plan: &Plan) -> Plan {
    let later = |at: Ms| at.plus(LASTS).plus(ROOM);
    Plan { horizon: later(plan.horizon), heal_at: plan.heal_at.map(later), ..plan.clone() }
}

fn with_fault(plan: &Plan, fault: LinkFault) -> Plan {
    let mut plan = plan.clone();
    plan.link_faults.push(fault);
    plan
}

/// An effect at a moment, such as happens.
fn fault(effect: LinkEffect, from: Ms) -> LinkFault {
    let lasting =
        LinkFault { from, until: Some(from.plus(LASTS)), effect, delay: Ms(0), per_mille: None };
    match effect {
        LinkEffect::Reset => LinkFault { until: None, ..lasting },
        LinkEffect::Latency => LinkFault { delay: LATE, ..lasting },
        LinkEffect::Loss => LinkFault { per_mille: Some(LOST), ..lasting },
        LinkEffect::Partition
        | LinkEffect::PartitionToPlatform
        | LinkEffect::PartitionToGateway
        | LinkEffect::Hold
        | LinkEffect::PlatformDies => lasting,
    }
}

/// Whether two runs differ in anything but that the way to the platform failed in one.
fn differ(one: &Trace, other: &Trace) -> bool {
    fn deeds(trace: &Trace) -> impl Iterator<Item = (Ms, Option<u32>, &str)> {
        let lines = trace.lines.iter().filter(|line| line.topic != Topic::Way);
        lines.map(|Line { at, boot, text, .. }| (*at, *boot, text.as_str()))
    }
    !deeds(one).eq(deeds(other))
}

impl CrossRow {
    fn new(effect: LinkEffect, moments: u64) -> CrossRow {
        let summary = Summary::none();
        CrossRow { effect, moments, placed: 0, delivered: 0, felt: 0, violated: 0, summary }
    }

    /// Adds the matrix of a plan whose last fault of the way is of this effect.
    fn take(&mut self, matrix: &Matrix, alone: &Trace) {
        let fault = Planned::LinkFault(matrix.world.script().plan.link_faults.len() - 1);
        self.placed += 1;
        self.delivered += u64::from(matrix.world.delivered().count(fault) > 0);
        self.felt += u64::from(differ(&matrix.trace, alone));
        self.violated += violated(matrix);
        self.summary.add(&matrix.summary);
    }
}

impl Cross {
    fn new() -> Cross {
        let (summary, findings) = (Summary::none(), BTreeMap::new());
        Cross { rows: Vec::new(), summary, findings, never_fired: Vec::new(), missing: Vec::new() }
    }

    /// Adds the matrix of a plan whose last fault of the way is this cross's own.
    fn take(&mut self, matrix: Matrix) {
        self.summary.add(&matrix.summary);
        let plan = &matrix.world.script().plan;
        let fault = Planned::LinkFault(plan.link_faults.len() - 1);
        if matrix.summary.runs_with.count(fault) == 0 {
            self.never_fired.push(fault.describe(plan));
        }
        for (oracle, finding) in matrix.findings {
            let known = self.findings.get(&oracle);
            if known.is_none_or(|known| finding.distance < known.distance) {
                self.findings.insert(oracle, finding);
            }
        }
    }

    /// What the whole came to.
    pub fn verdict(&self) -> Verdict {
        self.summary.verdict(&self.findings)
    }

    /// The moments that had no fault, of all effects together.
    pub fn left_out(&self) -> u64 {
        self.rows.iter().map(CrossRow::left_out).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(more: &str) -> Plan {
        let text = format!("horizon = \"20s\"\nstage = \"network\"\n{more}");
        toml::from_str(&text).expect("a plan")
    }

    #[test]
    fn a_fault_says_what_its_effect_needs_and_leaves_room_after_it() {
        let plan = plan("heal_at = \"15s\"\n");
        let roomy = with_room(&plan);
        // The latest moment there is.
        let from = Ms(14_999);
        for effect in LinkEffect::ALL {
            let fault = fault(effect, from);
            assert_eq!((fault.from, fault.effect), (from, effect));
            assert_eq!(fault.until.is_none(), effect == LinkEffect::Reset);
            assert_eq!(fault.delay > Ms(0), effect == LinkEffect::Latency);
            assert_eq!(fault.per_mille.is_some(), effect == LinkEffect::Loss);
            let faulted = with_fault(&roomy, fault);
            let over = faulted.link_ends(0);
            assert!(over > from && over.plus(ROOM) <= roomy.heal_at.expect("it had one"));
        }
        let settling = |plan: &Plan| plan.horizon.since(plan.heal_at.expect("it had one"));
        assert_eq!(settling(&roomy), settling(&plan));
    }

    #[test]
    fn runs_differ_by_what_is_done_and_when_and_not_by_the_fault_itself() {
        let line = |at: u64, number: u64, topic: Topic, text: &str| Line {
            at: Ms(at),
            boot: Some(1),
            number,
            others: Vec::new(),
            transition: crate::trace::Transition::World,
            topic,
            effect: None,
            phase: crate::trace::RUNNING,
            label: std::sync::Arc::from(""),
            text: text.to_owned(),
            write: None,
        };
        let trace = |lines: &[Line]| Trace { lines: lines.to_vec() };
        let sent = line(10, 1, Topic::Send, "send");
        let fault = line(9, 1, Topic::Way, "the network");
        let one = trace(std::slice::from_ref(&sent));
        assert!(!differ(&one, &trace(&[fault.clone(), Line { number: 2, ..sent.clone() }])));
        assert!(differ(&one, &trace(&[fault.clone(), Line { at: Ms(12), ..sent.clone() }])));
        assert!(differ(&one, &trace(&[fault])));
        assert!(differ(&one, &trace(&[Line { text: "send a copy".to_owned(), ..sent }])));
    }
}

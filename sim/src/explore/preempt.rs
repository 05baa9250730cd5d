//! The order of two parties that live at the same time, changed in one place or in two.
//!
//! Tasks of one process, or two processes, ask for things at the same time, and which of them
//! comes first is the world's choice. A run makes one such choice at each transition. Here each
//! other choice is made: one effect waits until somebody else has gone before it, in the same
//! millisecond or in a later one in which anything happened, for half a second at most. Nothing is
//! drawn. Of choices that make the same run only the first is kept, for most effects of one task
//! must wait for each other anyway.

use std::collections::BTreeSet;

use gateway_core::env::Gateway;

use super::family::Variant;
use crate::delivered::Planned;
use crate::plan::{Demoted, Demotion, Plan};
use crate::rerun::base;
use crate::time::Ms;
use crate::trace::{Line, Trace, Transition};

/// How long an effect is kept waiting at most. It is enough for whatever else is under way, and too
/// little for a gateway to be blamed for being slow.
const LONGEST: Ms = Ms(500);

/// The plans in which up to `most` effects of the run of `plan` wait for somebody else to go first,
/// each making a run of its own. `hear` is told how many there are so far.
pub fn preemptions(
    plan: &Plan,
    gateway: &dyn Gateway,
    most: usize,
    hear: &mut dyn FnMut(usize),
) -> Vec<Variant> {
    let plan = plan.without_probes();
    let (trace, _) = base(&plan, gateway);
    let mut seen = BTreeSet::from([digest(&trace)]);
    let mut variants = Vec::new();
    let mut latest = vec![(plan, trace, 0, String::new())];
    for _ in 0..most {
        let mut next = Vec::new();
        for (plan, trace, from, before) in &latest {
            for (demotion, line) in choices(trace, *from, plan) {
                let what = format!("{before}{}", told(&demotion, line));
                let place = plan.schedule.demotions.len();
                let mut plan = plan.clone();
                plan.schedule.demotions.push(demotion);
                let (trace, _) = base(&plan, gateway);
                if !seen.insert(digest(&trace)) {
                    continue;
                }
                // Two that wait are found from the one that comes first.
                let from = occurrence(&trace, &plan.schedule.demotions[place]);
                let planned = Some(Planned::Demotion(place));
                variants.push(Variant { what: what.clone(), planned, plan: plan.clone() });
                hear(variants.len());
                next.push((plan, trace, from, format!("{what}, and ")));
            }
        }
        latest = next;
    }
    variants
}

/// Where somebody else could have gone first in a run, from one of its lines on.
fn choices<'t>(
    trace: &'t Trace,
    from: usize,
    plan: &Plan,
) -> impl Iterator<Item = (Demotion, &'t Line)> {
    let known = plan.schedule.demotions.clone();
    let lines = trace.lines.iter().enumerate().skip(from);
    let choices = lines.flat_map(move |(index, line)| {
        let part = match line.transition {
            Transition::TakenHold => Some(Demoted::Hold),
            Transition::Completed => Some(Demoted::Answer),
            Transition::Requested | Transition::World => None,
        };
        let place = part.zip(line.boot).zip(line.effect);
        let waits = waits(&trace.lines[index..]);
        place.into_iter().flat_map(move |((part, boot), effect)| {
            waits.clone().into_iter().map(move |by| (Demotion { boot, effect, part, by }, line))
        })
    });
    choices.filter(move |(demotion, _)| {
        let place = |of: &Demotion| (of.boot, of.effect, of.part);
        !known.iter().any(|known| place(known) == place(demotion))
    })
}

/// How long the first of some lines may wait for somebody else: for those of its millisecond, and
/// for those of each later one in which anything happens, as long as that is soon.
fn waits(lines: &[Line]) -> Vec<Ms> {
    let Some((first, rest)) = lines.split_first() else { return Vec::new() };
    let soon = rest.iter().take_while(|line| line.at <= first.at.plus(LONGEST));
    let others = soon.filter(|line| (line.boot, line.effect) != (first.boot, first.effect));
    let waits: BTreeSet<Ms> = others.map(|line| line.at.since(first.at)).collect();
    waits.into_iter().collect()
}

/// The line of a run after the part of an effect that was kept waiting.
fn occurrence(trace: &Trace, demotion: &Demotion) -> usize {
    let transition = match demotion.part {
        Demoted::Hold => Transition::TakenHold,
        Demoted::Answer => Transition::Completed,
    };
    let is_it = |line: &Line| {
        line.transition == transition
            && (line.boot, line.effect) == (Some(demotion.boot), Some(demotion.effect))
    };
    trace.lines.iter().position(is_it).map_or(trace.lines.len(), |place| place + 1)
}

/// A choice in words.
fn told(demotion: &Demotion, line: &Line) -> String {
    let Demotion { boot, effect, part, by } = demotion;
    let part = match part {
        Demoted::Hold => "takes hold",
        Demoted::Answer => "is answered",
    };
    let late = match by {
        Ms(0) => "last in its millisecond".to_owned(),
        by => format!("{by} late"),
    };
    format!(
        "effect {effect} of boot {boot} ({}) {part} {late}, at {}",
        line.text,
        line.at.plus(*by)
    )
}

fn digest(trace: &Trace) -> u128 {
    xxhash_rust::xxh3::xxh3_128(trace.to_text().as_bytes())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::trace::{RUNNING, Topic};

    fn line(at: u64, effect: u64, transition: Transition) -> Line {
        Line {
            at: Ms(at),
            boot: Some(1),
            number: 1,
            others: Vec::new(),
            transition,
            topic: Topic::Other,
            effect: Some(effect),
            phase: RUNNING,
            label: Arc::from(""),
            text: String::new(),
            write: None,
        }
    }

    #[test]
    fn an_effect_waits_for_those_of_its_millisecond_and_for_the_next_one_to_come() {
        use Transition::{Completed, Requested, TakenHold};
        let lines = vec![
            line(5, 1, Requested),
            line(5, 1, TakenHold),
            line(5, 2, TakenHold),
            line(9, 1, Completed),
            line(12, 3, TakenHold),
            line(2_000, 2, Completed),
        ];
        let trace = Trace { lines };
        let plan: Plan = toml::from_str("horizon = \"9s\"").expect("a plan");
        let found: Vec<_> =
            choices(&trace, 0, &plan).map(|(of, _)| (of.effect, of.part, of.by)).collect();
        // What comes two seconds later is not waited for, and nobody waits for itself.
        let holds = [(1, Demoted::Hold, Ms(0)), (1, Demoted::Hold, Ms(7))];
        let later = [(2, Demoted::Hold, Ms(4)), (2, Demoted::Hold, Ms(7))];
        let answers = [(1, Demoted::Answer, Ms(3))];
        assert_eq!(found, [&holds[..], &later, &answers].concat());
    }
}

//! The part of a trace that tells how a kill came about and what followed.
//!
//! Of every effect only the moment at which it took hold is told, so that it reads as a story;
//! how many lines were left out is always said.

use serde::Serialize;
use sim::trace::{Trace, Transition};

/// How many lines are told of what came before.
const BEFORE: usize = 12;
/// How many lines are told of what came after.
const AFTER: usize = 25;

/// The part of a trace around a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// The lines, in order.
    pub lines: Vec<Told>,
    /// How many lines of the trace before the last of these are not among them.
    pub left_out: usize,
    /// How many lines of the trace follow.
    pub following: usize,
}

/// A line of a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The line as it is in the trace.
    pub text: String,
    /// Whether it is the one that the timeline is about.
    pub central: bool,
}

impl Timeline {
    /// The story around the line at `center`, an index into the trace.
    pub fn around(trace: &Trace, center: usize) -> Timeline {
        let is_told = |&index: &usize| {
            let kind = trace.lines[index].transition;
            index == center || matches!(kind, Transition::TakenHold | Transition::World)
        };
        let center = center.min(trace.lines.len().saturating_sub(1));
        let mut told: Vec<usize> = (0..center).rev().filter(is_told).take(BEFORE).collect();
        told.reverse();
        let after = (center..trace.lines.len()).filter(is_told).take(AFTER + 1);
        told.extend(after);
        let shown = told.last().map_or(0, |last| last + 1);
        Timeline {
            left_out: shown - told.len(),
            following: trace.lines.len() - shown,
            lines: told
                .into_iter()
                .map(|index| Told {
                    text: trace.lines[index].to_string().trim_end().to_owned(),
                    central: index == center,
                })
                .collect(),
        }
    }
}

/// Where to look if nothing was killed in a gap: at the last end of a boot, or else at the end.
pub fn last_end(trace: &Trace) -> usize {
    let last = trace.lines.len().saturating_sub(1);
    let ends = |index: &usize| {
        let (here, next) = (&trace.lines[*index], &trace.lines[index + 1]);
        here.boot.is_some() && here.boot != next.boot
    };
    (0..last).rev().find(ends).unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use sim::time::Ms;
    use sim::trace::{Line, Topic};

    fn trace(kinds: &[Transition]) -> Trace {
        let line = |(number, kind): (u64, &Transition)| Line {
            at: Ms(number),
            boot: Some(1),
            number,
            others: Vec::new(),
            transition: *kind,
            topic: Topic::Other,
            effect: None,
            phase: "running",
            label: Arc::from(""),
            text: format!("line {number}"),
            write: None,
        };
        Trace { lines: (1..).zip(kinds).map(line).collect() }
    }

    #[test]
    fn requests_and_answers_are_left_out_and_counted() {
        use Transition::{Completed, Requested, TakenHold, World};
        let trace = trace(&[Requested, TakenHold, Completed, World, Requested]);
        let timeline = Timeline::around(&trace, 3);
        let texts: Vec<&str> = timeline.lines.iter().map(|told| told.text.as_str()).collect();
        assert_eq!(texts.len(), 2);
        assert!(texts[0].ends_with("line 2") && texts[1].ends_with("line 4"));
        assert_eq!((timeline.left_out, timeline.following), (2, 1));
        assert!(timeline.lines[1].central);
    }

    #[test]
    fn an_empty_trace_has_an_empty_story() {
        let timeline = Timeline::around(&Trace::default(), last_end(&Trace::default()));
        assert_eq!(timeline.lines, []);
    }
}

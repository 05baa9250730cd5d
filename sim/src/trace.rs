//! What happened, one line for each transition.
//!
//! A trace holds simulated time and numbers only: two runs of the same plan by the same binary
//! write the same bytes. It is for people, for replay and for coverage; no oracle reads it.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use crate::time::Ms;
use crate::world::EffectId;

/// The phase of a boot that is in none of its protocol's phases.
pub const RUNNING: &str = "running";

/// What the phase is called in which no process lives.
pub const DOWN: &str = "down";

/// What kind of transition a line tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transition {
    /// The gateway asked for something.
    Requested,
    /// It took hold.
    TakenHold,
    /// The gateway was answered.
    Completed,
    /// The world moved by itself.
    World,
}

/// What a transition is about, for whoever looks for moments in a trace. Its text is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// A question for messages.
    Poll,
    /// The word that messages were taken.
    Ack,
    /// Something that is sent to a chat.
    Send,
    /// An agent is begun.
    Run,
    /// A write to the disk.
    Write,
    /// A process begins, is asked to stop, is frozen, or ends.
    Process,
    /// The way to the platform fails or recovers.
    Way,
    /// Anything else.
    Other,
}

/// One line of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Ms,
    /// In which boot; none if no process lived.
    pub boot: Option<u32>,
    /// The number of the transition within that boot, from 1.
    pub number: u64,
    /// The other boots that lived, and the number that the transition has in each.
    pub others: Vec<(u32, u64)>,
    /// What kind of transition it was.
    pub transition: Transition,
    /// What it was about.
    pub topic: Topic,
    /// The effect it belongs to.
    pub effect: Option<EffectId>,
    /// The phase the boot was in.
    pub phase: &'static str,
    /// The span in which the effect was asked for, with every phase that a shared commit serves.
    pub label: Arc<str>,
    /// What it was.
    pub text: String,
    /// If it lets a write take hold: where the write begins and how long it is, in bytes.
    pub write: Option<(u64, u64)>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, ms) = (self.at.0 / 1_000, self.at.0 % 1_000);
        write!(f, "{seconds:>7}.{ms:03} ")?;
        match self.boot {
            Some(boot) => write!(f, "b{boot} {:>4} ", self.number)?,
            None => f.write_str("-       ")?,
        }
        let kind = match self.transition {
            Transition::Requested => "ask ",
            Transition::TakenHold => "hold",
            Transition::Completed => "done",
            Transition::World => "**  ",
        };
        let effect = self.effect.map_or(String::new(), |effect| format!("#{effect}"));
        let label = if *self.label == *self.phase { "" } else { &self.label };
        write!(f, "{kind} {effect:>5} {:<17} {label:<22} {}", self.phase, self.text)
    }
}

/// What happened, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Its lines.
    pub lines: Vec<Line>,
}

impl Trace {
    /// The whole trace as text, one line a transition.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            writeln!(text, "{line}").expect("writing to a string does not fail");
        }
        text
    }
}

/// The first line in which two traces differ, counted from 1, and both lines.
pub fn first_difference(expected: &str, actual: &str) -> Option<Difference> {
    if expected == actual {
        return None;
    }
    let (mut left, mut right) = (expected.lines(), actual.lines());
    let mut number = 0;
    loop {
        number += 1;
        let (expected, actual) = (left.next(), right.next());
        if expected != actual || expected.is_none() {
            let text = |line: Option<&str>| line.unwrap_or("(the trace ends here)").to_owned();
            let (expected, actual) = (text(expected), text(actual));
            let comes = |line: &str, mut rest: std::str::Lines<'_>| {
                rest.any(|later| happening(later) == happening(line))
            };
            let reordered = comes(&actual, left) && comes(&expected, right);
            return Some(Difference { number, expected, actual, reordered });
        }
    }
}

/// What a line tells of, without when and as the how many-th it came.
fn happening(line: &str) -> &str {
    line.rsplit("  ").find(|part| !part.trim().is_empty()).unwrap_or(line).trim()
}

/// The first line in which two traces differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The number of the line, from 1.
    pub number: usize,
    /// The line as it was.
    pub expected: String,
    /// The line as it is.
    pub actual: String,
    /// Whether each comes later in the other trace.
    pub reordered: bool,
}

impl Difference {
    /// Where such a difference usually comes from, in words.
    pub fn likely_source(&self) -> &'static str {
        let (one, other) = (&self.expected, &self.actual);
        let shape = |line: &str| -> String {
            line.chars().map(|c| if c.is_ascii_hexdigit() { '0' } else { c }).collect()
        };
        if self.reordered {
            return "the same in another order: an unordered container (HashMap, HashSet), or a \
                    thread";
        }
        if shape(one) == shape(other) {
            return "the same line with other digits: a clock or a random number of the system, or \
                    an address";
        }
        "another event comes first: an unordered container, a thread, or a clock decided what is \
         done next"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_traces_do_not_differ() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    }

    #[test]
    fn the_first_differing_line_is_named() {
        let difference = first_difference("a\nb\nc\n", "a\nx\nc\n").expect("they differ");
        assert_eq!(difference.number, 2);
        assert_eq!((difference.expected.as_str(), difference.actual.as_str()), ("b", "x"));
    }

    #[test]
    fn a_shorter_trace_differs_at_its_end() {
        let difference = first_difference("a\nb\n", "a\n").expect("they differ");
        assert_eq!(difference.number, 2);
        assert_eq!(difference.actual, "(the trace ends here)");
    }
}

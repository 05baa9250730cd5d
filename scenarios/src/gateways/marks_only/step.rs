//! The steps of a stop, as data: so that every order and every omission of them can be run.

use std::fmt;

/// One step of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Marks, in one durable batch, every turn that runs and every message that waits.
    Premark,
    /// Tells the chats with work that the gateway is stopping.
    Notify,
    /// Waits until the work is done, or for so long that it is interrupted.
    Drain,
    /// Removes this stop's marks of work that the drain did not report as unfinished.
    Clear,
    /// Closes the store and gives the lock up; the process may end.
    Release,
}

/// What a stop does with the marks of earlier boots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Older {
    /// It leaves them alone, and marks what they cover once more.
    Kept,
    /// It does not mark again what they cover, and its clear removes them: a mistake, for what the
    /// drain reported as unfinished keeps only the marks of this stop.
    Cleared,
}

impl Step {
    /// The order in which the steps belong.
    pub const DESIGNED: [Step; 5] =
        [Step::Premark, Step::Notify, Step::Drain, Step::Clear, Step::Release];
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Premark => "premark",
            Step::Notify => "notify",
            Step::Drain => "drain",
            Step::Clear => "clear",
            Step::Release => "release",
        })
    }
}

/// A stretch of a stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// A step for all chats at once, which waits for everything before it.
    Barrier(Step),
    /// Steps that each chat takes in its own time.
    Chain(Vec<Step>),
}

/// Splits a stop at its barriers. Nothing but the kind of a step decides.
pub(super) fn segments(steps: &[Step]) -> Vec<Segment> {
    let mut segments = Vec::new();
    for step in steps {
        match (step, segments.last_mut()) {
            (Step::Premark | Step::Release, _) => segments.push(Segment::Barrier(*step)),
            (_, Some(Segment::Chain(chain))) => chain.push(*step),
            (_, _) => segments.push(Segment::Chain(vec![*step])),
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_designed_stop_is_one_chain_between_two_barriers() {
        let chain = vec![Step::Notify, Step::Drain, Step::Clear];
        let expected = [
            Segment::Barrier(Step::Premark),
            Segment::Chain(chain),
            Segment::Barrier(Step::Release),
        ];
        assert_eq!(segments(&Step::DESIGNED), expected);
    }

    #[test]
    fn order_and_omission_survive_the_split() {
        let steps = [Step::Drain, Step::Release, Step::Clear];
        let expected = [
            Segment::Chain(vec![Step::Drain]),
            Segment::Barrier(Step::Release),
            Segment::Chain(vec![Step::Clear]),
        ];
        assert_eq!(segments(&steps), expected);
    }
}

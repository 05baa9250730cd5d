//! The verdict on a run at its horizon: every statement that it breaks, and what is settled.

use std::collections::BTreeSet;

use super::evidence::Evidence;
use super::replay::Replay;
use super::violation::Violation;
use super::{OracleId, chat, conversation, ends, honest_io, resumed, served};
use crate::script::MessageIndex;
use crate::world::World;

/// What the judge says of a run at its horizon.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// Every violation, in the order of statements.
    pub violations: Vec<Violation>,
    /// The messages of which nothing is owed any more.
    pub settled: BTreeSet<MessageIndex>,
}

/// Every violation in a world at its horizon, in the order of statements.
pub fn judge(world: &World) -> Vec<Violation> {
    Judgement::of(world).violations
}

impl Judgement {
    /// Judges the run that ended in `world`.
    pub fn of(world: &World) -> Judgement {
        let evidence = Evidence::new(world);
        let replay = Replay::of(&evidence);
        let is_settled = |message: &MessageIndex| {
            let held = &replay.messages[*message].now;
            held.iter().any(|held| held.is_closed()) || evidence.settled_at(*message).is_some()
        };
        let settled: BTreeSet<MessageIndex> = evidence.requests().filter(is_settled).collect();
        let unsettled = evidence.requests().filter(|message| !settled.contains(message));
        let unsettled: Vec<MessageIndex> = unsettled.collect();
        let mut violations = Vec::new();
        for &message in &unsettled {
            judge_unsettled(&evidence, &replay, message, &mut violations);
        }
        violations.extend(replay.violations.iter().cloned());
        conversation::judge(&evidence, &mut violations);
        chat::judge(&evidence, &mut violations);
        ends::judge(&evidence, &mut violations);
        resumed::judge(&evidence, &mut violations);
        served::judge(&evidence, &replay, &mut violations);
        honest_io::judge(&evidence, &unsettled, &mut violations);
        violations.retain(|violation| !evidence.is_forgiven(violation));
        violations.sort_by_key(|violation| violation.oracle);
        Judgement { violations, settled }
    }
}

/// NOTHING-LOST, and RESUMED of a turn that somebody could have gone on with.
fn judge_unsettled(
    evidence: &Evidence<'_>,
    replay: &Replay<'_>,
    message: MessageIndex,
    violations: &mut Vec<Violation>,
) {
    let interrupted = resumed::last_interruption(evidence, message).is_some_and(|boot| {
        let mut later = evidence.boots();
        later.any(|later| (later.ended_at(), later.number) > (boot.ended_at(), boot.number))
    });
    for oracle in [OracleId::NothingLost, OracleId::Resumed] {
        let owed = interrupted && !replay.may_be_given_up(message);
        if oracle == OracleId::NothingLost || owed {
            let what = left_as(evidence, message, interrupted);
            let mut violation = evidence.message_violation(oracle, message, what);
            let held = replay.messages[message].now.iter();
            violation.believed = held.map(|held| format!("{held}")).collect();
            violations.push(violation);
        }
    }
}

/// How a message was left that nobody answered.
fn left_as(evidence: &Evidence<'_>, message: MessageIndex, interrupted: bool) -> &'static str {
    let facts = &evidence.ledger.messages[message];
    if !facts.produced.is_empty() {
        "its answer was produced and never delivered"
    } else if interrupted {
        "its turn was interrupted and never finished"
    } else if facts.started_at.is_some() {
        "its turn was started and never answered"
    } else if facts.acked_at.is_some() {
        "it was acknowledged to the platform and never started"
    } else {
        "it was never taken from the platform for good"
    }
}

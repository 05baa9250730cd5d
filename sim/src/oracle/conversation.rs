//! SAME-CONVERSATION, as far as the agent's request shows it: a turn that goes on is given its
//! request and every acknowledged step, and each agent the answered turns of its session.

use std::collections::BTreeSet;

use super::evidence::Evidence;
use crate::ledger::RunIndex;
use crate::oracle::{OracleId, Violation};

pub(super) fn judge(evidence: &Evidence<'_>, violations: &mut Vec<Violation>) {
    for (index, run) in evidence.ledger.runs.iter().enumerate() {
        let Some(message) = run.message else { continue };
        let mut found = |what: String| {
            let oracle = OracleId::SameConversation;
            violations.push(evidence.message_violation(oracle, message, what));
        };
        let (boot, given) = (run.boot, run.turns_given as usize);
        let answered = answered_before(evidence, index);
        if given < answered {
            found(format!("boot {boot} gave its agent {given} of the {answered} turns before it"));
        }
        let interrupted = evidence.boots().any(|other| {
            let ended = (other.ended_at(), other.number) < (run.asked_at, boot);
            other.number != boot && ended && other.cut.contains(&message)
        });
        if !interrupted {
            continue;
        }
        if !run.given_message {
            found(format!("went on in boot {boot} without its request"));
        }
        let earlier = evidence.ledger.runs[..index].iter();
        let acked = earlier.filter(|earlier| earlier.message == run.message);
        let acked = acked.map(|earlier| earlier.steps_acked).max().unwrap_or(0);
        if run.steps_given < acked {
            let given = run.steps_given;
            found(format!("went on in boot {boot} with {given} of its {acked} acknowledged steps"));
        }
    }
}

/// How many turns of a run's session had been answered when it was asked for. One that began later
/// may have been answered in the same millisecond.
fn answered_before(evidence: &Evidence<'_>, run: RunIndex) -> usize {
    let (earlier, run) = (&evidence.ledger.runs[..run], &evidence.ledger.runs[run]);
    let of_session = |message: usize| {
        let mut runs = earlier.iter();
        runs.any(|other| other.message == Some(message) && other.session == run.session)
    };
    let deliveries = evidence.ledger.deliveries.iter();
    let answered: BTreeSet<usize> = deliveries
        .filter(|delivery| delivery.chat == Some(run.chat) && delivery.at <= run.asked_at)
        .filter_map(|delivery| delivery.answers)
        .filter(|message| Some(*message) != run.message && of_session(*message))
        .collect();
    answered.len()
}

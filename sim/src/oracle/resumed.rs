//! RESUMED, as far as one output alone does not show it: a turn went on by itself, and not because
//! its user wrote again.

use std::sync::Arc;

use super::evidence::Evidence;
use crate::history::Fact;
use crate::ledger::{BootFacts, RunFact};
use crate::oracle::{OracleId, Violation};
use crate::script::MessageIndex;
use crate::time::Ms;

pub(super) fn judge(evidence: &Evidence<'_>, violations: &mut Vec<Violation>) {
    for message in evidence.requests() {
        let Some(boot) = last_interruption(evidence, message) else { continue };
        let after = |run: &&Arc<RunFact>| {
            run.message == Some(message)
                && run.boot != boot.number
                && (run.asked_at, run.boot) > (boot.ended_at(), boot.number)
        };
        let Some(run) = evidence.ledger.runs.iter().find(after) else { continue };
        if was_nudged(evidence, message, run, boot.ended_at()) {
            let what = "went on only after its user had written again";
            violations.push(evidence.message_violation(OracleId::Resumed, message, what));
        }
    }
}

/// The last boot whose end interrupted a turn.
pub(super) fn last_interruption<'e>(
    evidence: &Evidence<'e>,
    message: MessageIndex,
) -> Option<&'e BootFacts> {
    let interrupting = evidence.boots().filter(|boot| boot.cut.contains(&message));
    interrupting.max_by_key(|boot| (boot.ended_at(), boot.number))
}

/// Whether the user's next message woke a turn: its boot had been quiescent before, every pause
/// that the settings ask for was over, and nothing was in the way.
fn was_nudged(evidence: &Evidence<'_>, message: MessageIndex, run: &RunFact, cut_at: Ms) -> bool {
    let (script, plan) = (evidence.script, &evidence.script.plan);
    let from = evidence.ledger.boot(run.boot).began_at.max(cut_at);
    let interrupted: usize = evidence.boots().map(|boot| boot.cut.len()).sum();
    let interrupted = u32::try_from(interrupted).unwrap_or(u32::MAX);
    let pauses = Ms::from(plan.settings.resume_stagger.saturating_mul(interrupted));
    let crashes = evidence.boots().filter(|boot| boot.ended_unplanned());
    let suspect = crashes.clone().count() > 1 && { crashes }.any(|b| b.cut.contains(&message));
    let polls = plan.platform.poll_faults.iter().any(|fault| fault.from <= run.asked_at);
    if suspect || polls || !plan.link_faults.is_empty() || !plan.disk_faults.is_empty() {
        return false;
    }
    let mut quiescent = false;
    let entries = evidence.entries.iter();
    for entry in entries.filter(|entry| entry.boot == run.boot && entry.at <= run.asked_at) {
        match &entry.fact {
            Fact::Quiescent => quiescent |= entry.at >= from,
            Fact::Asked { message: Some(of), .. } if *of == message => return false,
            Fact::Handed { from: first, upto } => {
                let chat = script.messages[message].chat;
                let mut written = (*first..*upto).filter(|later| *later > message);
                let here = written.any(|later| {
                    let later = &script.messages[later];
                    later.chat == chat && later.body.is_request()
                });
                if here && quiescent && entry.at > from.plus(pauses) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

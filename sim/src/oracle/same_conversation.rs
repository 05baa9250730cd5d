//! SAME-CONVERSATION: a chat keeps its session, and a turn that goes on has its request and every
//! step that was acknowledged as durable.

use std::collections::BTreeSet;

use gateway_core::message::Notice;

use super::case::{Case, Violation};
use super::id::OracleId;
use crate::ledger::RunIndex;
use crate::plan::MessageBody;

pub(super) fn judge(case: &Case<'_>, violations: &mut Vec<Violation>) {
    judge_sessions(case, violations);
    for (index, run) in case.ledger.runs.iter().enumerate() {
        let Some(message) = run.message else { continue };
        let answered = answered_before(case, index);
        if (run.turns_given as usize) < answered {
            let what = format!(
                "boot {} gave its agent {} of the {answered} turns before it",
                run.boot, run.turns_given
            );
            violations.push(case.message_violation(OracleId::SameConversation, message, what));
        }
        let earlier = || case.ledger.runs[..index].iter().filter(|r| r.message == run.message);
        let ended = case.ended_before(run.boot, run.asked_at);
        let cut = ended.iter().any(|boot| boot.cut.contains(&message));
        if !cut {
            continue;
        }
        if !run.given_message {
            let what = format!("went on in boot {} without its request", run.boot);
            violations.push(case.message_violation(OracleId::SameConversation, message, what));
        }
        let acked = earlier().map(|run| run.steps_acked).max().unwrap_or(0);
        if run.steps_given < acked {
            let what = format!(
                "went on in boot {} with {} of its {acked} durable steps",
                run.boot, run.steps_given
            );
            violations.push(case.message_violation(OracleId::SameConversation, message, what));
        }
    }
}

/// How many turns of a run's session had been answered when it was asked for. One that began later
/// may have been answered in the same millisecond.
fn answered_before(case: &Case<'_>, run: RunIndex) -> usize {
    let (earlier, run) = (&case.ledger.runs[..run], &case.ledger.runs[run]);
    let of_session = |message: usize| {
        let mut runs = earlier.iter();
        runs.any(|other| other.message == Some(message) && other.session == run.session)
    };
    let answered: BTreeSet<usize> = case
        .ledger
        .deliveries
        .iter()
        .filter(|delivery| delivery.chat == Some(run.chat) && delivery.at <= run.asked_at)
        .filter_map(|delivery| delivery.answers)
        .filter(|message| Some(*message) != run.message && of_session(*message))
        .collect();
    answered.len()
}

fn judge_sessions(case: &Case<'_>, violations: &mut Vec<Violation>) {
    for chat in 0..case.script.chats.len() {
        let mut runs: Vec<_> = case.ledger.runs.iter().filter(|run| run.chat == chat).collect();
        // An agent that was asked for before a reset may come to life after it.
        runs.sort_by_key(|run| (run.boot, run.asked_at));
        let mut changes = 0;
        let mut seen = BTreeSet::new();
        for after in runs {
            if !seen.insert(&after.session) || seen.len() == 1 {
                continue;
            }
            changes += 1;
            // Each reset and each suspension may change it once, whenever it was heeded.
            let asked = case.script.messages.iter().filter(|message| {
                message.chat == chat
                    && message.body == MessageBody::Reset
                    && message.at <= after.began_at
            });
            let suspended = case.ledger.deliveries.iter().filter(|delivery| {
                delivery.chat == Some(chat)
                    && delivery.notice() == Some(Notice::Suspended)
                    && delivery.at <= after.began_at
            });
            if changes > asked.count() + suspended.count() {
                let what =
                    format!("its session changed without anybody asking in boot {}", after.boot);
                violations.push(case.chat_violation(OracleId::SameConversation, chat, what));
            }
        }
    }
}

//! ONE-AGENT, NO-SILENT-DUPLICATE and ORDER: what a chat sees, message by message.

use super::case::{Case, Violation, is_copy};
use super::id::OracleId;
use crate::ledger::Delivery;
use crate::script::MessageIndex;

pub(super) fn judge(case: &Case<'_>, violations: &mut Vec<Violation>) {
    for run in case.ledger.runs.iter().filter(|run| run.overlapped) {
        let what = format!("a second agent was started in boot {} beside a living one", run.boot);
        violations.push(case.chat_violation(OracleId::OneAgent, run.chat, what));
    }
    for message in case.texts() {
        if let Some(what) = duplicate(case, message) {
            violations.push(case.message_violation(OracleId::NoSilentDuplicate, message, what));
        }
    }
    judge_order(case, violations);
}

fn duplicate(case: &Case<'_>, message: MessageIndex) -> Option<String> {
    let mut answers: Vec<&Delivery> = case.ledger.answers(message).collect();
    // Which was first is a matter of who sent it: what a dead boot had sent may arrive behind the
    // copy that the next one sent because it could not know.
    answers.sort_by_key(|answer| (case.sent_by(answer), answer.boot));
    let lost = answers.first().is_some_and(|first| case.link_is_sick(first.at, first.at));
    if lost {
        // So may what was held up on its way.
        answers.sort_by_key(|answer| is_copy(answer));
    }
    let (first, more) = answers.split_first()?;
    let faulty = lost || case.ledger.messages[message].send_fault;
    if is_copy(first) {
        let ended = case.ended_before(first.boot, case.sent_by(first));
        let died = ended.iter().any(|boot| case.unfinished_at_end(message, boot.number));
        if !died && !faulty {
            return Some("its only answer is called a copy for no reason".to_owned());
        }
    }
    if !more.is_empty() && case.honours_keys() {
        return Some("answered twice though the platform honours keys".to_owned());
    }
    for later in more {
        if !is_copy(later) {
            return Some(format!("answered again in boot {} as if for the first time", later.boot));
        }
        let boot = case.ledger.boot(first.boot);
        let unsure = case.is_unsure(boot, first.at) || case.was_unanswered(first);
        if !unsure && !faulty {
            return Some(format!(
                "a copy in boot {} of what was taken long before boot {} ended",
                later.boot, first.boot
            ));
        }
    }
    None
}

fn judge_order(case: &Case<'_>, violations: &mut Vec<Violation>) {
    for chat in 0..case.script.chats.len() {
        let mut latest: Option<(MessageIndex, usize)> = None;
        for message in case.texts().filter(|&m| case.script.messages[m].chat == chat) {
            let place = case
                .ledger
                .deliveries
                .iter()
                .position(|delivery| delivery.visible && delivery.answers == Some(message));
            let Some(place) = place else { continue };
            if let Some((before, earlier)) = latest
                && place < earlier
            {
                let what = format!("answered before {}", case.world.number_of(before));
                violations.push(case.message_violation(OracleId::Order, message, what));
            }
            latest = Some((message, place.max(latest.map_or(0, |(_, earlier)| earlier))));
        }
    }
}

//! RESUMED: a fresh turn that was cut is finished without the user doing anything. What is fresh is
//! said in `fresh.rs`.
//!
//! A turn whose agent has said its last word is cut all the same if the process ended before that
//! was on record for sure: the next boot may find it at work, and it is as old as it looks then.

use gateway_core::message::Notice;

use super::case::{Case, Violation};
use super::fresh::{is_fresh, outlives, takes_over_at};
use super::id::OracleId;
use crate::ledger::{BootFacts, RunFact};
use crate::script::MessageIndex;
use crate::time::Ms;

pub(super) fn judge(case: &Case<'_>, violations: &mut Vec<Violation>) {
    for message in case.texts() {
        if let Some(what) = judge_message(case, message) {
            violations.push(case.message_violation(OracleId::Resumed, message, what));
        }
    }
}

fn judge_message(case: &Case<'_>, message: MessageIndex) -> Option<String> {
    let boots = || case.ledger.boots.iter().map(std::sync::Arc::as_ref);
    let cuts = boots().filter(|boot| is_cut(case, message, boot));
    let last_cut = cuts.max_by_key(|boot| (boot.ended_at(), boot.number))?;
    // Whoever waited for the end of that boot goes on then; else it is the next to begin.
    let has_successor = boots().any(|boot| outlives(boot, last_cut));
    if !has_successor || case.is_released(message) {
        return None;
    }
    let suspended = case.ledger.deliveries.iter().find(|delivery| {
        delivery.notice() == Some(Notice::Suspended) && case.about(delivery) == Some(message)
    });
    if let Some(notice) = suspended {
        let deaths = case.unplanned_deaths_under(message, notice.at);
        return (!case.may_be_suspended(message, notice.at))
            .then(|| format!("suspended after {deaths} unplanned deaths under its turn"));
    }
    if !is_fresh(case, message, last_cut) {
        return None;
    }
    let Some(answer) = case.ledger.answers(message).next() else {
        return Some(format!("cut by the end of boot {} and never finished", last_cut.number));
    };
    if answer.at < last_cut.ended_at() {
        return None;
    }
    nudged(case, message, last_cut, answer.at)
        .then(|| "went on only after its user had written again".to_owned())
}

/// Whether the end of a boot cut a turn, or may have come before what its agent said was noted.
fn is_cut(case: &Case<'_>, message: MessageIndex, boot: &BootFacts) -> bool {
    let here = |run: &RunFact| (run.message, run.boot) == (Some(message), boot.number);
    let mut over = case.ledger.runs.iter().filter(|run| here(run)).filter_map(|run| run.over_at);
    boot.cut.contains(&message) || over.any(|at| case.is_unsure(boot, at))
}

/// Whether it was the user's next message that woke the gateway's memory of a turn: it went on at
/// once after that, in a boot that had been up for long. A turn that is suspected of killing the
/// process may have waited for its turn instead.
fn nudged(case: &Case<'_>, message: MessageIndex, cut: &BootFacts, answered_at: Ms) -> bool {
    let chat = case.script.messages[message].chat;
    let mut runs = case.ledger.runs.iter().filter(|run| {
        run.message == Some(message)
            && run.boot != cut.number
            && (run.asked_at, run.boot) > (cut.ended_at(), cut.number)
            && run.began_at <= answered_at
    });
    let Some(first) = runs.next() else { return false };
    let boot = case.ledger.boot(first.boot);
    let up_from = case.asked_by(takes_over_at(boot, cut));
    let late = first.asked_at.since(up_from) > Ms(10_000).plus(boot.held_back)
        && !boot.was_sick(first.asked_at, first.asked_at);
    let ended = case.ended_before(first.boot, first.asked_at);
    let deaths = ended.iter().filter(|boot| boot.ended_unplanned());
    let suspect = case.unplanned_deaths_under(message, first.asked_at) >= 1 && deaths.count() >= 2;
    let just_written = case.script.messages.iter().any(|later| {
        later.chat == chat
            && later.at >= up_from
            && later.at <= first.asked_at
            && first.asked_at.since(later.at) < Ms(1_000)
    });
    late && !suspect && just_written
}

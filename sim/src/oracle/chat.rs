//! ONE-AGENT, ORDER, and what of NO-SILENT-DUPLICATE and NO-FALSE-RESUME a chat sees by itself:
//! answers and notices that come twice.

use std::collections::BTreeSet;

use gateway_core::message::{Kind, Notice};

use super::evidence::Evidence;
use crate::ledger::Delivery;
use crate::oracle::{OracleId, Violation};
use crate::script::MessageIndex;

pub(super) fn judge(evidence: &Evidence<'_>, violations: &mut Vec<Violation>) {
    for run in evidence.ledger.runs.iter().filter(|run| run.overlapped) {
        let what = format!("a second agent was started in boot {} beside a living one", run.boot);
        violations.push(evidence.chat_violation(OracleId::OneAgent, run.chat, what));
    }
    for run in evidence.ledger.barred_opens.iter() {
        let what = format!("boot {} asked for an agent while it had no access", run.boot);
        violations.push(evidence.chat_violation(OracleId::NoFalseResume, run.chat, what));
    }
    for message in evidence.requests() {
        if let Some(what) = answered_twice(evidence, message) {
            let oracle = OracleId::NoSilentDuplicate;
            violations.push(evidence.message_violation(oracle, message, what));
        }
    }
    judge_order(evidence, violations);
    judge_notices(evidence, violations);
}

/// Of the answers that users see, all but the one that was sent first are labelled as copies, and
/// where the platform knows a key again there is one. A copy may overtake what a dead boot sent.
fn answered_twice(evidence: &Evidence<'_>, message: MessageIndex) -> Option<String> {
    let deliveries = &evidence.ledger.deliveries;
    let sends = evidence.ledger.sends.iter().filter(|send| {
        let visible = send.taken.is_some_and(|taken| deliveries[taken].visible);
        send.answers == Some(message) && visible
    });
    let again = sends.skip(1);
    if evidence.script.plan.platform.honours_keys && again.clone().next().is_some() {
        return Some("answered twice though the platform honours keys".to_owned());
    }
    let unlabelled = { again }.find(|send| !matches!(send.kind, Kind::Copy { .. }))?;
    Some(format!("answered again in boot {} as if for the first time", unlabelled.boot))
}

fn judge_order(evidence: &Evidence<'_>, violations: &mut Vec<Violation>) {
    let deliveries = &evidence.ledger.deliveries;
    for chat in 0..evidence.script.chats.len() {
        let mut latest: Option<(MessageIndex, usize)> = None;
        for message in evidence.requests().filter(|&m| evidence.script.messages[m].chat == chat) {
            let first = |delivery: &Delivery| delivery.visible && delivery.answers == Some(message);
            let Some(place) = deliveries.iter().position(first) else { continue };
            if let Some((before, earlier)) = latest
                && place < earlier
            {
                let what = format!("answered before {}", evidence.world.number_of(before));
                violations.push(evidence.message_violation(OracleId::Order, message, what));
            }
            latest = Some((message, place.max(latest.map_or(0, |(_, earlier)| earlier))));
        }
    }
}

/// No boot says the same twice that it knows to have arrived.
fn judge_notices(evidence: &Evidence<'_>, violations: &mut Vec<Violation>) {
    let mut known: BTreeSet<(u32, &Option<usize>, Notice, Option<usize>)> = BTreeSet::new();
    for entry in &evidence.entries {
        let (crate::history::Fact::Left(send) | crate::history::Fact::Confirmed(send)) = entry.fact
        else {
            continue;
        };
        let send = &evidence.ledger.sends[send];
        let Kind::Notice { notice, .. } = send.kind else { continue };
        let this = (send.boot, &send.chat, notice, send.about);
        if matches!(entry.fact, crate::history::Fact::Confirmed(_)) {
            known.insert(this);
            continue;
        }
        let taken = send.taken.is_some_and(|taken| evidence.ledger.deliveries[taken].visible);
        if let Some(chat) = send.chat.filter(|_| taken && known.contains(&this)) {
            let what = format!("{notice:?} twice in boot {}", send.boot);
            violations.push(evidence.chat_violation(OracleId::NoFalseResume, chat, what));
        }
    }
}

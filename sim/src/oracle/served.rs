//! SERVED: a message whose own chat, platform and back end are healthy is answered in time.
//!
//! What counts is the time that it waits while somebody could serve it: a boot lives, is not
//! stopping and not alone in waiting for another one, nothing before it in its chat is open, no
//! agent works on it, and no planned fault is in the way. The pauses that the settings ask for are
//! granted, and the plan's patience.

use std::collections::BTreeMap;

use super::evidence::Evidence;
use super::replay::Replay;
use crate::history::Fact;
use crate::ledger::BootFacts;
use crate::oracle::{OracleId, Violation};
use crate::script::MessageIndex;
use crate::time::Ms;

type Span = (Ms, Ms);

pub(super) fn judge(evidence: &Evidence<'_>, replay: &Replay<'_>, violations: &mut Vec<Violation>) {
    let plan = &evidence.script.plan;
    if plan.disk.capacity.is_some() {
        return;
    }
    let (unserved, works) = (unserved(evidence), works(evidence));
    let slowed: u64 = evidence.boots().map(|boot| boot.slowed.0).sum();
    let pauses = Ms::from(plan.settings.resume_stagger).0.saturating_mul(replay.left_begun);
    let patience = plan.patience.plus(Ms(slowed)).plus(Ms(pauses));
    for message in evidence.requests() {
        // What is never settled is lost, not late.
        if is_excused(evidence, message) || evidence.settled_at(message).is_none() {
            continue;
        }
        let mut excused = unserved.clone();
        // A turn that is suspected of crashes also waits for the others that are.
        let suspects = replay.crashed.contains(&message).then_some(&replay.crashed);
        let meant = |of: MessageIndex| of == message || suspects.is_some_and(|s| s.contains(&of));
        excused.extend(works.iter().filter(|(of, _)| meant(*of)).map(|(_, span)| *span));
        excused.extend(faults_of(evidence, message));
        let waited = without(from_until(evidence, message, &works), excused);
        if waited > patience {
            let what =
                format!("waited for {waited} while it could be served, {patience} is granted");
            violations.push(evidence.message_violation(OracleId::Served, message, what));
        }
    }
}

/// Whether somebody may have allowed that a message is never answered.
fn is_excused(evidence: &Evidence<'_>, message: MessageIndex) -> bool {
    let (plan, written) = (&evidence.script.plan, &evidence.script.messages[message]);
    let chat = &evidence.script.chats[written.chat];
    let barred = plan.revocations.iter().any(|one| one.chat == *chat && written.at < one.end());
    let dropped = plan.clean_starts.iter().any(|wish| written.at < wish.until);
    barred || dropped
}

/// From when on a message is the next of its chat, until its chat has what ends the wait.
fn from_until(
    evidence: &Evidence<'_>,
    message: MessageIndex,
    works: &[(MessageIndex, Span)],
) -> Span {
    let ends = |message: MessageIndex| {
        let withdrawn = evidence.withdrawal(message).map(|by| evidence.script.messages[by].at);
        let settled = evidence.settled_at(message).into_iter().chain(withdrawn).min();
        settled.unwrap_or(evidence.script.plan.horizon)
    };
    let written = &evidence.script.messages[message];
    let earlier = evidence.requests().take_while(|earlier| *earlier < message);
    let earlier = earlier.filter(|e| evidence.script.messages[*e].chat == written.chat);
    let runs = |of: MessageIndex| {
        let its = works.iter().filter(|(message, _)| *message == of);
        its.map(|(_, (_, end))| *end).max()
    };
    let free = earlier.map(|earlier| ends(earlier).max(runs(earlier).unwrap_or_default())).max();
    (written.at.max(free.unwrap_or_default()), ends(message))
}

/// When no boot could serve anybody.
fn unserved(evidence: &Evidence<'_>) -> Vec<Span> {
    let mut serving: Vec<Span> = evidence
        .boots()
        .map(|boot| {
            let before = evidence.boots().filter(|other| other.number < boot.number);
            let alone = before.map(BootFacts::ended_at).fold(boot.began_at, Ms::max);
            let stop = boot.stop.as_ref();
            let stopping = stop.and_then(|stop| match stop.signal {
                Some(_) => Some(stop.asked_at),
                None => stop.announced_at,
            });
            (alone, stopping.unwrap_or(boot.ended_at()).min(boot.ended_at()))
        })
        .collect();
    serving.sort_unstable();
    let mut unserved = Vec::new();
    let mut until = Ms(0);
    for (from, to) in serving {
        unserved.push((until, from));
        until = until.max(to);
    }
    unserved.push((until, Ms(u64::MAX)));
    unserved
}

/// When an agent was prepared for a message or worked on it, of every message.
fn works(evidence: &Evidence<'_>) -> Vec<(MessageIndex, Span)> {
    let mut over: BTreeMap<(Ms, u32, MessageIndex), Ms> = BTreeMap::new();
    for run in &evidence.ledger.runs {
        if let (Some(message), Some(over_at)) = (run.message, run.over_at) {
            over.entry((run.asked_at, run.boot, message)).or_insert(over_at);
        }
    }
    let asked = evidence.entries.iter().filter_map(|entry| match entry.fact {
        Fact::Asked { message: Some(message), .. } => Some((entry.at, entry.boot, message)),
        _ => None,
    });
    let span = |(asked_at, boot, message): (Ms, u32, MessageIndex)| {
        let over = over.get(&(asked_at, boot, message)).copied().unwrap_or(Ms(u64::MAX));
        (message, (asked_at, over.min(evidence.ledger.boot(boot).ended_at())))
    };
    asked.map(span).collect()
}

/// When planned faults are in the way of a message, with the longest pause before something is
/// tried again behind each.
fn faults_of(evidence: &Evidence<'_>, message: MessageIndex) -> Vec<Span> {
    let plan = &evidence.script.plan;
    let chat = &evidence.script.chats[evidence.script.messages[message].chat];
    let again = plan.longest_retry();
    let polls = plan.platform.poll_faults.iter().map(|fault| (fault.from, fault.until));
    let sends = plan.platform.faults.iter();
    let sends = sends.filter(|fault| fault.chat.as_ref().is_none_or(|of| of == chat));
    let sends = sends.map(|fault| (fault.from, fault.until.plus(fault.delay)));
    let links = 0..plan.link_faults.len();
    let links = links.map(|index| (plan.link_faults[index].from, plan.link_settled(index)));
    let disks = evidence.boots().filter_map(|boot| boot.disk_sick);
    let stalls = evidence.boots().filter_map(|boot| boot.frozen);
    let all = polls.chain(sends).chain(links).chain(disks).chain(stalls);
    all.map(|(from, until)| (from, until.plus(again))).collect()
}

/// How much of a span lies in none of others.
fn without((from, until): Span, mut others: Vec<Span>) -> Ms {
    others.sort_unstable();
    let (mut left, mut seen) = (0, from);
    for (begin, end) in others {
        left += begin.min(until).since(seen).0;
        seen = seen.max(end);
    }
    Ms(left + until.since(seen).0)
}

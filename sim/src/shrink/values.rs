//! Simpler values: one chat, plain names, a turn of one step, plain faults, small numbers.

use std::collections::BTreeMap;

use gateway_core::message::ChatId;

use crate::plan::{DiskEffect, LinkEffect, LinkFault, Plan};
use crate::time::Ms;

/// Everybody writes in one chat.
pub(super) fn one_chat(plan: &Plan) -> Vec<Plan> {
    let mut merged = plan.clone();
    let Some(first) = plan.messages.first() else { return Vec::new() };
    let revocations = merged.revocations.iter_mut().map(|revocation| &mut revocation.chat);
    for chat in merged.messages.iter_mut().map(|message| &mut message.chat).chain(revocations) {
        *chat = first.chat.clone();
    }
    vec![merged]
}

/// Chats by their names and by the letters that they might have, in the order in which they are
/// first written in.
pub(super) fn letters(plan: &Plan) -> BTreeMap<String, String> {
    let mut letters = BTreeMap::new();
    for message in &plan.messages {
        let next = u8::try_from(letters.len()).unwrap_or(u8::MAX);
        let letter = match next {
            0..26 => char::from(b'a' + next).to_string(),
            _ => format!("c{}", letters.len() + 1),
        };
        letters.entry(message.chat.0.clone()).or_insert(letter);
    }
    letters
}

/// Chats are called a, b, c.
pub(super) fn named_by_letters(plan: &Plan) -> Vec<Plan> {
    let letters = letters(plan);
    let mut named = plan.clone();
    let in_messages = named.messages.iter_mut().map(|message| &mut message.chat);
    let in_faults = named.platform.faults.iter_mut().filter_map(|fault| fault.chat.as_mut());
    let revoked = named.revocations.iter_mut().map(|revocation| &mut revocation.chat);
    for chat in in_messages.chain(in_faults).chain(revoked) {
        if let Some(letter) = letters.get(&chat.0) {
            *chat = ChatId(letter.clone());
        }
    }
    vec![named]
}

/// Turns of one step, plain errors, small numbers.
pub(super) fn simpler(plan: &Plan) -> Vec<Plan> {
    let mut plans = Vec::new();
    for index in 0..plan.messages.len() {
        let turn = &plan.messages[index].turn;
        let whole = Ms(turn.prepare.0 + turn.step.0 * u64::from(turn.steps) + turn.reply.0);
        let mut one = plan.clone();
        let of_one = &mut one.messages[index].turn;
        (of_one.prepare, of_one.steps, of_one.step, of_one.reply) = (Ms(0), 1, whole, Ms(0));
        of_one.at_step = of_one.at_step.map(|step| step.min(1));
        plans.push(one);
        for steps in smaller(u64::from(turn.steps)) {
            let mut few = plan.clone();
            let turn = &mut few.messages[index].turn;
            turn.steps = u32::try_from(steps).unwrap_or(turn.steps);
            turn.at_step = turn.at_step.map(|step| step.min(turn.steps));
            plans.push(few);
        }
    }
    for (index, fault) in plan.disk_faults.iter().enumerate() {
        let mut plain = plan.clone();
        plain.disk_faults[index].effect = DiskEffect::Eio;
        plain.disk_faults[index].delay = Ms(0);
        plans.push(plain);
        for nth in fault.nth.into_iter().flat_map(smaller) {
            let mut early = plan.clone();
            early.disk_faults[index].nth = Some(nth);
            plans.push(early);
        }
    }
    plans.extend(plain_links(plan));
    plans
}

/// A way to the platform that is cut once, or on which nothing passes for a while; or on which
/// whatever is sent is lost.
fn plain_links(plan: &Plan) -> Vec<Plan> {
    let mut plans = Vec::new();
    for (index, fault) in plan.link_faults.iter().enumerate() {
        let mut with = |effect, until, per_mille| {
            let mut plain = plan.clone();
            let new = LinkFault { from: fault.from, until, effect, delay: Ms(0), per_mille };
            plain.link_faults[index] = new;
            plans.push(plain);
        };
        with(LinkEffect::Reset, None, None);
        if fault.until.is_some() {
            with(LinkEffect::Partition, fault.until, None);
        }
        if fault.effect == LinkEffect::Loss {
            with(LinkEffect::Loss, fault.until, Some(1_000));
        }
    }
    plans
}

/// Smaller numbers than a number, from one on.
fn smaller(number: u64) -> Vec<u64> {
    let mut smaller = vec![1, number / 2, number.saturating_sub(1)];
    smaller.retain(|one| (1..number).contains(one));
    smaller.dedup();
    smaller
}

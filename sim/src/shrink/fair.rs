//! Whether a plan gives a healthy gateway a chance: a candidate that asks for the impossible would
//! break everything, and show nothing.
//!
//! It never asks for more than the plan that is being shrunk gave.

use gateway_core::message::ChatId;

use crate::plan::{DiskEffect, LinkEffect, Moment, Outcome, Plan, Stage};
use crate::strategy::least_stop_budget;
use crate::time::Ms;

/// What sends that are tried again, and a few starts, may take besides.
const SETTLING: Ms = Ms(120_000);

/// Whether a candidate makes sense, and is no harder on a gateway than `before`.
pub(super) fn is_fair(plan: &Plan, before: &Plan) -> bool {
    is_sound(plan)
        && room(plan) >= needed(plan).min(room(before))
        && endless(plan) <= endless(before)
        && (grants_a_stop(plan) || !grants_a_stop(before))
}

/// Whether the supervisor grants a stop what the settings need.
fn grants_a_stop(plan: &Plan) -> bool {
    plan.supervisor.stop_budget >= least_stop_budget(plan)
}

/// Whether everything in a plan can happen: what a plan in a file is refused for.
fn is_sound(plan: &Plan) -> bool {
    let turns_are = plan.messages.iter().all(|message| {
        let turn = &message.turn;
        turn.at_step.is_none_or(|step| step <= turn.steps)
    });
    let faults_are = plan.disk_faults.iter().all(|fault| {
        fault.from < fault.until.unwrap_or(plan.horizon)
            && fault.until.is_none_or(|until| until < plan.horizon)
            && fault.verb.is_none_or(|verb| fault.effect.fits(verb))
            && (fault.effect == DiskEffect::Stall) == (fault.delay > Ms(0))
    });
    let links_are = (0..plan.link_faults.len()).all(|index| link_is(plan, index));
    let sends_are = plan.platform.faults.iter().all(|fault| fault.from < fault.until);
    let polls_are = plan.platform.poll_faults.iter().all(|fault| fault.from < fault.until);
    let last = last_event(plan);
    let faults_are = faults_are && sends_are && polls_are && links_are;
    let plays = plan.stage == Stage::Network || plan.needs_network().is_none();
    let are = turns_are && faults_are && wishes_are(plan) && plays;
    !plan.messages.is_empty() && are && last < plan.horizon
}

/// Whether everything can happen that the operator wishes for.
fn wishes_are(plan: &Plan) -> bool {
    let writes = |chat: &ChatId| plan.messages.iter().any(|message| message.chat == *chat);
    let revocations = plan.revocations.iter();
    let mut revocations = revocations.map(|one| one.at < one.end() && writes(&one.chat));
    revocations.all(|is| is) && plan.clean_starts.iter().all(|one| one.from < one.until)
}

/// Whether a fault of the network says what its effect needs, and nothing else.
fn link_is(plan: &Plan, index: usize) -> bool {
    let fault = &plan.link_faults[index];
    let until = fault.until.map(|until| fault.from < until && until < plan.horizon);
    let said =
        if fault.effect == LinkEffect::Reset { until.is_none() } else { until == Some(true) };
    let rate = fault.per_mille.is_none_or(|rate| (1..=1_000).contains(&rate));
    said && rate
        && (fault.effect == LinkEffect::Latency) == (fault.delay > Ms(0))
        && (fault.effect == LinkEffect::Loss) == fault.per_mille.is_some()
}

/// How much time there is after everything that a plan has in store. When its kills really are
/// shows only in a run.
fn room(plan: &Plan) -> Ms {
    plan.horizon.since(last_event(&Plan { kills: Vec::new(), ..plan.clone() }))
}

/// How much time a gateway needs after that to bring everything to its end.
pub(super) fn needed(plan: &Plan) -> Ms {
    let turns = plan.messages.iter().map(|message| &message.turn);
    let work: u64 = turns.map(|t| t.prepare.0 + t.step.0 * u64::from(t.steps) + t.reply.0).sum();
    let (stops, kills) = (plan.stops.len() as u64, plan.kills.len() as u64);
    let more = (plan.starts.len() + plan.replacements.len()) as u64;
    let ended = plan.messages.iter().map(|message| match message.turn.outcome {
        Outcome::AskRestart => 1,
        Outcome::KillProcess => message.turn.attempts.unwrap_or(plan.settings.suspend_after).into(),
        _ => 0,
    });
    let boots = stops + kills + more + ended.sum::<u64>();
    let stopping = stops * plan.supervisor.stop_budget.0;
    let starting = boots * plan.supervisor.restart_delay.0;
    Ms(work * (boots + 1) + stopping + starting).plus(SETTLING)
}

/// The end of the last thing that a plan has in store.
pub(super) fn last_event(plan: &Plan) -> Ms {
    let mut events: Vec<Ms> = Vec::new();
    let down = |span: Option<Ms>| span.unwrap_or_default();
    events.extend(plan.messages.iter().map(|message| message.at));
    let stops = plan.stops.iter();
    events.extend(stops.filter_map(|stop| Some(stop.time()?.plus(down(stop.down_for)))));
    events.extend(plan.kills.iter().filter_map(|kill| match kill.moment {
        Moment::At(at) => Some(at.plus(down(kill.down_for))),
        Moment::After { .. } | Moment::Before { .. } => None,
    }));
    events.extend(plan.platform.faults.iter().map(|fault| fault.until.plus(fault.delay)));
    events.extend(plan.platform.poll_faults.iter().map(|fault| fault.until));
    events.extend(plan.revocations.iter().map(|one| one.until.unwrap_or(one.at)));
    events.extend(plan.clean_starts.iter().map(|one| one.from));
    let disk = plan.disk_faults.iter();
    events.extend(disk.map(|fault| fault.until.unwrap_or(fault.from).plus(fault.delay)));
    let links = (0..plan.link_faults.len()).map(|index| plan.link_ends(index));
    events.extend(links);
    events.extend(plan.starts.iter().map(|start| start.at));
    events.extend(plan.replacements.iter().map(|new| new.at.plus(new.patience)));
    events.extend(plan.stalls.iter().map(|stall| stall.at.plus(stall.lasts)));
    events.extend(plan.lost_locks.iter().map(|lost| lost.at));
    events.extend(plan.bit_rots.iter().map(|rot| rot.at));
    events.extend(plan.clock_jumps.iter().map(|jump| jump.at));
    events.into_iter().max().unwrap_or_default()
}

/// How many faults of the disk are never over.
fn endless(plan: &Plan) -> usize {
    let faults = plan.disk_faults.iter();
    faults.filter(|fault| fault.until.is_none() && fault.nth.is_none()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Plan {
        toml::from_str(&format!("horizon = \"10m\"\n{text}")).expect("a plan")
    }

    const MESSAGE: &str = "message = [{ at = \"10s\", chat = \"a\" }]\n";

    #[test]
    fn a_plan_that_leaves_too_little_time_is_not_fair() {
        let before = plan(MESSAGE);
        let soon = Plan { horizon: Ms(11_000), ..before.clone() };
        assert!(is_fair(&before, &before));
        assert!(!is_fair(&soon, &before));
        // It asks for no more than there was.
        assert!(is_fair(&soon, &soon));
    }

    #[test]
    fn a_fault_that_is_over_does_not_become_one_that_never_is() {
        let fault = |rest: &str| {
            plan(&format!("{MESSAGE}disk_fault = [{{ effect = \"eio\", from = \"5s\"{rest} }}]\n"))
        };
        let before = fault(", until = \"20s\", nth = 2");
        assert!(is_fair(&fault(", until = \"20s\""), &before));
        assert!(is_fair(&fault(", nth = 2"), &before));
        assert!(!is_fair(&fault(""), &before));
    }

    #[test]
    fn a_plan_in_which_nobody_writes_or_something_cannot_happen_is_not_fair() {
        let before = plan(MESSAGE);
        assert!(!is_fair(&plan(""), &before));
        let late = plan(&format!("{MESSAGE}stop = [{{ at = \"10m\", signal = \"stop\" }}]\n"));
        assert!(!is_fair(&late, &late));
    }
}

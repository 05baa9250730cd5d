//! Whether a plan gives a healthy gateway a chance: a candidate that asks for the impossible would
//! break everything, and show nothing.
//!
//! It never asks for more than the plan that is being shrunk gave.

use crate::plan::{DiskEffect, Moment, Outcome, Plan};
use crate::time::Ms;

/// What sends that are tried again, and a few starts, may take besides.
const SETTLING: Ms = Ms(120_000);

/// Whether a candidate makes sense, and is no harder on a gateway than `before`.
pub(super) fn is_fair(plan: &Plan, before: &Plan) -> bool {
    is_sound(plan)
        && room(plan) >= needed(plan).min(room(before))
        && endings(plan) >= hangs(plan).min(endings(before))
        && endless(plan) <= endless(before)
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
    let sends_are = plan.platform.faults.iter().all(|fault| fault.from < fault.until);
    let last = last_event(plan);
    !plan.messages.is_empty() && turns_are && faults_are && sends_are && last < plan.horizon
}

/// How much time there is after everything that a plan has in store.
fn room(plan: &Plan) -> Ms {
    plan.horizon.since(last_event(plan))
}

/// How much time a gateway needs after that to bring everything to its end.
pub(super) fn needed(plan: &Plan) -> Ms {
    let turns = plan.messages.iter().map(|message| &message.turn);
    let work: u64 = turns.map(|t| t.prepare.0 + t.step.0 * u64::from(t.steps) + t.reply.0).sum();
    let (stops, kills) = (plan.stops.len() as u64, plan.kills.len() as u64);
    let boots = stops + kills;
    let stopping = stops * plan.supervisor.stop_budget.0;
    let starting = boots * plan.supervisor.restart_delay.0;
    Ms(work * (boots + 1) + stopping + starting).plus(SETTLING)
}

/// The end of the last thing that a plan has in store.
pub(super) fn last_event(plan: &Plan) -> Ms {
    let mut events: Vec<Ms> = Vec::new();
    let down = |span: Option<Ms>| span.unwrap_or_default();
    events.extend(plan.messages.iter().map(|message| message.at));
    events.extend(plan.stops.iter().map(|stop| stop.at.plus(down(stop.down_for))));
    events.extend(plan.kills.iter().filter_map(|kill| match kill.moment {
        Moment::At(at) => Some(at.plus(down(kill.down_for))),
        Moment::Before { .. } => None,
    }));
    events.extend(plan.platform.faults.iter().map(|fault| fault.until.plus(fault.delay)));
    let disk = plan.disk_faults.iter();
    events.extend(disk.map(|fault| fault.until.unwrap_or(fault.from).plus(fault.delay)));
    events.extend(plan.bit_rots.iter().map(|rot| rot.at));
    events.extend(plan.clock_jumps.iter().map(|jump| jump.at));
    events.into_iter().max().unwrap_or_default()
}

/// How often an agent hangs until its boot ends.
fn hangs(plan: &Plan) -> usize {
    let turns = plan.messages.iter().map(|message| &message.turn);
    let hanging = turns.filter(|turn| turn.outcome == Outcome::Hang);
    hanging.map(|turn| turn.attempts.unwrap_or(1) as usize).sum()
}

/// How many ends of boots the plan has in store after the last agent that hangs is asked for.
fn endings(plan: &Plan) -> usize {
    let hanging = plan.messages.iter().filter(|message| message.turn.outcome == Outcome::Hang);
    let last = hanging.map(|message| message.at).max().unwrap_or_default();
    let kills = plan.kills.iter().filter(|kill| match kill.moment {
        Moment::At(at) => at > last,
        Moment::Before { .. } => true,
    });
    plan.stops.iter().filter(|stop| stop.at > last).count() + kills.count()
}

/// How many faults of the disk are never over.
fn endless(plan: &Plan) -> usize {
    let faults = plan.disk_faults.iter();
    faults.filter(|fault| fault.until.is_none() && fault.nth.is_none()).count()
}

//! The end of a plan: what was left behind is stopped, agents that hang are let go, and there is
//! time for whatever is left to be done.
//!
//! Where somebody starts processes by hand, any of them may be the one that serves, and a stop
//! means one. So as many are asked to stop, one after the other, as may live; then one follows
//! them, and from then on there is only that. Where the supervisor may have given up, somebody
//! makes it begin again. An agent that hangs is let go by the end of its boot: each one gets a stop
//! behind everything else, far enough from the next for whatever is at work in between.

use gateway_core::env::Signal;

use super::frame::Frame;
use super::need::{Need, hangs};
use crate::plan::{Plan, ReplacementPlan, Stage, StopPlan};
use crate::time::Ms;

/// How long a process may live on behind its budget: the supervisor needs a moment to see its end.
const MOMENT: Ms = Ms(1_000);

/// The time between two stops that let hanging agents go on the direct stage, at least.
const LET_GO: Ms = Ms(1_200_000);

/// Something that is sent again may be waited for so long on the network stage.
const SENT_AGAIN: Ms = Ms(35_000);

/// A plan whose world is sick for so much longer than usual is a long one.
const LONG: Ms = Ms(60_000);

/// How often a turn may have to be begun again behind the last event of a plan.
const ATTEMPTS: u64 = 4;

/// What is still to be placed in a plan.
#[derive(Clone, Debug, Default)]
pub(super) struct Later {
    /// How many processes will be started by hand beside those of the plan itself.
    pub(super) processes: usize,
    /// How long each death keeps the process down; as long as usual if not said.
    pub(super) deaths: Vec<Option<Ms>>,
}

/// The plan with a world that is healthy in time, with what lets go of its agents and stops what
/// was left behind, and with the time that all of that takes.
pub(super) fn let_go(frame: Frame, mut plan: Plan, later: &Later) -> Plan {
    let down = down(&plan, later);
    let healthy = healthy(frame, &plan).plus(down);
    plan.heal_at = Some(healthy);
    end_in_time(frame, &mut plan);
    // The last of the deaths and stops may come right before that.
    let begin = alone(&mut plan, later.processes, healthy.plus(down));
    let need = Need::of(&plan);
    let (first, next) = match frame.0 {
        Stage::Direct => {
            let next = LET_GO.max(need.a_boot().plus(need.settled()));
            (next, next)
        }
        Stage::Network => {
            let supervisor = &plan.supervisor;
            let boot = supervisor.stop_budget.plus(supervisor.restart_delay).plus(MOMENT);
            let next = boot.plus(need.work).plus(Ms(10 * MOMENT.0));
            (next.plus(SENT_AGAIN), next)
        }
    };
    for nth in (0..).take(hangs(&plan)) {
        let at = begin.plus(first).plus(Ms(nth * next.0));
        let down_for = Some(plan.supervisor.restart_delay);
        plan.stops.push(StopPlan { at, boot: None, signal: Signal::Restart, down_for });
    }
    let last = plan.stops.iter().map(|stop| stop.at.plus(stop.down_for.unwrap_or_default()));
    let settling = match frame.0 {
        Stage::Direct => frame.settling().max(need.settled()),
        Stage::Network => frame.settling().plus(Ms(need.work.0 * ATTEMPTS)),
    };
    Plan { horizon: last.max().unwrap_or_default().max(begin).plus(settling), ..plan }
}

/// When the last event of a plan is over, if nobody is down for long.
fn healthy(frame: Frame, plan: &Plan) -> Ms {
    let mut ends: Vec<Ms> = plan.stops.iter().map(|stop| stop.at).collect();
    ends.extend(plan.messages.iter().map(|message| message.at));
    ends.extend(plan.disk_faults.iter().filter_map(|fault| fault.until));
    ends.extend(plan.bit_rots.iter().map(|rot| rot.at));
    ends.into_iter().max().unwrap_or_default().plus(MOMENT).max(frame.events_end())
}

/// How long nobody lives because of stops, and of deaths that are still to be placed.
fn down(plan: &Plan, later: &Later) -> Ms {
    let usual = plan.supervisor.restart_delay;
    let stops = plan.stops.iter().map(|stop| stop.down_for);
    let downs = stops.chain(later.deaths.iter().copied());
    Ms(downs.map(|down| down.unwrap_or(usual).0).sum())
}

/// Whatever fails until the world is healthy fails for a bounded time: days of it would be nothing
/// but starts that fail.
fn end_in_time(frame: Frame, plan: &mut Plan) {
    if plan.heal_at.unwrap_or_default().since(frame.events_end()) > LONG {
        for fault in &mut plan.disk_faults {
            fault.until.get_or_insert(fault.from.plus(LONG));
        }
    }
}

/// Lets one process be left, which the supervisor looks after; from when on that is so.
fn alone(plan: &mut Plan, more: usize, from: Ms) -> Ms {
    let replaced = plan.replacements.iter().map(|new| new.at.plus(new.patience));
    let begin = replaced.max().unwrap_or_default().max(from);
    let by_hand = (plan.starts.len() + more) as u64;
    let network = plan.stage == Stage::Network;
    let gives_up = network && plan.supervisor.start_limit.is_some();
    if by_hand == 0 && !gives_up {
        return begin;
    }
    let budget = plan.supervisor.stop_budget.plus(MOMENT);
    let all = Ms((by_hand + 1) * budget.0);
    for process in 0..=by_hand {
        let at = begin.plus(MOMENT).plus(Ms(process * budget.0));
        // Nobody follows before all of them have ended.
        let down_for = Some(all.plus(MOMENT));
        plan.stops.push(StopPlan { at, boot: None, signal: Signal::Restart, down_for });
    }
    let end = begin.plus(MOMENT).plus(all);
    if gives_up {
        let (signal, patience) = (Signal::Stop, budget);
        plan.replacements.push(ReplacementPlan { at: end, patience, signal });
    }
    // The first of them may have taken all of its budget.
    end.plus(budget).plus(MOMENT)
}

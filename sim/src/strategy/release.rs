//! The end of a plan: what was left behind is stopped, and agents that hang are let go.
//!
//! Where somebody starts processes by hand, any of them may be the one that serves, and a stop
//! means
//! one. So as many are asked to stop, one after the other, as may live; then one follows them, and
//! from then on there is only that. Where the supervisor may have given up, somebody makes it begin
//! again. An agent that hangs is let go by the end of its boot: each one gets a stop behind
//! everything else, far enough from the next for whatever is at work in between.

use gateway_core::env::Signal;

use super::frame::Frame;
use crate::plan::{Outcome, Plan, ReplacementPlan, Stage, StopPlan};
use crate::time::Ms;

/// How long a process may live on behind its budget: the supervisor needs a moment to see its end.
const MOMENT: Ms = Ms(1_000);

/// The time between two stops that let hanging agents go on the direct stage.
const LET_GO: Ms = Ms(1_200_000);

/// Something that is sent again may be waited for so long.
const SENT_AGAIN: Ms = Ms(35_000);

/// How often a turn may have to be begun again behind the last event of a plan.
const ATTEMPTS: u64 = 4;

/// The plan with what lets go of its agents and stops what was left behind. `more` processes will
/// be started by hand beside those that the plan itself has in store.
pub(super) fn let_go(frame: Frame, mut plan: Plan, more: usize) -> Plan {
    let begin = alone(frame, &mut plan, more);
    let hanging = plan.messages.iter().filter(|m| m.turn.outcome == Outcome::Hang).count();
    let (first, next) = match frame.0 {
        Stage::Direct => (LET_GO, LET_GO),
        Stage::Network => {
            let supervisor = &plan.supervisor;
            let boot = supervisor.stop_budget.plus(supervisor.restart_delay).plus(MOMENT);
            let next = boot.plus(work(&plan)).plus(Ms(10 * MOMENT.0));
            (next.plus(SENT_AGAIN), next)
        }
    };
    for nth in (0..).take(hanging) {
        let at = begin.plus(first).plus(Ms(nth * next.0));
        plan.stops.push(StopPlan { at, boot: None, signal: Signal::Restart, down_for: None });
    }
    let last = plan.stops.iter().map(|stop| stop.at).max().unwrap_or_default();
    let settling = match frame.0 {
        Stage::Direct => frame.settling(),
        Stage::Network => frame.settling().plus(Ms(work(&plan).0 * ATTEMPTS)),
    };
    Plan { horizon: last.max(begin).plus(settling), ..plan }
}

/// Lets one process be left, which the supervisor looks after; from when on that is so.
fn alone(frame: Frame, plan: &mut Plan, more: usize) -> Ms {
    let replaced = plan.replacements.iter().map(|new| new.at.plus(new.patience));
    let begin = replaced.max().unwrap_or_default().max(frame.events_end());
    let by_hand = (plan.starts.len() + more) as u64;
    let gives_up = plan.supervisor.start_limit.is_some();
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

/// How long all turns together take.
fn work(plan: &Plan) -> Ms {
    let turns = plan.messages.iter().map(|message| &message.turn);
    Ms(turns.map(|t| t.prepare.0 + t.step.0 * u64::from(t.steps) + t.reply.0).sum())
}

//! What was drawn part by part, made to go together: nothing that is refused, nothing that no
//! gateway can come through.

use std::time::Duration;

use super::frame::Frame;
use crate::plan::{Outcome, Plan, RestartPolicy};
use crate::time::Ms;

/// A gateway may refuse to serve if its budget leaves less than this to a drain that wants more.
const LEAST_DRAIN: Duration = Duration::from_secs(1);

/// How much longer than its way a send is waited for at least. Over a network, connections are
/// made again on the way.
const PATIENCE: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(2)];

/// A turn that takes the process down does so for at most so many boots where nobody suspends it,
/// or where each of them may last.
const DEATHS_MAX: u32 = 6;

/// The least time between a start that failed and the next.
const LEAST_DELAY: Ms = Ms(100);

/// A plan in which somebody is down for longer is a long one.
const LONG: Ms = Ms(600_000);

/// The plan within what is legal.
pub(super) fn fitted(frame: Frame, mut plan: Plan) -> Plan {
    fit_stop(&mut plan);
    fit_sends(frame, &mut plan);
    fit_supervisor(frame, &mut plan);
    fit_turns(&mut plan);
    if plan.disk.capacity.is_some() {
        // Starts that fail one after the other leave something each, until the disk is full.
        plan.disk_faults.retain(|fault| fault.nth.is_some());
    }
    plan
}

/// The supervisor grants what the operator's settings need: the rest of a stop, and a drain of a
/// second or as short as it is wanted.
fn fit_stop(plan: &mut Plan) {
    plan.supervisor.stop_budget = plan.supervisor.stop_budget.max(least_stop_budget(plan));
}

/// With less than this a gateway may refuse to serve.
pub(crate) fn least_stop_budget(plan: &Plan) -> Ms {
    let settings = &plan.settings;
    let rest = settings.notify_timeout + settings.interrupt_grace + settings.stop_reserve;
    let wanted = settings.drain_timeout.max(settings.job_drain_timeout);
    whole(rest + wanted.min(LEAST_DRAIN))
}

/// A send is waited for at least as long as it takes when nothing goes wrong: else none is ever
/// known to have arrived.
fn fit_sends(frame: Frame, plan: &mut Plan) {
    let way = plan.platform.send_latency.plus(plan.platform.answer_latency);
    let least = Duration::from(way) + PATIENCE[usize::from(frame.is_network())];
    let timeout = &mut plan.settings.send_timeout;
    *timeout = (*timeout).max(least);
}

fn fit_supervisor(frame: Frame, plan: &mut Plan) {
    if plan.supervisor.restart == RestartPolicy::OnFailure {
        // Nobody starts it again after an exit code of 0 but who has said so with the stop.
        let delay = plan.supervisor.restart_delay;
        plan.stops.iter_mut().for_each(|stop| stop.down_for = stop.down_for.or(Some(delay)));
    }
    // On the direct stage nobody can start a process by hand for whom the supervisor has given up.
    let fails_at_start =
        !plan.disk_faults.is_empty() || !plan.bit_rots.is_empty() || plan.disk.capacity.is_some();
    if !frame.is_network() && fails_at_start {
        plan.supervisor.start_limit = None;
    }
    if fails_at_start {
        // Where a start fails at once and is tried again at once, no time ever passes.
        plan.supervisor.restart_delay = plan.supervisor.restart_delay.max(LEAST_DELAY);
    }
}

/// Whoever takes the process down again and again comes to an end.
fn fit_turns(plan: &mut Plan) {
    let downs = plan.stops.iter().filter_map(|stop| stop.down_for);
    let is_long = downs.chain([plan.supervisor.restart_delay]).any(|down| down >= LONG);
    let at_once = plan.supervisor.restart_delay < LEAST_DELAY;
    let bounded = is_long || at_once || plan.settings.suspend_after > DEATHS_MAX;
    for message in &mut plan.messages {
        let turn = &mut message.turn;
        turn.at_step = turn.at_step.filter(|at| *at <= turn.steps);
        if turn.outcome == Outcome::KillProcess && bounded {
            turn.attempts = Some(turn.attempts.unwrap_or(DEATHS_MAX).min(DEATHS_MAX));
        }
    }
}

/// A span as a whole number of milliseconds, of which there are no fewer.
fn whole(span: Duration) -> Ms {
    Ms(u64::try_from(span.as_millis()).unwrap_or(u64::MAX).saturating_add(1))
}

//! Supervisors of all kinds: what they grant a stop, when they start a process again, and when
//! they no longer do.

use proptest::option;
use proptest::prelude::*;

use super::frame::{Frame, mostly, span};
use crate::plan::{Pids, RestartPolicy, SupervisorPlan};
use crate::time::Ms;

pub(super) fn supervisor(frame: Frame) -> impl Strategy<Value = SupervisorPlan> {
    let budget = span(1_000, 20..120).prop_map(move |budget| {
        if frame.is_network() { Ms(15_000 + budget.0 / 8) } else { budget }
    });
    // Less than any stop needs is raised to what the settings ask for: the least that is legal.
    let budget = mostly(budget, vec![Ms(1)]);
    let delay = frame.waits(span(250, 1..20), &[0, 1, 60_000, 600_000]);
    let restart =
        prop_oneof![2 => Just(RestartPolicy::Always), 1 => Just(RestartPolicy::OnFailure)];
    let pids = prop_oneof![Just(Pids::Fresh), Just(Pids::Reused)];
    let limit = option::of(1..6_u32);
    let remedy = frame.waits(frame.span(1_000, 10..120), &[1, 1_000, 3_600_000]);
    (budget, delay, restart, pids, (limit, remedy)).prop_map(
        |(stop_budget, restart_delay, restart, pids, (start_limit, remedy_after))| SupervisorPlan {
            stop_budget,
            restart_delay,
            restart,
            pids,
            start_limit,
            remedy_after,
        },
    )
}

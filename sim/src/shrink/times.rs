//! Times that are sooner, shorter and rounder, and a horizon that is no later than it must be.

use super::fair::last_event;
use crate::plan::{Moment, Plan, PlatformPlan, SupervisorPlan, TurnPlan, points};
use crate::time::Ms;

/// What people write: whole tens of seconds, then fives, then ones.
pub(super) const GRAINS: [u64; 3] = [10_000, 5_000, 1_000];

/// Between two things that happen, and before the first one.
const BEAT: u64 = GRAINS[0];

const MINUTE: u64 = 60_000;

/// Horizons that read well, in minutes.
const HORIZONS: [u64; 12] = [1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 360, 720];

/// A span of time in a plan.
pub(super) struct Span<'p> {
    pub(super) value: &'p mut Ms,
    usual: Ms,
    /// Whether less of it is less of the plan. A supervisor with less patience is another matter.
    shrinks: bool,
}

impl Span<'_> {
    /// Whether it is said.
    pub(super) fn is_said(&self) -> bool {
        *self.value != self.usual
    }
}

/// Every span of time of a plan but those of its settings.
pub(super) fn spans(plan: &mut Plan) -> Vec<Span<'_>> {
    let own = |value, usual| Span { value, usual, shrinks: true };
    let given = |value, usual| Span { value, usual, shrinks: false };
    let mut spans = Vec::new();
    let usual = TurnPlan::default();
    for message in &mut plan.messages {
        let turn = &mut message.turn;
        spans.push(own(&mut turn.prepare, usual.prepare));
        spans.push(own(&mut turn.step, usual.step));
        spans.push(own(&mut turn.reply, usual.reply));
        spans.push(own(&mut turn.obeys_after, usual.obeys_after));
    }
    for stop in &mut plan.stops {
        spans.extend(stop.boot.map(|_| own(&mut stop.at, Ms(0))));
        spans.extend(stop.down_for.as_mut().map(|down| own(down, Ms(0))));
    }
    for kill in &mut plan.kills {
        if let Moment::After { after, .. } = &mut kill.moment {
            spans.push(own(after, Ms(0)));
        }
        spans.extend(kill.down_for.as_mut().map(|down| own(down, Ms(0))));
    }
    let sends = plan.platform.faults.iter_mut().map(|fault| &mut fault.delay);
    let calls = plan.disk_faults.iter_mut().map(|fault| &mut fault.delay);
    spans.extend(sends.chain(calls).map(|delay| own(delay, Ms(0))));
    spans.extend(plan.link_faults.iter_mut().map(|fault| own(&mut fault.delay, Ms(0))));
    spans.extend(plan.stalls.iter_mut().map(|stall| own(&mut stall.lasts, Ms(0))));
    // Whoever replaces a process with less patience is another one.
    let patience = plan.replacements.iter_mut().map(|replacement| &mut replacement.patience);
    spans.extend(patience.map(|patience| given(patience, Ms(0))));
    let (platform, supervisor) = (PlatformPlan::default(), SupervisorPlan::default());
    spans.push(given(&mut plan.platform.send_latency, platform.send_latency));
    spans.push(given(&mut plan.platform.answer_latency, platform.answer_latency));
    spans.push(given(&mut plan.supervisor.restart_delay, supervisor.restart_delay));
    spans.push(given(&mut plan.supervisor.stop_budget, supervisor.stop_budget));
    spans
}

/// How far a time is from a round one.
pub(super) fn roughness(ms: u64) -> usize {
    let grains = GRAINS.into_iter().chain([100]);
    grains.take_while(|grain| !ms.is_multiple_of(*grain)).count()
}

/// The plan with less time before one of its events, and everything behind it that much sooner.
pub(super) fn sooner(plan: &Plan) -> Vec<Plan> {
    let mut copy = plan.clone();
    let mut times: Vec<u64> = points(&mut copy).into_iter().map(|at| at.0).collect();
    times.sort_unstable();
    times.dedup();
    let mut plans = Vec::new();
    let mut before = 0;
    for time in times {
        for span in less(time - before).into_iter().filter(|span| *span >= BEAT) {
            let mut soon = plan.clone();
            let gain = time - before - span;
            points(&mut soon).into_iter().filter(|at| at.0 >= time).for_each(|at| at.0 -= gain);
            plans.push(soon);
        }
        before = time;
    }
    plans
}

/// The plan with one of its spans shorter.
pub(super) fn shorter(plan: &Plan) -> Vec<Plan> {
    let mut plans = Vec::new();
    for index in 0..spans(&mut plan.clone()).len() {
        let mut copy = plan.clone();
        let span = &spans(&mut copy)[index];
        if !span.shrinks || !span.is_said() {
            continue;
        }
        for value in less(span.value.0) {
            let mut short = plan.clone();
            *spans(&mut short)[index].value = Ms(value);
            plans.push(short);
        }
    }
    plans
}

/// Round spans below one, the shortest first. Each halves the way to it, so that the shortest that
/// does is found soon.
fn less(span: u64) -> Vec<u64> {
    let shares = [(0, 1), (1, 2), (3, 4), (7, 8)].map(|(part, of)| span * part / of);
    let steps = [10 * MINUTE, MINUTE, BEAT].map(|step| span.saturating_sub(step));
    let mut less: Vec<u64> = [BEAT].into_iter().chain(shares).chain(steps).collect();
    for value in &mut less {
        *value -= *value % BEAT;
    }
    less.retain(|value| *value > 0 && *value < span);
    less.sort_unstable();
    less.dedup();
    less
}

/// The plan with its times rounded: all of them, then each.
pub(super) fn rounder(plan: &Plan) -> Vec<Plan> {
    let mut plans = Vec::new();
    for grain in GRAINS {
        let mut all = plan.clone();
        change(&mut all, |_, time| *time = nearest(*time, grain));
        plans.push(all);
    }
    let mut times = Vec::new();
    change(&mut plan.clone(), |_, time| times.push(*time));
    for (index, time) in times.into_iter().enumerate() {
        for grain in GRAINS {
            let below = Ms(time.0 - time.0 % grain);
            let above = below.plus(Ms(grain));
            for round in [nearest(time, grain), below, above] {
                if round == Ms(0) {
                    continue;
                }
                let mut one = plan.clone();
                change(&mut one, |place, time| {
                    if place == index {
                        *time = round;
                    }
                });
                plans.push(one);
            }
        }
    }
    plans
}

/// Changes every time of a plan that is not as it always is, by its place; how many there are.
fn change(plan: &mut Plan, mut change: impl FnMut(usize, &mut Ms)) -> usize {
    let mut place = 0;
    for point in points(plan) {
        change(place, point);
        place += 1;
    }
    for span in spans(plan).into_iter().filter(Span::is_said) {
        change(place, span.value);
        place += 1;
    }
    place
}

/// The nearest multiple of a grain, but never nothing: a story does not begin before the gateway.
fn nearest(time: Ms, grain: u64) -> Ms {
    Ms(((time.0 + grain / 2) / grain * grain).max(grain))
}

/// The plan with the first horizon that reads well and leaves as much time as is needed.
pub(super) fn horizon(plan: &Plan, needed: Ms) -> Vec<Plan> {
    let end = last_event(plan).plus(needed);
    let fitting = HORIZONS.into_iter().map(|minutes| Ms(minutes * MINUTE));
    let fitting = fitting.filter(|horizon| *horizon >= end && *horizon < plan.horizon);
    fitting.map(|horizon| Plan { horizon, ..plan.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let text = "horizon = \"1h\"\nmessage = [{ at = \"73s\", chat = \"a\", turn = { step = \
                    \"42s\" } }]\nstop = [{ at = \"100s\", signal = \"stop\" }]\n";
        toml::from_str(text).expect("a plan")
    }

    #[test]
    fn everything_behind_a_gap_moves_with_it() {
        let ats = |plan: &Plan| (plan.messages[0].at.0 / 1_000, plan.stops[0].at.0 / 1_000);
        let soon: Vec<(u64, u64)> = sooner(&plan()).iter().map(ats).collect();
        assert_eq!(soon.first(), Some(&(10, 37)));
        assert!(soon.contains(&(73, 83)), "{soon:?}");
    }

    #[test]
    fn all_times_are_rounded_before_each_is() {
        let all = &rounder(&plan())[0];
        let step = all.messages[0].turn.step;
        assert_eq!(
            (all.messages[0].at, step, all.stops[0].at),
            (Ms(70_000), Ms(40_000), Ms(100_000))
        );
    }

    #[test]
    fn the_horizon_is_the_first_that_reads_well() {
        let plans = horizon(&plan(), Ms(130_000));
        assert_eq!(plans[0].horizon, Ms(5 * MINUTE));
        assert_eq!(
            (roughness(10_000), roughness(5_000), roughness(1_000), roughness(1)),
            (0, 1, 2, 4)
        );
    }
}

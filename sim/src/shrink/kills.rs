//! Plainer kills: at a time instead of at a transition, and deaths that leave nothing to choose.

use super::places::Mark;
use super::times::GRAINS;
use crate::plan::{Death, DeathKind, DiskChoice, InFlight, KillPlan, Moment, Plan};
use crate::time::Ms;

/// The plan with a kill at a time near to where it is: it stays where it is when something before
/// it changes, and reads as if somebody had written it.
pub(super) fn at_times(plan: &Plan, marks: &[Option<Mark>]) -> Vec<Plan> {
    let mut plans = Vec::new();
    for (index, mark) in marks.iter().enumerate() {
        let Some(mark) = mark else { continue };
        let kill = &plan.kills[index];
        let kinds = match kill.death.kind {
            DeathKind::Power(DiskChoice::Split(_)) => {
                [DiskChoice::Lost, DiskChoice::Kept].map(DeathKind::Power).to_vec()
            }
            ref kind => vec![kind.clone()],
        };
        for at in near(mark.since, mark.at) {
            for kind in &kinds {
                let death = Death { kind: kind.clone(), ..kill.death.clone() };
                let timed = KillPlan { moment: Moment::At(at), death, ..kill.clone() };
                plans.push(with(plan, index, timed));
            }
        }
    }
    plans
}

/// The plan with what counts from the begin of the first boot said as a time: that begins with the
/// run.
pub(super) fn of_first_boot(plan: &Plan) -> Vec<Plan> {
    let mut plain = plan.clone();
    plain.stops.iter_mut().filter(|stop| stop.boot == Some(1)).for_each(|stop| stop.boot = None);
    for kill in &mut plain.kills {
        if let Moment::After { boot: 1, after } = kill.moment {
            kill.moment = Moment::At(after);
        }
    }
    if plain == *plan { Vec::new() } else { vec![plain] }
}

/// Times near to the gap between two transitions, the roundest in it first.
fn near(since: Ms, at: Ms) -> Vec<Ms> {
    let grains = GRAINS.into_iter().chain([100]);
    let floor = |grain: u64| Ms(at.0 - at.0 % grain);
    let inside = grains.clone().map(floor).filter(|time| *time > since);
    let outside = grains.flat_map(|grain| [floor(grain), floor(grain).plus(Ms(grain))]);
    let middle = Ms(since.0.midpoint(at.0));
    let mut near: Vec<Ms> = Vec::new();
    for time in inside.chain(outside).chain([middle, at, since.plus(Ms(1))]) {
        if !near.contains(&time) {
            near.push(time);
        }
    }
    near
}

/// The plan with a kill that leaves less to choose.
pub(super) fn plainer_deaths(plan: &Plan) -> Vec<Plan> {
    let mut plans = Vec::new();
    for (index, kill) in plan.kills.iter().enumerate() {
        let choices = [DiskChoice::Kept, DiskChoice::Lost].map(DeathKind::Power);
        let kinds = [DeathKind::Process].into_iter().chain(choices);
        for kind in kinds.chain([kill.death.kind.clone()]) {
            for in_flight in [InFlight::Lost, kill.death.in_flight] {
                for moment in [whole(kill.moment), kill.moment] {
                    let death = Death { kind: kind.clone(), in_flight };
                    plans.push(with(plan, index, KillPlan { moment, death, ..kill.clone() }));
                }
            }
        }
    }
    plans
}

/// The same moment, but no write is torn.
fn whole(moment: Moment) -> Moment {
    match moment {
        Moment::Before { boot, transition, .. } => Moment::Before { boot, transition, torn: None },
        Moment::At(_) | Moment::After { .. } => moment,
    }
}

fn with(plan: &Plan, index: usize, kill: KillPlan) -> Plan {
    let mut plan = plan.clone();
    plan.kills[index] = kill;
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_from_the_first_boot_may_as_well_be_a_time() {
        let text = "horizon = \"1m\"\nstop = [{ boot = 1, after = \"3s\", signal = \"stop\" }]\n\
                    kill = [{ boot = 1, after = \"5s\", kind = \"process\" }]\n";
        let plan: Plan = toml::from_str(text).expect("a plan");
        let plain = &of_first_boot(&plan)[0];
        assert_eq!(plain.stops[0].time(), Some(Ms(3_000)));
        assert_eq!(plain.kills[0].moment, Moment::At(Ms(5_000)));
        assert!(of_first_boot(plain).is_empty());
    }

    #[test]
    fn the_roundest_time_in_a_gap_comes_first() {
        assert_eq!(near(Ms(200_025), Ms(210_000))[0], Ms(210_000));
        assert_eq!(near(Ms(200_025), Ms(209_999))[0], Ms(205_000));
        assert_eq!(near(Ms(1_999), Ms(2_007))[0], Ms(2_000));
    }

    #[test]
    fn a_gap_within_a_millisecond_has_times_around_it() {
        let times = near(Ms(211_000), Ms(211_000));
        assert_eq!(times[..2], [Ms(210_000), Ms(220_000)]);
        assert!(times.contains(&Ms(211_000)));
    }
}

//! Which goals a run has met that are about milliseconds, about long times and about many.

use std::time::Duration;

use gateway_core::message::Notice;

use super::facts::in_stop;
use super::goal::Goal;
use super::phases::Phases;
use crate::delivered::{Happening, Planned};
use crate::direct::Ran;
use crate::ledger::{Ledger, RunFact};
use crate::plan::{Moment, Plan};
use crate::time::Ms;

/// What happens within so many milliseconds of something is beside it.
const NEAR: Ms = Ms(5);

/// A disk that takes at least so long for each call is a slow one.
const SLOW: Ms = Ms(1_000);

/// More chats than this are many.
const MANY: usize = 100;

/// A turn of so many steps is a long one: what is remembered of it no longer fits into one part of
/// anything.
const STEPS: u32 = 66;

/// What a run says at its end.
pub(super) fn of_times(ran: &Ran, phases: &Phases) -> Vec<Goal> {
    let (ledger, plan) = (ran.world.ledger(), &ran.world.script().plan);
    let happened = &ran.kept.happened;
    let stops = times(happened, |planned| matches!(planned, Planned::Stop(_)));
    let kills = times(happened, |planned| is_kill_at_a_time(planned, plan));
    let sends: Vec<Ms> = ledger.deliveries.iter().map(|delivery| delivery.at).collect();
    let turns: Vec<Ms> = ledger.runs.iter().flat_map(|run| [run.asked_at, run.began_at]).collect();
    let messages: Vec<Ms> = ran.world.script().messages.iter().map(|message| message.at).collect();
    let met = [
        (are_beside(&stops, &sends), Goal::StopBesideSend),
        (are_beside(&stops, &turns), Goal::StopBesideTurn),
        (are_beside(&messages, &sends), Goal::MessageBesideSend),
        (are_beside(&messages, &stops), Goal::MessageBesideStop),
        (are_beside(&kills, &turns), Goal::KillBesideTurn),
        (stops_beside_premark(ran, phases), Goal::StopBesidePremark),
        (begins_in_premark(ran, phases), Goal::TurnBegunInPremark),
        (happened.iter().any(|it| is_of_a_phase(it, plan)), Goal::FaultOfAPhase),
        (is_down_beyond(ledger, plan.settings.resume_window), Goal::DownBeyondWindow),
        (is_suspended_unusually(ledger, plan), Goal::SuspendedNotAtThree),
        (most_at_work(ledger) > MANY, Goal::ManyChatsAtWork),
        (plan.disk.latency >= SLOW && !sends.is_empty(), Goal::SlowDisk),
        (ledger.runs.iter().any(|run| run.steps_acked >= STEPS), Goal::TurnOfManySteps),
    ];
    met.into_iter().filter(|(met, _)| *met).map(|(_, goal)| goal).collect()
}

fn times(happened: &[Happening], is: impl Fn(Planned) -> bool) -> Vec<Ms> {
    happened.iter().filter(|it| is(it.planned)).map(|it| it.at).collect()
}

fn is_kill_at_a_time(planned: Planned, plan: &Plan) -> bool {
    let Planned::Kill(index) = planned else { return false };
    // What a campaign places itself is in no plan that the world knows.
    let kill = plan.kills.get(index);
    kill.is_some_and(|kill| matches!(kill.moment, Moment::At(_) | Moment::After { .. }))
}

fn is_of_a_phase(happening: &Happening, plan: &Plan) -> bool {
    let Planned::DiskFault(index) = happening.planned else { return false };
    plan.disk_faults[index].phase.is_some()
}

/// Whether any of some times is beside one of others.
fn are_beside(some: &[Ms], others: &[Ms]) -> bool {
    let near = |one: Ms, other: Ms| one.since(other).max(other.since(one)) <= NEAR;
    some.iter().any(|one| others.iter().any(|other| near(*one, *other)))
}

/// When each boot was seen in its premark, and whether a write took hold then.
fn premarks<'r>(ran: &'r Ran, phases: &Phases) -> impl Iterator<Item = (u32, Ms, bool)> + 'r {
    let names = phases.premark;
    let snapshots = ran.kept.snapshots.iter().filter(|it| names.contains(&it.phase));
    snapshots.map(|it| (it.boot, it.world.now(), it.write.is_some()))
}

/// Whether a signal comes beside a write of a premark that an earlier one has begun.
fn stops_beside_premark(ran: &Ran, phases: &Phases) -> bool {
    let stops = ran.kept.happened.iter().filter(|it| matches!(it.planned, Planned::Stop(_)));
    let ledger = ran.world.ledger();
    let mut asked = Vec::new();
    for stop in stops {
        let Some(boot) = stop.boot else { continue };
        let second = asked.contains(&boot)
            || ledger.boot(boot).stop.as_ref().is_some_and(|it| it.asked_at < stop.at);
        asked.push(boot);
        let mut writes = premarks(ran, phases).filter(|(of, _, writes)| *of == boot && *writes);
        if second && writes.any(|(_, at, _)| are_beside(&[stop.at], &[at])) {
            return true;
        }
    }
    false
}

/// Whether an agent begins to exist while its boot marks what is unfinished.
fn begins_in_premark(ran: &Ran, phases: &Phases) -> bool {
    let ledger = ran.world.ledger();
    ledger.runs.iter().any(|run| {
        let of_boot = || premarks(ran, phases).filter(|(boot, ..)| *boot == run.boot);
        let (first, last) =
            (of_boot().map(|(_, at, _)| at).min(), of_boot().map(|(_, at, _)| at).max());
        let within = first.is_some_and(|at| at <= run.began_at) && last >= Some(run.began_at);
        within && in_stop(ledger, run.boot, run.began_at)
    })
}

/// Whether nobody lived for longer than a cut turn goes on by itself, and one was cut.
fn is_down_beyond(ledger: &Ledger, window: Duration) -> bool {
    ledger.boots.windows(2).any(|pair| {
        let down = pair[1].began_at.since(pair[0].ended_at());
        !pair[0].cut.is_empty() && Duration::from(down) > window
    })
}

fn is_suspended_unusually(ledger: &Ledger, plan: &Plan) -> bool {
    let usual = gateway_core::settings::Settings::standard().suspend_after;
    let mut notices = ledger.deliveries.iter().filter_map(|delivery| delivery.notice());
    plan.settings.suspend_after != usual && notices.any(|notice| notice == Notice::Suspended)
}

/// How many agents are at work at a time, at most.
fn most_at_work(ledger: &Ledger) -> usize {
    let end =
        |run: &RunFact| run.over_at.unwrap_or(Ms(u64::MAX)).min(ledger.boot(run.boot).ended_at());
    let mut changes: Vec<(Ms, i32)> = Vec::new();
    for run in &ledger.runs {
        changes.extend([(run.began_at, 1), (end(run), -1)]);
    }
    // Who ends makes room before who begins in the same millisecond.
    changes.sort_unstable();
    let (mut now, mut most) = (0, 0);
    for (_, change) in changes {
        now += change;
        most = most.max(now);
    }
    usize::try_from(most).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_five_milliseconds_away_is_beside_and_what_is_six_is_not() {
        let times = |times: &[u64]| times.iter().copied().map(Ms).collect::<Vec<_>>();
        assert!(are_beside(&times(&[1, 100]), &times(&[105])));
        assert!(are_beside(&times(&[100]), &times(&[7, 95])));
        assert!(!are_beside(&times(&[100]), &times(&[94, 106])));
        assert!(!are_beside(&times(&[100]), &[]));
    }
}

//! STOP-BUDGET, STUCK-LOOP-ENDS and QUIESCENCE: what has to end ends.

use gateway_core::message::{Cut, Notice};

use super::case::{Case, Violation, end_text};
use super::id::OracleId;
use crate::ledger::{BootFacts, End};
use crate::script::MessageIndex;
use crate::time::Ms;

/// A turn may take down this many boots.
const DEATHS_MAX: usize = 3;

/// A boot that the plan keeps waiting for less than this in all has to keep its budget.
const HELD_BACK_MAX: Ms = Ms(1_000);

pub(super) fn judge(case: &Case<'_>, violations: &mut Vec<Violation>) {
    judge_stops(case, violations);
    judge_stuck(case, violations);
    if let Some(what) = unsettled(case) {
        let oracle = OracleId::Quiescence;
        violations.push(Violation { oracle, chat: None, message: None, what, believed: None });
    }
}

fn judge_stops(case: &Case<'_>, violations: &mut Vec<Violation>) {
    for boot in &case.ledger.boots {
        let over = matches!(boot.ended, Some((_, End::OverBudget)));
        let Some(stop) = boot.stop.as_ref().filter(|_| over) else { continue };
        // Whoever was kept waiting for long had less of its budget than it was told.
        let slowed = boot.held_back >= HELD_BACK_MAX;
        if !slowed && !case.is_sick(stop.asked_at, boot.ended_at()) {
            let budget = case.script.plan.supervisor.stop_budget;
            let what = format!("boot {} did not end within {budget} of its signal", boot.number);
            let oracle = OracleId::StopBudget;
            violations.push(Violation { oracle, chat: None, message: None, what, believed: None });
        }
    }
}

fn judge_stuck(case: &Case<'_>, violations: &mut Vec<Violation>) {
    for message in case.texts() {
        let kills = |boot: &&std::sync::Arc<crate::ledger::BootFacts>| {
            // A death in an announced stop is planned, whoever dealt the blow; and where nobody
            // outside can tell whether it was announced, the gateway may take it for planned.
            case.reasons(boot) == [Cut::Crash]
                && matches!(boot.ended, Some((_, End::KilledByTurn(by))) if by == message)
        };
        let deaths = case.ledger.boots.iter().filter(kills).count();
        if deaths > DEATHS_MAX {
            let what = format!("its turn took {deaths} boots down");
            violations.push(case.message_violation(OracleId::StuckLoopEnds, message, what));
        }
    }
    for delivery in case.ledger.deliveries.iter() {
        if delivery.notice() != Some(Notice::Suspended) {
            continue;
        }
        let Some(message) = case.about(delivery) else { continue };
        // The death that led to the suspension must not have been the doing of a turn that had to
        // be suspected as well, because a boot had died under it before, and by no plan. A boot
        // that failed by itself meanwhile is held against the turns that it cut, too.
        let deaths = case.ledger.boots.iter().filter(|boot| boot.ended_unplanned());
        let deaths = deaths.filter(|boot| boot.ended_at() <= delivery.at);
        let last = deaths.max_by_key(|boot| (boot.ended_at(), boot.number));
        let culprit = last.and_then(|boot| match boot.ended {
            Some((_, End::KilledByTurn(culprit))) if boot.cut.contains(&message) => {
                Some((culprit, boot))
            }
            _ => None,
        });
        let Some((culprit, boot)) = culprit else { continue };
        let earlier = case.ended_before(boot.number, boot.ended_at());
        let suspicious = earlier.iter().any(|earlier| {
            earlier.died()
                && case.reasons(earlier) == [Cut::Crash]
                && earlier.cut.contains(&culprit)
                && steps(case, culprit, earlier) == steps(case, culprit, boot)
        });
        if culprit != message && suspicious {
            let what = "suspended for a death that another turn caused";
            violations.push(case.message_violation(OracleId::StuckLoopEnds, message, what));
        }
    }
}

/// How many steps of a turn were durable by the end of a boot: a new one clears its name.
fn steps(case: &Case<'_>, message: MessageIndex, boot: &BootFacts) -> u32 {
    let runs = case.ledger.runs.iter();
    let by_then = |at: Ms, number: u32| (at, number) <= (boot.ended_at(), boot.number);
    let runs = runs.filter(|run| run.message == Some(message) && by_then(run.asked_at, run.boot));
    runs.map(|run| run.steps_acked).max().unwrap_or(0)
}

/// What is not settled at the horizon.
fn unsettled(case: &Case<'_>) -> Option<String> {
    let broken = case.ledger.boots.iter().find_map(|boot| match &boot.ended {
        Some((_, end @ (End::Panicked(_) | End::NeverIdle))) => Some((boot.number, end)),
        _ => None,
    });
    if let Some((boot, end)) = broken {
        return Some(format!("boot {boot} {}", end_text(end)));
    }
    let last = case.ledger.boots.iter().max_by_key(|boot| (boot.ended_at(), boot.number))?;
    if let Some((_, end)) = &last.ended {
        let planned = matches!(end, End::Exited(gateway_core::env::Exit::Planned));
        let stays_down =
            planned && case.script.plan.supervisor.restart == crate::plan::RestartPolicy::OnFailure;
        return (!stays_down)
            .then(|| format!("no process lives: boot {} {}", last.number, end_text(end)));
    }
    let busy = case.world.busy_effects();
    if !busy.is_empty() {
        return Some(format!("still at work at the horizon: {}", busy.join("; ")));
    }
    None
}

#[cfg(test)]
mod tests {
    use gateway_core::env::{Exit, Signal};

    use super::super::past::{Past, killed, past, past_of};
    use super::*;

    const TWO: &str = "horizon = \"100s\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n\
                       turn = { outcome = \"kill-process\" }\n\
                       [[message]]\nat = \"2s\"\nchat = \"b\"\n";

    /// Two turns were cut by a death, then by one that the first of them caused; the second is
    /// suspended. By the second death the first had made so many durable steps. The boot that died
    /// first was perhaps asked to stop at some second, and announced nothing.
    fn bystander_suspended(steps: u32, stop_at: Option<u64>) -> Past {
        let first = past_of(TWO).boot(0, 3, killed()).run(0, 1).run(1, 2).cut(0).cut(1);
        let first = match stop_at {
            Some(at) => first.stopping(Signal::Stop, at, None),
            None => first,
        };
        let second = first.boot(4, 9, End::KilledByTurn(0));
        let second = second.run_with(Some(0), 5, |run| run.steps_acked = steps).run(1, 5);
        second.cut(0).cut(1).alive(10).notice(Notice::Suspended, 1, 11_000)
    }

    #[test]
    fn a_bystander_is_not_suspended_for_a_turn_that_could_be_suspected_too() {
        bystander_suspended(0, None).convicted_by(OracleId::StuckLoopEnds);
    }

    #[test]
    fn a_turn_with_a_new_durable_step_cannot_be_suspected() {
        bystander_suspended(1, None).acquitted_by(OracleId::StuckLoopEnds);
    }

    #[test]
    fn a_turn_cannot_be_suspected_for_a_death_that_may_pass_for_a_planned_one() {
        // A stop that was asked for just then may have been marked and not been announced yet.
        bystander_suspended(0, Some(3)).acquitted_by(OracleId::StuckLoopEnds);
        bystander_suspended(0, Some(2)).convicted_by(OracleId::StuckLoopEnds);
    }

    #[test]
    fn a_death_in_an_announced_stop_is_none_that_a_turn_is_suspended_for() {
        let deaths = |announced: Option<u64>| {
            let mut deaths = past_of(TWO);
            for death in 0..3 {
                deaths = deaths.boot(death * 10, death * 10 + 5, End::KilledByTurn(0)).cut(0);
            }
            let last = deaths.boot(30, 35, End::KilledByTurn(0)).cut(0);
            last.stopping(Signal::Stop, 31, announced).alive(40)
        };
        deaths(Some(32)).acquitted_by(OracleId::StuckLoopEnds);
        deaths(None).convicted_by(OracleId::StuckLoopEnds);
    }

    #[test]
    fn a_turn_that_was_suspended_for_a_later_failure_of_its_boot_is_no_bystander_of_a_death() {
        let deaths = past_of(TWO).boot(0, 3, killed()).run(0, 1).run(1, 2).cut(0).cut(1);
        let deaths = deaths.boot(4, 9, End::KilledByTurn(0)).run(0, 5).run(1, 5).cut(0).cut(1);
        let failed = deaths.boot(10, 15, End::Exited(Exit::Failed)).run(1, 11).cut(1);
        failed.alive(16).notice(Notice::Suspended, 1, 17_000).acquitted_by(OracleId::StuckLoopEnds);
    }

    /// A turn ran in the first boot; in three boots it was cut or its attempt may have been
    /// counted; then it is suspended.
    fn suspended(cut_in: [bool; 3]) -> Past {
        let mut deaths = past(&[(1, "a")]);
        for (death, cut) in (0..).zip(cut_in) {
            deaths = deaths.boot(death * 10, death * 10 + 5, killed());
            if death == 0 {
                deaths = deaths.handed(0).run(0, 1);
            }
            deaths = if cut { deaths.cut(0) } else { deaths };
        }
        deaths.alive(30).notice(Notice::Suspended, 0, 31_000)
    }

    #[test]
    fn an_attempt_may_have_been_counted_although_nobody_saw_its_agent() {
        suspended([true, true, true]).acquitted_by(OracleId::Resumed);
        suspended([true, false, true]).acquitted_by(OracleId::Resumed);
        suspended([true, false, false]).acquitted_by(OracleId::Resumed);
    }

    #[test]
    fn a_turn_that_nobody_saw_may_have_been_counted_if_nothing_was_before_it() {
        let unseen = |messages: &[(u64, &str)], message| {
            let mut deaths = past(messages);
            for death in 0..3 {
                deaths = deaths.boot(death * 10, death * 10 + 5, killed()).handed(message);
            }
            deaths.alive(30).notice(Notice::Suspended, message, 31_000)
        };
        unseen(&[(1, "a")], 0).acquitted_by(OracleId::NothingLost);
        unseen(&[(1, "b"), (2, "a")], 1).answer(0, 32_000).acquitted_by(OracleId::NothingLost);
        unseen(&[(1, "a"), (2, "a")], 1).answer(0, 32_000).convicted_by(OracleId::NothingLost);
    }

    #[test]
    fn a_death_before_a_message_came_counts_for_nothing() {
        let early = past(&[(12, "a")]).boot(0, 5, killed()).boot(11, 15, killed()).handed(0);
        let twice = early.run(0, 12).cut(0).boot(20, 25, killed()).cut(0);
        twice.alive(30).notice(Notice::Suspended, 0, 31_000).convicted_by(OracleId::Resumed);
    }
}

//! STOP-BUDGET, QUIESCENCE, and the bystanders of STUCK-LOOP-ENDS: what has to end ends, and
//! nobody else with it.

use gateway_core::env::Exit;
use gateway_core::message::Notice;

use super::evidence::{Evidence, end_text};
use crate::ledger::{BootFacts, End};
use crate::oracle::{OracleId, Violation};
use crate::plan::{RestartPolicy, SendFaultEffect};
use crate::script::MessageIndex;
use crate::time::Ms;

/// From so many crashes in a row on a turn runs alone, so that the next one names its culprit.
const SUSPECT_AFTER: u32 = 2;

pub(super) fn judge(evidence: &Evidence<'_>, violations: &mut Vec<Violation>) {
    for boot in evidence.boots().filter(|boot| is_over_budget(evidence, boot)) {
        let budget = evidence.script.plan.supervisor.stop_budget;
        let what = format!("boot {} did not end within {budget} of its signal", boot.number);
        violations.push(evidence.violation(OracleId::StopBudget, what));
    }
    judge_bystanders(evidence, violations);
    if let Some(what) = unsettled(evidence) {
        violations.push(evidence.violation(OracleId::Quiescence, what));
    }
}

/// Whether a stop took longer than it may, with nothing in its way.
fn is_over_budget(evidence: &Evidence<'_>, boot: &BootFacts) -> bool {
    let Some((end, End::OverBudget)) = boot.ended else { return false };
    let Some(stop) = &boot.stop else { return false };
    let plan = &evidence.script.plan;
    let slowed = is_slowed(evidence, boot);
    let disk = boot.disk_sick.is_some_and(|(_, until)| stop.asked_at <= until);
    let during = |from: Ms, until: Ms| from <= end && stop.asked_at < until;
    let sends = plan.platform.faults.iter().any(|fault| {
        let sick = fault.effect != SendFaultEffect::Slow || fault.delay > Ms(0);
        sick && during(fault.from, fault.until)
    });
    let links = (0..plan.link_faults.len()).any(|index| {
        plan.link_faults[index].from <= end && stop.asked_at < plan.link_settled(index)
    });
    !slowed && !disk && !sends && !links
}

/// Whether a slow machine took more of a stop than the operator had it keep in reserve.
pub(super) fn is_slowed(evidence: &Evidence<'_>, boot: &BootFacts) -> bool {
    Ms::from(evidence.script.plan.settings.stop_reserve) <= boot.slowed_in_stop
}

/// A turn is not suspended for the crash of another one that was suspected already.
fn judge_bystanders(evidence: &Evidence<'_>, violations: &mut Vec<Violation>) {
    if evidence.script.plan.settings.suspend_after <= SUSPECT_AFTER {
        return;
    }
    for delivery in evidence.ledger.deliveries.iter() {
        let Some(message) = evidence.about(delivery) else { continue };
        if delivery.notice() != Some(Notice::Suspended) {
            continue;
        }
        let ended = |boot: &&BootFacts| boot.ended_unplanned() && boot.ended_at() <= delivery.at;
        let last = evidence.boots().filter(ended).max_by_key(|b| (b.ended_at(), b.number));
        let Some(boot) = last.filter(|boot| boot.cut.contains(&message)) else { continue };
        let Some((_, End::KilledByTurn(culprit))) = boot.ended else { continue };
        let before = (boot.ended_at(), boot.number);
        let suspected = evidence.boots().any(|earlier| {
            (earlier.ended_at(), earlier.number) < before
                && earlier.died()
                && earlier.stop.is_none()
                && earlier.cut.contains(&culprit)
                && steps(evidence, culprit, earlier) == steps(evidence, culprit, boot)
        });
        if culprit != message && suspected {
            let what = "suspended for a crash that another turn caused";
            let oracle = OracleId::StuckLoopEnds;
            violations.push(evidence.message_violation(oracle, message, what));
        }
    }
}

/// How many steps of a turn were acknowledged by the end of a boot: a new one clears its name.
fn steps(evidence: &Evidence<'_>, message: MessageIndex, boot: &BootFacts) -> u32 {
    let runs = evidence.ledger.runs.iter();
    let by_then = |at: Ms, number: u32| (at, number) <= (boot.ended_at(), boot.number);
    let runs = runs.filter(|run| run.message == Some(message) && by_then(run.asked_at, run.boot));
    runs.map(|run| run.steps_acked).max().unwrap_or(0)
}

/// What is not settled at the horizon.
fn unsettled(evidence: &Evidence<'_>) -> Option<String> {
    let broken = evidence.boots().find_map(|boot| match &boot.ended {
        Some((_, end @ (End::Panicked(_) | End::NeverIdle))) => Some((boot.number, end)),
        _ => None,
    });
    if let Some((boot, end)) = broken {
        return Some(format!("boot {boot} {}", end_text(end)));
    }
    let last = evidence.boots().max_by_key(|boot| (boot.ended_at(), boot.number))?;
    let Some((_, end)) = &last.ended else {
        let busy = evidence.world.busy_effects();
        return (!busy.is_empty()).then(|| format!("still at work: {}", busy.join("; ")));
    };
    let restart = evidence.script.plan.supervisor.restart;
    let stays_down = *end == End::Exited(Exit::Planned) && restart == RestartPolicy::OnFailure;
    (!stays_down).then(|| format!("no process lives: boot {} {}", last.number, end_text(end)))
}

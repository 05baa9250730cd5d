//! REASON-TRUE: a turn that goes on is told the true reason of its cut, and planned stops never
//! suspend a turn.

use gateway_core::message::{Cut, Notice};

use super::case::{Case, Violation};
use super::id::OracleId;
use crate::script::MessageIndex;

pub(super) fn judge(case: &Case<'_>, violations: &mut Vec<Violation>) {
    for run in &case.ledger.runs {
        let Some(message) = run.message else { continue };
        let Some(expected) = expected(case, message, run.boot) else { continue };
        let told = run.resumed;
        if expected.reasons.contains(&told) {
            continue;
        }
        let told = told.map_or("nothing".to_owned(), |told| format!("{told:?}"));
        let right: Vec<String> =
            expected.reasons.iter().flatten().map(|cut| format!("{cut:?}")).collect();
        let what = format!(
            "cut by the end of boot {} for {}, and told {told} in boot {}",
            expected.boot,
            right.join(" or "),
            run.boot
        );
        violations.push(case.message_violation(OracleId::ReasonTrue, message, what));
    }
    for delivery in case.ledger.deliveries.iter() {
        if delivery.notice() == Some(Notice::Suspended)
            && let Some(message) = case.about(delivery)
            && case.unplanned_deaths_under(message, delivery.at) == 0
            && !case.may_be_suspended(message, delivery.at)
        {
            let what = "suspended though only planned stops had cut its turn";
            violations.push(case.message_violation(OracleId::ReasonTrue, message, what));
        }
    }
}

/// What a turn may be told, and the boot whose end cut it.
struct Expected {
    boot: u32,
    reasons: Vec<Option<Cut>>,
}

/// What the turn of a message may be told when it goes on in a boot; none if it was never cut
/// while an agent worked on it.
fn expected(case: &Case<'_>, message: MessageIndex, boot: u32) -> Option<Expected> {
    let mut reasons = Vec::new();
    for earlier in case.ledger.boots[..boot as usize - 1].iter().rev() {
        let runs = &case.ledger.runs;
        let ran = runs.iter().any(|r| r.message == Some(message) && r.boot == earlier.number);
        if earlier.cut.contains(&message) {
            // An agent that was only being prepared may count as cut, or not.
            reasons.extend(earlier.reasons().into_iter().map(Some));
        }
        if ran {
            return earlier
                .cut
                .contains(&message)
                .then_some(Expected { boot: earlier.number, reasons });
        }
        // An attempt is counted before its agent exists: a boot that died before that had the
        // turn in its hands, and nobody outside can tell whether it ran.
        if earlier.died() {
            reasons.push(Some(Cut::Crash));
        }
    }
    None
}

//! NOTHING-LOST: every message is answered, or its user knows why not.
//!
//! A message whose turn cannot have begun is never discharged by a notice, unless it is a job that
//! had waited longer than its operator wants jobs to; and `Stopping` discharges nothing.

use super::case::{Case, Violation};
use super::id::OracleId;

pub(super) fn judge(case: &Case<'_>, violations: &mut Vec<Violation>) {
    for message in case.texts() {
        if case.ledger.answers(message).next().is_some() || case.is_released(message) {
            continue;
        }
        let facts = &case.ledger.messages[message];
        if let Some(notice) = case.discharge(message)
            && (facts.started_at.is_some() || case.may_be_suspended(message, notice.at))
        {
            continue;
        }
        if case.is_missed_job(message) {
            continue;
        }
        let what = if !facts.produced.is_empty() {
            "its answer was computed and never delivered"
        } else if facts.started_at.is_some() {
            "its turn was started and never answered"
        } else if facts.acked_at.is_some() {
            "it was acknowledged to the platform and never started"
        } else {
            "it was never taken from the platform for good"
        };
        violations.push(case.message_violation(OracleId::NothingLost, message, what));
    }
}

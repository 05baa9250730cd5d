//! HONEST-IO: what is acknowledged is durable, and errors that changed an outcome are told.
//!
//! That an acknowledgement was honest shows when the power goes right after it: the platform will
//! not deliver the message again, so a gateway that does not come back to it never had it durable.

use super::case::{Case, Violation};
use super::id::OracleId;
use crate::ledger::End;

pub(super) fn judge(case: &Case<'_>, violations: &mut Vec<Violation>) {
    judge_errors(case, violations);
    for message in case.texts() {
        let facts = &case.ledger.messages[message];
        let settled = case.ledger.answers(message).next().is_some()
            || case.discharge(message).is_some()
            || case.is_released(message);
        if settled {
            continue;
        }
        let Some(acked_at) = facts.acked_at else { continue };
        let cut_off = case.ledger.boots.iter().find(|boot| {
            boot.ended_at() >= acked_at && matches!(boot.ended, Some((_, End::PowerLost)))
        });
        if let Some(boot) = cut_off {
            let worked = |run: &&std::sync::Arc<crate::ledger::RunFact>| {
                run.message == Some(message) && run.boot > boot.number
            };
            if !case.ledger.runs.iter().any(|run| worked(&run)) {
                let what = "acknowledged to the platform, and gone with the power";
                violations.push(case.message_violation(OracleId::HonestIo, message, what));
            }
        }
        let failed = case.ledger.boots.iter().find(|boot| {
            boot.disk_errors > 0 && facts.handed_to.iter().any(|handed| *handed <= boot.number)
        });
        if let Some(boot) = failed.filter(|_| !told(case)) {
            let what = format!(
                "lost after {} failed writes in boot {} that nobody was told of",
                boot.disk_errors, boot.number
            );
            violations.push(case.message_violation(OracleId::HonestIo, message, what));
        }
        if facts.send_fault && !told(case) {
            let what = "its answer was lost to a send fault that nobody was told of";
            violations.push(case.message_violation(OracleId::HonestIo, message, what));
        }
    }
}

/// Every error that the disk gave to a boot shows, if the boot lived long enough to say so.
fn judge_errors(case: &Case<'_>, violations: &mut Vec<Violation>) {
    for boot in &case.ledger.boots {
        let Some(at) = boot.disk_error_at else { continue };
        // What the plan keeps waiting may be the very answer that tells of the error.
        let lived_on = boot.ended_at().since(at);
        let needed = if boot.died() { boot.unsure_for() } else { boot.held_back };
        let had_time = lived_on >= needed;
        if had_time && !boot.told_of_trouble() {
            let errors = boot.disk_errors;
            let what = format!("boot {} was given {errors} errors and told nobody", boot.number);
            let oracle = OracleId::HonestIo;
            violations.push(Violation { oracle, chat: None, message: None, what, believed: None });
        }
    }
}

/// Whether any boot said that something went wrong.
fn told(case: &Case<'_>) -> bool {
    case.ledger.boots.iter().any(|boot| boot.told_of_trouble())
}

#[cfg(test)]
mod tests {
    use gateway_core::env::Exit;

    use crate::ledger::End;
    use crate::oracle::OracleId;
    use crate::oracle::past::past;

    #[test]
    fn an_error_that_a_boot_did_not_live_to_hear_of_need_not_be_told() {
        let exited = |held_back| {
            let boot = past(&[(1, "a")]).boot(0, 5, End::Exited(Exit::Planned)).disk_error(0);
            boot.held_back(held_back)
        };
        exited(0).convicted_by(OracleId::HonestIo);
        exited(5_000).convicted_by(OracleId::HonestIo);
        exited(5_001).acquitted_by(OracleId::HonestIo);
    }
}

//! HONEST-IO: what is acknowledged is durable, and errors that changed an outcome are told.
//!
//! That an acknowledgement was honest shows when the power goes right after it: the platform will
//! not deliver the message again, so a gateway that does not come back to it never had it durable.

use gateway_core::env::Exit;

use super::case::{Case, Violation};
use super::id::OracleId;
use crate::ledger::End;
use crate::plan::DeathKind;

pub(super) fn judge(case: &Case<'_>, violations: &mut Vec<Violation>) {
    for message in case.texts() {
        let facts = &case.ledger.messages[message];
        let settled = case.ledger.answers(message).next().is_some()
            || case.discharge(message).is_some()
            || case.withdrawal(message).is_some();
        if settled {
            continue;
        }
        let Some(acked_at) = facts.acked_at else { continue };
        let cut_off = case.ledger.boots.iter().find(|boot| {
            boot.ended_at() >= acked_at
                && matches!(boot.ended, Some((_, End::Killed(DeathKind::Power(_)))))
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

/// Whether any boot said that something went wrong: in the operator's log or by its exit code.
fn told(case: &Case<'_>) -> bool {
    case.ledger.boots.iter().any(|boot| {
        let failed = matches!(boot.ended, Some((_, End::Exited(Exit::Failed | Exit::Config))));
        failed || !boot.errors.is_empty()
    })
}

//! HONEST-IO: nothing is acknowledged whose durable record failed, errors that the disk gave are
//! told, and no alarm is false.

use gateway_core::env::Exit;

use super::ends::is_slowed;
use super::evidence::{Evidence, lost_messages};
use crate::history::Fact;
use crate::ledger::{BootFacts, End};
use crate::oracle::{OracleId, Violation};
use crate::script::{MessageIndex, message_id};

pub(super) fn judge(
    evidence: &Evidence<'_>,
    unsettled: &[MessageIndex],
    violations: &mut Vec<Violation>,
) {
    let is_sound = violations.is_empty();
    for boot in evidence.boots() {
        let mut found = |what: &str| {
            let what = format!("boot {} {what}", boot.number);
            violations.push(evidence.violation(OracleId::HonestIo, what));
        };
        if boot.disk_errors > 0 && is_silent(evidence, boot) {
            found("was given errors by its disk and told nobody");
        }
        // What a disk has forgotten may be missed, whatever became of it.
        let deceived = evidence.ledger.deceptions().any(|since| since <= boot.ended_at());
        let is_sound = is_sound && !is_slowed(evidence, boot);
        let mut alarms = boot.errors.iter().filter(|_| !deceived);
        if let Some(alarm) = alarms.find(|alarm| is_false(evidence, unsettled, is_sound, alarm)) {
            found(&format!("raised a false alarm: {alarm}"));
        }
    }
    for &message in unsettled {
        let lost = |what| evidence.message_violation(OracleId::HonestIo, message, what);
        if went_with_the_power(evidence, message) {
            violations.push(lost("acknowledged to the platform, and gone with the power"));
        }
        let facts = &evidence.ledger.messages[message];
        let told = evidence.boots().any(BootFacts::told_of_trouble);
        let handed = |boot: &BootFacts| facts.handed_to.iter().any(|by| *by <= boot.number);
        let failed = evidence.boots().any(|boot| boot.disk_errors > 0 && handed(boot));
        if failed && !told_of_failure(evidence) {
            violations.push(lost("lost after the disk had failed, and nobody was told"));
        }
        if !told && facts.send_fault {
            violations.push(lost("its answer was lost to a send fault, and nobody was told"));
        }
    }
}

/// Whether a boot had its chance to tell of an error of its disk, or left as if there had been
/// none, and has not told it.
fn is_silent(evidence: &Evidence<'_>, boot: &BootFacts) -> bool {
    if matches!(boot.ended, Some((_, End::Exited(Exit::Failed | Exit::Config)))) {
        return false;
    }
    let mut failed = false;
    for entry in evidence.entries.iter().filter(|entry| entry.boot == boot.number) {
        match entry.fact {
            Fact::DiskFailed => failed = true,
            Fact::Alarm => failed = false,
            Fact::Quiescent | Fact::Rested if failed => return true,
            _ => {}
        }
    }
    let left = matches!(boot.ended, Some((_, End::Exited(Exit::Planned | Exit::Restart))));
    failed && (left || boot.ended.is_none())
}

/// Whether any boot told of an error after the disk had first failed.
fn told_of_failure(evidence: &Evidence<'_>) -> bool {
    let entries = evidence.entries.iter();
    let mut since = entries.skip_while(|entry| entry.fact != Fact::DiskFailed);
    let failed = |boot: u32| {
        let end = evidence.ledger.boot(boot).ended.as_ref();
        matches!(end, Some((_, End::Exited(Exit::Failed | Exit::Config))))
    };
    since.any(|entry| match entry.fact {
        Fact::Alarm => true,
        Fact::Ended { .. } => failed(entry.boot),
        _ => false,
    })
}

/// Whether an error in the log tells of what is not so: nothing went wrong by plan and nothing else
/// is wrong, or it names messages that are lost and none of them is.
fn is_false(
    evidence: &Evidence<'_>,
    unsettled: &[MessageIndex],
    is_sound: bool,
    alarm: &str,
) -> bool {
    if let Some(named) = lost_messages(alarm) {
        return !unsettled.iter().any(|message| named.contains(&message_id(*message).0));
    }
    is_sound && evidence.script.plan.is_free_of_faults()
}

/// Whether the platform was told that a message needs no further delivery, and nobody worked on it
/// after the power had gone.
fn went_with_the_power(evidence: &Evidence<'_>, message: MessageIndex) -> bool {
    let Some(acked_at) = evidence.ledger.messages[message].acked_at else { return false };
    let lost =
        |boot: &&BootFacts| matches!(boot.ended, Some((at, End::PowerLost)) if at >= acked_at);
    evidence.boots().find(lost).is_some_and(|boot| {
        let mut runs = evidence.ledger.runs.iter();
        !runs.any(|run| run.message == Some(message) && run.boot > boot.number)
    })
}

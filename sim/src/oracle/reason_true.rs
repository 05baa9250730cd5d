//! REASON-TRUE: a turn that goes on is told the true reason of its cut, and planned stops never
//! suspend a turn.
//!
//! A stop shows by its announcement. Where the operator wants nobody to be told, it shows only if
//! its boot ends by itself.

use std::collections::BTreeSet;

use gateway_core::message::{Cut, Notice};

use super::case::{Case, Violation};
use super::id::OracleId;
use crate::ledger::RunFact;
use crate::script::MessageIndex;

pub(super) fn judge(case: &Case<'_>, violations: &mut Vec<Violation>) {
    for run in &case.ledger.runs {
        let Some(message) = run.message else { continue };
        let Some(expected) = expected(case, message, run) else { continue };
        let told = run.resumed;
        if told.is_some_and(|told| expected.reasons.contains(&told)) {
            continue;
        }
        let told = told.map_or("nothing".to_owned(), |told| format!("{told:?}"));
        let right: Vec<String> = expected.reasons.iter().map(|cut| format!("{cut:?}")).collect();
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
    reasons: BTreeSet<Cut>,
}

/// What the turn of a message may be told when it goes on in a run; none if it was never cut
/// while an agent worked on it. Only what has ended has cut anything: a boot that lives beside
/// this one has not.
fn expected(case: &Case<'_>, message: MessageIndex, run: &RunFact) -> Option<Expected> {
    let mut reasons = BTreeSet::new();
    for earlier in case.ended_before(run.boot, run.asked_at) {
        let runs = &case.ledger.runs;
        let ran = runs.iter().any(|r| r.message == Some(message) && r.boot == earlier.number);
        if earlier.cut.contains(&message) {
            // An agent that was only being prepared may count as cut, or not.
            reasons.extend(case.reasons(earlier));
        }
        if ran {
            return earlier
                .cut
                .contains(&message)
                .then_some(Expected { boot: earlier.number, reasons });
        }
        // An attempt is counted before its agent exists: a boot that failed before that had the
        // turn in its hands, and may even have marked it. Nobody outside can tell whether it ran.
        if earlier.ended_unplanned() {
            reasons.insert(Cut::Crash);
            reasons.extend(case.reasons(earlier));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use gateway_core::env::{Exit, Signal};
    use gateway_core::message::Cut;

    use crate::ledger::End;
    use crate::oracle::OracleId;
    use crate::oracle::past::{killed, past_of, restarted};

    /// A turn that was cut by a stop of which nobody was told, and what it is told after it.
    fn is_content(settings: &str, end: End, told: Cut) -> bool {
        let plan =
            format!("horizon = \"1000s\"\n{settings}\n[[message]]\nat = \"1s\"\nchat = \"a\"\n");
        let stop = past_of(&plan).boot(0, 50, end).run(0, 1).cut(0);
        let stop = stop.stopping(Signal::Restart, 40, None);
        stop.alive(51).resume(0, 51, told).is_acquitted_by(OracleId::ReasonTrue)
    }

    #[test]
    fn a_stop_that_nobody_is_to_be_told_of_shows_by_its_end() {
        let off = "settings = { notices = { stopping = false } }";
        let content = |end, told| is_content(off, end, told);
        assert!(content(restarted(), Cut::Restart));
        assert!(!content(restarted(), Cut::Crash));
        assert!(content(killed(), Cut::Restart) && content(killed(), Cut::Crash));
        assert!(!content(killed(), Cut::Shutdown));
    }

    #[test]
    fn whatever_ended_between_an_attempt_and_its_agent_without_a_plan_may_have_cut_it() {
        let content = |end| {
            let stop = past_of("horizon = \"1000s\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n");
            let stop = stop.boot(0, 50, restarted()).run(0, 1).cut(0);
            let again = stop.stopping(Signal::Restart, 40, Some(40)).boot(51, 60, end);
            again.alive(61).resume(0, 61, Cut::Crash).is_acquitted_by(OracleId::ReasonTrue)
        };
        assert!(content(killed()) && content(End::Exited(Exit::Failed)));
        assert!(!content(restarted()));
    }

    #[test]
    fn a_stop_that_should_have_been_told_of_does_not() {
        assert!(!is_content("", restarted(), Cut::Restart));
        let barred = "revoke = [{ chat = \"a\", at = \"45s\", until = \"51s\" }]";
        assert!(is_content(barred, restarted(), Cut::Restart));
        let over = barred.replace("51s", "46s").replace("45s", "39s").replace("46s", "40s");
        assert!(!is_content(&over, restarted(), Cut::Restart));
    }
}

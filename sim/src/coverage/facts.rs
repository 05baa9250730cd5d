//! Whether a boot is in its stop or in a recovery, as it is seen from outside.

use crate::ledger::Ledger;
use crate::time::Ms;

/// Whether a boot had been asked to stop at a time.
pub(super) fn in_stop(ledger: &Ledger, boot: u32, at: Ms) -> bool {
    ledger.boot(boot).stop.as_ref().is_some_and(|stop| stop.asked_at <= at)
}

/// Whether a boot had turns of earlier ones to go on with at a time, and nothing new had begun. A
/// boot that dies before it asks for any agent may have had some.
pub(super) fn in_recovery(ledger: &Ledger, boot: u32, at: Ms) -> bool {
    let earlier =
        || ledger.boots.iter().filter(move |other| other.number < boot && other.ended_at() <= at);
    let was_cut = |message: usize| earlier().any(|other| other.cut.contains(&message));
    let mut runs = ledger.runs.iter().filter(|run| run.boot == boot).peekable();
    if runs.peek().is_none() {
        let last = earlier().next_back();
        return ledger.boot(boot).died() && last.is_some_and(|last| !last.cut.is_empty());
    }
    let mut goes_on = false;
    for run in runs {
        match run.message.is_some_and(was_cut) {
            true => goes_on |= run.asked_at >= at,
            false if run.asked_at < at => return false,
            false => {}
        }
    }
    goes_on
}

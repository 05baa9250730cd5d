//! Whether a turn that was cut was fresh: at work less than its window before the next boot that
//! could note that it had found it, by simulated time and by the wall clock alike.
//!
//! A gateway knows only the wall clock, and of the past only what it noted; it may have noted an
//! attempt a little before its agent was asked for, and may note what it finds a little after its
//! begin. On a sick disk both take longer, and who cannot ask the platform may not begin at all.
//! Whoever is fresh by the most unfavourable of these is.

use std::sync::Arc;

use super::case::Case;
use crate::ledger::BootFacts;
use crate::plan::MessageBody;
use crate::script::MessageIndex;
use crate::time::Ms;

/// Whether a boot lives when another one has ended, or begins after that.
pub(super) fn outlives(boot: &BootFacts, ended: &BootFacts) -> bool {
    let end = |boot: &BootFacts| (boot.ended_at(), boot.number);
    end(boot) > end(ended)
}

/// From when on a boot can go on with what another one's end has cut.
pub(super) fn takes_over_at(boot: &BootFacts, cut: &BootFacts) -> Ms {
    boot.began_at.max(cut.ended_at())
}

/// Whether a turn was fresh when a later boot could note that the end of an earlier one had cut it.
/// Where it is not sure that a boot could, the next one may have been the first that did: the turn
/// was fresh to each of them.
pub(super) fn is_fresh(case: &Case<'_>, message: MessageIndex, cut: &BootFacts) -> bool {
    let later = case.ledger.boots.iter().map(Arc::as_ref).filter(|boot| outlives(boot, cut));
    let mut next = case.may_note_first(later, |boot| takes_over_at(boot, cut));
    next.all(|next| is_fresh_to(next, case, message, cut))
}

fn is_fresh_to(next: &BootFacts, case: &Case<'_>, message: MessageIndex, cut: &BootFacts) -> bool {
    let settings = &case.script.plan.settings;
    let window = match case.script.messages[message].body {
        MessageBody::Job => settings.job_window,
        _ => settings.resume_window,
    };
    let (sign, noted) = (sign_of_life(case, message, cut), noted_by(next, cut));
    let age = noted.since(sign);
    let jumped = jumped(case, cut, next, (sign, noted));
    let wall_age = i64::try_from(age.0).unwrap_or(i64::MAX).saturating_add(jumped);
    let window = window.as_millis();
    u128::from(age.0) < window && i128::from(wall_age) < window as i128
}

/// The earliest moment that a gateway may take for the last at which a turn was at work.
fn sign_of_life(case: &Case<'_>, message: MessageIndex, cut: &BootFacts) -> Ms {
    let runs = case.ledger.runs.iter();
    let end = (cut.ended_at(), cut.number);
    let runs = runs.filter(|run| run.message == Some(message) && (run.asked_at, run.boot) <= end);
    let last = runs.max_by_key(|run| run.asked_at).map(|run| (run.asked_at, run.boot));
    let started = case.ledger.messages[message].started_at.unwrap_or(Ms(0));
    let (asked, boot) = last.unwrap_or((started, cut.number));
    let boot = case.ledger.boot(boot);
    if boot.was_sick(boot.began_at, asked) {
        return boot.began_at.min(asked);
    }
    Ms(asked.0.saturating_sub(boot.unsure_for().0))
}

/// The latest moment at which a boot may note what it has found of another one's end.
fn noted_by(boot: &BootFacts, cut: &BootFacts) -> Ms {
    let begun = takes_over_at(boot, cut);
    let well = boot.disk_sick.map_or(begun, |(_, until)| until.max(begun));
    well.plus(boot.unsure_for())
}

/// How far the wall clock may have gone forward, as the gateway sees it: its last sign of life may
/// be any moment of the boot that was cut, and it may look at the clock some time into the next.
fn jumped(case: &Case<'_>, cut: &BootFacts, next: &BootFacts, (sign, seen): (Ms, Ms)) -> i64 {
    let mut jumps: Vec<_> = case.script.plan.clock_jumps.iter().collect();
    jumps.sort_by_key(|jump| jump.at);
    let begun = takes_over_at(next, cut);
    let down = cut.ended_at().plus(Ms(1))..begun;
    let later = jumps.iter().filter(|jump| begun <= jump.at && jump.at <= seen);
    let later: i64 = later.map(|jump| jump.by.0.max(0)).sum();
    let while_down = jumps.iter().filter(|jump| down.contains(&jump.at));
    let while_down: i64 = while_down.map(|jump| jump.by.0).sum();
    let before = jumps.iter().rev().filter(|j| sign <= j.at && j.at <= cut.ended_at());
    let sums = before.scan(0, |sum, jump| {
        *sum += jump.by.0;
        Some(*sum)
    });
    sums.fold(0, i64::max) + while_down + later
}

#[cfg(test)]
mod tests {
    use gateway_core::message::Notice;

    use crate::oracle::OracleId;
    use crate::oracle::past::{Past, killed, past_of, restarted};
    use crate::time::Ms;

    const PLAN: &str = "horizon = \"1000s\"\nsettings = { resume_window = \"30s\" }\n\
                        [[message]]\nat = \"45s\"\nchat = \"a\"\n";

    /// A turn that was cut at 50 s, whose window is half a minute.
    fn cut() -> Past {
        past_of(PLAN).boot(0, 50, killed()).run(0, 45).cut(0)
    }

    fn told(later: Past) -> Past {
        later.alive(100).notice(Notice::Stale, 0, 101_000)
    }

    #[test]
    fn a_turn_is_as_old_as_it_was_when_a_boot_could_note_that_it_found_it() {
        told(cut()).acquitted_by(OracleId::Resumed);
        told(cut().boot_ms(60_000, 61_000, killed())).convicted_by(OracleId::Resumed);
        told(cut().boot_ms(60_000, 60_999, killed())).acquitted_by(OracleId::Resumed);
        told(cut().boot_ms(60_000, 61_000, restarted())).convicted_by(OracleId::Resumed);
        told(cut().boot_ms(60_000, 60_999, restarted())).acquitted_by(OracleId::Resumed);
        let sick = cut().boot_ms(60_000, 61_000, killed()).disk_error(0);
        told(sick).acquitted_by(OracleId::Resumed);
    }

    #[test]
    fn a_boot_that_could_not_ask_the_platform_need_not_have_noted_anything() {
        let offline = |from: u64, until: u64| {
            let fault =
                format!("[[platform.poll_fault]]\nfrom = \"{from}s\"\nuntil = \"{until}s\"\n");
            let cut = past_of(&format!("{PLAN}{fault}")).boot(0, 50, killed()).run(0, 45).cut(0);
            told(cut.boot(60, 75, killed()))
        };
        offline(55, 70).acquitted_by(OracleId::Resumed);
        offline(55, 60).convicted_by(OracleId::Resumed);
        offline(50, 62).convicted_by(OracleId::Resumed);
    }

    #[test]
    fn a_fresh_turn_is_owed_also_where_no_boot_could_note_it() {
        cut().boot_ms(60_000, 60_500, killed()).convicted_by(OracleId::Resumed);
        cut().boot_ms(90_000, 90_500, killed()).acquitted_by(OracleId::Resumed);
    }

    #[test]
    fn a_turn_whose_answer_may_not_be_on_record_is_as_old_as_the_next_boot_finds_it() {
        let lost = |over_at: u64| {
            let resumed = cut().boot(60, 65, killed()).run_with(Some(0), 60, |run| {
                run.over_at = Some(Ms(over_at));
            });
            resumed.alive(100).notice(Notice::Stale, 0, 101_000)
        };
        lost(65_000).acquitted_by(OracleId::Resumed);
        lost(64_001).acquitted_by(OracleId::Resumed);
        lost(64_000).convicted_by(OracleId::Resumed);
    }

    #[test]
    fn a_turn_whose_answer_may_not_be_on_record_is_owed_while_it_is_fresh() {
        let lost = |next: u64| {
            let run = past_of(PLAN).boot(0, 50, killed()).run_with(Some(0), 45, |run| {
                run.over_at = Some(Ms(50_000));
            });
            run.alive(next).notice(Notice::Stale, 0, (next + 1) * 1_000)
        };
        lost(60).convicted_by(OracleId::Resumed);
        lost(90).acquitted_by(OracleId::Resumed);
    }

    #[test]
    fn a_turn_is_stale_by_any_clock_that_its_gateway_may_have_seen() {
        let told = |jumps: &str| {
            let plan = format!(
                "horizon = \"1000s\"\nsettings = {{ resume_window = \"30s\" }}\n\
                 clock_jump = [{jumps}]\n[[message]]\nat = \"40s\"\nchat = \"a\"\n"
            );
            let cut = past_of(&plan).boot(0, 50, killed()).run(0, 40).cut(0);
            cut.alive(60).notice(Notice::Stale, 0, 61_000)
        };
        told("").convicted_by(OracleId::Resumed);
        let forward = "{ at = \"55s\", by = \"20s\" }";
        told(forward).acquitted_by(OracleId::Resumed);
        // It went back before a sign of life that nobody outside saw.
        told(&format!("{{ at = \"45s\", by = \"-20s\" }}, {forward}"))
            .acquitted_by(OracleId::Resumed);
        told(&format!("{{ at = \"52s\", by = \"-20s\" }}, {forward}"))
            .convicted_by(OracleId::Resumed);
        told("{ at = \"38s\", by = \"20s\" }").convicted_by(OracleId::Resumed);
    }

    #[test]
    fn a_boot_that_may_have_noted_that_a_turn_is_stale_is_believed_whatever_the_clock_does_next() {
        let told = |jumps: &str| {
            let plan = format!("clock_jump = [{jumps}]\n{PLAN}");
            let cut = past_of(&plan).boot(0, 50, killed()).run(0, 45).cut(0);
            let short = cut.boot_ms(55_000, 55_999, killed()).notice(Notice::Stale, 0, 55_500);
            short.alive(60)
        };
        let (forward, back) = ("{ at = \"52s\", by = \"40s\" }", "{ at = \"57s\", by = \"-90s\" }");
        told(&format!("{forward}, {back}")).acquitted_by(OracleId::Resumed);
        told(back).convicted_by(OracleId::Resumed);
    }

    #[test]
    fn a_turn_is_at_work_from_when_its_attempt_may_have_been_noted() {
        let after = |prepare: u64| {
            let asked = past_of(
                "horizon = \"1000s\"\nsettings = { resume_window = \"30s\" }\n\
                 [[message]]\nat = \"1s\"\nchat = \"a\"\n",
            );
            let asked = asked.boot(0, 50, killed()).run_with(Some(0), 1, |run| {
                run.began_at = Ms(40_000);
                run.asked_at = Ms(40_000 - prepare);
            });
            asked.cut(0).alive(60).notice(Notice::Stale, 0, 61_000)
        };
        after(7_999).convicted_by(OracleId::Resumed);
        after(8_000).acquitted_by(OracleId::Resumed);
    }
}

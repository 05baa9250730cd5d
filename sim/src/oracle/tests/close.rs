//! When a chat may be told that a message is not answered: each row of `table::close`, and
//! `table::decided`.

use gateway_core::message::{Cut, Notice};

use super::stories::{begun, begun_under, begun_with, by_boot, crashed, plan};
use crate::oracle::OracleId;
use crate::oracle::belief::{Belief, Turn};
use crate::oracle::past::{Past, past, past_of, text};
use crate::oracle::table;

#[test]
fn a_notice_that_is_owed_is_told_until_the_chat_has_it() {
    let told = || crashed("suspend_after = 1", 1).boot(51).tells(Notice::Suspended, 0);
    let next = |past: Past, notice| past.quiescent().killed(60).boot(61).tells(notice, 0);
    next(told(), Notice::Suspended).acquitted();
    let another = next(told(), Notice::Stale);
    another.convicted_for(OracleId::NoFalseResume, "told Stale in boot 3 with nothing unfinished");
    next(told().confirmed(), Notice::Suspended).convicted_by(OracleId::NoFalseResume);
}

#[test]
fn a_turn_is_suspended_after_as_many_crashes_as_the_setting_says_and_no_sooner() {
    let told =
        |crashes| crashed("suspend_after = 3", crashes).boot(100).tells(Notice::Suspended, 0);
    told(3).acquitted();
    told(2).convicted_for(OracleId::Resumed, "suspended after 2 crashes in a row under it");
}

#[test]
fn a_turn_is_not_suspended_by_the_boot_that_has_begun_it() {
    let told = |again: bool| {
        let found = crashed("suspend_after = 2", 1).boot(51).resumes(0, Cut::Crash).seen();
        let found = if again { found.killed(60).boot(61) } else { found };
        found.tells(Notice::Suspended, 0)
    };
    told(true).acquitted();
    told(false).convicted_by(OracleId::Resumed);
    let plan = plan();
    let turn = Turn { boot: 2, deaths: 3, ..Turn::default() };
    let close = |boot| {
        table::close(Belief::Open(turn), Notice::Suspended, &by_boot(boot, &plan))
            .map_err(|(oracle, _)| oracle)
    };
    assert_eq!(close(3), Ok(Belief::Owed(Notice::Suspended)));
    assert_eq!(close(2), Err(OracleId::Resumed));
}

#[test]
fn a_turn_is_told_stale_when_its_window_is_over_and_no_sooner() {
    let told = |at| {
        let cut = begun_with("resume_window = \"30s\"").at(50).steps(1).killed(50);
        cut.boot(at).tells(Notice::Stale, 0).confirmed()
    };
    told(80).acquitted();
    told(79).convicted_for(OracleId::Resumed, "told that it is stale, and it was fresh");
}

#[test]
fn a_turn_is_not_told_stale_by_the_boot_that_has_begun_it() {
    let begun = || begun_with("resume_window = \"30s\"").at(1_000);
    begun().tells(Notice::Stale, 0).convicted_by(OracleId::Resumed);
    begun().killed(1_001).boot(1_050).tells(Notice::Stale, 0).acquitted();
}

#[test]
fn a_message_that_only_waited_is_never_closed_by_a_notice() {
    let waited = || past(&[(1, "a")]).boot(0).handed(0).acked(0).quiescent().killed(50).boot(9_000);
    for notice in [Notice::Stale, Notice::Dropped, Notice::Refused] {
        let words = format!("told {notice:?} though it had only waited");
        waited().tells(notice, 0).convicted_for(OracleId::NothingLost, &words);
    }
    waited().tells(Notice::Suspended, 0).convicted_by(OracleId::Resumed);
    waited().serves(0).acquitted_by(OracleId::NothingLost);
}

#[test]
fn a_job_that_waited_for_longer_than_its_window_is_told_stale() {
    let told = |body: &str, at| {
        let plan = format!("settings = {{ job_window = \"50s\" }}\n{}", text(1, "a", body));
        let waits = past_of(&plan).boot(0).handed(0).acked(0).quiescent();
        waits.at(at).tells(Notice::Stale, 0).confirmed()
    };
    told("body = \"job\"", 51).acquitted();
    told("body = \"job\"", 50).convicted_by(OracleId::NothingLost);
    told("", 51).convicted_by(OracleId::NothingLost);
}

#[test]
fn who_tells_of_a_message_knows_it() {
    let plan = plan();
    let told = table::close(Belief::Unseen, Notice::Stale, &by_boot(2, &plan));
    assert_eq!(told.map_err(|(oracle, _)| oracle), Err(OracleId::NothingLost));
}

#[test]
fn a_turn_that_an_agent_works_on_is_not_refused() {
    begun().tells(Notice::Refused, 0).convicted_by(OracleId::NothingLost);
}

#[test]
fn a_job_is_as_old_as_when_it_was_written_or_handed_over_says() {
    let told = |jumps: &str| {
        let plan = format!("clock_jump = [{jumps}]\nsettings = {{ job_window = \"30s\" }}\n");
        let job = past_of(&(plan + &text(1, "a", "body = \"job\""))).boot(0).at(20);
        let waits = job.handed(0).acked(0).quiescent();
        waits.at(55).tells(Notice::Stale, 0).confirmed()
    };
    told("").acquitted();
    told("{ at = \"10s\", by = \"-40s\" }").acquitted();
    told("{ at = \"30s\", by = \"-40s\" }").convicted_by(OracleId::NothingLost);
}

#[test]
fn a_job_that_was_begun_is_stale_by_its_own_window() {
    let told = |settings: &str| {
        let plan = format!("settings = {{ {settings} }}\n");
        let cut = begun_under(&plan, "body = \"job\"").at(50).steps(1).killed(50);
        cut.boot(80).tells(Notice::Stale, 0).confirmed()
    };
    told("job_window = \"30s\"").acquitted();
    told("resume_window = \"30s\"").convicted_by(OracleId::Resumed);
}

#[test]
fn an_answer_that_is_there_is_not_replaced_by_a_notice() {
    let told = |chance: bool| {
        let there = begun_with("suspend_after = 1").produced();
        let there = if chance { there.quiescent() } else { there };
        there.killed(50).boot(51).tells(Notice::Suspended, 0)
    };
    told(false).acquitted();
    told(true).convicted_for(OracleId::NothingLost, "told Suspended though its answer was there");
}

#[test]
fn an_answer_that_is_there_is_dropped_only_by_a_clean_start() {
    let told = |plan: &str| {
        let there = begun_under(plan, "").produced().quiescent().killed(50);
        there.boot(51).tells(Notice::Dropped, 0)
    };
    told("[[clean]]\nfrom = \"50s\"\nuntil = \"60s\"\n").acquitted();
    told("").convicted_for(OracleId::NoFalseResume, "told Dropped");
}

#[test]
fn a_chat_that_has_its_answer_is_told_nothing() {
    let told = |confirmed: bool| {
        let there = begun_with("suspend_after = 1").produced().answers(0);
        let there = if confirmed { there.confirmed().quiescent() } else { there };
        there.killed(50).boot(51).tells(Notice::Suspended, 0)
    };
    told(true).convicted_for(OracleId::NoFalseResume, "with nothing unfinished");
    told(false).convicted_for(OracleId::NothingLost, "though its answer was there");
}

#[test]
fn a_chat_is_told_of_what_goes_on_only_if_something_does() {
    let told = |notice| {
        let idle = past(&[(1, "a")]).boot(0).serves(0).killed(50).boot(51).tells(notice, 0);
        (idle, begun().killed(50).boot(51).tells(notice, 0))
    };
    for notice in [Notice::Resuming, Notice::Interrupted] {
        let (idle, interrupted) = told(notice);
        idle.convicted_for(OracleId::NoFalseResume, "with nothing unfinished");
        interrupted.acquitted_by(OracleId::NoFalseResume);
    }
}

#[test]
fn a_notice_that_it_stops_discharges_nothing() {
    let told = begun().tells(Notice::Stopping, 0).confirmed().quiescent();
    told.convicted_by(OracleId::NothingLost);
}

#[test]
fn a_boot_that_may_have_decided_that_a_turn_is_stale_is_believed_whatever_the_clock_does_next() {
    let told = |jumps: &str| {
        let plan = format!("clock_jump = [{jumps}]\nsettings = {{ resume_window = \"30s\" }}\n");
        let cut = begun_under(&plan, "").at(50).steps(1).killed(50);
        cut.boot(55).killed(58).boot(60).tells(Notice::Stale, 0).confirmed()
    };
    let (forward, back) = ("{ at = \"52s\", by = \"40s\" }", "{ at = \"57s\", by = \"-90s\" }");
    told(&format!("{forward}, {back}")).acquitted();
    told(back).convicted_by(OracleId::Resumed);
}

#[test]
fn a_boot_may_have_decided_nothing_about_a_turn_of_its_own() {
    let told = |jumps: &str| {
        let plan = format!("clock_jump = [{jumps}]\nsettings = {{ resume_window = \"30s\" }}\n");
        let own = begun_under(&plan, "").at(56).steps(1).killed(56);
        own.boot(60).tells(Notice::Stale, 0)
    };
    told("{ at = \"52s\", by = \"40s\" }").convicted_by(OracleId::Resumed);
    told("{ at = \"58s\", by = \"40s\" }").acquitted();
}

//! When an agent may be started, and what it is told: each row of `table::run`.

use gateway_core::message::{Cut, Notice};

use super::stories::{begun, begun_with, by_boot, crashed, finished, plan};
use crate::oracle::OracleId;
use crate::oracle::belief::{Belief, Turn};
use crate::oracle::past::{Past, past, past_of, text};
use crate::oracle::table;

#[test]
fn a_boot_may_start_the_agent_of_its_own_turn_again() {
    let again = begun().interrupts().obeys().begins(0);
    finished(again).acquitted();
    // One that went on after a crash may be told so again.
    let second = begun().killed(50).boot(51).resumes(0, Cut::Crash).seen().interrupts().obeys();
    finished(second.resumes(0, Cut::Crash)).acquitted();
    let another = begun().interrupts().obeys().killed(50).boot(51).begins(0);
    another.convicted_for(OracleId::ReasonTrue, "interrupted by Crash, and told nothing in boot 2");
}

#[test]
fn a_turn_goes_on_until_it_has_crashed_as_often_as_the_setting_says() {
    let goes_on = |crashes| {
        let next = crashed("suspend_after = 3", crashes).boot(100);
        finished(next.resumes(0, Cut::Crash))
    };
    goes_on(2).acquitted_by(OracleId::StuckLoopEnds);
    goes_on(3).convicted_for(OracleId::StuckLoopEnds, "run again after 3 crashes in a row");
}

#[test]
fn a_stale_turn_does_not_go_on_by_itself() {
    let goes_on = |at| {
        let cut = begun_with("resume_window = \"30s\"").at(50).steps(1).killed(50);
        finished(cut.boot(at).resumes(0, Cut::Crash))
    };
    goes_on(80).acquitted();
    goes_on(81).convicted_for(OracleId::Resumed, "went on by itself in boot 2");
}

#[test]
fn a_turn_that_no_agent_ever_saw_is_never_stale() {
    let asked = || {
        let settings = format!("settings = {{ resume_window = \"30s\" }}\n{}", text(1, "a", ""));
        past_of(&settings).boot(0).handed(0).acked(0).begins(0)
    };
    let goes_on = |past: Past| finished(past.killed(50).boot(9_000).resumes(0, Cut::Crash));
    goes_on(asked().quiescent()).acquitted();
    goes_on(asked().seen().quiescent()).convicted_by(OracleId::Resumed);
}

#[test]
fn an_agent_is_told_that_its_turn_was_interrupted_by_a_crash() {
    let cut = || begun().killed(50).boot(51);
    finished(cut().resumes(0, Cut::Crash)).acquitted();
    let restart = cut().resumes(0, Cut::Restart);
    restart.convicted_for(OracleId::ReasonTrue, "interrupted by Crash, and told Restart");
    cut().begins(0).convicted_for(OracleId::ReasonTrue, "told nothing");
}

#[test]
fn an_agent_need_not_be_told_of_an_attempt_that_no_agent_saw() {
    let asked = || past(&[(1, "a")]).boot(0).handed(0).acked(0).begins(0);
    let anew = |past: Past| past.killed(50).boot(51).begins(0);
    finished(anew(asked())).acquitted();
    finished(asked().killed(50).boot(51).resumes(0, Cut::Crash)).acquitted();
    anew(asked().seen().quiescent()).convicted_by(OracleId::ReasonTrue);
    let restart = asked().killed(50).boot(51).resumes(0, Cut::Restart);
    restart.convicted_by(OracleId::ReasonTrue);
}

#[test]
fn a_message_that_only_waited_was_not_interrupted() {
    let waited = || past(&[(1, "a")]).boot(0).handed(0).acked(0).quiescent().killed(50).boot(51);
    finished(waited().begins(0)).acquitted();
    begun().quiescent().killed(50).boot(51).begins(0).convicted_by(OracleId::ReasonTrue);
}

#[test]
fn a_message_that_nobody_knew_yet_may_be_begun() {
    let plan = plan();
    let at = by_boot(2, &plan);
    let begun = Belief::Open(Turn { boot: 2, ..Turn::default() });
    assert_eq!(table::run(Belief::Unseen, None, &at), Ok(begun));
}

#[test]
fn an_answer_that_had_its_chance_is_not_produced_anew() {
    let produced = || begun().produced();
    let anew = |past: Past| past.killed(50).boot(51).resumes(0, Cut::Crash).seen().produced();
    anew(produced()).answers(0).quiescent().acquitted();
    let there = "though its answer was there";
    anew(produced().quiescent()).convicted_for(OracleId::NoFalseResume, there);
    let known = produced().answers(0).confirmed().quiescent().killed(50).boot(51).begins(0);
    known.convicted_for(OracleId::NoFalseResume, "though it was over");
}

#[test]
fn a_turn_does_not_go_on_whose_chat_was_told_that_it_is_stale() {
    let found = || begun_with("resume_window = \"30s\"").killed(50).boot(60);
    finished(found().resumes(0, Cut::Crash)).acquitted();
    let told = found().tells(Notice::Stale, 0).resumes(0, Cut::Crash);
    told.convicted_for(OracleId::Resumed, "went on in boot 2 though it was stale");
}

#[test]
fn a_turn_does_not_go_on_whose_chat_was_told_that_it_is_suspended() {
    let found = |told| {
        let found = crashed("suspend_after = 1", 1).boot(51);
        let found = if told { found.tells(Notice::Suspended, 0) } else { found };
        found.killed(60).boot(61).resumes(0, Cut::Crash)
    };
    found(true).convicted_for(OracleId::StuckLoopEnds, "though it was suspended");
    found(false).convicted_for(OracleId::StuckLoopEnds, "after 1 crashes in a row");
    finished(crashed("suspend_after = 2", 1).boot(51).resumes(0, Cut::Crash)).acquitted();
}

#[test]
fn a_turn_does_not_go_on_that_was_closed() {
    let told = |confirmed: bool| {
        let told = crashed("suspend_after = 1", 1).boot(51).tells(Notice::Suspended, 0);
        let told = if confirmed { told.confirmed() } else { told };
        told.quiescent().killed(60).boot(61).resumes(0, Cut::Crash)
    };
    told(true).convicted_for(OracleId::NoFalseResume, "though it was over");
    told(false).convicted_for(OracleId::StuckLoopEnds, "though it was suspended");
}

#[test]
fn an_agent_has_something_to_do() {
    let idle = |message: bool| {
        let served = past(&[(1, "a"), (60, "a")]).boot(0).serves(0).handed(1).acked(1);
        served.begins_with(1, |request| request.messages.retain(|_| message))
    };
    idle(true).acquitted_by(OracleId::NoFalseResume);
    // Its chat waits for the second message, and that is what the agent works on.
    idle(false).acquitted_by(OracleId::NoFalseResume);
    let nothing = past(&[(1, "a")]).boot(0).serves(0);
    let nothing = nothing.begins_with(0, |request| request.messages.clear());
    nothing.convicted_for(OracleId::NoFalseResume, "with nothing to do");
}

//! What is easy to judge wrongly: each was, once.

use gateway_core::env::Signal;
use gateway_core::message::{Cut, Notice};

use super::stories::{begun, begun_under, begun_with, finished};
use crate::oracle::OracleId;
use crate::oracle::past::{past, text};

#[test]
fn who_acknowledged_a_step_knows_that_there_was_an_agent() {
    let cut = past(&[(1, "a")]).boot(0).handed(0).acked(0).begins(0).seen().steps(2).killed(50);
    cut.boot(51).begins(0).convicted_by(OracleId::ReasonTrue);
}

#[test]
fn a_boot_does_not_tell_its_own_turn_that_it_crashed() {
    let again = begun().interrupts().obeys();
    finished(again.clone().begins(0)).acquitted();
    again.resumes(0, Cut::Crash).convicted_by(OracleId::ReasonTrue);
}

#[test]
fn a_message_that_only_waited_is_not_told_of_a_stop_that_never_was() {
    let waited = past(&[(1, "a")]).boot(0).handed(0).acked(0).quiescent().killed(50).boot(51);
    finished(waited.clone().begins(0)).acquitted();
    waited.resumes(0, Cut::Shutdown).convicted_by(OracleId::ReasonTrue);
}

#[test]
fn what_a_boot_took_with_it_is_not_known_to_the_one_beside_it() {
    let first = past(&[(1, "a")]).boot(0).handed(0).begins(0).seen().quiescent();
    let first = first.produced().answers(0).quiescent().at_work().confirmed();
    let copied = |handed: bool| {
        let beside = first.clone().boot(40);
        let beside = if handed { beside.handed(0) } else { beside };
        beside.by(1).killed(50).by(2).quiescent().copies(0)
    };
    copied(false).acquitted();
    copied(true).acquitted();
}

#[test]
fn one_agent_at_a_time_works_in_a_session_whatever_its_chats() {
    let two = |session| {
        let two = past(&[(1, "a"), (2, "b")]).boot(0).handed(1).acked(1);
        two.begins_in(0, "one").seen().begins_in(1, session).seen()
    };
    two("two").acquitted_by(OracleId::OneAgent);
    two("one").convicted_by(OracleId::OneAgent);
}

#[test]
fn a_stale_turn_that_nobody_was_told_of_owes_resumed_nothing() {
    let idle = |at| {
        let cut = begun_with("resume_window = \"30s\"").at(50).steps(1).killed(50);
        cut.boot(at).quiescent()
    };
    idle(60).convicted_by(OracleId::Resumed);
    idle(90).convicted_by(OracleId::NothingLost);
    idle(90).acquitted_by(OracleId::Resumed);
}

#[test]
fn an_error_about_something_else_tells_nothing_of_a_disk_that_fails_later() {
    let sick = "disk_fault = [{ effect = \"eio\", from = \"10s\", until = \"20s\" }]\n";
    let failed = |early: bool| {
        let begun = begun_under(sick, "");
        let begun = if early { begun.logs("poll: not answered") } else { begun };
        begun.at(15).disk_fails().at(25).syncs().quiescent()
    };
    failed(false).convicted_by(OracleId::HonestIo);
    failed(true).convicted_by(OracleId::HonestIo);
}

#[test]
fn a_suspension_whose_notice_is_under_way_may_begin_the_chat_anew() {
    let next = |held_up: bool| {
        let plan = format!("settings = {{ suspend_after = 1 }}\n{}", text(60, "a", ""));
        let found = begun_under(&plan, "").killed(50).boot(51);
        let found = if held_up { found.held_up() } else { found };
        let told = found.tells(Notice::Suspended, 0).handed(1).acked(1).begins_in(1, "another");
        if held_up { told.tells(Notice::Suspended, 0) } else { told }
    };
    next(false).acquitted_by(OracleId::SameConversation);
    next(true).acquitted_by(OracleId::SameConversation);
}

#[test]
fn one_death_has_one_cause_for_all_its_turns() {
    let told = |second| {
        let both = past(&[(1, "a"), (2, "b")]).boot(0).handed(1).acked(1).begins(0).seen();
        let both = both.begins(1).seen().quiescent().signal(Signal::Restart).killed(50).boot(51);
        both.resumes(0, Cut::Restart).resumes(1, second)
    };
    told(Cut::Restart).acquitted_by(OracleId::ReasonTrue);
    told(Cut::Crash).convicted_by(OracleId::ReasonTrue);
}

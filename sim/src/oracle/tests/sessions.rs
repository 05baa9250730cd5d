//! SAME-CONVERSATION: a chat's session changes only by a reset, always and for good, or by an
//! announced suspension.

use gateway_core::message::{Cut, Notice};

use super::stories::crashed;
use crate::oracle::OracleId;
use crate::oracle::past::{Past, past, past_of, text};

const WORDS: &str = "ran an agent in a session that the chat is not in";

/// Serves the first message in a session, and is about to serve the second.
fn served_first(plan: &str) -> Past {
    let first = past_of(plan).boot(0).handed(0).acked(0).begins_in(0, "one").seen();
    first.produced().answers(0).confirmed().quiescent()
}

#[test]
fn a_session_does_not_change_by_itself() {
    let plan = [text(1, "a", ""), text(20, "a", "")].concat();
    let second = |session| served_first(&plan).handed(1).acked(1).begins_in(1, session);
    second("one").acquitted_by(OracleId::SameConversation);
    second("two").convicted_for(OracleId::SameConversation, WORDS);
    let later =
        |session| served_first(&plan).killed(10).boot(11).handed(1).acked(1).begins_in(1, session);
    later("one").acquitted_by(OracleId::SameConversation);
    later("two").convicted_for(OracleId::SameConversation, WORDS);
}

#[test]
fn each_chat_has_a_session_of_its_own() {
    let two = past(&[(1, "a"), (2, "b")]).boot(0).handed(1).acked(1).begins_in(0, "one").seen();
    two.begins_in(1, "two").acquitted_by(OracleId::SameConversation);
}

/// A reset between two messages.
fn with_reset(third: &str) -> String {
    [text(1, "a", ""), text(10, "a", "body = \"reset\""), text(20, "a", third)].concat()
}

#[test]
fn a_reset_changes_the_session_always() {
    let third = |session, acked: bool| {
        let reset = served_first(&with_reset("")).handed(1);
        let reset = if acked { reset.acked(1) } else { reset };
        reset.handed(2).begins_in(2, session)
    };
    third("two", true).acquitted_by(OracleId::SameConversation);
    third("one", true).convicted_for(OracleId::SameConversation, WORDS);
    // Before its chance it may have been heeded or not.
    third("one", false).acquitted_by(OracleId::SameConversation);
    third("two", false).acquitted_by(OracleId::SameConversation);
}

#[test]
fn a_reset_that_had_its_chance_was_heeded() {
    let third = |session| {
        let reset = served_first(&with_reset("")).handed(1).quiescent().killed(15).boot(16);
        reset.handed(2).begins_in(2, session)
    };
    third("two").acquitted_by(OracleId::SameConversation);
    third("one").convicted_for(OracleId::SameConversation, WORDS);
}

#[test]
fn a_failed_disk_spoils_the_chance_to_record_a_reset() {
    let third = |fails: bool| {
        let sick = "disk_fault = [{ effect = \"eio\", from = \"11s\", until = \"12s\" }]\n";
        let reset = served_first(&format!("{sick}{}", with_reset(""))).handed(1).at(11);
        let reset = if fails { reset.disk_fails().logs("EIO") } else { reset };
        let reset = reset.at(13).syncs().quiescent().killed(15).boot(16);
        reset.handed(2).begins_in(2, "one")
    };
    third(true).acquitted_by(OracleId::SameConversation);
    third(false).convicted_for(OracleId::SameConversation, WORDS);
}

#[test]
fn a_stop_changes_no_session() {
    let plan = [text(1, "a", ""), text(10, "a", "body = \"stop\""), text(20, "a", "")].concat();
    let third = |session| served_first(&plan).handed(1).acked(1).handed(2).begins_in(2, session);
    third("one").acquitted_by(OracleId::SameConversation);
    third("two").convicted_by(OracleId::SameConversation);
}

#[test]
fn a_reset_changes_the_session_for_good() {
    let plan = with_reset("") + &text(30, "a", "");
    let fourth = |session| {
        let third = served_first(&plan).handed(1).acked(1).handed(2).acked(2);
        let third = third.begins_in(2, "two").seen().produced().answers(2).confirmed();
        third.killed(25).boot(26).handed(3).acked(3).begins_in(3, session)
    };
    fourth("two").acquitted_by(OracleId::SameConversation);
    fourth("one").convicted_for(OracleId::SameConversation, WORDS);
    fourth("three").convicted_for(OracleId::SameConversation, WORDS);
}

#[test]
fn a_turn_goes_on_in_the_session_that_it_was_begun_in() {
    let goes_on = |session: &'static str| {
        let cut = past(&[(1, "a")]).boot(0).handed(0).acked(0).begins_in(0, "one").seen();
        cut.killed(50).boot(51).begins_with(0, |request| {
            request.resumed = Some(Cut::Crash);
            session.clone_into(&mut request.session.0);
        })
    };
    goes_on("one").acquitted_by(OracleId::SameConversation);
    goes_on("two").convicted_by(OracleId::SameConversation);
}

#[test]
fn a_suspension_may_change_the_session_if_it_is_announced() {
    let plan = "suspend_after = 1 }\n[[message]]\nat = \"200s\"\nchat = \"a\"\n#{";
    let next = |told: bool, session| {
        let found = crashed(plan, 1).boot(100);
        let found = if told { found.tells(Notice::Suspended, 0) } else { found };
        found.handed(1).begins_in(1, session)
    };
    next(true, "session of a").acquitted_by(OracleId::SameConversation);
    next(true, "another").acquitted_by(OracleId::SameConversation);
    next(false, "session of a").acquitted_by(OracleId::SameConversation);
    next(false, "another").convicted_for(OracleId::SameConversation, WORDS);
}

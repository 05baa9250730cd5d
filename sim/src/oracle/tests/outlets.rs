//! What reaches the user, and what only seems to: lost, recognised and misdirected sends.

use gateway_core::message::{Cut, Notice};

use super::stories::{begun, begun_under, begun_with, finished};
use crate::oracle::OracleId;
use crate::oracle::belief::Belief;
use crate::oracle::past::{Past, past, past_of, text};

/// A send at 51 s does not arrive.
const LOST: &str = "[[platform.fault]]\nfrom = \"51s\"\nuntil = \"52s\"\neffect = \"lost\"\n";

#[test]
fn an_answer_that_never_arrives_answers_nobody() {
    begun().produced().answers(0).acquitted();
    begun().produced().held_up().answers(0).convicted_by(OracleId::NothingLost);
    begun().produced().held_up().answers(0).arrives().acquitted();
}

#[test]
fn an_answer_that_arrives_after_its_sender_has_died_is_one() {
    let late = begun().produced().held_up().answers(0).killed(50).boot(51).arrives();
    late.clone().quiescent().acquitted();
    late.copies(0).confirmed().acquitted();
}

#[test]
fn an_answer_whose_confirmation_is_lost_may_be_sent_again_as_a_copy() {
    let fault = LOST.replace("\"lost\"", "\"answer-lost\"");
    let sent = || begun_under(&fault, "").produced().at(51).answers(0).at(60);
    sent().copies(0).confirmed().acquitted();
    sent().answers(0).convicted_by(OracleId::NoSilentDuplicate);
}

#[test]
fn a_notice_that_never_arrives_closes_nothing() {
    let told = |held_up: bool| {
        let found = begun_with("suspend_after = 1").killed(50).boot(51);
        let found = if held_up { found.held_up() } else { found };
        found.tells(Notice::Suspended, 0).quiescent()
    };
    told(false).acquitted();
    told(true).convicted_by(OracleId::NothingLost);
}

#[test]
fn a_notice_that_may_have_arrived_binds_nobody() {
    let found = || begun_with("suspend_after = 2").killed(50).boot(51);
    finished(found().held_up().tells(Notice::Resuming, 0).resumes(0, Cut::Crash)).acquitted();
    let suspended = begun_with("suspend_after = 1").killed(50).boot(51).held_up();
    let suspended = suspended.tells(Notice::Suspended, 0);
    assert!(suspended.next_finds(0).contains(&Belief::Owed(Notice::Suspended)));
}

#[test]
fn an_unjustified_notice_is_not_justified_by_a_first_try_that_was_lost() {
    let told = |lost: bool| {
        let found = begun_under(LOST, "").killed(50).boot(51);
        let found = if lost { found.tells(Notice::Suspended, 0) } else { found };
        found.at(53).tells(Notice::Suspended, 0).confirmed().quiescent()
    };
    told(false).convicted_by(OracleId::Resumed);
    told(true).convicted_by(OracleId::Resumed);
}

#[test]
fn a_queued_message_is_not_closed_by_the_second_try_of_a_notice() {
    let waits = past_of(&(text(1, "a", "") + LOST)).boot(0).handed(0).acked(0).quiescent();
    let told = waits.at(51).tells(Notice::Stale, 0).at(53).tells(Notice::Stale, 0).confirmed();
    told.quiescent().convicted_by(OracleId::NothingLost);
}

/// A platform that honours keys, and two messages of two chats whose answers are there; the first
/// one has arrived.
fn honoured() -> Past {
    let plan = [text(1, "a", ""), text(2, "b", "")].concat();
    let both = past_of(&format!("platform = {{ honours_keys = true }}\n{plan}")).boot(0).serves(0);
    both.handed(1).acked(1).begins(1).seen().produced()
}

#[test]
fn an_answer_that_the_platform_knows_again_is_there() {
    honoured().answers(1).killed(50).boot(51).answers(1).confirmed().quiescent().acquitted();
}

#[test]
fn an_answer_that_the_platform_took_for_another_one_answers_nobody() {
    honoured().keyed("another").answers(1).confirmed().quiescent().acquitted();
    let recognised = honoured().keyed("answer to m1").answers(1).confirmed().quiescent();
    recognised.convicted_by(OracleId::NothingLost);
}

#[test]
fn a_notice_that_the_platform_took_for_another_one_closes_nothing() {
    let told = honoured().keyed("answer to m1").tells(Notice::Suspended, 1).confirmed();
    told.quiescent().convicted_by(OracleId::NothingLost);
}

#[test]
fn an_answer_in_another_chat_answers_nobody() {
    let answered = |chat: &str| {
        let both = past(&[(1, "a"), (2, "b")]).boot(0).serves(0).handed(1).acked(1).begins(1);
        both.seen().produced().into_chat(chat).answers(1).confirmed().quiescent()
    };
    answered("b").acquitted();
    let lost = answered("a").convicted_by(OracleId::NothingLost);
    assert_eq!(lost.message, Some(1));
}

#[test]
fn a_notice_in_another_chat_closes_nothing() {
    let told = |chat: &str| {
        let plan = format!("settings = {{ suspend_after = 1 }}\n{}", text(1, "a", ""));
        let both = past_of(&(plan + &text(2, "b", ""))).boot(0).handed(0).acked(0);
        let found = both.begins(0).seen().quiescent().killed(2).boot(3).serves(1);
        found.into_chat(chat).tells(Notice::Suspended, 0).confirmed().quiescent()
    };
    told("a").acquitted();
    assert_eq!(told("b").convicted_by(OracleId::NothingLost).message, Some(0));
}

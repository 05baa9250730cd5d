//! What the operator allows: clean starts and chats without access.

use gateway_core::message::{Cut, Notice};

use crate::oracle::OracleId;
use crate::oracle::past::{Past, past_of, text};

/// Two messages of chat `a` at 1 s and 60 s, and a clean start from 50 s until 100 s.
fn two() -> Past {
    let plan = [text(1, "a", ""), text(60, "a", "")].concat();
    past_of(&(plan + "[[clean]]\nfrom = \"50s\"\nuntil = \"100s\"\n")).boot(0)
}

/// A turn is begun, and its boot is killed before a boot begins at some second.
fn cut(at: u64) -> Past {
    two().handed(0).acked(0).begins(0).seen().quiescent().killed(40).boot(at)
}

#[test]
fn what_came_before_a_clean_start_need_not_be_answered() {
    cut(51).quiescent().serves(1).acquitted();
    // A boot outside of the span is as any other.
    cut(49).quiescent().serves(1).convicted_by(OracleId::NothingLost);
    cut(100).quiescent().serves(1).convicted_by(OracleId::NothingLost);
}

#[test]
fn a_chat_may_be_told_that_its_message_was_dropped() {
    cut(51).tells(Notice::Dropped, 0).confirmed().serves(1).acquitted();
    let early = cut(49).tells(Notice::Dropped, 0).confirmed().serves(1);
    early.convicted_for(OracleId::NothingLost, "told Dropped though it had only waited");
    let twice = |known: bool| {
        let told = cut(51).tells(Notice::Dropped, 0);
        let told = if known { told.confirmed().quiescent() } else { told };
        told.killed(58).boot(59).tells(Notice::Dropped, 0)
    };
    twice(false).acquitted_by(OracleId::NoFalseResume);
    twice(true).convicted_by(OracleId::NoFalseResume);
}

#[test]
fn what_was_dropped_does_not_go_on() {
    let told = cut(51).tells(Notice::Dropped, 0).resumes(0, Cut::Crash);
    told.convicted_for(OracleId::NoFalseResume, "though it was over");
    cut(100).resumes(0, Cut::Crash).acquitted_by(OracleId::NoFalseResume);
}

#[test]
fn no_turn_goes_on_in_a_boot_that_is_started_clean() {
    cut(51).quiescent().resumes(0, Cut::Crash).convicted_by(OracleId::NoFalseResume);
}

#[test]
fn what_is_written_after_a_clean_start_is_owed() {
    let second = cut(51).quiescent().handed(1).acked(1).quiescent();
    assert_eq!(second.convicted_by(OracleId::NothingLost).message, Some(1));
}

#[test]
fn one_wish_to_start_clean_drops_only_until_it_was_granted() {
    // The second boot is handed the second message and dies; the third one begins clean as well.
    let third = |granted: bool| {
        let second = cut(55);
        let second = if granted { second.quiescent() } else { second.at_work() };
        second.handed(1).acked(1).killed(65).boot(66).quiescent()
    };
    third(false).acquitted_by(OracleId::NothingLost);
    let lost = third(true).convicted_by(OracleId::NothingLost);
    assert_eq!(lost.message, Some(1));
}

#[test]
fn a_boot_that_waited_for_another_one_has_granted_no_wish() {
    // The second boot begins clean while the first one lives, and is quiescent all the time.
    let third = |first_ends: u64| {
        let beside = two().handed(0).acked(0).begins(0).seen().quiescent().boot(55).by(1);
        let beside = beside.handed(1).acked(1);
        if first_ends < 64 {
            beside.killed(first_ends).by(2).quiescent().killed(64).boot(66).quiescent()
        } else {
            let waited = beside.by(2).quiescent().killed(64);
            waited.by(1).killed(first_ends).boot(66).quiescent()
        }
    };
    third(65).acquitted_by(OracleId::NothingLost);
    third(62).acquitted_by(OracleId::NothingLost);
}

/// A message of chat `a` at 1 s and one at 60 s, and the chat has no access at some time.
fn revoked(from: u64, until: u64) -> Past {
    let plan = [text(1, "a", ""), text(60, "a", "")].concat();
    let revoke = format!("[[revoke]]\nchat = \"a\"\nat = \"{from}s\"\nuntil = \"{until}s\"\n");
    past_of(&(plan + &revoke)).boot(0)
}

#[test]
fn a_message_of_a_chat_without_access_need_not_be_answered() {
    let looked = |from| revoked(from, 50).handed(0).acked(0).looks_at_access(0).quiescent().at(55);
    looked(0).serves(1).acquitted();
    let lost = looked(10).serves(1).convicted_by(OracleId::NothingLost);
    assert_eq!(lost.message, Some(0));
}

#[test]
fn a_revocation_that_no_boot_was_told_of_excuses_nothing() {
    let lost = revoked(10, 50).handed(0).acked(0).quiescent().at(55).serves(1);
    assert_eq!(lost.convicted_by(OracleId::NothingLost).message, Some(0));
}

#[test]
fn a_message_of_a_chat_that_gets_its_access_back_may_be_answered() {
    let looked = revoked(0, 50).handed(0).acked(0).looks_at_access(0).quiescent().at(51);
    let later = looked.begins(0).seen().produced().answers(0).confirmed();
    later.quiescent().serves(1).acquitted();
}

#[test]
fn a_message_of_another_chat_is_owed() {
    let plan = [text(1, "a", ""), text(1, "b", "")].concat();
    let revoke = "[[revoke]]\nchat = \"a\"\nat = \"0s\"\n";
    let both = past_of(&(plan + revoke)).boot(0).handed(1).acked(1).looks_at_access(0);
    let lost = both.looks_at_access(1).quiescent().convicted_by(OracleId::NothingLost);
    assert_eq!(lost.message, Some(1));
}

#[test]
fn a_chat_without_access_may_be_told_that_its_message_is_refused() {
    let looked = revoked(0, 50).handed(0).acked(0).looks_at_access(0);
    let told = looked.tells(Notice::Refused, 0).confirmed().quiescent();
    told.at(55).serves(1).acquitted();
}

#[test]
fn a_second_message_of_a_chat_without_access_need_not_be_answered_either() {
    let first = revoked(0, 90).handed(0).acked(0).looks_at_access(0).quiescent();
    first.handed(1).acked(1).looks_at_access(1).quiescent().acquitted_by(OracleId::NothingLost);
}

#[test]
fn a_message_of_a_chat_with_access_is_not_refused() {
    let refused = revoked(70, 90).handed(0).acked(0).tells(Notice::Refused, 0).confirmed();
    let lost = refused.quiescent().serves(1).convicted_by(OracleId::NothingLost);
    assert_eq!(lost.message, Some(0));
}

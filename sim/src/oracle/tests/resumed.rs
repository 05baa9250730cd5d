//! RESUMED: an interrupted turn goes on by itself, and not because its user wrote again.

use gateway_core::env::{Exit, Signal};
use gateway_core::message::{Cut, Notice};

use super::stories::{begun, begun_with, finished};
use crate::oracle::OracleId;
use crate::oracle::past::{Past, past_of, text};

#[test]
fn an_interrupted_turn_is_finished() {
    let cut = || begun().quiescent().killed(50).boot(51);
    finished(cut().resumes(0, Cut::Crash)).acquitted();
    let idle = cut().quiescent();
    idle.convicted_for(OracleId::Resumed, "its turn was interrupted and never finished");
    idle.convicted_for(OracleId::NothingLost, "its turn was interrupted and never finished");
}

#[test]
fn a_turn_is_not_owed_to_resumed_if_nobody_lived_after_its_interruption() {
    begun().killed(50).acquitted_by(OracleId::Resumed);
    begun().killed(50).convicted_by(OracleId::NothingLost);
}

#[test]
fn what_is_never_finished_tells_how_far_it_came() {
    let lost = |past: Past, words: &str| past.convicted_for(OracleId::NothingLost, words);
    lost(begun(), "its turn was started and never answered");
    lost(begun().produced(), "its answer was produced and never delivered");
    let new = || crate::oracle::past::past(&[(1, "a")]).boot(0).handed(0);
    lost(new().acked(0), "it was acknowledged to the platform and never started");
    lost(new(), "it was never taken from the platform for good");
}

/// The first boot is killed under the turn of the first message, the second one begins at 51 s
/// under this plan, and does something before it is handed a message of 70 s and goes on.
fn woken(plan: &str, chat: &str, before: impl FnOnce(Past) -> Past) -> Past {
    let two = format!("{plan}{}{}", text(1, "a", ""), text(70, chat, ""));
    let begun = past_of(&two).boot(0).handed(0).acked(0).begins(0).seen();
    let woken = before(begun.quiescent().killed(50).boot(51)).at(70).handed(1);
    finished(woken.resumes(0, Cut::Crash))
}

const WORDS: &str = "went on only after its user had written again";

#[test]
fn a_turn_does_not_wait_for_its_user_to_write_again() {
    woken("", "a", Past::quiescent).convicted_for(OracleId::Resumed, WORDS);
    // Another user wakes nobody.
    woken("", "b", Past::quiescent).acquitted_by(OracleId::Resumed);
    // It was still at work when its user wrote.
    woken("", "a", |second| second).acquitted_by(OracleId::Resumed);
    // It had gone on before.
    let before =
        |second: Past| second.quiescent().resumes(0, Cut::Crash).seen().interrupts().obeys();
    woken("", "a", before).acquitted_by(OracleId::Resumed);
}

#[test]
fn a_command_of_the_user_is_no_message_that_wakes_a_turn() {
    let two = [text(1, "a", ""), text(70, "a", "body = \"stop\"")].concat();
    let begun = past_of(&two).boot(0).handed(0).acked(0).begins(0).seen().killed(50).boot(51);
    let woken = begun.quiescent().at(70).handed(1).resumes(0, Cut::Crash);
    woken.acquitted_by(OracleId::Resumed);
}

#[test]
fn the_pauses_that_the_settings_ask_for_are_granted() {
    let stagger = |seconds: u64| format!("settings = {{ resume_stagger = \"{seconds}s\" }}\n");
    woken(&stagger(18), "a", Past::quiescent).convicted_by(OracleId::Resumed);
    woken(&stagger(19), "a", Past::quiescent).acquitted_by(OracleId::Resumed);
}

#[test]
fn a_planned_fault_in_the_way_excuses_a_turn_that_waited() {
    let poll = |from: u64| {
        format!("[[platform.poll_fault]]\nfrom = \"{from}s\"\nuntil = \"{}s\"\n", from + 10)
    };
    woken(&poll(55), "a", Past::quiescent).acquitted_by(OracleId::Resumed);
    woken(&poll(80), "a", Past::quiescent).convicted_by(OracleId::Resumed);
    let disk = "disk_fault = [{ effect = \"eio\", from = \"60s\", until = \"61s\" }]\n";
    woken(disk, "a", Past::quiescent).acquitted_by(OracleId::Resumed);
}

#[test]
fn a_suspect_waits_for_its_turn_whatever_its_boots_ended_by() {
    let twice = |end: fn(Past) -> Past, why| {
        let two = [text(1, "a", ""), text(80, "a", "")].concat();
        let begun = past_of(&two).boot(0).handed(0).acked(0).begins(0).seen();
        let second = end(begun.quiescent()).boot(51).resumes(0, why).seen();
        let third = second.quiescent().killed(60).boot(61).quiescent();
        finished(third.at(80).handed(1).resumes(0, Cut::Crash))
    };
    twice(|past| past.killed(50), Cut::Crash).acquitted_by(OracleId::Resumed);
    twice(|past| past.exits(50, Exit::Failed), Cut::Crash).acquitted_by(OracleId::Resumed);
    let stop: fn(Past) -> Past =
        |past| past.signal(Signal::Restart).quiescent().exits(50, Exit::Restart);
    twice(stop, Cut::Restart).convicted_for(OracleId::Resumed, WORDS);
}

#[test]
fn a_message_is_settled_when_nothing_is_owed_any_more() {
    let two = [text(1, "a", ""), text(2, "a", ""), text(10, "a", "body = \"stop\"")].concat();
    let served = past_of(&two).boot(0).serves(0).handed(1).acked(1);
    assert_eq!(served.settled(), [0]);
    assert_eq!(served.handed(2).acked(2).settled(), [0, 1]);
    let told = begun_with("suspend_after = 1").killed(50).boot(51);
    assert!(told.settled().is_empty());
    assert_eq!(told.tells(Notice::Suspended, 0).settled(), [0]);
}

#[test]
fn violations_come_in_the_order_of_statements() {
    let two = [text(1, "a", ""), text(2, "b", "")].concat();
    let begun = past_of(&two).boot(0).handed(1).acked(1).begins(0).seen().begins(1).seen();
    let found = begun.quiescent().killed(50).boot(51).quiescent().violations();
    let found: Vec<OracleId> = found.into_iter().map(|violation| violation.oracle).collect();
    let [lost, resumed] = [OracleId::NothingLost, OracleId::Resumed];
    assert_eq!(found, [lost, lost, resumed, resumed]);
}

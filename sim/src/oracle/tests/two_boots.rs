//! Pasts in which two boots live at a time: who interrupted what, and who goes on with it.

use gateway_core::env::{Exit, Signal};
use gateway_core::message::{Cut, Notice};

use super::stories::{begun, begun_with, finished};
use crate::oracle::OracleId;
use crate::oracle::past::{Past, past};

/// A boot that is killed while another one, begun before that, waits for its end.
fn waited_for() -> Past {
    begun().boot(40).by(1).killed(50).by(2)
}

#[test]
fn a_boot_that_waited_for_the_end_of_another_goes_on_with_its_turns() {
    finished(waited_for().at(51).resumes(0, Cut::Crash)).acquitted();
    let idle = waited_for().quiescent();
    idle.convicted_by(OracleId::Resumed);
}

#[test]
fn it_is_told_the_reason_of_the_end_it_waited_for() {
    let stopped = || begun().signal(Signal::Restart).quiescent().boot(40).by(1).killed(50).by(2);
    stopped().resumes(0, Cut::Restart).acquitted_by(OracleId::ReasonTrue);
    stopped().resumes(0, Cut::Crash).convicted_by(OracleId::ReasonTrue);
}

#[test]
fn a_boot_that_came_and_went_beside_another_has_interrupted_nothing() {
    let beside = || begun().boot(40).exits(45, Exit::Failed).by(1);
    beside().produced().answers(0).confirmed().quiescent().acquitted();
    let next = beside().killed(50).boot(51);
    next.clone().resumes(0, Cut::Crash).acquitted_by(OracleId::ReasonTrue);
    next.begins(0).convicted_by(OracleId::ReasonTrue);
}

#[test]
fn nothing_goes_on_beside_a_living_boot() {
    let beside = begun().boot(40);
    beside.begins(0).seen().convicted_by(OracleId::OneAgent);
}

#[test]
fn what_one_boot_has_answered_the_other_leaves_alone() {
    let answered = |confirmed: bool| {
        let served = waited_for().resumes(0, Cut::Crash).seen().produced().answers(0);
        let served = if confirmed { served.confirmed().quiescent() } else { served };
        served.boot(70).by(2).killed(80).by(3)
    };
    answered(true).begins(0).convicted_by(OracleId::NoFalseResume);
    answered(true).copies(0).convicted_by(OracleId::NoSilentDuplicate);
    answered(true).tells(Notice::Resuming, 0).convicted_by(OracleId::NoFalseResume);
    answered(false).copies(0).confirmed().acquitted();
}

#[test]
fn the_quiescence_of_one_boot_is_no_chance_of_the_other() {
    let copied = |chance: bool| {
        let sent = begun().boot(40).by(1).produced().answers(0).confirmed();
        let sent = if chance { sent } else { sent.at_work() };
        sent.quiescent().killed(50).by(2).copies(0)
    };
    copied(true).convicted_by(OracleId::NoSilentDuplicate);
    copied(false).acquitted();
}

/// An agent works for the only boot that platform and agents serve.
fn served() -> Past {
    let served = past(&[(1, "a")]).boot(0).takes_over().handed(0).acked(0);
    served.begins(0).seen().quiescent()
}

#[test]
fn a_boot_whose_place_was_taken_is_listened_to_no_more() {
    let taken = || served().boot(40).takes_over();
    let went_on = || taken().resumes(0, Cut::Crash).seen().produced().answers(0).confirmed();
    went_on().quiescent().by(1).exits(60, Exit::Failed).acquitted();
    // What it asks for after that is no act.
    let late = taken().resumes(0, Cut::Crash).seen().by(1).resumes(0, Cut::Shutdown);
    let late = late.exits(60, Exit::Failed).by(2).produced().answers(0).confirmed();
    late.quiescent().acquitted();
    taken().begins(0).convicted_by(OracleId::ReasonTrue);
}

#[test]
fn its_end_is_the_one_at_which_its_place_was_taken() {
    let stopped = |heard: bool| {
        let first = served();
        let first = if heard { first.signal(Signal::Stop).quiescent() } else { first };
        let second = first.boot(40).takes_over();
        if heard { second } else { second.by(1).signal(Signal::Stop).quiescent().by(2) }
    };
    stopped(true).resumes(0, Cut::Shutdown).acquitted_by(OracleId::ReasonTrue);
    stopped(false).resumes(0, Cut::Shutdown).convicted_by(OracleId::ReasonTrue);
}

#[test]
fn a_turn_that_waited_for_another_boots_end_is_as_old_as_it_was_then() {
    let waited = |ends: u64, looks: u64| {
        let first = begun_with("resume_window = \"30s\"").at(10).steps(1).quiescent();
        let beside = first.boot(20).by(1).killed(ends).by(2).at(looks);
        finished(beside.resumes(0, Cut::Crash))
    };
    waited(25, 50).acquitted_by(OracleId::Resumed);
    waited(300, 310).acquitted_by(OracleId::Resumed);
}

#[test]
fn who_waits_for_the_end_of_others_finds_a_turn_as_old_as_it_is_then() {
    let third = |second_ends: u64| {
        let first = begun_with("resume_window = \"30s\"").boot(20).boot(45).by(1).killed(50);
        finished(first.quiescent().by(2).killed(second_ends).by(3).resumes(0, Cut::Crash))
    };
    third(80).acquitted();
    third(81).convicted_by(OracleId::Resumed);
}

#[test]
fn a_boot_that_dies_beside_another_takes_nothing_of_its_with_it() {
    let copied = |chance: bool| {
        let sent = begun().boot(40).by(1).produced().answers(0).confirmed();
        let alone = sent.by(2).killed(45).by(1);
        let alone = if chance { alone.quiescent() } else { alone };
        alone.killed(50).boot(51).copies(0)
    };
    copied(false).acquitted();
    copied(true).convicted_by(OracleId::NoSilentDuplicate);
}

#[test]
fn two_boots_in_two_chats_are_each_charged_with_their_own() {
    let both = || past(&[(1, "a"), (2, "b")]).boot(0).serves(0).boot(40).handed(1).acked(1);
    let served = both().begins(1).seen().produced().answers(1).confirmed().quiescent();
    served.clone().acquitted();
    served.by(1).copies(0).convicted_by(OracleId::NoSilentDuplicate);
}

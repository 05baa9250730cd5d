//! Pasts in which two boots lived at a time: who cut what, and who goes on with it.

use gateway_core::env::{Exit, Signal};
use gateway_core::message::{Cut, Notice};

use super::OracleId;
use super::past::{Past, killed, past};
use crate::ledger::End;

/// A boot that was killed while another one, begun before that, waited for its end.
fn waited_for() -> Past {
    past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).cut(0)
}

#[test]
fn a_boot_that_waited_for_the_end_of_another_goes_on_with_its_turns() {
    let went_on = waited_for().alive(40).resume(0, 51, Cut::Crash).answer(0, 60_000);
    let oracles = [OracleId::ReasonTrue, OracleId::NoFalseResume, OracleId::Resumed];
    oracles.into_iter().for_each(|oracle| went_on.acquitted_by(oracle));
    let idle = waited_for().alive(40);
    idle.convicted_by(OracleId::Resumed);
}

#[test]
fn it_is_told_the_reason_of_the_end_it_waited_for() {
    let stopped = || waited_for().stopping(Signal::Restart, 30, Some(31)).alive(40);
    stopped().resume(0, 51, Cut::Restart).acquitted_by(OracleId::ReasonTrue);
    stopped().resume(0, 51, Cut::Crash).convicted_by(OracleId::ReasonTrue);
}

#[test]
fn a_boot_that_came_and_went_beside_another_has_cut_nothing() {
    let failed = || End::Exited(Exit::Failed);
    let beside = || waited_for().alive(40).boot(52, 53, failed());
    let went_on = beside().resume(0, 54, Cut::Crash).by(2);
    went_on.acquitted_by(OracleId::ReasonTrue);
    went_on.acquitted_by(OracleId::NoFalseResume);
    let anew = beside().run(0, 54).by(2);
    anew.convicted_by(OracleId::ReasonTrue);
}

#[test]
fn what_another_living_boot_has_answered_is_finished() {
    let answered = || {
        let served = waited_for().alive(40).resume(0, 51, Cut::Crash).answer(0, 60_000);
        served.boot(70, 71, End::Exited(Exit::Failed))
    };
    answered().run(0, 80).by(2).convicted_by(OracleId::NoFalseResume);
    let told = answered().notice(Notice::Resuming, 0, 80_000).sent_by(2);
    told.convicted_by(OracleId::NoFalseResume);
}

#[test]
fn nothing_goes_on_beside_a_living_boot() {
    let beside = || past(&[(1, "a")]).alive(0).run(0, 1).alive(10);
    beside().resume(0, 11, Cut::Crash).convicted_by(OracleId::NoFalseResume);
    beside().notice(Notice::Resuming, 0, 11_000).convicted_by(OracleId::NoFalseResume);
}

#[test]
fn which_answer_was_first_is_a_matter_of_whose_sender_ended_first() {
    let third = |answered_ms| {
        let third = waited_for().alive(40).boot(45, 80, killed()).answer(0, answered_ms);
        third.copy(0, 85_000).sent_by(2)
    };
    third(79_500).acquitted_by(OracleId::NoSilentDuplicate);
    third(70_000).convicted_by(OracleId::NoSilentDuplicate);
}

#[test]
fn somebody_lives_as_long_as_anybody_does() {
    past(&[(1, "a")]).alive(0).boot(40, 50, killed()).acquitted_by(OracleId::Quiescence);
    past(&[(1, "a")])
        .boot(0, 60, killed())
        .boot(40, 50, killed())
        .convicted_by(OracleId::Quiescence);
}

#[test]
fn a_copy_is_excused_where_the_network_had_failed_and_nowhere_else() {
    let plan = |from: &str| {
        format!(
            "horizon = \"1000s\"\nstage = \"network\"\nlink_fault = [{{ from = \"{from}\", \
             until = \"20s\", effect = \"partition-to-gateway\" }}]\n\
             [[message]]\nat = \"1s\"\nchat = \"a\"\n"
        )
    };
    let copied = |from| {
        let first = super::past::past_of(&plan(from)).alive(0).run(0, 1);
        first.answer(0, 8_000).copy(0, 52_000)
    };
    copied("5s").acquitted_by(OracleId::NoSilentDuplicate);
    copied("15s").convicted_by(OracleId::NoSilentDuplicate);
    let twice = super::past::past_of(&plan("5s")).alive(0).run(0, 1).answer(0, 8_000);
    twice.answer(0, 52_000).convicted_by(OracleId::NoSilentDuplicate);
    // What was held up arrives behind the copy that was sent because nobody could know.
    let late = super::past::past_of(&plan("5s")).alive(0).run(0, 1).copy(0, 8_000);
    late.answer(0, 20_500).acquitted_by(OracleId::NoSilentDuplicate);
}

//! Why a turn was interrupted: what a boot that was asked to stop may be believed.

use gateway_core::env::{Exit, Signal};
use gateway_core::message::{Cut, Notice};

use super::stories::{begun, begun_under};
use crate::oracle::OracleId;
use crate::oracle::past::Past;

/// The next boot goes on with the turn for this reason.
fn told(past: Past, why: Cut) -> Past {
    past.boot(61).resumes(0, why)
}

#[track_caller]
fn is_told_only(past: &Past, true_ones: &[Cut]) {
    for why in [Cut::Shutdown, Cut::Restart, Cut::Crash] {
        let told = told(past.clone(), why);
        if true_ones.contains(&why) {
            told.acquitted_by(OracleId::ReasonTrue);
        } else {
            told.convicted_for(OracleId::ReasonTrue, &format!("told {why:?}"));
        }
    }
}

#[test]
fn a_kill_is_a_crash() {
    is_told_only(&begun().quiescent().killed(50), &[Cut::Crash]);
    is_told_only(&begun().quiescent().power_lost(50), &[Cut::Crash]);
    is_told_only(&begun().quiescent().exits(50, Exit::Failed), &[Cut::Crash]);
    is_told_only(&begun().quiescent().exits(50, Exit::Config), &[Cut::Crash]);
}

#[test]
fn a_stop_that_had_its_chance_is_the_reason() {
    let stopped = |signal| begun().signal(signal).quiescent().killed(50);
    is_told_only(&stopped(Signal::Restart), &[Cut::Restart]);
    is_told_only(&stopped(Signal::Stop), &[Cut::Shutdown]);
}

#[test]
fn a_stop_that_had_no_chance_may_be_the_reason_or_not() {
    let stopped = |signal| begun().quiescent().signal(signal).killed(50);
    is_told_only(&stopped(Signal::Restart), &[Cut::Restart, Cut::Crash]);
    is_told_only(&stopped(Signal::Stop), &[Cut::Shutdown, Cut::Crash]);
}

#[test]
fn a_stop_that_nobody_heard_is_not_the_reason() {
    is_told_only(&begun().quiescent().signal_unheard(Signal::Stop).killed(50), &[Cut::Crash]);
}

#[test]
fn a_stop_that_a_chat_was_told_of_is_the_reason() {
    let stopped = begun().quiescent().signal(Signal::Stop).tells(Notice::Stopping, 0);
    is_told_only(&stopped.killed(50), &[Cut::Shutdown]);
    // It is its own doing that it says so, whether or not it arrives.
    let held_up = begun().quiescent().signal(Signal::Stop).held_up().tells(Notice::Stopping, 0);
    is_told_only(&held_up.killed(50), &[Cut::Shutdown]);
}

#[test]
fn a_stop_that_a_gateway_thought_of_is_a_restart() {
    is_told_only(&begun().tells(Notice::Stopping, 0).killed(50), &[Cut::Restart]);
}

#[test]
fn the_first_signal_is_the_reason() {
    let twice = begun().signal(Signal::Stop).signal(Signal::Restart).quiescent().killed(50);
    is_told_only(&twice, &[Cut::Shutdown]);
}

#[test]
fn how_a_boot_ends_by_itself_tells_why() {
    is_told_only(&begun().quiescent().exits(50, Exit::Planned), &[Cut::Shutdown]);
    is_told_only(&begun().quiescent().exits(50, Exit::Restart), &[Cut::Restart]);
    // What it was asked for counts for more.
    let asked = begun().quiescent().signal(Signal::Stop).exits(50, Exit::Restart);
    is_told_only(&asked, &[Cut::Shutdown]);
    let failed = begun().quiescent().signal(Signal::Stop).exits(50, Exit::Failed);
    is_told_only(&failed, &[Cut::Shutdown, Cut::Crash]);
    let over_budget = begun().signal(Signal::Stop).quiescent().over_budget(55);
    is_told_only(&over_budget, &[Cut::Shutdown]);
}

/// The agent asks for a restart.
fn asks() -> Past {
    let turn = "turn = { steps = 3, outcome = \"ask-restart\", at_step = 0 }\n";
    begun_under("", turn).asks_restart()
}

#[test]
fn a_restart_that_an_agent_asked_for_may_have_been_refused() {
    is_told_only(&asks().quiescent().killed(50), &[Cut::Restart, Cut::Crash]);
    let announced = asks().tells(Notice::Stopping, 0).killed(50);
    is_told_only(&announced, &[Cut::Restart]);
    is_told_only(&asks().exits(50, Exit::Restart), &[Cut::Restart]);
}

#[test]
fn an_agent_and_a_signal_are_two_reasons() {
    let both = asks().signal(Signal::Stop).quiescent().killed(50);
    is_told_only(&both, &[Cut::Restart, Cut::Shutdown]);
}

#[test]
fn a_failed_disk_spoils_the_chance_to_record_a_stop() {
    let stopped = |fails: u64, hears: u64| {
        let sick = "disk_fault = [{ effect = \"eio\", from = \"10s\", until = \"20s\" }]\n";
        let begun = begun_under(sick, "").quiescent().at(fails.min(hears));
        let past = if fails < hears {
            begun.disk_fails().at(25).syncs().at(hears).signal(Signal::Stop)
        } else {
            begun.signal(Signal::Stop).at(fails).disk_fails().at(25).syncs()
        };
        past.logs("EIO").quiescent().killed(50)
    };
    is_told_only(&stopped(15, 12), &[Cut::Shutdown, Cut::Crash]);
    is_told_only(&stopped(15, 30), &[Cut::Shutdown]);
}

#[test]
fn the_last_interruption_is_the_one_that_is_told() {
    let stopped = begun().signal(Signal::Restart).quiescent().killed(40).boot(41);
    let crashed = stopped.resumes(0, Cut::Restart).seen().quiescent().killed(50);
    is_told_only(&crashed, &[Cut::Crash]);
}

#[test]
fn a_boot_that_only_found_the_turn_changes_no_reason_if_it_was_quiescent() {
    let found = |quiescent: bool| {
        let found = begun().signal(Signal::Restart).quiescent().killed(40).boot(41);
        let found = if quiescent { found.quiescent() } else { found };
        found.killed(50)
    };
    is_told_only(&found(true), &[Cut::Restart]);
    is_told_only(&found(false), &[Cut::Restart, Cut::Crash]);
}

//! How often a turn may crash: in a row, without an acknowledged step, as the setting says.

use gateway_core::env::{Exit, Signal};
use gateway_core::message::{Cut, Notice};

use super::stories::{begun_under, begun_with, crashed, finished};
use crate::oracle::OracleId;
use crate::oracle::past::{Past, text};

fn suspended(past: Past) -> Past {
    past.tells(Notice::Suspended, 0).confirmed()
}

#[test]
fn a_turn_is_suspended_exactly_when_the_setting_says() {
    for after in [1, 3, 5] {
        let next = |crashes| crashed(&format!("suspend_after = {after}"), crashes).boot(100);
        suspended(next(after)).acquitted();
        next(after).resumes(0, Cut::Crash).convicted_by(OracleId::StuckLoopEnds);
        if after > 1 {
            suspended(next(after - 1)).convicted_by(OracleId::Resumed);
            finished(next(after - 1).resumes(0, Cut::Crash)).acquitted();
        }
    }
}

#[test]
fn a_setting_of_nothing_suspends_after_the_first_crash() {
    suspended(crashed("suspend_after = 0", 1).boot(51)).acquitted();
    let crashed = crashed("suspend_after = 0", 1).boot(51);
    crashed.resumes(0, Cut::Crash).convicted_by(OracleId::StuckLoopEnds);
}

/// Two crashes, and the second boot was this far when it crashed.
fn twice(far: impl FnOnce(Past) -> Past) -> Past {
    let second = begun_with("suspend_after = 2").killed(10).boot(11).resumes(0, Cut::Crash).seen();
    far(second).killed(50).boot(51)
}

#[test]
fn an_acknowledged_step_begins_the_count_anew() {
    suspended(twice(|second| second.quiescent())).acquitted();
    suspended(twice(|second| second.steps(1))).convicted_by(OracleId::Resumed);
    let goes_on = twice(|second| second.steps(1)).resumes(0, Cut::Crash);
    finished(goes_on).acquitted();
    let goes_on = twice(|second| second.quiescent()).resumes(0, Cut::Crash);
    goes_on.convicted_by(OracleId::StuckLoopEnds);
}

#[test]
fn a_step_that_had_no_chance_may_count_or_not() {
    suspended(twice(|second| second.quiescent().step())).acquitted();
    finished(twice(|second| second.quiescent().step()).resumes(0, Cut::Crash)).acquitted();
    suspended(twice(|second| second.step().quiescent())).convicted_by(OracleId::Resumed);
}

#[test]
fn a_planned_stop_does_not_count_and_does_not_begin_anew() {
    let third = |end: fn(Past) -> Past, why| {
        let first = end(begun_with("suspend_after = 2")).boot(20);
        first.resumes(0, why).seen().quiescent().killed(50).boot(51)
    };
    let stop = |past: Past| past.signal(Signal::Restart).quiescent().exits(10, Exit::Restart);
    suspended(third(stop, Cut::Restart)).convicted_by(OracleId::Resumed);
    finished(third(stop, Cut::Restart).resumes(0, Cut::Crash)).acquitted();
    suspended(third(|past| past.killed(10), Cut::Crash)).acquitted();
    // Between two crashes.
    let between = begun_with("suspend_after = 2").killed(10).boot(11).resumes(0, Cut::Crash);
    let between = stop_at(between.seen(), 15).boot(16).resumes(0, Cut::Restart).seen();
    suspended(between.quiescent().killed(50).boot(51)).acquitted();
}

fn stop_at(past: Past, at: u64) -> Past {
    past.signal(Signal::Restart).quiescent().exits(at, Exit::Restart)
}

#[test]
fn planned_stops_alone_suspend_nothing() {
    let mut past = begun_with("suspend_after = 1");
    for time in 1..5 {
        past = stop_at(past, time * 10).boot(time * 10 + 1).resumes(0, Cut::Restart).seen();
    }
    let stopped = || stop_at(past.clone(), 60).boot(61);
    suspended(stopped()).convicted_by(OracleId::Resumed);
    finished(stopped().resumes(0, Cut::Restart)).acquitted();
}

#[test]
fn a_crash_that_hit_others_only_does_not_count() {
    // The second boot crashes under a turn of another chat, before it goes on with this one.
    let plan = format!("settings = {{ suspend_after = 2 }}\n{}", text(20, "b", ""));
    let other = begun_under(&plan, "").killed(10).boot(11);
    let other = other.handed(1).acked(1).begins(1).seen();
    let crashed = |began: bool| {
        let past = if began { other.clone().resumes(0, Cut::Crash).seen() } else { other.clone() };
        let third = past.quiescent().killed(50).boot(51).resumes(1, Cut::Crash).seen();
        suspended(third.produced().answers(1).confirmed())
    };
    crashed(true).acquitted();
    crashed(false).convicted_by(OracleId::Resumed);
}

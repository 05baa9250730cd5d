//! When a turn is fresh: by its last sign of life, by the settings, and by any clock that its
//! gateway may have seen.

use gateway_core::message::{Cut, Notice};

use super::stories::{begun_under, begun_with, finished};
use crate::oracle::OracleId;
use crate::oracle::past::{Past, past_of, text};

/// The turn made its last step at 50 s, its boot was killed right then, and the next one finds it.
fn found(plan: &str, message: &str, at: u64) -> Past {
    begun_under(plan, message).at(50).steps(1).killed(50).boot(at)
}

fn stale(past: Past) -> Past {
    past.tells(Notice::Stale, 0).confirmed()
}

fn fresh(past: Past) -> Past {
    finished(past.resumes(0, Cut::Crash))
}

#[test]
fn a_turn_is_fresh_below_its_window_and_stale_above_it_and_either_at_it() {
    for (window, message) in [("resume_window", ""), ("job_window", "body = \"job\"")] {
        for seconds in [1, 30, 2_000] {
            let plan = format!("settings = {{ {window} = \"{seconds}s\" }}\n");
            let found = |at_ms: u64| {
                let cut = begun_under(&plan, message).at(50).steps(1).killed(50);
                cut.at_ms(at_ms).boot_now()
            };
            let edge = 50_000 + seconds * 1_000;
            fresh(found(edge - 1)).acquitted();
            stale(found(edge - 1)).convicted_by(OracleId::Resumed);
            fresh(found(edge)).acquitted();
            stale(found(edge)).acquitted();
            fresh(found(edge + 1)).convicted_by(OracleId::Resumed);
            stale(found(edge + 1)).acquitted();
        }
    }
}

#[test]
fn a_window_of_nothing_lets_nothing_go_on() {
    let plan = "settings = { resume_window = \"0s\" }\n";
    fresh(found(plan, "", 51)).convicted_by(OracleId::Resumed);
    stale(found(plan, "", 51)).acquitted();
}

#[test]
fn a_turn_is_as_old_as_it_was_when_a_boot_found_it() {
    let plan = "settings = { resume_window = \"30s\" }\n";
    // The boot waits for a minute before it goes on with it.
    fresh(found(plan, "", 79).at(140)).acquitted_by(OracleId::Resumed);
    fresh(found(plan, "", 81).at(140)).convicted_by(OracleId::Resumed);
}

#[test]
fn a_boot_that_did_not_go_on_with_it_keeps_no_turn_fresh() {
    let plan = "settings = { resume_window = \"30s\" }\n";
    fresh(found(plan, "", 60).quiescent().killed(70).boot(90)).convicted_by(OracleId::Resumed);
    fresh(found(plan, "", 60).quiescent().killed(70).boot(79)).acquitted();
}

#[test]
fn a_new_attempt_is_a_sign_of_life() {
    let plan = "settings = { resume_window = \"30s\" }\n";
    let again = |at| {
        let again = found(plan, "", 60).resumes(0, Cut::Crash).seen().killed(60);
        fresh(again.boot(at))
    };
    again(90).acquitted_by(OracleId::Resumed);
    again(91).convicted_by(OracleId::Resumed);
}

#[test]
fn between_its_last_step_and_its_death_a_turn_may_have_been_alive_or_not() {
    let cut = |at| {
        let cut = begun_with("resume_window = \"30s\"").at(20).steps(1).killed(50);
        cut.boot(at)
    };
    fresh(cut(60)).acquitted();
    stale(cut(60)).acquitted();
    fresh(cut(81)).convicted_by(OracleId::Resumed);
    stale(cut(49 + 1)).acquitted();
    let early = begun_with("resume_window = \"30s\"").at(20).steps(1).killed(30).boot(49);
    stale(early).convicted_by(OracleId::Resumed);
}

#[test]
fn a_turn_without_a_step_is_at_work_from_when_its_attempt_may_have_been_recorded() {
    let cut = |quiescent| {
        let plan = format!("settings = {{ resume_window = \"30s\" }}\n{}", text(1, "a", ""));
        let handed = past_of(&plan).boot(0).handed(0).acked(0).at(quiescent).quiescent();
        handed.at(50).begins(0).seen().quiescent().killed(50).boot(60)
    };
    // Since it was quiescent last it may have recorded that it begins.
    stale(cut(31)).convicted_by(OracleId::Resumed);
    stale(cut(30)).acquitted();
}

#[test]
fn a_turn_is_not_older_than_its_message() {
    let cut = |idle: bool| {
        let plan = format!("settings = {{ resume_window = \"30s\" }}\n{}", text(1_000, "a", ""));
        let boot = if idle { past_of(&plan).boot(0).quiescent() } else { past_of(&plan).boot(999) };
        let begun = boot.handed(0).acked(0).begins(0).seen().quiescent();
        stale(begun.killed(1_001).boot(1_010))
    };
    cut(false).convicted_by(OracleId::Resumed);
    cut(true).convicted_by(OracleId::Resumed);
}

#[test]
fn a_turn_is_stale_by_any_clock_that_its_gateway_may_have_seen() {
    let told = |jumps: &str| {
        let plan = format!("clock_jump = [{jumps}]\nsettings = {{ resume_window = \"30s\" }}\n");
        stale(begun_under(&plan, "").at(40).steps(1).killed(50).boot(60))
    };
    told("").convicted_by(OracleId::Resumed);
    let forward = "{ at = \"55s\", by = \"20s\" }";
    told(forward).acquitted();
    // It went back before a sign of life that nobody outside saw, or while nobody lived.
    told(&format!("{{ at = \"45s\", by = \"-20s\" }}, {forward}")).acquitted();
    told(&format!("{{ at = \"52s\", by = \"-20s\" }}, {forward}")).convicted_by(OracleId::Resumed);
    told("{ at = \"38s\", by = \"20s\" }").convicted_by(OracleId::Resumed);
}

#[test]
fn a_turn_goes_on_by_any_clock_that_its_gateway_may_have_seen() {
    let told = |by: &str| {
        let plan = format!(
            "clock_jump = [{{ at = \"60s\", by = \"{by}\" }}]\n\
             settings = {{ resume_window = \"30s\" }}\n"
        );
        fresh(found(&plan, "", 90))
    };
    told("0s").convicted_by(OracleId::Resumed);
    told("-10s").acquitted();
    told("-9s").convicted_by(OracleId::Resumed);
}

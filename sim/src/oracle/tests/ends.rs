//! STOP-BUDGET, QUIESCENCE, and the bystanders of STUCK-LOOP-ENDS.

use gateway_core::env::{Exit, Signal};
use gateway_core::message::{Cut, Notice};

use super::stories::{begun, begun_under};
use crate::ledger::End;
use crate::oracle::OracleId;
use crate::oracle::past::{Past, past, past_of, text};
use crate::time::Ms;

/// A boot that is asked to stop at 10 s and is killed for its budget at 50 s, in this plan.
fn too_slow(plan: &str) -> Past {
    begun_under(plan, "").at(10).signal(Signal::Stop).over_budget(50).boot(51)
}

#[test]
fn a_stop_ends_by_itself() {
    let words = "boot 1 did not end within 1m 30s of its signal";
    too_slow("").convicted_for(OracleId::StopBudget, words);
    let fine = begun().at(10).signal(Signal::Stop).exits(50, Exit::Planned).boot(51);
    fine.acquitted_by(OracleId::StopBudget);
}

#[test]
fn a_sick_platform_excuses_a_slow_stop_while_it_is_sick() {
    let fault = |from: u64, until: u64, effect: &str| {
        format!(
            "[[platform.fault]]\nfrom = \"{from}s\"\nuntil = \"{until}s\"\neffect = \"{effect}\"\n"
        )
    };
    too_slow(&fault(5, 60, "hang")).acquitted_by(OracleId::StopBudget);
    too_slow(&fault(5, 10, "hang")).convicted_by(OracleId::StopBudget);
    too_slow(&fault(5, 11, "hang")).acquitted_by(OracleId::StopBudget);
    too_slow(&fault(50, 60, "hang")).acquitted_by(OracleId::StopBudget);
    too_slow(&fault(51, 60, "hang")).convicted_by(OracleId::StopBudget);
    // One that is slow by no time is no fault.
    too_slow(&fault(5, 60, "slow")).convicted_by(OracleId::StopBudget);
}

#[test]
fn a_sick_network_excuses_a_slow_stop_until_both_ends_know_it() {
    let fault = |from: &str| {
        format!(
            "stage = \"network\"\n\
             link_fault = [{{ from = \"{from}\", effect = \"reset\" }}]\n"
        )
    };
    too_slow(&fault("5s")).acquitted_by(OracleId::StopBudget);
    too_slow(&fault("51s")).convicted_by(OracleId::StopBudget);
}

#[test]
fn a_disk_that_fails_in_a_stop_excuses_it() {
    let sick = |until| {
        let stop = begun().at(10).signal(Signal::Stop);
        stop.facts(|boot| boot.disk_sick = Some((Ms(5_000), Ms(until)))).over_budget(50).boot(51)
    };
    sick(10_000).acquitted_by(OracleId::StopBudget);
    sick(9_999).convicted_by(OracleId::StopBudget);
}

#[test]
fn a_plan_that_takes_the_whole_reserve_excuses_a_slow_stop() {
    let slowed = |by| {
        let plan = "settings = { stop_reserve = \"5s\" }\n";
        let stop = begun_under(plan, "").at(10).signal(Signal::Stop);
        stop.facts(|boot| boot.slowed_in_stop = Ms(by)).over_budget(50).boot(51)
    };
    slowed(5_000).acquitted_by(OracleId::StopBudget);
    slowed(4_999).convicted_by(OracleId::StopBudget);
}

#[test]
fn some_process_lives_at_the_horizon() {
    past(&[(1, "a")]).boot(0).serves(0).acquitted_by(OracleId::Quiescence);
    let down = past(&[(1, "a")]).boot(0).serves(0).killed(50);
    down.convicted_for(OracleId::Quiescence, "no process lives: boot 1 was killed");
    let beside = past(&[(1, "a")]).boot(0).boot(40).killed(50);
    beside.acquitted_by(OracleId::Quiescence);
    beside.by(1).killed(60).convicted_by(OracleId::Quiescence);
}

#[test]
fn a_process_stays_down_that_was_to_be_restarted_only_after_a_failure() {
    let ended = |policy: &str, exit| {
        let plan = format!("supervisor = {{ restart = \"{policy}\" }}\n{}", text(1, "a", ""));
        past_of(&plan).boot(0).serves(0).exits(50, exit)
    };
    ended("on-failure", Exit::Planned).acquitted_by(OracleId::Quiescence);
    ended("on-failure", Exit::Restart).convicted_by(OracleId::Quiescence);
    ended("always", Exit::Planned).convicted_by(OracleId::Quiescence);
}

#[test]
fn nobody_is_still_at_work_at_the_horizon() {
    let done = past(&[(1, "a")]).boot(0).serves(0);
    done.mkdir_unanswered().convicted_for(OracleId::Quiescence, "still at work");
}

#[test]
fn no_boot_panics_and_every_boot_becomes_idle() {
    for (end, words) in [
        (End::Panicked("oh".to_owned()), "boot 1 panicked: oh"),
        (End::NeverIdle, "boot 1 never became idle"),
    ] {
        let broken = past(&[(1, "a")]).boot(0).serves(0).killed(50);
        let broken = broken.facts(|boot| boot.ended = Some((Ms(50_000), end))).boot(51);
        broken.convicted_for(OracleId::Quiescence, words);
    }
    let killed = past(&[(1, "a")]).boot(0).serves(0).killed(50).boot(51);
    killed.acquitted_by(OracleId::Quiescence);
}

/// Both turns were interrupted by a crash, then by one that the first of them caused; the second
/// one is suspended. The second boot had gone so far when the first turn killed it.
fn bystander(after: u32, far: impl FnOnce(Past) -> Past) -> Past {
    let kills = "turn = { steps = 3, outcome = \"kill-process\", at_step = 0 }\n";
    bystander_of(after, kills, |first| first, far)
}

fn bystander_of(
    after: u32,
    culprit: &str,
    first: impl FnOnce(Past) -> Past,
    second: impl FnOnce(Past) -> Past,
) -> Past {
    let plan = format!("settings = {{ suspend_after = {after} }}\n{}", text(1, "a", culprit));
    let both = past_of(&(plan + &text(2, "b", ""))).boot(0).handed(1).acked(1);
    let both = both.begins(1).seen().begins(0).seen();
    let next = first(both).killed(10).boot(11).resumes(1, Cut::Crash).seen();
    let next = second(next.resumes(0, Cut::Crash).seen()).killed_by_turn(20);
    next.boot(21).tells(Notice::Suspended, 1)
}

#[test]
fn a_bystander_is_not_suspended_for_a_turn_that_could_be_suspected_too() {
    let words = "suspended for a crash that another turn caused";
    bystander(3, |second| second).convicted_for(OracleId::StuckLoopEnds, words);
    // It caused the crash itself, or the setting leaves no time to find out.
    bystander(2, |second| second).acquitted_by(OracleId::StuckLoopEnds);
}

#[test]
fn a_turn_with_a_new_acknowledged_step_cannot_be_suspected() {
    let kills = "turn = { steps = 3, outcome = \"kill-process\", at_step = 1 }\n";
    let stepped = bystander_of(3, kills, |first| first, |second| second.steps(1));
    stepped.acquitted_by(OracleId::StuckLoopEnds);
    let before = bystander_of(3, kills, |first| first.steps(1), |second| second);
    before.convicted_by(OracleId::StuckLoopEnds);
}

#[test]
fn a_turn_cannot_be_suspected_for_a_death_in_a_stop() {
    let kills = "turn = { steps = 3, outcome = \"kill-process\", at_step = 0 }\n";
    let stopped = bystander_of(3, kills, |first| first.signal(Signal::Stop), |second| second);
    stopped.acquitted_by(OracleId::StuckLoopEnds);
}

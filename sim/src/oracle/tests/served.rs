//! SERVED: a message whose own chat, platform and back end are healthy is answered in time.

use gateway_core::env::{Exit, Signal};
use gateway_core::message::{Cut, Notice};

use crate::oracle::OracleId;
use crate::oracle::past::{Past, past_of, text};
use crate::time::Ms;

/// A boot is handed the only message at 1 s, does something, and answers it at some second. What
/// the platform needs is no time, and its turn neither.
fn waits(plan: &str, until: u64, meanwhile: impl FnOnce(Past) -> Past) -> Past {
    let plan = format!("patience = \"100s\"\n{plan}{}", text(1, "a", ""));
    let handed = past_of(&plan).boot(0).handed(0).acked(0);
    meanwhile(handed).at(until).begins(0).seen().produced().answers(0).confirmed()
}

fn nothing(past: Past) -> Past {
    past
}

#[test]
fn a_message_waits_no_longer_than_the_patience_of_the_plan() {
    waits("", 101, nothing).acquitted_by(OracleId::Served);
    let words = "waited for 1m 41s while it could be served, 1m 40s is granted";
    waits("", 102, nothing).convicted_for(OracleId::Served, words);
}

#[test]
fn the_time_of_its_own_agent_is_not_counted() {
    let worked = |until| {
        let plan = format!("patience = \"100s\"\n{}", text(1, "a", ""));
        let begun = past_of(&plan).boot(0).handed(0).acked(0).begins(0).seen();
        begun.at(until).produced().answers(0)
    };
    worked(9_000).acquitted_by(OracleId::Served);
    let late = worked(101).at(9_000);
    late.acquitted_by(OracleId::Served);
    // Its answer is there and stays where it is.
    let plan = format!("patience = \"100s\"\n{}", text(1, "a", ""));
    let produced = past_of(&plan).boot(0).handed(0).acked(0).begins(0).seen().produced();
    produced.clone().at(101).answers(0).acquitted_by(OracleId::Served);
    produced.at(102).answers(0).convicted_by(OracleId::Served);
}

#[test]
fn the_time_in_which_nobody_served_is_not_counted() {
    let down = |past: Past| past.at(11).killed(11).boot(1_011);
    waits("", 1_101, down).acquitted_by(OracleId::Served);
    waits("", 1_102, down).convicted_by(OracleId::Served);
    // A boot that stops serves nobody, and one that waits for the end of another neither.
    let stops = |past: Past| past.at(11).signal(Signal::Restart).exits(80, Exit::Restart).boot(80);
    waits("", 170, stops).acquitted_by(OracleId::Served);
    waits("", 171, stops).convicted_by(OracleId::Served);
}

#[test]
fn what_comes_before_it_in_its_chat_is_not_counted() {
    let second = |chat: &str, until: u64| {
        let plan = format!("patience = \"100s\"\n{}{}", text(1, chat, ""), text(2, "a", ""));
        let first = past_of(&plan).boot(0).handed(1).acked(1).begins(0).seen();
        let first = first.at(500).produced().answers(0).confirmed();
        first.at(until).begins(1).seen().produced().answers(1)
    };
    second("a", 600).acquitted_by(OracleId::Served);
    second("a", 601).convicted_by(OracleId::Served);
    second("b", 600).convicted_by(OracleId::Served);
}

#[test]
fn a_planned_fault_in_the_way_is_not_counted() {
    let faults = |chat: &str, until: u64| {
        let fault = format!(
            "[[platform.fault]]\nfrom = \"1s\"\nuntil = \"500s\"\nchat = \"{chat}\"\n\
             effect = \"not-taken\"\n"
        );
        waits(&fault, until, nothing)
    };
    // The longest pause before something is tried again comes on top: 32 s and a timeout of 30 s.
    faults("a", 662).acquitted_by(OracleId::Served);
    faults("a", 663).convicted_by(OracleId::Served);
    faults("b", 662).convicted_by(OracleId::Served);
    let polls = "[[platform.poll_fault]]\nfrom = \"1s\"\nuntil = \"500s\"\n";
    waits(polls, 662, nothing).acquitted_by(OracleId::Served);
    waits(polls, 663, nothing).convicted_by(OracleId::Served);
}

#[test]
fn the_pauses_of_recovery_and_a_slow_machine_are_granted() {
    let crashed = |settings: &str, until: u64| {
        let plan = format!("patience = \"100s\"\nsettings = {{ {settings} }}\n");
        let plan = format!("{plan}{}{}", text(1, "a", ""), text(2, "b", ""));
        let cut = past_of(&plan).boot(0).handed(1).acked(1).begins(0).seen().quiescent();
        let cut = cut.killed(2).boot(2);
        let cut = cut.at(until).resumes(0, Cut::Crash).seen().produced().answers(0);
        cut.begins(1).seen().produced().answers(1)
    };
    crashed("resume_stagger = \"50s\"", 151).acquitted_by(OracleId::Served);
    crashed("resume_stagger = \"50s\"", 152).convicted_by(OracleId::Served);
    crashed("resume_stagger = \"0s\"", 151).convicted_by(OracleId::Served);
    let slowed = |past: Past| past.facts(|boot| boot.slowed = Ms(20_000));
    waits("", 121, slowed).acquitted_by(OracleId::Served);
    waits("", 122, slowed).convicted_by(OracleId::Served);
}

#[test]
fn a_notice_ends_the_wait_as_well() {
    let told = |until: u64| {
        let plan = "patience = \"100s\"\nsettings = { job_window = \"10s\" }\n";
        let job = past_of(&format!("{plan}{}", text(1, "a", "body = \"job\"")));
        job.boot(0).handed(0).acked(0).at(until).tells(Notice::Stale, 0).confirmed()
    };
    told(101).acquitted_by(OracleId::Served);
    told(102).convicted_by(OracleId::Served);
}

#[test]
fn what_its_operator_may_have_withdrawn_is_never_late() {
    let revoked =
        |chat: &str| format!("[[revoke]]\nchat = \"{chat}\"\nat = \"0s\"\nuntil = \"50s\"\n");
    waits(&revoked("a"), 900, nothing).acquitted_by(OracleId::Served);
    waits(&revoked("b"), 900, nothing).convicted_by(OracleId::Served);
    let clean = |from: u64| format!("[[clean]]\nfrom = \"{from}s\"\nuntil = \"{}s\"\n", from + 1);
    waits(&clean(5), 900, nothing).acquitted_by(OracleId::Served);
    waits(&clean(0), 900, nothing).convicted_by(OracleId::Served);
}

#[test]
fn a_full_disk_excuses_everybody() {
    waits("disk = { capacity = 1000000 }\n", 900, nothing).acquitted_by(OracleId::Served);
}

#[test]
fn a_disk_that_fails_and_a_boot_that_is_frozen_are_in_the_way() {
    let until = Ms(500_000);
    let sick = |past: Past| past.facts(|boot| boot.disk_sick = Some((Ms(1_000), until)));
    waits("", 662, sick).acquitted_by(OracleId::Served);
    waits("", 663, sick).convicted_by(OracleId::Served);
    let frozen = |past: Past| past.facts(|boot| boot.frozen = Some((Ms(1_000), until)));
    waits("", 662, frozen).acquitted_by(OracleId::Served);
    waits("", 663, frozen).convicted_by(OracleId::Served);
}

#[test]
fn who_is_suspected_of_a_crash_waits_for_the_other_suspects() {
    let second = |suspect: bool| {
        let plan = [text(1, "a", ""), text(2, "b", "")].concat();
        let first = past_of(&format!("patience = \"100s\"\n{plan}")).boot(0).handed(1).acked(1);
        let first = first.begins(0).seen();
        let first = if suspect { first.begins(1).seen() } else { first };
        let next = first.quiescent().killed(10).boot(11).resumes(0, Cut::Crash).seen();
        let next = next.at(500).produced().answers(0).confirmed().at(550);
        let next = if suspect { next.resumes(1, Cut::Crash) } else { next.begins(1) };
        next.seen().produced().answers(1).confirmed()
    };
    second(true).acquitted();
    let late = second(false).convicted_by(OracleId::Served);
    assert_eq!(late.message, Some(1));
}

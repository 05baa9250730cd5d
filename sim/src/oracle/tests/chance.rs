//! What the next boot may find, and what it must: learned, had its chance, acted.

use gateway_core::message::{Cut, Notice};

use super::news::queued;
use super::stories::{begun, begun_under, begun_with};
use crate::oracle::OracleId;
use crate::oracle::belief::{Belief, Turn, Why};
use crate::oracle::past::{Past, past, past_of, text};

/// The disk fails from 10 s until 20 s.
const SICK: &str = "disk_fault = [{ effect = \"eio\", from = \"10s\", until = \"20s\" }]\n";

#[test]
fn what_was_learned_the_next_boot_may_know_or_not() {
    let handed = past(&[(1, "a")]).boot(0).handed(0);
    assert_eq!(handed.next_finds(0), [Belief::Unseen, Belief::Open(queued())]);
}

#[test]
fn what_had_its_chance_the_next_boot_must_know() {
    let handed = past(&[(1, "a")]).boot(0).handed(0).quiescent();
    assert_eq!(handed.next_finds(0), [Belief::Open(queued())]);
    let killed = handed.killed(5);
    assert_eq!(killed.goes_by(0), [Belief::Open(queued())]);
    let lost = past(&[(1, "a")]).boot(0).handed(0).quiescent().power_lost(5);
    assert_eq!(lost.goes_by(0), [Belief::Open(queued())]);
}

#[test]
fn a_boot_that_is_at_work_has_no_chance() {
    let handed = past(&[(1, "a")]).boot(0).at_work().handed(0).quiescent();
    assert_eq!(handed.next_finds(0), [Belief::Unseen, Belief::Open(queued())]);
}

#[test]
fn who_acknowledges_a_message_knows_it() {
    let handed = past(&[(1, "a")]).boot(0).handed(0).acked(0);
    assert_eq!(handed.next_finds(0), [Belief::Open(queued())]);
}

#[test]
fn who_asks_for_an_agent_knows_the_turn() {
    let asked = past(&[(1, "a")]).boot(0).handed(0).begins(0);
    let open = |belief: &Belief| matches!(belief, Belief::Open(Turn { boot: 1, .. }));
    assert!(asked.next_finds(0).iter().all(open), "{:?}", asked.next_finds(0));
}

#[test]
fn who_asks_for_the_next_step_knows_the_last_one() {
    let steps = |past: &Past| -> Vec<u32> {
        let found = past.next_finds(0).into_iter();
        let steps = found.map(|belief| match belief {
            Belief::Open(turn) => turn.steps,
            other => panic!("{other:?}"),
        });
        steps.collect()
    };
    let stepped = begun().quiescent().step();
    assert_eq!(steps(&stepped), [0, 1]);
    assert_eq!(steps(&stepped.clone().acks_step()), [1]);
    assert_eq!(steps(&stepped.quiescent()), [1]);
}

#[test]
fn who_sends_an_answer_knows_it() {
    let produced = begun().quiescent().produced();
    assert!(produced.next_finds(0).iter().any(|belief| matches!(belief, Belief::Open(_))));
    let (kept, sent) = (false, true);
    let found = |sent| Belief::Produced { by: 1, sent };
    assert_eq!(produced.clone().answers(0).next_finds(0), [found(kept), found(sent)]);
    assert_eq!(produced.clone().answers(0).quiescent().next_finds(0), [found(sent)]);
    assert_eq!(produced.quiescent().next_finds(0), [found(kept)]);
}

#[test]
fn who_tells_a_chat_knows_why() {
    let told = begun_with("suspend_after = 1").killed(50).boot(51).tells(Notice::Suspended, 0);
    assert_eq!(told.next_finds(0), [Belief::Owed(Notice::Suspended)]);
    let confirmed = told.confirmed();
    let closed = Belief::Closed(Why::Told(Notice::Suspended));
    assert_eq!(confirmed.next_finds(0), [Belief::Owed(Notice::Suspended), closed]);
    assert_eq!(confirmed.quiescent().next_finds(0), [closed]);
}

#[test]
fn a_death_before_the_chance_leaves_both_and_after_it_one() {
    let copied = |chance: bool| {
        let told = begun().produced().answers(0).confirmed();
        let told = if chance { told.quiescent() } else { told };
        told.power_lost(50).boot(51).copies(0)
    };
    copied(false).acquitted();
    copied(true).convicted_by(OracleId::NoSilentDuplicate);
}

#[test]
fn the_next_boot_goes_by_one_of_both_and_not_by_both() {
    let sent = begun().produced().quiescent().answers(0).quiescent().confirmed();
    let lost = sent.killed(50).boot(51);
    let (open, closed) = (Belief::Produced { by: 1, sent: true }, Belief::Closed(Why::Answered));
    assert_eq!(lost.goes_by(0), [open, closed]);
    // It sends a copy: so it does not know that the answer is there.
    assert_eq!(lost.copies(0).goes_by(0), [open]);
}

#[test]
fn a_failed_disk_spoils_the_chance() {
    let told = |sick: bool| {
        let plan = if sick { SICK } else { "" };
        let told = begun_under(plan, "").produced().answers(0).at(15).confirmed();
        let told = if sick { told.disk_fails().logs("EIO").at(25).syncs() } else { told };
        told.quiescent().killed(50).boot(51).copies(0)
    };
    told(true).acquitted();
    told(false).convicted_by(OracleId::NoSilentDuplicate);
}

#[test]
fn a_disk_that_failed_before_spoils_nothing() {
    let sent = begun_under(SICK, "").produced().answers(0).quiescent();
    let sick = sent.at(15).disk_fails().logs("EIO").at(25).syncs().quiescent();
    let told = sick.confirmed().quiescent().killed(50).boot(51).copies(0);
    told.convicted_by(OracleId::NoSilentDuplicate);
}

#[test]
fn a_fact_that_came_after_the_disk_had_recovered_has_its_chance() {
    let sent = begun_under(SICK, "").produced().answers(0);
    let sick = sent.at(15).disk_fails().logs("EIO").at(25).syncs().quiescent();
    let told = sick.confirmed().quiescent().killed(50).boot(51).copies(0);
    told.convicted_by(OracleId::NoSilentDuplicate);
}

#[test]
fn a_boot_whose_disk_has_failed_is_not_quiescent_before_a_sync_succeeds() {
    let sent = begun_under(SICK, "").produced().answers(0).quiescent();
    let sick = sent.at(15).disk_fails().confirmed();
    let told = |past: Past| past.quiescent().killed(50).boot(51).logs("EIO").copies(0);
    told(sick.clone()).acquitted_by(OracleId::NoSilentDuplicate);
    told(sick.at(25).syncs()).convicted_by(OracleId::NoSilentDuplicate);
}

#[test]
fn who_acts_knows_whatever_became_of_its_disk() {
    let sick = || begun_under(SICK, "").at(15).step().disk_fails().logs("EIO");
    assert_eq!(sick().next_finds(0).len(), 2);
    assert_eq!(sick().acks_step().next_finds(0).len(), 1);
}

#[test]
fn an_attempt_may_have_been_counted_although_nobody_saw_its_agent() {
    let told = |quiescent: bool| {
        let found = begun_with("suspend_after = 2").killed(50).boot(51);
        let found = if quiescent { found.quiescent() } else { found };
        found.killed(60).boot(61).tells(Notice::Suspended, 0).confirmed()
    };
    told(false).acquitted();
    told(true).convicted_by(OracleId::Resumed);
}

#[test]
fn an_attempt_is_not_counted_while_another_message_of_its_chat_is_in_the_way() {
    let told = |chat: &str| {
        let plan = format!("settings = {{ suspend_after = 1 }}\n{}", text(1, "a", ""));
        let two = past_of(&format!("{plan}{}", text(2, chat, ""))).boot(0).handed(1).acked(1);
        two.at_work().killed(50).boot(51).tells(Notice::Suspended, 1).confirmed()
    };
    told("b").acquitted_by(OracleId::Resumed);
    told("a").convicted_by(OracleId::Resumed);
}

#[test]
fn one_death_has_one_cause_in_one_belief() {
    use gateway_core::env::Signal;
    // It was told to restart and had no chance to record that: the turn may be told either.
    let cut = || begun_with("suspend_after = 1").quiescent().signal(Signal::Restart).killed(50);
    cut().boot(51).resumes(0, Cut::Restart).acquitted_by(OracleId::ReasonTrue);
    cut().boot(51).tells(Notice::Suspended, 0).acquitted();
    // Who says that it was a restart has not counted it as a crash.
    let both = cut().boot(51).resumes(0, Cut::Restart).seen().signal(Signal::Restart).quiescent();
    let both = both.killed(60).boot(61).tells(Notice::Suspended, 0);
    both.convicted_by(OracleId::Resumed);
}

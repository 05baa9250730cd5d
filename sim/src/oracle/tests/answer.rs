//! When an answer may be sent, and how it is labelled: each row of `table::answer`.

use gateway_core::message::Notice;

use super::stories::{begun, begun_with, by_boot, plan};
use crate::oracle::OracleId;
use crate::oracle::belief::Belief;
use crate::oracle::past::{Past, past_of, text};
use crate::oracle::table;

#[test]
fn a_boot_does_not_call_its_first_answer_a_copy() {
    begun().produced().answers(0).confirmed().acquitted();
    let copy = begun().produced().quiescent().copies(0).confirmed();
    copy.convicted_for(OracleId::NoSilentDuplicate, "though nothing was sent before");
    // One that was held up may have arrived.
    begun().produced().quiescent().held_up().answers(0).copies(0).confirmed().acquitted();
}

#[test]
fn a_boot_does_not_call_its_first_answer_a_copy_however_soon_it_is_sent() {
    let copy = begun().produced().copies(0).confirmed();
    copy.convicted_for(OracleId::NoSilentDuplicate, "though nothing was sent before");
}

#[test]
fn the_next_boot_may_call_it_a_copy_for_it_cannot_know() {
    let next = |past: Past| past.quiescent().killed(50).boot(51).copies(0);
    next(begun().produced()).acquitted();
    next(begun().produced().answers(0)).acquitted();
    next(begun().produced().answers(0).confirmed()).convicted_by(OracleId::NoSilentDuplicate);
}

#[test]
fn what_was_produced_and_perhaps_not_recorded_may_be_sent_by_the_next_boot() {
    begun().produced().killed(50).boot(51).answers(0).confirmed().acquitted();
    let plan = plan();
    let at = by_boot(2, &plan);
    let sent = Ok(Belief::Produced { by: 2, sent: true });
    assert_eq!(table::answer(Belief::Unseen, false, &at), sent);
    assert_eq!(table::answer(Belief::Open(super::news::queued()), false, &at), sent);
}

#[test]
fn an_answer_that_is_known_to_be_there_is_not_sent_again() {
    let copied = |chance: bool| {
        let told = begun().produced().answers(0).confirmed();
        let told = if chance { told.quiescent() } else { told };
        told.killed(50).boot(51).copies(0)
    };
    copied(false).acquitted();
    copied(true).convicted_for(OracleId::NoSilentDuplicate, "it was known to be there");
}

#[test]
fn a_turn_that_its_user_stopped_is_not_answered() {
    let stop = text(10, "a", "body = \"stop\"");
    let answered = |acked: bool| {
        let stopped = past_of(&format!("{}{stop}", text(1, "a", "")));
        let stopped = stopped.boot(0).handed(0).acked(0).begins(0).seen().handed(1);
        let stopped = if acked { stopped.acked(1) } else { stopped };
        stopped.produced().answers(0)
    };
    answered(false).acquitted_by(OracleId::NoFalseResume);
    answered(true).convicted_for(OracleId::NoFalseResume, "though its user had stopped it");
}

#[test]
fn a_suspended_turn_is_not_answered() {
    let found = || begun_with("suspend_after = 1").produced().killed(50).boot(51);
    found().answers(0).confirmed().acquitted();
    let told = found().tells(Notice::Suspended, 0).answers(0);
    told.convicted_for(OracleId::NoFalseResume, "answered in boot 2 though it was over");
}

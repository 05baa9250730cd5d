//! A turn that its user stopped or reset ends.

use gateway_core::message::Cut;

use crate::oracle::OracleId;
use crate::oracle::belief::{Belief, Why};
use crate::oracle::past::{Past, past_of, text};

/// An agent works on the first message of chat `a`, whose user says this ten seconds later.
fn said(body: &str, chat: &str) -> Past {
    let body = format!("body = \"{body}\"");
    let plan = format!("{}{}", text(1, "a", ""), text(10, chat, &body));
    past_of(&plan).boot(0).handed(0).acked(0).begins(0).seen().quiescent()
}

#[test]
fn a_turn_that_its_user_stopped_is_not_owed() {
    for body in ["stop", "reset"] {
        said(body, "a").handed(1).acked(1).interrupts().obeys().quiescent().acquitted();
        let another = said(body, "b").handed(1).acked(1).interrupts().obeys().quiescent();
        another.convicted_by(OracleId::NothingLost);
    }
}

#[test]
fn a_stop_that_no_boot_was_handed_withdraws_nothing() {
    said("stop", "a").convicted_by(OracleId::NothingLost);
}

#[test]
fn the_agent_of_a_turn_that_its_user_stopped_is_asked_to_give_up() {
    let heard = || said("stop", "a").handed(1).acked(1);
    heard().interrupts().quiescent().acquitted();
    let goes_on = heard().quiescent();
    goes_on.convicted_for(OracleId::NoFalseResume, "its agent goes on in boot 1");
    // It is asked later than it could have been.
    heard().quiescent().at(20).interrupts().convicted_by(OracleId::NoFalseResume);
    // It is asked in the same moment, or it is over anyway.
    heard().quiescent().interrupts().acquitted();
    said("stop", "a").produced().handed(1).acked(1).quiescent().acquitted();
}

#[test]
fn an_agent_that_ignores_interrupts_is_not_its_gateways_fault() {
    let turn = "turn = { steps = 3, ignores_interrupts = true }";
    let plan = format!("{}{}", text(1, "a", turn), text(10, "a", "body = \"stop\""));
    let begun = past_of(&plan).boot(0).handed(0).acked(0).begins(0).seen().handed(1).acked(1);
    begun.clone().interrupts().quiescent().acquitted();
    begun.quiescent().convicted_by(OracleId::NoFalseResume);
}

#[test]
fn a_turn_that_its_user_stopped_does_not_go_on_in_a_later_boot() {
    let next = |acked: bool| {
        let heard = said("stop", "a").handed(1);
        let heard = if acked { heard.acked(1) } else { heard };
        heard.killed(50).boot(51).resumes(0, Cut::Crash)
    };
    next(true).convicted_for(OracleId::NoFalseResume, "though it was over");
    next(false).acquitted_by(OracleId::NoFalseResume);
    let chance = said("stop", "a").handed(1).interrupts().quiescent().killed(50).boot(51);
    chance.resumes(0, Cut::Crash).convicted_by(OracleId::NoFalseResume);
}

#[test]
fn a_turn_that_its_user_stopped_is_not_answered_in_a_later_boot() {
    let next = |acked: bool| {
        let heard = said("stop", "a").handed(1);
        let heard = if acked { heard.acked(1) } else { heard };
        heard.produced().killed(50).boot(51).answers(0)
    };
    next(true).convicted_for(OracleId::NoFalseResume, "answered in boot 2");
    next(false).acquitted_by(OracleId::NoFalseResume);
}

#[test]
fn what_was_produced_before_the_stop_may_still_be_delivered_or_not() {
    let produced = || said("stop", "a").produced().quiescent().handed(1).acked(1).quiescent();
    produced().answers(0).confirmed().acquitted();
    produced().acquitted();
    let may_be = [Belief::Produced { by: 1, sent: false }, Belief::Closed(Why::Withdrawn)];
    assert_eq!(produced().next_finds(0), may_be);
}

#[test]
fn what_waited_is_withdrawn_and_what_is_written_later_is_not() {
    let plan = [text(1, "a", ""), text(2, "a", ""), text(10, "a", "body = \"stop\"")].concat();
    let plan = format!("{plan}{}", text(20, "a", ""));
    let stopped = || past_of(&plan).boot(0).handed(2).acked(2).quiescent();
    stopped().serves(3).acquitted();
    let forgotten = stopped().handed(3).acked(3).quiescent();
    let lost = forgotten.convicted_by(OracleId::NothingLost);
    assert_eq!(lost.message, Some(3));
    let begun = stopped().serves(3).begins(1);
    begun.convicted_for(OracleId::NoFalseResume, "though it was over");
}

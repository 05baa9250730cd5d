//! What a chat sees by itself: ONE-AGENT, ORDER, and what comes twice.

use gateway_core::message::{Cut, Notice};

use super::stories::begun;
use crate::oracle::OracleId;
use crate::oracle::past::{Past, past, past_of, text};

#[test]
fn one_agent_at_a_time_works_in_a_session() {
    let again = |over: bool| {
        let first = if over { begun().interrupts().obeys() } else { begun() };
        first.begins(0).seen()
    };
    again(true).acquitted_by(OracleId::OneAgent);
    again(false).convicted_for(OracleId::OneAgent, "a second agent was started in boot 1");
    let two = past(&[(1, "a"), (2, "b")]).boot(0).handed(1).acked(1).begins(0).seen();
    two.begins(1).seen().acquitted_by(OracleId::OneAgent);
}

#[test]
fn one_agent_at_a_time_works_in_a_session_across_processes() {
    let beside = begun().boot(40).resumes(0, Cut::Crash).seen();
    beside.convicted_by(OracleId::OneAgent);
    let after = begun().boot(40).by(1).killed(50).by(2).resumes(0, Cut::Crash).seen();
    after.acquitted_by(OracleId::OneAgent);
}

#[test]
fn no_agent_is_started_for_a_chat_without_access() {
    let begins = |from: &str| {
        let revoked = format!("[[revoke]]\nchat = \"a\"\nat = \"{from}\"\n");
        past_of(&(text(1, "a", "") + &revoked)).boot(0).handed(0).acked(0).at(50).begins(0)
    };
    begins("51s").acquitted_by(OracleId::NoFalseResume);
    begins("50s").convicted_for(OracleId::NoFalseResume, "while it had no access");
}

fn two() -> Past {
    past(&[(1, "a"), (2, "a")]).boot(0).handed(1).acked(1)
}

#[test]
fn first_answers_come_in_the_order_of_messages() {
    let both = |chat: &str| {
        let both = past(&[(1, "a"), (2, chat)]).boot(0).handed(1).acked(1);
        both.begins(0).seen().produced().begins(1).seen().produced()
    };
    both("a").answers(0).answers(1).acquitted_by(OracleId::Order);
    let turned = both("a").answers(1).answers(0);
    turned.convicted_for(OracleId::Order, "answered before m1");
    both("b").answers(1).answers(0).acquitted_by(OracleId::Order);
}

#[test]
fn a_copy_of_an_earlier_answer_is_out_of_order_and_may_be() {
    let both = two().begins(0).seen().produced().answers(0).begins(1).seen().produced().answers(1);
    both.killed(50).boot(51).copies(0).copies(1).acquitted();
}

#[test]
fn a_second_answer_says_that_it_is_one() {
    let sent = || begun().produced().answers(0).killed(50).boot(51);
    sent().copies(0).acquitted();
    let twice = sent().answers(0);
    twice.convicted_for(OracleId::NoSilentDuplicate, "answered again in boot 2");
}

#[test]
fn a_copy_may_overtake_what_a_dead_boot_has_sent() {
    let overtaken = begun().produced().held_up().answers(0).killed(50).boot(51).copies(0);
    overtaken.confirmed().arrives().acquitted();
    let unlabelled = begun().produced().quiescent().killed(50).boot(51).copies(0).answers(0);
    unlabelled.convicted_for(OracleId::NoSilentDuplicate, "as if for the first time");
}

#[test]
fn where_the_platform_knows_a_key_again_its_users_see_one_answer() {
    let sent = || {
        let honours = format!("platform = {{ honours_keys = true }}\n{}", text(1, "a", ""));
        let begun = past_of(&honours).boot(0).handed(0).acked(0).begins(0).seen();
        begun.produced().answers(0).killed(50).boot(51)
    };
    sent().copies(0).confirmed().acquitted();
    sent().answers(0).confirmed().acquitted();
    let another = sent().keyed("another").copies(0);
    another.convicted_for(OracleId::NoSilentDuplicate, "though the platform honours keys");
}

#[test]
fn no_boot_says_twice_what_it_knows_to_have_arrived() {
    let told = || begun().killed(50).boot(51).tells(Notice::Resuming, 0);
    told().confirmed().acquitted_by(OracleId::NoFalseResume);
    let twice = told().confirmed().tells(Notice::Resuming, 0);
    twice.convicted_for(OracleId::NoFalseResume, "Resuming twice in boot 2");
    told().tells(Notice::Resuming, 0).acquitted_by(OracleId::NoFalseResume);
    let another = told().confirmed().tells(Notice::Interrupted, 0);
    another.acquitted_by(OracleId::NoFalseResume);
    let next = told().confirmed().killed(60).boot(61).tells(Notice::Resuming, 0);
    next.acquitted_by(OracleId::NoFalseResume);
}

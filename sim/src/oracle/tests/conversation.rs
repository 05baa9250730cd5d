//! SAME-CONVERSATION: what an agent is given.

use gateway_core::message::Cut;

use super::stories::begun;
use crate::oracle::OracleId;
use crate::oracle::past::past;

#[test]
fn a_turn_goes_on_with_its_request() {
    let goes_on = |kept: bool| {
        begun().quiescent().killed(50).boot(51).begins_with(0, |request| {
            request.resumed = Some(Cut::Crash);
            request.messages.retain(|_| kept);
        })
    };
    goes_on(true).seen().acquitted_by(OracleId::SameConversation);
    let lost = goes_on(false).seen();
    lost.convicted_for(OracleId::SameConversation, "went on in boot 2 without its request");
}

#[test]
fn a_turn_goes_on_with_every_acknowledged_step() {
    let goes_on = |steps: usize| {
        begun().steps(2).quiescent().killed(50).boot(51).begins_with(0, |request| {
            request.resumed = Some(Cut::Crash);
            request.steps_done.truncate(steps);
        })
    };
    goes_on(2).seen().acquitted_by(OracleId::SameConversation);
    let words = "went on in boot 2 with 1 of its 2 acknowledged steps";
    goes_on(1).seen().convicted_for(OracleId::SameConversation, words);
}

#[test]
fn a_step_that_was_not_acknowledged_need_not_be_given() {
    let cut = begun().steps(1).step().killed(50).boot(51).resumes(0, Cut::Crash).seen();
    cut.acquitted_by(OracleId::SameConversation);
}

#[test]
fn an_agent_is_given_the_turns_of_its_session_that_were_answered_before() {
    let second = |turns: usize, session: &'static str| {
        let first = past(&[(1, "a"), (20, "a")]).boot(0).serves(0).handed(1).acked(1);
        first.begins_with(1, |request| {
            request.history.truncate(turns);
            session.clone_into(&mut request.session.0);
        })
    };
    second(1, "session of a").seen().acquitted_by(OracleId::SameConversation);
    let words = "gave its agent 0 of the 1 turns before it";
    second(0, "session of a").seen().convicted_for(OracleId::SameConversation, words);
    // Another session is another history.
    let another = second(0, "another").seen().violations();
    assert!(another.iter().all(|violation| !violation.what.contains("turns before it")));
}

#[test]
fn a_turn_of_another_chat_is_none_of_its_history() {
    let second = past(&[(1, "a"), (20, "b")]).boot(0).serves(0).handed(1).acked(1);
    second.begins(1).seen().acquitted_by(OracleId::SameConversation);
}

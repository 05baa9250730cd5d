//! What a disk that lied or rotted excuses: only what it can have touched, and a loss only to who
//! told of it.

use gateway_core::env::Exit;
use gateway_core::message::Cut;

use super::stories::begun;
use crate::oracle::OracleId;
use crate::oracle::past::{Past, past};

/// The only message was acknowledged, and then the power went.
fn lost(lies: bool) -> Past {
    let handed = past(&[(1, "a")]).boot(0).handed(0).acked(0);
    let handed = if lies { handed.flush_lies() } else { handed };
    handed.power_lost(50).boot(51)
}

#[test]
fn a_loss_after_a_lie_of_the_disk_is_forgiven_to_who_tells_of_it() {
    lost(true).logs("messages are lost").acquitted();
    lost(true).convicted_by(OracleId::NothingLost);
    lost(true).convicted_by(OracleId::HonestIo);
    lost(false).logs("messages are lost").convicted_by(OracleId::NothingLost);
}

#[test]
fn a_refusal_to_serve_tells_of_it_as_well() {
    lost(true).exits(52, Exit::Config).boot(60).acquitted();
    lost(true).exits(52, Exit::Failed).boot(60).acquitted();
    lost(true).exits(52, Exit::Restart).boot(60).convicted_by(OracleId::NothingLost);
}

#[test]
fn an_error_from_before_the_loss_tells_nothing_of_it() {
    let told = |early: bool| {
        let first = past(&[(1, "a")]).boot(0);
        let first = if early { first.logs("something") } else { first };
        let second = first.killed(1).boot(2).handed(0).acked(0).flush_lies().power_lost(50);
        let third = second.boot(51);
        if early { third } else { third.logs("something") }
    };
    told(false).acquitted();
    told(true).convicted_by(OracleId::NothingLost);
}

#[test]
fn a_lie_alone_has_lost_nothing() {
    let killed = past(&[(1, "a")]).boot(0).handed(0).acked(0).flush_lies().killed(50).boot(51);
    killed.logs("messages are lost").convicted_by(OracleId::NothingLost);
}

#[test]
fn a_lie_after_the_power_went_excuses_nothing() {
    let late = past(&[(1, "a")]).boot(0).handed(0).acked(0).power_lost(50).boot(51).flush_lies();
    late.logs("messages are lost").convicted_by(OracleId::NothingLost);
}

#[test]
fn rotten_bits_excuse_a_loss_that_is_told() {
    let rotten = |rots: bool| {
        let handed = past(&[(1, "a")]).boot(0).handed(0).acked(0);
        let handed = if rots { handed.rots() } else { handed };
        handed.killed(50).boot(51).logs("journal: checksum")
    };
    rotten(true).acquitted();
    rotten(false).convicted_by(OracleId::NothingLost);
}

#[test]
fn what_no_boot_of_then_was_handed_cannot_have_been_touched() {
    let handed = |early: bool| {
        let first = past(&[(1, "a")]).boot(0);
        let first = if early { first.handed(0).acked(0) } else { first };
        let second = first.rots().killed(20).boot(21).logs("journal: checksum");
        second.handed(0).acked(0)
    };
    handed(true).acquitted_by(OracleId::NothingLost);
    handed(false).convicted_by(OracleId::NothingLost);
}

#[test]
fn other_statements_are_forgiven_untold() {
    let anew = |rots: bool| {
        let cut = begun();
        let cut = if rots { cut.rots() } else { cut };
        cut.killed(50).boot(51).begins(0).seen().produced().answers(0).confirmed()
    };
    anew(true).acquitted();
    anew(false).convicted_by(OracleId::ReasonTrue);
}

#[test]
fn what_is_about_no_chat_is_never_forgiven() {
    let down = begun().rots().produced().answers(0).confirmed().killed(50);
    down.convicted_by(OracleId::Quiescence);
}

#[test]
fn what_is_about_a_chat_is_forgiven_if_one_of_its_messages_may_have_been_touched() {
    let session = |rots: bool| {
        let served = past(&[(1, "a"), (60, "a")]).boot(0).serves(0);
        let served = if rots { served.rots() } else { served };
        let next = served.killed(50).boot(51).handed(1).acked(1);
        next.begins_in(1, "another").seen().produced().answers(1).confirmed()
    };
    session(true).acquitted_by(OracleId::SameConversation);
    session(false).convicted_by(OracleId::SameConversation);
}

#[test]
fn an_error_that_names_one_loss_forgives_no_other() {
    let two = past(&[(1, "a"), (2, "b")]).boot(0).handed(1).acked(1).rots().killed(50).boot(51);
    two.clone().logs("journal: checksum lost=m1..m2").acquitted();
    let found = two.logs("journal: checksum lost=m1").convicted_by(OracleId::NothingLost);
    assert_eq!(found.message, Some(1));
}

#[test]
fn after_the_remedy_only_what_the_file_held_is_forgiven() {
    // The file that rotted was moved away while nobody lived; the next boot says nothing more,
    // takes the message anew, and loses it.
    let rotten = past(&[(1, "a")]).boot(0).handed(0).rots().killed(20).boot(21);
    let refused = rotten.logs("journal: checksum remedy=move file=journal-1");
    let remedied = refused.exits(22, Exit::Config).boot(90).handed(0).acked(0).begins(0).seen();
    remedied.quiescent().killed(100).boot(101).quiescent().convicted_by(OracleId::NothingLost);
}

#[test]
fn a_turn_is_told_its_true_cause_where_no_disk_lied() {
    let cut = begun().killed(50).boot(51).resumes(0, Cut::Restart);
    cut.convicted_by(OracleId::ReasonTrue);
}

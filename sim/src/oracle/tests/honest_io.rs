//! HONEST-IO: what is acknowledged is durable, errors are told, and no alarm is false.

use gateway_core::env::Exit;
use gateway_core::message::Cut;

use super::stories::{begun, begun_under, finished};
use crate::oracle::OracleId;
use crate::oracle::past::{Past, past, past_of, text};

/// The disk fails from 10 s until 20 s.
const SICK: &str = "disk_fault = [{ effect = \"eio\", from = \"10s\", until = \"20s\" }]\n";

/// A boot whose disk fails, and has recovered.
fn sick() -> Past {
    let plan = format!("{SICK}{}", text(1, "a", ""));
    past_of(&plan).boot(0).serves(0).at(15).disk_fails().at(25).syncs()
}

#[test]
fn a_boot_tells_of_an_error_of_its_disk() {
    sick().logs("append: EIO").quiescent().acquitted();
    let silent = sick().quiescent();
    silent.convicted_for(OracleId::HonestIo, "boot 1 was given errors by its disk and told nobody");
    // Its exit code tells as well.
    sick().quiescent().exits(30, Exit::Failed).boot(31).acquitted();
}

#[test]
fn a_boot_that_died_before_its_chance_to_tell_is_excused() {
    sick().killed(30).boot(31).acquitted_by(OracleId::HonestIo);
    sick().quiescent().killed(30).boot(31).convicted_by(OracleId::HonestIo);
}

#[test]
fn a_boot_that_left_as_if_nothing_had_happened_is_not_excused() {
    sick().exits(30, Exit::Planned).boot(31).convicted_by(OracleId::HonestIo);
    sick().exits(30, Exit::Restart).boot(31).convicted_by(OracleId::HonestIo);
    sick().exits(30, Exit::Failed).boot(31).acquitted_by(OracleId::HonestIo);
    // It lives at the horizon.
    sick().convicted_by(OracleId::HonestIo);
}

#[test]
fn no_alarm_is_false() {
    let served = || past(&[(1, "a")]).boot(0).serves(0);
    served().acquitted();
    let alarm = served().logs("something is wrong");
    alarm.convicted_for(OracleId::HonestIo, "raised a false alarm: something is wrong");
    // By plan something is wrong, or something else is.
    sick().logs("something is wrong").acquitted_by(OracleId::HonestIo);
    begun().logs("something is wrong").acquitted_by(OracleId::HonestIo);
}

#[test]
fn an_alarm_names_messages_that_are_lost() {
    let two = format!("{SICK}{}{}", text(1, "a", ""), text(2, "b", ""));
    // The second one is lost.
    let lost = |alarm: &str| {
        let sick = past_of(&two).boot(0).serves(0).handed(1).acked(1).at(15).disk_fails();
        sick.logs(alarm).at(25).syncs().quiescent()
    };
    lost("messages are gone lost=m2").acquitted_by(OracleId::HonestIo);
    lost("messages are gone lost=m1..m3").acquitted_by(OracleId::HonestIo);
    lost("messages are gone lost=\"m1..m2\"").acquitted_by(OracleId::HonestIo);
    lost("messages are gone lost=m1").convicted_for(OracleId::HonestIo, "raised a false alarm");
    lost("messages are gone lost=m3..m9").convicted_by(OracleId::HonestIo);
}

#[test]
fn an_alarm_after_the_disk_has_lied_is_not_false() {
    let lied = |lies: bool| {
        let served = past(&[(1, "a")]).boot(0).serves(0);
        let served = if lies { served.flush_lies() } else { served };
        served.power_lost(50).boot(51).logs("something is gone")
    };
    lied(true).acquitted_by(OracleId::HonestIo);
    lied(false).convicted_by(OracleId::HonestIo);
    let rotten = |rots: bool| {
        let served = past(&[(1, "a")]).boot(0).serves(0);
        let served = if rots { served.rots() } else { served };
        served.logs("something is gone")
    };
    rotten(true).acquitted_by(OracleId::HonestIo);
    rotten(false).convicted_by(OracleId::HonestIo);
}

#[test]
fn what_is_acknowledged_does_not_go_with_the_power() {
    let power = |acked: bool| {
        let handed = past(&[(1, "a")]).boot(0).handed(0);
        let handed = if acked { handed.acked(0) } else { handed };
        handed.power_lost(50).boot(51)
    };
    let words = "acknowledged to the platform, and gone with the power";
    power(true).convicted_for(OracleId::HonestIo, words);
    power(false).acquitted_by(OracleId::HonestIo);
    // Somebody worked on it after that.
    power(true).begins(0).seen().acquitted_by(OracleId::HonestIo);
    let killed = past(&[(1, "a")]).boot(0).handed(0).acked(0).killed(50).boot(51);
    killed.acquitted_by(OracleId::HonestIo);
    let back = begun().quiescent().power_lost(50).boot(51).resumes(0, Cut::Crash);
    finished(back).acquitted();
}

#[test]
fn a_loss_after_the_disk_had_failed_is_told() {
    let lost = |plan: &str| begun_under(plan, "").at(15);
    let words = "lost after the disk had failed, and nobody was told";
    let failed = || lost(SICK).disk_fails();
    failed().convicted_for(OracleId::HonestIo, words);
    failed().logs("append: EIO").acquitted_by(OracleId::HonestIo);
    lost("").acquitted_by(OracleId::HonestIo);
}

#[test]
fn a_message_that_was_lost_before_a_boot_failed_is_not_its_loss() {
    let plan = format!("{SICK}{}", text(30, "a", ""));
    let before = past_of(&plan).boot(0).at(15).disk_fails().killed(16).boot(17).handed(0).acked(0);
    before.acquitted_by(OracleId::HonestIo);
    let after = past_of(&plan).boot(0).at(15).disk_fails().at(20).handed(0).acked(0);
    after.convicted_by(OracleId::HonestIo);
}

#[test]
fn an_answer_that_a_send_fault_took_is_told() {
    let lost = |until: &str| {
        let fault = format!(
            "[[platform.fault]]\nfrom = \"1s\"\nuntil = \"{until}\"\neffect = \"not-taken\"\n"
        );
        begun_under(&fault, "").at(10).produced().answers(0)
    };
    let words = "its answer was lost to a send fault, and nobody was told";
    lost("20s").convicted_for(OracleId::HonestIo, words);
    lost("20s").logs("send: not taken").acquitted_by(OracleId::HonestIo);
    lost("10s").acquitted_by(OracleId::HonestIo);
}

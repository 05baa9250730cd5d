//! Each oracle acquits a good past and convicts a bad one.

use gateway_core::env::{Exit, Signal};
use gateway_core::message::{Cut, Notice};

use super::OracleId;
use super::past::{Past, killed, past, past_of, restarted};
use crate::ledger::End;

#[test]
fn nothing_lost_acquits_an_answer_a_told_suspension_and_a_user_who_stopped() {
    past(&[(1, "a")]).alive(0).run(0, 1).answer(0, 2_000).acquitted_by(OracleId::NothingLost);
    let told = past(&[(1, "a")]).alive(0).run(0, 1).notice(Notice::Suspended, 0, 9_000);
    told.acquitted_by(OracleId::NothingLost);
    let stop = "horizon = \"9s\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n\
                [[message]]\nat = \"2s\"\nchat = \"a\"\nbody = \"stop\"\n";
    past_of(stop).alive(0).run(0, 1).acquitted_by(OracleId::NothingLost);
}

#[test]
fn nothing_lost_convicts_silence() {
    past(&[(1, "a")]).alive(0).run(0, 1).convicted_by(OracleId::NothingLost);
}

#[test]
fn nothing_lost_convicts_a_notice_about_a_message_that_never_started() {
    let queued = past(&[(1, "a")]).alive(0).notice(Notice::Suspended, 0, 9_000);
    queued.convicted_by(OracleId::NothingLost);
    let stopping = past(&[(1, "a")]).alive(0).run(0, 1).notice(Notice::Stopping, 0, 9_000);
    stopping.convicted_by(OracleId::NothingLost);
}

#[test]
fn resumed_acquits_a_turn_that_went_on_by_itself() {
    let cut = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).cut(0);
    cut.alive(51).resume(0, 51, Cut::Crash).answer(0, 60_000).acquitted_by(OracleId::Resumed);
}

#[test]
fn resumed_convicts_a_turn_that_never_went_on() {
    let cut = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).cut(0);
    cut.alive(51).convicted_by(OracleId::Resumed);
}

#[test]
fn resumed_convicts_a_turn_that_waited_for_its_user() {
    let cut = past(&[(1, "a"), (70, "a")]).boot(0, 50, killed()).run(0, 1).cut(0);
    let late = cut.alive(51).resume(0, 70, Cut::Crash).answer(0, 80_000);
    late.convicted_by(OracleId::Resumed);
}

#[test]
fn resumed_believes_no_user_to_have_woken_what_the_plan_kept_waiting() {
    let late = |held_back: u64| {
        let cut = past(&[(1, "a"), (70, "a")]).boot(0, 50, killed()).run(0, 1).cut(0);
        cut.alive(51).held_back(held_back).resume(0, 70, Cut::Crash).answer(0, 80_000)
    };
    late(8_999).convicted_by(OracleId::Resumed);
    late(9_000).acquitted_by(OracleId::Resumed);
    let sick = |written: u64| {
        let cut = past(&[(1, "a"), (written, "a")]).boot(0, 50, killed()).run(0, 1).cut(0);
        let sick = cut.alive(51).disk_error(0);
        sick.resume(0, written, Cut::Crash).answer(0, 130_000)
    };
    sick(111).acquitted_by(OracleId::Resumed);
    sick(112).convicted_by(OracleId::Resumed);
}

#[test]
fn resumed_lets_a_suspect_wait_for_its_turn_whatever_its_boots_ended_by() {
    let waited = |end: End| {
        let once = past(&[(1, "a"), (80, "a")]).boot(0, 50, end).run(0, 1).cut(0);
        let twice = once.boot(51, 60, killed()).cut(0).alive(61);
        twice.resume(0, 80, Cut::Crash).answer(0, 90_000)
    };
    waited(killed()).acquitted_by(OracleId::Resumed);
    waited(End::Exited(Exit::Failed)).acquitted_by(OracleId::Resumed);
    waited(restarted()).convicted_by(OracleId::Resumed);
}

#[test]
fn resumed_convicts_a_suspension_after_fewer_than_three_unplanned_deaths() {
    let once = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).cut(0);
    once.alive(51).notice(Notice::Suspended, 0, 52_000).convicted_by(OracleId::Resumed);
    let twice = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).cut(0);
    let thrice = twice.boot(51, 60, killed()).cut(0).boot(61, 70, killed()).cut(0);
    thrice.alive(71).notice(Notice::Suspended, 0, 72_000).acquitted_by(OracleId::Resumed);
}

#[test]
fn reason_true_acquits_the_reason_of_an_announced_stop() {
    let stop = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).cut(0);
    let stop = stop.stopping(Signal::Restart, 40, Some(41));
    stop.alive(51).resume(0, 51, Cut::Restart).acquitted_by(OracleId::ReasonTrue);
}

#[test]
fn reason_true_convicts_a_crash_that_was_an_announced_stop() {
    let stop = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).cut(0);
    let stop = stop.stopping(Signal::Restart, 40, Some(41));
    stop.alive(51).resume(0, 51, Cut::Crash).convicted_by(OracleId::ReasonTrue);
}

#[test]
fn reason_true_convicts_a_stop_that_nobody_was_told_of() {
    let stop = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).cut(0);
    let stop = stop.stopping(Signal::Restart, 40, None);
    stop.alive(51).resume(0, 51, Cut::Restart).convicted_by(OracleId::ReasonTrue);
}

#[test]
fn reason_true_acquits_either_reason_if_the_disk_failed_before_the_stop_was_announced() {
    for told in [Cut::Restart, Cut::Crash] {
        let stop = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).cut(0).disk_error(0);
        let stop = stop.stopping(Signal::Restart, 40, None);
        stop.alive(51).resume(0, 51, told).acquitted_by(OracleId::ReasonTrue);
    }
}

#[test]
fn reason_true_convicts_a_turn_that_begins_anew_after_it_was_cut() {
    let cut = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).cut(0);
    cut.alive(51).run(0, 51).convicted_by(OracleId::ReasonTrue);
}

#[test]
fn reason_true_convicts_a_suspension_for_planned_stops() {
    let stop = past(&[(1, "a")]).boot(0, 50, restarted()).run(0, 1).cut(0);
    let stop = stop.stopping(Signal::Restart, 40, Some(41));
    let suspended = stop.alive(51).notice(Notice::Suspended, 0, 52_000);
    suspended.convicted_by(OracleId::ReasonTrue);
}

#[test]
fn same_conversation_acquits_a_turn_that_was_given_everything() {
    let cut = past(&[(1, "a")]).boot(0, 50, killed());
    let cut = cut.run_with(Some(0), 1, |run| run.steps_acked = 2).cut(0);
    let whole = cut.alive(51).run_with(Some(0), 51, |run| run.steps_given = 2);
    whole.acquitted_by(OracleId::SameConversation);
}

#[test]
fn same_conversation_convicts_a_lost_request_and_a_lost_step() {
    let cut = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).cut(0);
    let no_request = cut.alive(51).run_with(Some(0), 51, |run| run.given_message = false);
    no_request.convicted_by(OracleId::SameConversation);
    let cut = past(&[(1, "a")]).boot(0, 50, killed());
    let cut = cut.run_with(Some(0), 1, |run| run.steps_acked = 2).cut(0);
    let no_step = cut.alive(51).run_with(Some(0), 51, |run| run.steps_given = 1);
    no_step.convicted_by(OracleId::SameConversation);
}

#[test]
fn same_conversation_convicts_a_session_that_changed_by_itself() {
    let first = past(&[(1, "a"), (2, "a")]).alive(0).run(0, 1).answer(0, 1_500);
    let second = first.run_with(Some(1), 2, |run| run.session = "another".to_owned());
    second.convicted_by(OracleId::SameConversation);
}

#[test]
fn same_conversation_acquits_a_session_that_its_user_reset() {
    let reset = "horizon = \"9s\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n\
                 [[message]]\nat = \"2s\"\nchat = \"a\"\nbody = \"reset\"\n\
                 [[message]]\nat = \"3s\"\nchat = \"a\"\n";
    let runs = past_of(reset).alive(0).run(0, 1);
    let runs = runs.run_with(Some(2), 3, |run| run.session = "another".to_owned());
    runs.acquitted_by(OracleId::SameConversation);
}

#[test]
fn no_false_resume_acquits_a_turn_answered_just_before_the_death() {
    let answered = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).answer(0, 49_500);
    answered.alive(51).run(0, 51).acquitted_by(OracleId::NoFalseResume);
}

#[test]
fn no_false_resume_convicts_a_turn_answered_long_before_the_death() {
    let answered = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).answer(0, 48_000);
    answered.alive(51).run(0, 51).convicted_by(OracleId::NoFalseResume);
}

#[test]
fn no_false_resume_convicts_an_agent_with_nothing_to_do() {
    let idle = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).answer(0, 2_000);
    idle.alive(51).run_with(None, 51, |_| {}).convicted_by(OracleId::NoFalseResume);
}

#[test]
fn no_false_resume_convicts_a_notice_given_twice_or_for_nothing() {
    let idle = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).answer(0, 2_000);
    let for_nothing = idle.alive(51).notice(Notice::Resuming, 0, 51_000);
    for_nothing.convicted_by(OracleId::NoFalseResume);
    let cut = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).cut(0);
    let once = cut.alive(51).notice(Notice::Resuming, 0, 51_000);
    once.acquitted_by(OracleId::NoFalseResume);
    once.notice(Notice::Resuming, 0, 52_000).convicted_by(OracleId::NoFalseResume);
}

#[test]
fn one_agent_convicts_an_agent_beside_another() {
    let one = past(&[(1, "a")]).alive(0).run(0, 1);
    one.acquitted_by(OracleId::OneAgent);
    let two = one.run_with(Some(0), 2, |run| run.overlapped = true);
    two.convicted_by(OracleId::OneAgent);
}

#[test]
fn no_silent_duplicate_acquits_a_copy_of_what_was_taken_just_before_the_death() {
    let first = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).answer(0, 49_500);
    first.alive(51).copy(0, 52_000).acquitted_by(OracleId::NoSilentDuplicate);
}

#[test]
fn no_silent_duplicate_acquits_a_copy_that_overtook_the_answer_of_the_dead() {
    let dead = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).alive(51);
    let late = dead.copy(0, 52_000).answer_of(1, 0, 52_500);
    late.acquitted_by(OracleId::NoSilentDuplicate);
    let again = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).answer(0, 49_500).alive(51);
    again.copy(0, 52_000).answer_of(2, 0, 52_500).convicted_by(OracleId::NoSilentDuplicate);
}

#[test]
fn no_silent_duplicate_convicts_two_answers_and_a_needless_copy() {
    let first = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).answer(0, 49_500);
    first.alive(51).answer(0, 52_000).convicted_by(OracleId::NoSilentDuplicate);
    let early = past(&[(1, "a")]).boot(0, 50, killed()).run(0, 1).answer(0, 2_000);
    early.alive(51).copy(0, 52_000).convicted_by(OracleId::NoSilentDuplicate);
    let only = past(&[(1, "a")]).alive(0).run(0, 1).copy(0, 2_000);
    only.convicted_by(OracleId::NoSilentDuplicate);
}

#[test]
fn no_silent_duplicate_convicts_any_second_where_keys_are_honoured() {
    let plan = "horizon = \"100s\"\n[platform]\nhonours_keys = true\n\
                [[message]]\nat = \"1s\"\nchat = \"a\"\n";
    let first = past_of(plan).boot(0, 50, killed()).run(0, 1).answer(0, 49_500);
    first.alive(51).copy(0, 52_000).convicted_by(OracleId::NoSilentDuplicate);
}

#[test]
fn order_convicts_answers_out_of_order_in_one_chat_only() {
    let both = past(&[(1, "a"), (2, "a")]).alive(0).run(0, 1).run(1, 2);
    both.answer(1, 3_000).answer(0, 4_000).convicted_by(OracleId::Order);
    let apart = past(&[(1, "a"), (2, "b")]).alive(0).run(0, 1).run(1, 2);
    apart.answer(1, 3_000).answer(0, 4_000).acquitted_by(OracleId::Order);
    let copies = past(&[(1, "a"), (2, "a")]).boot(0, 50, killed()).run(0, 1).run(1, 2);
    let copies = copies.answer(0, 49_500).answer(1, 49_600).alive(51).copy(0, 51_000);
    copies.acquitted_by(OracleId::Order);
}

#[test]
fn stop_budget_convicts_a_stop_that_had_to_be_killed() {
    let slow = past(&[(1, "a")]).boot(0, 50, End::OverBudget);
    let slow = slow.stopping(Signal::Stop, 10, Some(11)).alive(51);
    slow.convicted_by(OracleId::StopBudget);
    let fine = past(&[(1, "a")]).boot(0, 50, restarted());
    fine.stopping(Signal::Stop, 10, Some(11)).alive(51).acquitted_by(OracleId::StopBudget);
}

#[test]
fn stop_budget_excuses_a_sick_platform() {
    let plan = "horizon = \"100s\"\n[[platform.fault]]\nfrom = \"5s\"\nuntil = \"60s\"\n\
                effect = \"hang\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n";
    let slow = past_of(plan).boot(0, 50, End::OverBudget).stopping(Signal::Stop, 10, Some(11));
    slow.alive(51).acquitted_by(OracleId::StopBudget);
}

#[test]
fn stop_budget_excuses_whoever_was_kept_waiting_for_long_and_nobody_else() {
    let slow = || past(&[(1, "a")]).boot(0, 50, End::OverBudget);
    let stopping = |past: Past| past.stopping(Signal::Stop, 10, Some(11)).alive(51);
    stopping(slow().held_back(1_000)).acquitted_by(OracleId::StopBudget);
    stopping(slow().held_back(999)).convicted_by(OracleId::StopBudget);
}

#[test]
fn stop_budget_is_owed_once_the_world_has_healed() {
    let plan = |heal_at: &str| {
        format!(
            "horizon = \"100s\"\n{heal_at}[[platform.fault]]\nfrom = \"5s\"\nuntil = \"60s\"\n\
             effect = \"hang\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n"
        )
    };
    let slow = |plan: &str| {
        past_of(plan).boot(0, 50, End::OverBudget).stopping(Signal::Stop, 10, Some(11)).alive(51)
    };
    slow(&plan("heal_at = \"9s\"\n")).convicted_by(OracleId::StopBudget);
    slow(&plan("heal_at = \"20s\"\n")).acquitted_by(OracleId::StopBudget);
}

#[test]
fn a_copy_is_excused_for_longer_if_its_boot_was_kept_waiting() {
    let first = |held_back| {
        let first = past(&[(1, "a")]).boot(0, 50, killed()).held_back(held_back).run(0, 1);
        first.answer(0, 48_500).alive(51).copy(0, 52_000)
    };
    first(0).convicted_by(OracleId::NoSilentDuplicate);
    first(600).acquitted_by(OracleId::NoSilentDuplicate);
}

#[test]
fn a_copy_is_excused_if_the_platforms_answer_was_on_its_way_when_its_boot_ended() {
    let plan = |latency: &str| {
        format!(
            "horizon = \"100s\"\nplatform = {{ answer_latency = \"{latency}\" }}\n\
             [[message]]\nat = \"1s\"\nchat = \"a\"\n"
        )
    };
    let copied = |latency| {
        let exited = End::Exited(gateway_core::env::Exit::Restart);
        let first = past_of(&plan(latency)).boot(0, 50, exited).run(0, 1).answer(0, 49_800);
        first.alive(51).copy(0, 52_000)
    };
    copied("300ms").acquitted_by(OracleId::NoSilentDuplicate);
    copied("100ms").convicted_by(OracleId::NoSilentDuplicate);
}

#[test]
fn stuck_loop_ends_convicts_the_fourth_death_and_a_suspended_bystander() {
    let plan = "horizon = \"100s\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n\
                turn = { outcome = \"kill-process\" }\n[[message]]\nat = \"2s\"\nchat = \"b\"\n";
    let mut deaths = past_of(plan);
    for death in 0..3 {
        deaths = deaths.boot(death * 10, death * 10 + 5, End::KilledByTurn(0)).cut(0);
    }
    deaths.acquitted_by(OracleId::StuckLoopEnds);
    deaths = deaths.boot(30, 35, End::KilledByTurn(0)).cut(0);
    deaths.convicted_by(OracleId::StuckLoopEnds);
    let bystander = past_of(plan).boot(0, 3, killed()).cut(0).cut(1);
    let bystander = bystander.boot(4, 5, End::KilledByTurn(0)).cut(0).cut(1);
    let bystander = bystander.alive(6).notice(Notice::Suspended, 1, 9_000);
    bystander.convicted_by(OracleId::StuckLoopEnds);
}

#[test]
fn honest_io_convicts_an_acknowledged_message_that_went_with_the_power() {
    let power = || End::PowerLost;
    let gone = past(&[(1, "a")]).boot(0, 50, power()).acked(0, 2).alive(51);
    gone.convicted_by(OracleId::HonestIo);
    let back = past(&[(1, "a")]).boot(0, 50, power()).acked(0, 2).alive(51).run(0, 52);
    back.answer(0, 53_000).acquitted_by(OracleId::HonestIo);
}

#[test]
fn honest_io_convicts_a_send_fault_that_nobody_was_told_of() {
    let silent = past(&[(1, "a")]).alive(0).run(0, 1).acked(0, 1).send_fault(0);
    silent.convicted_by(OracleId::HonestIo);
    silent.error("send answer: not taken").acquitted_by(OracleId::HonestIo);
}

#[test]
fn honest_io_convicts_a_failed_write_that_nobody_was_told_of() {
    let silent = past(&[(1, "a")]).alive(0).run(0, 1).acked(0, 1).disk_error(0);
    silent.convicted_by(OracleId::HonestIo);
    silent.error("append journal: no space left").acquitted_by(OracleId::HonestIo);
}

#[test]
fn quiescence_convicts_a_gateway_that_is_down_at_the_horizon() {
    past(&[(1, "a")]).boot(0, 50, killed()).convicted_by(OracleId::Quiescence);
    past(&[(1, "a")]).alive(0).acquitted_by(OracleId::Quiescence);
}

#[test]
fn honest_io_convicts_a_boot_that_keeps_an_error_of_the_disk_to_itself() {
    let silent = past(&[(1, "a")]).boot(0, 50, restarted()).disk_error(0).alive(51);
    silent.answer(0, 60_000).convicted_by(OracleId::HonestIo);
    let told = past(&[(1, "a")]).boot(0, 50, restarted()).disk_error(0).error("append: EIO");
    told.alive(51).answer(0, 60_000).acquitted_by(OracleId::HonestIo);
}

#[test]
fn same_conversation_convicts_an_agent_without_the_turns_before_it() {
    let before = || past(&[(1, "a"), (10, "a")]).alive(0).run(0, 1).answer(0, 2_000);
    let forgotten = before().run_with(Some(1), 10, |run| run.turns_given = 0);
    forgotten.answer(1, 12_000).convicted_by(OracleId::SameConversation);
    let kept = before().run_with(Some(1), 10, |run| run.turns_given = 1);
    kept.answer(1, 12_000).acquitted_by(OracleId::SameConversation);
}

#[test]
fn a_turn_that_began_later_was_not_before_another_however_soon_it_was_answered() {
    let first = past(&[(1, "a"), (1, "a")]).alive(0);
    let first = first.run_with(Some(0), 1, |run| run.turns_given = 0).answer(0, 1_000);
    let second = first.run_with(Some(1), 1, |run| run.turns_given = 1).answer(1, 1_000);
    second.acquitted_by(OracleId::SameConversation);
}

#[test]
fn a_loss_after_a_lie_of_the_disk_is_excused_if_it_is_told() {
    let lost = || past(&[(1, "a")]).flush_lied(20).boot(0, 50, End::PowerLost).acked(0, 2);
    lost().alive(51).convicted_by(OracleId::NothingLost);
    lost().alive(51).error("messages are lost").acquitted_by(OracleId::NothingLost);
    let too_early = past(&[(1, "a")]).boot(0, 50, killed()).flush_lied(60).acked(0, 2);
    too_early.alive(51).error("something else").convicted_by(OracleId::NothingLost);
}

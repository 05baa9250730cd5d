//! Which goals a run has met, from what the world remembers of it.

use gateway_core::message::{Kind, Notice};

use super::facts::{in_recovery, in_stop};
use super::goal::Goal;
use super::phases::Phases;
use super::scene::Kill;
use super::wished::of_wishes;
use crate::delivered::{Happening, Planned};
use crate::direct::Ran;
use crate::ledger::{BootFacts, End, Ledger};
use crate::oracle::Evidence;
use crate::plan::{DiskEffect, Outcome, Plan};
use crate::trace::DOWN;

/// What kills alone say.
pub(super) fn of_kills(kills: &[Kill], phases: &Phases) -> Vec<Goal> {
    let mut goals = Vec::new();
    for (index, kill) in kills.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| &kills[index]);
        let in_a_row = before.filter(|before| before.boot + 1 == kill.boot);
        goals.extend(in_phase(kill, phases));
        goals.extend(in_a_row.and_then(|before| two_in_a_row(before, kill)));
        let of_disk = [
            (kill.torn, Goal::WriteTorn),
            (kill.splits, Goal::PowerLostInParts),
            (kill.power && kill.in_stop, Goal::PowerLostInStop),
            (kill.power && kill.in_recovery, Goal::PowerLostInRecovery),
            (kill.rolls_back, Goal::RolledBackAfterKill),
            (kill.in_recovery, Goal::RecoveryKilled),
            (kill.arrives, Goal::RequestArrivedLate),
            (kill.appends_again, Goal::KilledInLaterAppend),
        ];
        goals.extend(of_disk.into_iter().filter(|(met, _)| *met).map(|(_, goal)| goal));
    }
    goals
}

fn in_phase(kill: &Kill, phases: &Phases) -> Option<Goal> {
    let is = |names: &[&str]| names.contains(&kill.phase);
    let goals = [
        (is(phases.premark), Goal::KilledInPremark),
        (is(phases.notify), Goal::KilledInNotify),
        (is(phases.drain), Goal::KilledInDrain),
        (is(phases.settle), Goal::KilledBetweenDrainAndClear),
        (is(phases.clear) && kill.enters, Goal::KilledBetweenDrainAndClear),
        (is(phases.clear), Goal::KilledInClear),
        (is(phases.seal), Goal::KilledInSeal),
        (is(phases.release), Goal::KilledInRelease),
    ];
    goals.into_iter().find(|(met, _)| *met).map(|(_, goal)| goal)
}

fn two_in_a_row(first: &Kill, second: &Kill) -> Option<Goal> {
    if !second.in_recovery {
        return None;
    }
    if first.in_stop {
        return Some(Goal::TwoKillsInOneStop);
    }
    first.in_recovery.then_some(Goal::RecoveryKilledTwice)
}

/// What a run says at its end.
pub(super) fn of_run(ran: &Ran, phases: &Phases) -> Vec<Goal> {
    let (ledger, plan) = (ran.world.ledger(), &ran.world.script().plan);
    let happened = ran.kept.happened.iter();
    let mut goals: Vec<Goal> =
        happened.filter_map(|happening| of_happening(happening, plan, ledger, phases)).collect();
    let evidence = Evidence::new(&ran.world);
    let sent = |kind: fn(&Kind) -> bool| ledger.deliveries.iter().any(|d| kind(&d.kind));
    let suspended = |kind: &Kind| matches!(kind, Kind::Notice { notice: Notice::Suspended, .. });
    let met = [
        (sent(suspended), Goal::Suspended),
        (sent(|kind| matches!(kind, Kind::Copy { .. })), Goal::CopySent),
        (flush_lied(ledger), Goal::FlushLiedAndPowerLost),
        (resumed(ledger), Goal::ResumedAndFinished),
        (ledger.boots.iter().any(|boot| message_in(boot, &evidence)), Goal::MessageInStop),
        (ledger.boots.iter().any(|boot| finished_in(boot, ledger)), Goal::TurnFinishedInStop),
        (ledger.boots.iter().any(|boot| cut_by_stop(boot)), Goal::TurnCutByStop),
        (user_beat_recovery(&evidence), Goal::UserBeatRecovery),
        (restart_asked(&evidence), Goal::RestartAskedByTurn),
    ];
    goals.extend(met.into_iter().filter(|(met, _)| *met).map(|(_, goal)| goal));
    goals.extend(of_wishes(&evidence));
    goals.extend(second_signal(&ran.kept.happened));
    goals
}

fn of_happening(
    happening: &Happening,
    plan: &Plan,
    ledger: &Ledger,
    phases: &Phases,
) -> Option<Goal> {
    let Happening { planned, phase, at, boot } = *happening;
    let stops = boot.is_some_and(|boot| in_stop(ledger, boot, at));
    let recovers = boot.is_some_and(|boot| in_recovery(ledger, boot, at));
    match planned {
        Planned::DiskFault(index) => {
            let effect = plan.disk_faults[index].effect;
            let drops = effect == DiskEffect::EioDropsDirty;
            if drops && phases.premark.contains(&phase) {
                return Some(Goal::SyncFailedUnderPremark);
            }
            of_disk_fault(effect, stops, recovers)
        }
        Planned::SendFault(_) if stops => Some(Goal::SendFailedInStop),
        Planned::ClockJump(index) if phases.drain.contains(&phase) => {
            (plan.clock_jumps[index].by.0 < 0).then_some(Goal::ClockBackInDrain)
        }
        Planned::PollFault(_) if recovers => Some(Goal::OfflineInRecovery),
        Planned::Demotion(_) => Some(Goal::EffectDemoted),
        Planned::ClockJump(_) if phase == DOWN => Some(Goal::ClockJumpedWhileDown),
        _ => None,
    }
}

fn of_disk_fault(effect: DiskEffect, stops: bool, recovers: bool) -> Option<Goal> {
    effect.errno()?;
    let full = matches!(effect, DiskEffect::Enospc | DiskEffect::EnospcPartial | DiskEffect::Erofs);
    match (stops, full) {
        (true, true) => Some(Goal::DiskFullInStop),
        (true, false) => Some(Goal::DiskFailedInStop),
        (false, _) => recovers.then_some(Goal::DiskFailedInRecovery),
    }
}

fn second_signal(happened: &[Happening]) -> Option<Goal> {
    let signals = happened.iter().filter(|h| matches!(h.planned, Planned::Stop(_)));
    let boots: Vec<_> = signals.map(|happening| happening.boot).collect();
    boots
        .windows(2)
        .any(|pair| pair[0].is_some() && pair[0] == pair[1])
        .then_some(Goal::SecondSignal)
}

fn flush_lied(ledger: &Ledger) -> bool {
    ledger.flush_lied_at.is_some_and(|lied| {
        let mut lost = ledger.boots.iter().filter(|b| matches!(b.ended, Some((_, End::PowerLost))));
        lost.any(|boot| boot.ended_at() >= lied)
    })
}

fn resumed(ledger: &Ledger) -> bool {
    ledger.runs.iter().any(|run| {
        let answered = |message| ledger.answers(message).next().is_some();
        run.resumed.is_some() && run.message.is_some_and(answered)
    })
}

fn message_in(boot: &BootFacts, evidence: &Evidence<'_>) -> bool {
    let Some(stop) = &boot.stop else { return false };
    evidence.script.messages.iter().any(|m| stop.asked_at < m.at && m.at < boot.ended_at())
}

fn finished_in(boot: &BootFacts, ledger: &Ledger) -> bool {
    let Some(stop) = &boot.stop else { return false };
    let mut runs = ledger.runs.iter().filter(|run| run.boot == boot.number);
    runs.any(|run| run.over_at.is_some_and(|at| stop.asked_at < at))
}

fn cut_by_stop(boot: &BootFacts) -> bool {
    boot.stop.is_some() && !boot.cut.is_empty()
}

fn user_beat_recovery(evidence: &Evidence<'_>) -> bool {
    let commands = evidence.script.messages.iter().filter(|m| !m.body.is_request());
    let mut commands = commands.filter(|command| command.at < evidence.world.now());
    commands.any(|command| {
        let ended = |boot: &&std::sync::Arc<BootFacts>| boot.ended_at() <= command.at;
        let last = evidence.ledger.boots.iter().rfind(ended);
        last.is_some_and(|boot| {
            let here = |message: &usize| evidence.script.messages[*message].chat == command.chat;
            let resumed = evidence.ledger.runs.iter().any(|run| {
                run.boot > boot.number && run.chat == command.chat && run.began_at < command.at
            });
            boot.cut.iter().any(here) && !resumed
        })
    })
}

fn restart_asked(evidence: &Evidence<'_>) -> bool {
    evidence.requests().any(|message| {
        let asks = evidence.script.messages[message].turn.outcome == Outcome::AskRestart;
        asks && evidence.ledger.answers(message).next().is_some()
    })
}

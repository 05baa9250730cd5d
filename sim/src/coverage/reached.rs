//! Which goals a run has met, from what the world remembers of it.

use gateway_core::message::{Kind, Notice};

use super::goal::Goal;
use super::scene::Kill;
use super::wished::of_wishes;
use crate::delivered::{Happening, Planned};
use crate::direct::Ran;
use crate::ledger::{BootFacts, End, Ledger};
use crate::oracle::Case;
use crate::plan::{DiskEffect, Outcome, Plan};
use crate::trace::DOWN;

/// The phases of a stop, in their order.
pub(super) const STOP: [&str; 8] =
    ["premark", "notify", "drain", "interrupt", "flush", "clear", "seal", "release"];

/// Whether a phase is one of a recovery.
pub(super) fn recovers(phase: &str) -> bool {
    phase.starts_with("boot.") || phase.starts_with("recovery.")
}

/// What kills alone say.
pub(super) fn of_kills(kills: &[Kill]) -> Vec<Goal> {
    let mut goals = Vec::new();
    for (index, kill) in kills.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| &kills[index]);
        let in_a_row = before.filter(|before| before.boot + 1 == kill.boot);
        goals.extend(in_phase(kill));
        goals.extend(in_a_row.and_then(|before| two_in_a_row(before, kill)));
        let of_disk = [
            (kill.torn, Goal::WriteTorn),
            (kill.splits, Goal::PowerLostInParts),
            (kill.power && STOP.contains(&kill.phase), Goal::PowerLostInStop),
            (kill.power && kill.in_recovery, Goal::PowerLostInRecovery),
            (kill.rolls_back, Goal::RolledBackAfterKill),
            (kill.in_recovery, Goal::RecoveryKilled),
            (kill.arrives, Goal::RequestArrivedLate),
        ];
        goals.extend(of_disk.into_iter().filter(|(met, _)| *met).map(|(_, goal)| goal));
    }
    goals
}

fn in_phase(kill: &Kill) -> Option<Goal> {
    Some(match kill.phase {
        "premark" => Goal::KilledInPremark,
        "notify" => Goal::KilledInNotify,
        "drain" => Goal::KilledInDrain,
        "interrupt" | "flush" => Goal::KilledBetweenDrainAndClear,
        "clear" if kill.enters => Goal::KilledBetweenDrainAndClear,
        "clear" => Goal::KilledInClear,
        "seal" => Goal::KilledInSeal,
        "release" => Goal::KilledInRelease,
        _ => return None,
    })
}

fn two_in_a_row(first: &Kill, second: &Kill) -> Option<Goal> {
    if !second.in_recovery {
        return None;
    }
    if STOP.contains(&first.phase) {
        return Some(Goal::TwoKillsInOneStop);
    }
    first.in_recovery.then_some(Goal::RecoveryKilledTwice)
}

/// What a run says at its end.
pub(super) fn of_run(ran: &Ran) -> Vec<Goal> {
    let (ledger, plan) = (ran.world.ledger(), &ran.world.script().plan);
    let mut goals: Vec<Goal> =
        ran.kept.happened.iter().filter_map(|happening| of_happening(happening, plan)).collect();
    let case = Case::new(&ran.world);
    let sent = |kind: fn(&Kind) -> bool| ledger.deliveries.iter().any(|d| kind(&d.kind));
    let suspended = |kind: &Kind| matches!(kind, Kind::Notice { notice: Notice::Suspended, .. });
    let met = [
        (sent(suspended), Goal::Suspended),
        (sent(|kind| matches!(kind, Kind::Copy { .. })), Goal::CopySent),
        (flush_lied(ledger), Goal::FlushLiedAndPowerLost),
        (resumed(ledger), Goal::ResumedAndFinished),
        (ledger.boots.iter().any(|boot| message_in(boot, &case)), Goal::MessageInStop),
        (ledger.boots.iter().any(|boot| finished_in(boot, ledger)), Goal::TurnFinishedInStop),
        (ledger.boots.iter().any(|boot| cut_by_stop(boot)), Goal::TurnCutByStop),
        (user_beat_recovery(&case), Goal::UserBeatRecovery),
        (restart_asked(&case), Goal::RestartAskedByTurn),
    ];
    goals.extend(met.into_iter().filter(|(met, _)| *met).map(|(_, goal)| goal));
    goals.extend(of_wishes(&case));
    goals.extend(second_signal(&ran.kept.happened));
    goals
}

fn of_happening(happening: &Happening, plan: &Plan) -> Option<Goal> {
    let Happening { planned, phase, .. } = *happening;
    let in_stop = STOP.contains(&phase);
    match planned {
        Planned::DiskFault(index) => of_disk_fault(plan.disk_faults[index].effect, phase),
        Planned::SendFault(_) if in_stop => Some(Goal::SendFailedInStop),
        Planned::ClockJump(index) if phase == "drain" => {
            (plan.clock_jumps[index].by.0 < 0).then_some(Goal::ClockBackInDrain)
        }
        Planned::PollFault(_) if recovers(phase) => Some(Goal::OfflineInRecovery),
        Planned::Demotion(_) => Some(Goal::EffectDemoted),
        Planned::ClockJump(_) if phase == DOWN => Some(Goal::ClockJumpedWhileDown),
        _ => None,
    }
}

fn of_disk_fault(effect: DiskEffect, phase: &str) -> Option<Goal> {
    effect.errno()?;
    let full = matches!(effect, DiskEffect::Enospc | DiskEffect::EnospcPartial | DiskEffect::Erofs);
    match phase {
        "premark" if effect == DiskEffect::EioDropsDirty => Some(Goal::SyncFailedUnderPremark),
        phase if STOP.contains(&phase) && full => Some(Goal::DiskFullInStop),
        phase if STOP.contains(&phase) => Some(Goal::DiskFailedInStop),
        phase if recovers(phase) => Some(Goal::DiskFailedInRecovery),
        _ => None,
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

fn message_in(boot: &BootFacts, case: &Case<'_>) -> bool {
    let Some(stop) = &boot.stop else { return false };
    case.script.messages.iter().any(|m| stop.asked_at < m.at && m.at < boot.ended_at())
}

fn finished_in(boot: &BootFacts, ledger: &Ledger) -> bool {
    let Some(stop) = &boot.stop else { return false };
    let mut runs = ledger.runs.iter().filter(|run| run.boot == boot.number);
    runs.any(|run| run.over_at.is_some_and(|at| stop.asked_at < at))
}

fn cut_by_stop(boot: &BootFacts) -> bool {
    boot.stop.is_some() && !boot.cut.is_empty()
}

fn user_beat_recovery(case: &Case<'_>) -> bool {
    let commands = case.script.messages.iter().filter(|m| !m.body.is_request());
    let mut commands = commands.filter(|command| command.at < case.world.now());
    commands.any(|command| {
        let ended = |boot: &&std::sync::Arc<BootFacts>| boot.ended_at() <= command.at;
        let last = case.ledger.boots.iter().rfind(ended);
        last.is_some_and(|boot| {
            let here = |message: &usize| case.script.messages[*message].chat == command.chat;
            let resumed = case.ledger.runs.iter().any(|run| {
                run.boot > boot.number && run.chat == command.chat && run.began_at < command.at
            });
            boot.cut.iter().any(here) && !resumed
        })
    })
}

fn restart_asked(case: &Case<'_>) -> bool {
    case.texts().any(|message| {
        let asks = case.script.messages[message].turn.outcome == Outcome::AskRestart;
        asks && case.ledger.answers(message).next().is_some()
    })
}

//! Which goals a run on the network stage has met: several processes, and a link that fails.

use gateway_core::env::Exit;
use gateway_core::message::Kind;
use gateway_core::wire::IDLE_LIMIT;

use super::facts::{in_recovery, in_stop};
use super::goal::Goal;
use crate::delivered::{Delivered, Happening, Planned};
use crate::direct::Ran;
use crate::ledger::{BootFacts, Delivery, End, Ledger};
use crate::plan::{LinkEffect, Pids, Plan, Stage};
use crate::time::Ms;

/// What a run says at its end.
pub(super) fn of_network(ran: &Ran) -> Vec<Goal> {
    let (ledger, plan) = (ran.world.ledger(), &ran.world.script().plan);
    if plan.stage != Stage::Network {
        return Vec::new();
    }
    let delivered = ran.world.delivered();
    let happened = ran.kept.happened.iter();
    let mut goals: Vec<Goal> = happened.flat_map(|it| of_happening(it, plan, ledger)).collect();
    let any = |is: fn(&BootFacts, &Ledger) -> bool| ledger.boots.iter().any(|b| is(b, ledger));
    let pairs = |are: fn(&BootFacts, &BootFacts, &Ledger) -> bool| {
        // The first of them began no later.
        let pairs = ledger.boots.iter().enumerate().flat_map(|(place, later)| {
            ledger.boots[..place].iter().map(move |earlier| (earlier, later))
        });
        pairs.into_iter().any(|(earlier, later)| are(earlier, later, ledger))
    };
    let met = [
        (pairs(|one, two, _| live_together(one, two)), Goal::TwoProcesses),
        (pairs(|one, two, _| one.began_at == two.began_at), Goal::StartedAtOnce),
        (pairs(takes_over_in_drain), Goal::TakeoverInDrain),
        (pairs(goes_on_after), Goal::SuccessorWentOn),
        (pairs(was_stopped_while_waiting), Goal::StoppedWhileWaiting),
        (pairs(gave_up_waiting), Goal::GaveUpWaiting),
        (pairs(lost_power_together), Goal::PowerLostByTwo),
        (any(was_frozen_in_stop), Goal::FrozenInStop),
        (any(woke_after_another_served), Goal::WokeAfterAnotherServed),
        (
            any(|boot, _| boot.ended.as_ref().is_some_and(|(_, end)| *end == End::Superseded)),
            Goal::Superseded,
        ),
        (any(died_beside_another), Goal::DiedBesideAnother),
        (ledger.boots.iter().any(|boot| is_killed_for(boot, plan)), Goal::ReplacedAndKilled),
        (any_replaced_frozen(ledger, plan, delivered), Goal::ReplacedWhileFrozen),
        (number_used_again(ledger, plan), Goal::NumberUsedAgain),
        (delivered.given_up(), Goal::SupervisorGaveUp),
        (silence_outlived(ledger, plan, delivered), Goal::SilenceOutlived),
        (answer_lost_with_link(ran), Goal::AnswerLostWithLink),
    ];
    goals.extend(met.into_iter().filter(|(met, _)| *met).map(|(_, goal)| goal));
    goals
}

fn of_happening(happening: &Happening, plan: &Plan, ledger: &Ledger) -> Vec<Goal> {
    let Happening { planned: Planned::LinkFault(index), at, .. } = *happening else {
        return Vec::new();
    };
    let effect = match plan.link_faults[index].effect {
        LinkEffect::Partition => Goal::LinkPartitioned,
        LinkEffect::PartitionToPlatform => Goal::LinkDeaf,
        LinkEffect::PartitionToGateway => Goal::LinkMute,
        LinkEffect::Hold => Goal::LinkHeld,
        LinkEffect::Latency => Goal::LinkSlow,
        LinkEffect::Loss => Goal::LinkLossy,
        LinkEffect::Reset => Goal::LinkReset,
        LinkEffect::PlatformDies => Goal::PlatformDied,
    };
    let living = || ledger.boots.iter().filter(|boot| lives_at(boot, at));
    let any = |is: &dyn Fn(&BootFacts) -> bool| living().any(|boot| is(boot));
    let also = [
        (any(&|boot| in_stop(ledger, boot.number, at)), Goal::LinkFailedInStop),
        (any(&|boot| in_recovery(ledger, boot.number, at)), Goal::LinkFailedInRecovery),
        (living().count() > 1, Goal::LinkFailedForTwo),
    ];
    let also = also.into_iter().filter(|(met, _)| *met).map(|(_, goal)| goal);
    [effect].into_iter().chain(also).collect()
}

fn lives_at(boot: &BootFacts, at: Ms) -> bool {
    boot.began_at <= at && at < boot.ended_at()
}

fn live_together(earlier: &BootFacts, later: &BootFacts) -> bool {
    later.began_at < earlier.ended_at()
}

fn takes_over_in_drain(earlier: &BootFacts, later: &BootFacts, ledger: &Ledger) -> bool {
    let mut runs = ledger.runs.iter().filter(|run| run.boot == earlier.number);
    let stops = earlier.stop.as_ref().is_some_and(|stop| stop.asked_at <= later.began_at);
    let together = live_together(earlier, later);
    stops && together && runs.any(|run| run.over_at.is_some_and(|at| later.began_at < at))
}

fn goes_on_after(earlier: &BootFacts, later: &BootFacts, ledger: &Ledger) -> bool {
    let cut = |message: usize| earlier.cut.contains(&message);
    let mut runs = ledger.runs.iter().filter(|run| run.boot == later.number);
    live_together(earlier, later)
        && runs.any(|run| run.resumed.is_some() && run.message.is_some_and(cut))
}

/// Whether a boot came and went beside another one and never served.
fn came_and_went(earlier: &BootFacts, later: &BootFacts, ledger: &Ledger) -> bool {
    let serves = ledger.runs.iter().any(|run| run.boot == later.number)
        || ledger.deliveries.iter().any(|delivery| delivery.boot == later.number);
    later.ended_at() < earlier.ended_at() && !serves
}

fn was_stopped_while_waiting(earlier: &BootFacts, later: &BootFacts, ledger: &Ledger) -> bool {
    came_and_went(earlier, later, ledger) && later.stop.is_some() && !later.died()
}

fn gave_up_waiting(earlier: &BootFacts, later: &BootFacts, ledger: &Ledger) -> bool {
    let failed = matches!(later.ended, Some((_, End::Exited(Exit::Failed))));
    came_and_went(earlier, later, ledger) && later.stop.is_none() && failed
}

fn lost_power_together(earlier: &BootFacts, later: &BootFacts, _: &Ledger) -> bool {
    let lost = |boot: &BootFacts| matches!(boot.ended, Some((_, End::PowerLost)));
    lost(earlier) && lost(later) && earlier.ended_at() == later.ended_at()
}

fn was_frozen_in_stop(boot: &BootFacts, _: &Ledger) -> bool {
    let Some((from, _)) = boot.frozen else { return false };
    boot.stop.as_ref().is_some_and(|stop| stop.asked_at < from)
}

fn woke_after_another_served(boot: &BootFacts, ledger: &Ledger) -> bool {
    let Some((from, until)) = boot.frozen.filter(|(_, until)| *until < boot.ended_at()) else {
        return false;
    };
    let mut taken = ledger.deliveries.iter().filter(|delivery| delivery.boot != boot.number);
    taken.any(|delivery| from < delivery.at && delivery.at < until)
}

fn died_beside_another(boot: &BootFacts, ledger: &Ledger) -> bool {
    let mut others = ledger.boots.iter().filter(|other| other.number != boot.number);
    boot.died() && others.any(|other| lives_at(other, boot.ended_at()))
}

/// Whether a boot was killed because it had not ended when the patience with it was over.
fn is_killed_for(boot: &BootFacts, plan: &Plan) -> bool {
    let killed = matches!(boot.ended, Some((_, End::Killed)));
    let mut replaced = plan.replacements.iter().filter(|new| lives_at(boot, new.at));
    killed && replaced.any(|new| new.at.plus(new.patience) == boot.ended_at())
}

fn any_replaced_frozen(ledger: &Ledger, plan: &Plan, delivered: &Delivered) -> bool {
    let happened = |index: usize| delivered.count(Planned::Replacement(index)) > 0;
    let replaced = plan.replacements.iter().enumerate().filter(|(index, _)| happened(*index));
    let frozen = |boot: &BootFacts, at: Ms| {
        boot.frozen.is_some_and(|(from, until)| from <= at && at < until) && lives_at(boot, at)
    };
    let stopped =
        |boot: &BootFacts, at: Ms| boot.stop.as_ref().is_some_and(|stop| stop.asked_at <= at);
    replaced
        .map(|(_, new)| new.at)
        .any(|at| ledger.boots.iter().any(|boot| frozen(boot, at) && stopped(boot, at)))
}

fn number_used_again(ledger: &Ledger, plan: &Plan) -> bool {
    let first = ledger.boots.iter().map(|boot| boot.ended_at()).min();
    let later = |at: Ms| ledger.boots.iter().any(|boot| at < boot.began_at);
    plan.supervisor.pids == Pids::Reused && first.is_some_and(later)
}

fn silence_outlived(ledger: &Ledger, plan: &Plan, delivered: &Delivered) -> bool {
    let limit = u64::try_from(IDLE_LIMIT.as_millis()).unwrap_or(u64::MAX);
    let faults = plan.link_faults.iter().enumerate().filter(|(index, fault)| {
        let silent = !matches!(
            fault.effect,
            LinkEffect::Latency | LinkEffect::Loss | LinkEffect::Reset | LinkEffect::PlatformDies
        );
        silent && delivered.count(Planned::LinkFault(*index)) > 0
    });
    let mut silences = faults.map(|(index, fault)| (fault.from, plan.link_ends(index)));
    silences.any(|(from, until)| {
        let outlives = |boot: &BootFacts| boot.began_at < from && until < boot.ended_at();
        let sends =
            |delivery: &Delivery| until < delivery.at && outlives(ledger.boot(delivery.boot));
        until.since(from) >= Ms(limit) && ledger.deliveries.iter().any(sends)
    })
}

/// Whether a boot sent a copy of what the platform had taken from it, and no fault of the platform
/// made it do so.
fn answer_lost_with_link(ran: &Ran) -> bool {
    let ledger = ran.world.ledger();
    (0..ledger.messages.len()).any(|message| {
        let answers: Vec<&Delivery> =
            ledger.deliveries.iter().filter(|d| d.answers == Some(message)).collect();
        let again = |later: &&Delivery| {
            let mut before = answers.iter().take_while(|one| !std::ptr::eq(**one, *later));
            matches!(later.kind, Kind::Copy { .. })
                && before.any(|one| one.boot == later.boot && one.told)
        };
        !ledger.messages[message].send_fault && answers.iter().any(again)
    })
}

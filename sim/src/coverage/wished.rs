//! Which goals a run has met that have to do with what its operator wishes for, and with jobs.

use gateway_core::message::Notice;

use super::goal::Goal;
use crate::ledger::{BootFacts, Delivery};
use crate::oracle::Evidence;
use crate::plan::MessageBody;

/// What a run says at its end.
pub(super) fn of_wishes(evidence: &Evidence<'_>) -> Vec<Goal> {
    let told = |notice: Notice, such: fn(&Evidence<'_>, &Delivery) -> bool| {
        let mut deliveries = evidence.ledger.deliveries.iter();
        deliveries.any(|delivery| delivery.notice() == Some(notice) && such(evidence, delivery))
    };
    let is_quiet = !evidence.script.plan.settings.notices.stopping;
    let met = [
        (told(Notice::Refused, has_begun), Goal::RefusedAfterBegin),
        (job_finished_in_stop(evidence), Goal::JobFinishedInStop),
        (told(Notice::Stale, is_unbegun_job), Goal::JobMissed),
        (told(Notice::Dropped, |_, _| true), Goal::DroppedByCleanStart),
        (clean_start_killed(evidence), Goal::CleanStartKilled),
        (is_quiet && cut_by_stop(evidence), Goal::CutUnannounced),
    ];
    met.into_iter().filter(|(met, _)| *met).map(|(_, goal)| goal).collect()
}

fn has_begun(evidence: &Evidence<'_>, delivery: &Delivery) -> bool {
    let about = evidence.about(delivery);
    about.is_some_and(|message| evidence.ledger.messages[message].started_at.is_some())
}

fn is_unbegun_job(evidence: &Evidence<'_>, delivery: &Delivery) -> bool {
    let is_job = |message: usize| evidence.script.messages[message].body == MessageBody::Job;
    evidence.about(delivery).is_some_and(is_job) && !has_begun(evidence, delivery)
}

fn job_finished_in_stop(evidence: &Evidence<'_>) -> bool {
    let is_job = |message: usize| evidence.script.messages[message].body == MessageBody::Job;
    evidence.ledger.runs.iter().filter(|run| run.message.is_some_and(is_job)).any(|run| {
        let stop = evidence.ledger.boot(run.boot).stop.as_ref();
        stop.is_some_and(|stop| run.over_at.is_some_and(|at| stop.asked_at < at))
    })
}

fn clean_start_killed(evidence: &Evidence<'_>) -> bool {
    let wish = |boot: &BootFacts| evidence.script.plan.clean_start(boot.began_at);
    evidence
        .ledger
        .boots
        .windows(2)
        .any(|pair| pair[0].died() && wish(&pair[0]).is_some() && wish(&pair[0]) == wish(&pair[1]))
}

fn cut_by_stop(evidence: &Evidence<'_>) -> bool {
    evidence.ledger.boots.iter().any(|boot| boot.stop.is_some() && !boot.cut.is_empty())
}

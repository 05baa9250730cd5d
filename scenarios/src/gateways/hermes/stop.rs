//! The stop of the real gateway, step by step (lifecycle section 3.2).
//!
//! The durable writes and their order are the real ones; what writes nothing is left out. What
//! an era does at a step is its policy's to say.

use std::collections::BTreeSet;

use gateway_core::env::Signal;
use gateway_core::message::{ChatId, Kind, Notice};
use gateway_core::phase;
use tracing::Instrument as _;

use super::drain::{self, Drained, Wait};
use super::hub::Hub;
use super::index::Reason;
use super::live::Worker;
use super::policy::{Autostart, Closing, Flush, Premark, Remark, Unclean};
use super::spool;
use super::store::{ENDED, Lock};
use super::times::{DISCONNECT, INTERRUPT_GRACE};

/// Stops; when it returns the process ends. `disconnect` ends the listening to the platform.
pub(super) async fn stop(hub: &Hub, lock: &Lock, signal: Signal, disconnect: impl FnOnce()) {
    let reason = match signal {
        Signal::Restart => Reason::RestartTimeout,
        Signal::Stop => Reason::ShutdownTimeout,
    };
    // Step 1, in memory only.
    hub.live().begin_drain();
    notify(hub).instrument(phase!("notify")).await;
    let premarked = match hub.policies.premark {
        Premark::Nobody => BTreeSet::new(),
        Premark::Agents => mark(hub, agents(hub), reason).instrument(phase!("premark")).await,
    };
    let (at_drain_start, active) = {
        let live = hub.live();
        (live.workers(), live.running())
    };
    // Step 4.
    let drained =
        drain::wait(hub, Wait::Drain, hub.drain_timeout()).instrument(phase!("drain")).await;
    match drained {
        Drained::Graceful => clear(hub, &premarked).instrument(phase!("clear")).await,
        Drained::TimedOut => give_up(hub, &at_drain_start, reason).await,
    }
    drain::join_senders(hub).instrument(phase!("drain")).await;
    if hub.policies.flush == Flush::DrainStart {
        flush(hub, &at_drain_start).instrument(phase!("finalise")).await;
    }
    close_rows(hub, &active).instrument(phase!("finalise")).await;
    tear_down(disconnect).instrument(phase!("teardown")).await;
    spool::write(hub).instrument(phase!("spool")).await;
    release(hub, lock).instrument(phase!("release")).await;
    leave_receipt(hub, drained, &active).instrument(phase!("receipt")).await;
    if hub.policies.autostart == Autostart::UnlessStopped
        && signal == Signal::Stop
        && let Err(error) = hub.store.note_stopped().await
    {
        tracing::debug!(%error, "the state could not be saved");
    }
}

fn agents(hub: &Hub) -> Vec<ChatId> {
    hub.live().workers().into_iter().map(|(chat, _)| chat).collect()
}

/// Step 2: every chat with an agent is told, one after the other, with no limit of its own, and
/// before anything is marked (R007).
async fn notify(hub: &Hub) {
    let workers = hub.live().workers();
    for (chat, _) in workers {
        let kind = Kind::Notice { notice: Notice::Stopping, to: None };
        hub.send(&chat, kind, "The gateway is stopping. The work goes on afterwards.").await;
    }
}

/// Steps 3 and 6: every chat with an agent is flagged, each by a rewrite of the whole index
/// (R008). Sentinels are skipped (R006), older flags overwritten, failures swallowed (R009).
async fn mark(hub: &Hub, chats: Vec<ChatId>, reason: Reason) -> BTreeSet<ChatId> {
    for chat in &chats {
        let now = hub.flag_time();
        if let Err(error) = hub.save_if(|index| index.mark(chat, now, reason)).await {
            tracing::debug!(%chat, %error, "a session could not be marked");
        }
    }
    chats.into_iter().collect()
}

/// Step 5: after a good drain the flags of the chats that were pre-marked are cleared, older ones
/// with them (R005), whatever became of the turn.
async fn clear(hub: &Hub, premarked: &BTreeSet<ChatId>) {
    for chat in premarked {
        if let Err(error) = hub.save_if(|index| index.clear(chat)).await {
            tracing::debug!(%chat, %error, "a mark could not be cleared");
        }
    }
}

/// Step 6: what still runs after the drain is flagged (again) and interrupted. The pre-marks of
/// those that finished meanwhile are not touched.
async fn give_up(hub: &Hub, at_drain_start: &[(ChatId, Worker)], reason: Reason) {
    let chats = match hub.policies.remark {
        Remark::Nobody => Vec::new(),
        Remark::DrainStart => at_drain_start.iter().map(|(chat, _)| chat.clone()).collect(),
        Remark::Running => agents(hub),
    };
    mark(hub, chats, reason).instrument(phase!("remark")).await;
    interrupt(hub).instrument(phase!("interrupt")).await;
}

async fn interrupt(hub: &Hub) {
    let workers = hub.live().workers();
    for (_, worker) in workers {
        worker.run.interrupt().await;
    }
    // Sentinels cannot be interrupted: with one of them the whole grace runs out.
    drain::wait(hub, Wait::Grace, INTERRUPT_GRACE).await;
}

/// Step 8 (#50312): the agents of the drain's start have their unwritten transcript flushed.
async fn flush(hub: &Hub, workers: &[(ChatId, Worker)]) {
    for (_, worker) in workers {
        let rows = worker.memory.take();
        if rows.is_empty() || hub.live().is_rowless(&worker.memory.session) {
            continue;
        }
        if let Err(error) = hub.store.append_transcript(&worker.memory.session, &rows).await {
            tracing::debug!(%error, "a transcript could not be flushed");
        }
    }
}

/// Step 8, of a build whose cleanup of idle agents ended the rows of their sessions (#54442).
async fn close_rows(hub: &Hub, active: &[ChatId]) {
    if hub.policies.closing == Closing::Keeps {
        return;
    }
    let ended = hub.look(|index| index.sessions_but(active)).await;
    if let Err(error) = hub.store.replace(ENDED, &ended).await {
        tracing::debug!(%error, "the ends of sessions could not be saved");
    }
}

/// Steps 9 and 10: the platform is disconnected, then everything in the background is cancelled,
/// replies on their way included. The slots of the running map are of no use any more.
async fn tear_down(disconnect: impl FnOnce()) {
    disconnect();
    tokio::time::sleep(DISCONNECT).await;
}

/// Step 12: pid file and lock, before the receipt (R014).
async fn release(hub: &Hub, lock: &Lock) {
    if let Err(error) = hub.store.release(lock).await {
        tracing::warn!(%error, "the lock could not be released");
    }
}

/// Steps 13 and 14: a receipt unless the drain timed out, for whatever reason; then a count for
/// everyone who was at work when the drain began, those that finished well included.
async fn leave_receipt(hub: &Hub, drained: Drained, active: &[ChatId]) {
    if drained == Drained::Graceful
        && hub.policies.unclean != Unclean::Nothing
        && let Err(error) = hub.store.leave_receipt().await
    {
        tracing::debug!(%error, "the receipt could not be left");
    }
    if active.is_empty() {
        return;
    }
    let old = hub.store.load_counts().await;
    let count = |chat: &ChatId| (chat.clone(), old.get(chat).unwrap_or(&0) + 1);
    if let Err(error) = hub.store.save_counts(&active.iter().map(count).collect()).await {
        tracing::debug!(%error, "the counters could not be saved");
    }
}

//! The way down: premark, notify, drain, clear.
//!
//! The drain is what the supervisor's budget leaves of what the operator wants. Most siblings
//! that are broken here wait for somebody who will not come, for as long as the operator said.

use std::time::Duration;

use gateway_core::env::Signal;
use gateway_core::message::{ChatId, Cut, Kind, Notice};
use gateway_core::phase;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::hub::Hub;
use super::live::Live;
use super::sibling::Sibling;
use super::store::until_done;

/// What a stop keeps of its budget for everything but the drain.
const RESERVE: Duration = Duration::from_secs(20);

/// Stops; when it returns the process ends.
pub(super) async fn stop(hub: &Hub, signal: Signal) {
    let cut = match signal {
        Signal::Restart => Cut::Restart,
        Signal::Stop => Cut::Shutdown,
    };
    hub.live().begin_stop();
    if hub.is(Sibling::StopRemembered) && signal == Signal::Stop {
        until_done("stopped", || hub.store.remember_stop()).await;
    }
    let at_work = hub.live().at_work();
    if !hub.is(Sibling::ForcedStopUnmarked) {
        mark(hub, &at_work, cut).instrument(phase!("premark")).await;
    }
    notify(hub, &at_work).instrument(phase!("notify")).await;
    let drained = drain(hub).instrument(phase!("drain")).await;
    if !drained {
        interrupt(hub).instrument(phase!("interrupt")).await;
        if hub.is(Sibling::ForcedStopUnmarked) && hub.live().is_drained() {
            // Only the polite way out marks anything.
            mark(hub, &at_work, cut).instrument(phase!("premark")).await;
        }
    }
    clear(hub, &at_work).instrument(phase!("clear")).await;
}

/// Marks everything at work: one replacement of the index.
async fn mark(hub: &Hub, chats: &[ChatId], cut: Cut) {
    let boot = hub.boot;
    hub.index(|sessions| {
        for chat in chats {
            sessions.abort(chat, boot, cut, || hub.fresh());
        }
    })
    .await;
}

/// Tells the chats at work, all of them within one limit.
async fn notify(hub: &Hub, chats: &[ChatId]) {
    let told = timeout(hub.settings.notify_timeout, async {
        for chat in chats {
            hub.tell(chat, Kind::Notice { notice: Notice::Stopping, to: None }).await;
        }
    });
    if told.await.is_err() {
        tracing::warn!("not every chat was told of the stop");
    }
}

/// Waits for what is at work; whether nothing is left of it.
async fn drain(hub: &Hub) -> bool {
    let wanted = hub.settings.drain_timeout;
    if hub.is(Sibling::DeadRowsWaitedFor) && hub.commit(|queue| !queue.dead.is_empty()).await {
        // Nobody will ever say that they are done.
        tokio::time::sleep(wanted).await;
        hub.commit(|queue| queue.dead.clear()).await;
    }
    let unlimited = hub.is(Sibling::DrainBeyondBudget)
        || (hub.is(Sibling::RequesterWaitedFor) && hub.live().has_requester())
        || (hub.is(Sibling::ResumedWaitedFor) && hub.live().has_resumed());
    let left = hub.settings.stop_budget.saturating_sub(RESERVE);
    let patience = if unlimited { wanted } else { wanted.min(left) };
    timeout(patience, hub.until(Live::is_drained)).await.is_ok()
}

/// Interrupts what is still at work, and grants it a little time to obey.
async fn interrupt(hub: &Hub) {
    let runs = hub.live().runs();
    for run in runs {
        run.interrupt().await;
    }
    if timeout(hub.settings.interrupt_grace, hub.until(Live::is_drained)).await.is_err() {
        tracing::warn!("somebody did not obey in time");
    }
}

/// Takes the marks of those back that have nothing claimed any more.
async fn clear(hub: &Hub, chats: &[ChatId]) {
    let sent = std::mem::take(&mut hub.live().sent);
    let claimed: Vec<ChatId> = hub
        .commit(|queue| {
            queue.outbox.retain(|parcel| !sent.contains(&parcel.serial));
            let claimed = queue.rows.iter().filter(|row| row.claim.is_some());
            claimed.map(|row| row.message.chat.clone()).collect()
        })
        .await;
    hub.index(|sessions| {
        for chat in chats.iter().filter(|chat| !claimed.contains(chat)) {
            sessions.clear(chat, hub.boot);
        }
    })
    .await;
}

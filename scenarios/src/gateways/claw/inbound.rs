//! Messages on their way in: into the spool, then acknowledged, then to work.

use std::sync::Arc;
use std::time::Duration;

use gateway_core::env::UnixMs;
use gateway_core::message::{Body, Cursor, Inbound, Kind, Notice};

use super::hub::Hub;
use super::live::Job;
use super::sibling::Sibling;

/// How long listening pauses after the platform did not answer.
const RETRY: Duration = Duration::from_secs(1);

/// How many messages wait at most, with the sibling that has a limit.
const SPOOL_MAX: usize = 2;

/// The rows that one sibling has only in memory are numbered from here on.
const UNRECORDED: u64 = 1 << 32;

/// Listens to the platform as long as the process lives. `began` is when it began.
pub(super) async fn listen(hub: Arc<Hub>, began: UnixMs) {
    let mut cursor = Cursor(0);
    loop {
        let messages = match hub.env.platform.poll(cursor).await {
            Ok(messages) => messages,
            Err(error) => {
                tracing::warn!(%error, "polling failed");
                tokio::time::sleep(RETRY).await;
                continue;
            }
        };
        let mut batch = Vec::new();
        for message in messages {
            cursor = Cursor(message.id.0);
            batch.extend(take(&hub, message, began).await);
        }
        if hub.is(Sibling::NothingRemembered) {
            // The next poll is what tells the platform, and the handlers come first.
            hub.until(|live| live.is_done_with(&batch)).await;
            if hub.live().is_stopping() {
                return;
            }
        }
        if let Err(error) = hub.env.platform.ack(cursor).await {
            tracing::warn!(%error, "the platform did not take an acknowledgement");
        }
    }
}

/// Takes one message; the number of its row, if it has one.
async fn take(hub: &Arc<Hub>, message: Inbound, began: UnixMs) -> Option<u64> {
    if !hub.is(Sibling::NothingRemembered) && !hub.commit(|queue| queue.is_new(&message)).await {
        return None;
    }
    if !matches!(message.body, Body::Text(_)) {
        withdraw(hub, &message).await;
        return None;
    }
    if hub.is(Sibling::BacklogDropped) && message.sent_at.since(began) < 0 {
        hub.commit(|queue| queue.pass(&message)).await;
        return None;
    }
    if hub.is(Sibling::FollowUpsInMemory) {
        return take_in_memory(hub, message).await;
    }
    if hub.is(Sibling::SpoolLimited) && hub.commit(|queue| queue.rows.len()).await >= SPOOL_MAX {
        // The user is told that it waits; nobody looks whether it does.
        hub.commit(|queue| queue.pass(&message)).await;
        return None;
    }
    let serial = hub.commit(|queue| queue.accept(&message)).await;
    hub.wake(Job::Answer { serial, message, cut: None });
    Some(serial)
}

/// With one sibling only what is served at once is written down; what comes behind it is not, and
/// in a drain it is refused.
async fn take_in_memory(hub: &Arc<Hub>, message: Inbound) -> Option<u64> {
    let (stopping, busy) = {
        let live = hub.live();
        (live.is_stopping(), live.is_busy(&message.chat))
    };
    if stopping {
        hub.commit(|queue| queue.pass(&message)).await;
        let kind = Kind::Notice { notice: Notice::Refused, to: Some(message.id) };
        hub.tell(&message.chat, kind).await;
        return None;
    }
    let serial = if busy {
        hub.commit(|queue| queue.pass(&message)).await;
        UNRECORDED + message.id.0
    } else {
        hub.commit(|queue| queue.accept(&message)).await
    };
    hub.wake(Job::Answer { serial, message, cut: None });
    Some(serial)
}

/// A user's stop or reset. It is in force before it is noted: after a death in between it is
/// simply done again.
async fn withdraw(hub: &Hub, message: &Inbound) {
    if message.body == Body::Reset {
        hub.index(|sessions| sessions.reset(&message.chat, message.id, hub.fresh())).await;
    }
    hub.commit(|queue| queue.withdraw(message)).await;
    let runs = hub.live().abandon(&message.chat);
    for run in runs {
        run.interrupt().await;
    }
}

//! The way up: what is in the spool is answered, what is in the outbox is delivered.
//!
//! A claim of a boot that is gone is taken over. Whether a stop had cut it is in the index.

use std::io;
use std::sync::Arc;

use gateway_core::message::Cut;

use super::hub::Hub;
use super::live::Job;
use super::queue::{Queue, Row};
use super::sessions::Sessions;
use super::sibling::Sibling;
use super::store::{QUEUE, SESSIONS, Store};

/// How old a message may be that waits at boot, in milliseconds, with the sibling that asks.
const LATE_MS: i64 = 120_000;

/// Reads both tables. What cannot be read at all is tried again; what makes no sense is refused.
pub(super) async fn load(store: &Store) -> io::Result<(Queue, Sessions)> {
    let sessions = match store.sibling() {
        // Whatever is wrong with it, an empty one takes its place, and nobody hears of it.
        Sibling::IndexWrittenInPlace | Sibling::IndexFromNothing => {
            store.load(SESSIONS).await.unwrap_or_default()
        }
        _ => until_read(store, SESSIONS).await?,
    };
    Ok((until_read(store, QUEUE).await?, sessions))
}

async fn until_read<T>(store: &Store, path: &str) -> io::Result<T>
where
    T: serde::de::DeserializeOwned + Default,
{
    super::store::until_done(path, || async {
        match store.load(path).await {
            Err(error) if error.raw_os_error().is_none() => Ok(Err(error)),
            read => read.map(Ok),
        }
    })
    .await
}

/// Puts everything that is unfinished to work.
pub(super) async fn recover(hub: &Arc<Hub>) {
    if hub.is(Sibling::PrunedWithoutEntry) {
        prune(hub).await;
    }
    let Queue { mut rows, outbox, .. } = hub.commit(|queue| queue.clone()).await;
    for parcel in outbox {
        if !(hub.is(Sibling::StartedNeverReplayed) && parcel.started) {
            hub.wake(Job::Deliver { serial: parcel.serial, chat: parcel.chat });
        }
    }
    if hub.is(Sibling::SpoolReplayedBackwards) {
        rows.reverse();
    }
    for row in rows {
        match row.claim {
            None => take_up_waiting(hub, row).await,
            Some(owner) => take_up_claimed(hub, row, owner).await,
        }
    }
}

async fn take_up_waiting(hub: &Arc<Hub>, row: Row) {
    let Row { serial, message, .. } = row;
    let age = hub.env.clock.now().since(message.sent_at);
    if hub.is(Sibling::LateDropped) && age > LATE_MS {
        hub.commit(|queue| queue.remove(serial)).await;
        return;
    }
    let job = Job::Answer { serial, message, cut: None };
    if hub.is(Sibling::WaitingNotWoken) {
        hub.live().enqueue(job);
    } else {
        hub.wake(job);
    }
}

async fn take_up_claimed(hub: &Arc<Hub>, row: Row, owner: u64) {
    let Row { serial, message, .. } = row;
    let marked = hub.index(|sessions| sessions.cut_of(&message.chat, owner)).await;
    let job = Job::Answer { serial, message, cut: Some(marked.unwrap_or(Cut::Crash)) };
    if hub.is(Sibling::NeverReset) || hub.is(Sibling::ClaimOutlivesOwner) {
        hub.live().occupy(&job);
        return;
    }
    let believes_marks =
        hub.is(Sibling::ForcedStopUnmarked) || hub.is(Sibling::AdmissionCleanedEarly);
    if believes_marks && marked.is_none() {
        return;
    }
    if hub.is(Sibling::DeadRowsWaitedFor) {
        hub.commit(|queue| queue.dead.push(serial)).await;
    }
    hub.wake(job);
}

/// One sibling takes what has no entry in the index for rubbish.
async fn prune(hub: &Hub) {
    let known = hub.index(|sessions| sessions.clone()).await;
    hub.commit(|queue| {
        queue.rows.retain(|row| known.knows(&row.message.chat));
        queue.outbox.retain(|parcel| known.knows(&parcel.chat));
    })
    .await;
}

//! The start of the real gateway: receipt, sweep, counters, settle, resume (lifecycle section 4).
//!
//! The index itself is read first. Nothing here takes the lock or listens to the platform.

use std::sync::Arc;
use std::time::Duration;

use gateway_core::phase;
use tracing::Instrument as _;

use super::hub::Hub;
use super::times::STARTUP_SETTLE;
use super::turn::Work;
use super::{inbound, turn};

/// Brings the gateway up to where it serves.
pub(super) async fn start(hub: &Arc<Hub>) {
    sweep(hub).instrument(phase!("boot.sweep")).await;
    // Platforms are connected by now, and what they bring waits at the gate; then one second to
    // settle (4 steps 7 and 8).
    tokio::time::sleep(STARTUP_SETTLE).await;
    resume(hub).instrument(phase!("boot.resume")).await;
    // The gate opens: what it held in memory is replayed (4 step 10).
    let held = hub.live().open_gate();
    for message in held {
        inbound::dispatch(hub, message).await;
    }
}

async fn sweep(hub: &Hub) {
    hub.load_index().await;
    // A receipt is unlinked and trusted; without one, whatever was touched within two minutes is
    // believed to have been at work (4 step 5). One save.
    if !hub.store.take_receipt().await {
        let now = hub.env.clock.now();
        if let Err(error) = hub.save_if(|index| index.sweep(now)).await {
            tracing::warn!(%error, "the sweep could not be saved");
        }
    }
    // Sessions that were at work in three stops in a row are suspended; then the counters are
    // deleted unconditionally, so that nothing ever counts to three (4 step 6).
    let counts = hub.store.load_counts().await;
    if let Err(error) = hub.save_if(|index| index.suspend_stuck(&counts)).await {
        tracing::warn!(%error, "a suspension could not be saved");
    }
    if let Err(error) = hub.store.delete_counts().await {
        tracing::debug!(%error, "the counters could not be deleted");
    }
}

/// Resumes every flagged session that is young enough, with an empty request: the message itself
/// was only in memory (4 step 9). The chat is not told.
async fn resume(hub: &Arc<Hub>) {
    let now = hub.env.clock.now();
    let window_ms = milliseconds(hub.settings.resume_window);
    let candidates = hub.look(|index| index.candidates(now, window_ms)).await;
    for (chat, reason) in candidates {
        // The sentinel is set, then the turn is spawned; nothing durable changes in between.
        let Some(claim) = hub.live().claim(&chat) else {
            continue;
        };
        let work = Work::Resumed(reason.cut());
        tokio::spawn(turn::serve(hub.clone(), chat, claim, work));
    }
}

fn milliseconds(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

//! The start of the real gateway: receipt, sweep, counters, settle, resume (lifecycle section 4).
//!
//! The index itself is read first. Nothing here takes the lock or listens to the platform.

use std::io;
use std::sync::Arc;

use gateway_core::env::UnixMs;
use gateway_core::message::{ChatId, Cut, Inbound};
use gateway_core::phase;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use super::hub::Hub;
use super::index::Reason;
use super::policy::{
    Access, Claiming, Closing, Delivery, Gate, Guard, Note, Offline, Replay, Unclean,
};
use super::row;
use super::store::{BOOTS, ENDED};
use super::times::{GATE_CAP, LATE_CLAIM, STARTUP_SETTLE};
use super::turn::Work;
use super::{delivery, guard, inbound, spool, turn};

/// Brings the gateway up to where it serves.
///
/// # Errors
///
/// E4 refuses to start if it cannot tell how the last boot ended; the others always start.
pub(super) async fn start(hub: &Arc<Hub>) -> io::Result<()> {
    sweep(hub).instrument(phase!("boot.sweep")).await?;
    if hub.policies.gate == Gate::Absent {
        let held = hub.live().open_gate();
        dispatch(hub, held).await;
    }
    if hub.policies.delivery != Delivery::Once {
        delivery::again(hub).instrument(phase!("boot.redeliver")).await;
    }
    // Platforms are connected by now, and what they bring waits at the gate; then one second to
    // settle (4 steps 7 and 8).
    tokio::time::sleep(STARTUP_SETTLE).await;
    let resumed = resume(hub).instrument(phase!("boot.resume")).await;
    match hub.policies.gate {
        Gate::Absent | Gate::UntilDispatched => {}
        Gate::UntilResumed => join(resumed).await,
        Gate::Capped => drop(tokio::time::timeout(GATE_CAP, join(resumed)).await),
    }
    // The gate opens: what it held in memory is replayed (4 step 10), and what an earlier stop
    // has written to files.
    let spooled = spool::read(hub).instrument(phase!("boot.spool")).await;
    let held = hub.live().open_gate();
    let (first, second) = match hub.policies.replay {
        Replay::AfterNewer => (held, spooled),
        _ => (spooled, held),
    };
    dispatch(hub, first).await;
    dispatch(hub, second).await;
    Ok(())
}

async fn dispatch(hub: &Arc<Hub>, messages: Vec<Inbound>) {
    for message in messages {
        inbound::dispatch(hub, message).await;
    }
}

async fn join(resumed: Vec<JoinHandle<()>>) {
    for turn in resumed {
        if let Err(error) = turn.await {
            tracing::warn!(%error, "a resumed turn came to no end");
        }
    }
}

async fn sweep(hub: &Hub) -> io::Result<()> {
    hub.load_index().await;
    if hub.policies.delivery != Delivery::Once {
        hub.load_ledger().await;
    }
    look_for_ended(hub).await;
    judge_last_boot(hub).await?;
    // Sessions that were at work in three stops in a row are suspended; then the counters are
    // deleted unconditionally, so that nothing ever counts to three (4 step 6).
    let counts = hub.store.load_counts().await;
    if let Err(error) = hub.save_if(|index| index.suspend_stuck(&counts)).await {
        tracing::warn!(%error, "a suspension could not be saved");
    }
    if let Err(error) = hub.store.delete_counts().await {
        tracing::debug!(%error, "the counters could not be deleted");
    }
    Ok(())
}

/// Draws its conclusions from the receipt of the last boot, or from its absence (4 step 5).
async fn judge_last_boot(hub: &Hub) -> io::Result<()> {
    let now = hub.env.clock.now();
    let swept = match hub.policies.unclean {
        Unclean::Nothing => Ok(()),
        Unclean::Marked => return judge_by_marks(hub, now).await,
        // A receipt is unlinked and trusted; without one, whatever was touched within two minutes
        // is believed to have been at work. One save.
        _ if hub.store.take_receipt().await => Ok(()),
        Unclean::Suspends => hub.save_if(|index| index.suspend_recent(now)).await,
        Unclean::Flags => hub.save_if(|index| index.sweep(now)).await,
    };
    if let Err(error) = swept {
        tracing::warn!(%error, "the sweep could not be saved");
    }
    Ok(())
}

/// E4: a receipt makes every mark of a turn void, and whatever goes wrong with that refuses the
/// start (a). Without one, a marked turn whose reply is in the transcript is owed its delivery,
/// and another is resumed (b).
async fn judge_by_marks(hub: &Hub, now: UnixMs) -> io::Result<()> {
    if hub.store.has_receipt().await? {
        hub.save_if(|index| index.drop_turns()).await?;
        return hub.store.remove_receipt().await;
    }
    for (chat, session, mark) in hub.look(|index| index.turns()).await {
        let rows = hub.store.load_transcript(&session).await;
        let saved = if now.since(mark.started_at) > hub.window_ms() {
            hub.save_if(|index| index.drop_turn(&chat)).await
        } else if let Some((to, text)) = row::reply_since(&rows, mark.started_at) {
            delivery::enter(hub, &chat, to, &text).await;
            hub.save_if(|index| index.drop_turn(&chat)).await
        } else {
            hub.save_if(|index| index.promote(&chat, now)).await
        };
        if let Err(error) = saved {
            tracing::warn!(%chat, %error, "the mark of a turn could not be settled");
        }
    }
    Ok(())
}

/// What a boot makes of sessions whose rows a cleanup has ended.
async fn look_for_ended(hub: &Hub) {
    if hub.policies.closing == Closing::Keeps {
        return;
    }
    let ended = hub.store.load(ENDED).await;
    if hub.policies.closing == Closing::EndsAndSwallows {
        hub.live().set_ended(ended);
    } else if let Err(error) = hub.save_if(|index| index.prune(&ended)).await {
        tracing::warn!(%error, "a route could not be pruned");
    }
}

/// Resumes every flagged session that is young enough, with an empty request: up to E3 the
/// message itself was only in memory (4 step 9). The chat is not told.
async fn resume(hub: &Arc<Hub>) -> Vec<JoinHandle<()>> {
    let now = hub.env.clock.now();
    let candidates = hub.look(|index| index.candidates(now, hub.window_ms())).await;
    let mut resumed = Vec::new();
    if candidates.is_empty() || loops(hub, now).await {
        return resumed;
    }
    if hub.policies.offline == Offline::Skipped
        && let Err(error) = hub.env.platform.acknowledged().await
    {
        tracing::info!(%error, "the platform is offline, and nothing is resumed there");
        return resumed;
    }
    let asks = hub.policies.access == Access::InboundAndResumed;
    for (chat, reason) in candidates {
        if asks && !hub.env.access.allows(&chat) {
            tracing::info!(%chat, "its owner has no access any more, and is not resumed");
            continue;
        }
        let work = Work::Resumed(note(hub, &chat, reason, now).await);
        if hub.policies.claim == Claiming::InTask {
            resumed.push(tokio::spawn(claim_late(hub.clone(), chat, work)));
            continue;
        }
        // The sentinel is set, then the turn is spawned; nothing durable changes in between.
        let claim = hub.live().claim(&chat);
        let Some(claim) = claim else { continue };
        resumed.push(tokio::spawn(turn::serve(hub.clone(), chat, claim, work)));
    }
    resumed
}

/// Whether this is one boot too many in a row; the boot is counted.
async fn loops(hub: &Hub, now: UnixMs) -> bool {
    if hub.policies.guard == Guard::Absent {
        return false;
    }
    let mut boots: Vec<UnixMs> = hub.store.load(BOOTS).await;
    boots.push(now);
    boots.drain(..boots.len().saturating_sub(guard::KEPT));
    if let Err(error) = hub.store.replace(BOOTS, &boots).await {
        tracing::debug!(%error, "a boot could not be counted");
    }
    guard::trips(hub.policies.guard, &boots)
}

/// What a resumed agent is told of its cut.
async fn note(hub: &Hub, chat: &ChatId, reason: Reason, now: UnixMs) -> Option<Cut> {
    let age = match hub.policies.note {
        Note::Never => return None,
        Note::ByMark => None,
        Note::ByRow => hub.look(|index| index.row_age(chat, now)).await,
    };
    let old = age.is_some_and(|age| age > hub.window_ms());
    (!old).then(|| reason.cut())
}

/// The resumed turn of a build that claimed its slot only when its task ran (R052).
async fn claim_late(hub: Arc<Hub>, chat: ChatId, work: Work) {
    tokio::time::sleep(LATE_CLAIM).await;
    let claim = hub.live().claim_anyway(&chat);
    turn::serve(hub, chat, claim, work).await;
}

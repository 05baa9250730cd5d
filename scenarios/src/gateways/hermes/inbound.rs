//! Messages on their way in (lifecycle section 2, steps 1 to 6).
//!
//! In the eras a message is acknowledged as soon as it is in memory: the platform's offset moves
//! before anything about the message is durable.

use std::sync::Arc;

use gateway_core::message::{Body, Cursor, Inbound, Kind, Notice};

use super::hub::Hub;
use super::live::Admission;
use super::policy::{Backlog, Offset, TurnMark};
use super::times::{JOB_DUE_MS, POLL_RETRY};
use super::turn::{self, Work};

/// Listens to the platform until its task is aborted.
pub(super) async fn listen(hub: Arc<Hub>) {
    let mut cursor = Cursor(0);
    let mut left_behind = None;
    loop {
        let messages = match hub.env.platform.poll(cursor).await {
            Ok(messages) => messages,
            Err(error) => {
                tracing::warn!(%error, "polling failed");
                tokio::time::sleep(POLL_RETRY).await;
                continue;
            }
        };
        let Some(last) = messages.last() else {
            continue;
        };
        cursor = Cursor(last.id.0);
        let upto = match hub.policies.offset {
            Offset::AtReceipt => Some(cursor),
            Offset::WithNextBatch => left_behind.replace(cursor),
            Offset::AfterTurn => {
                hub.live().work_on(&messages);
                None
            }
        };
        if let Some(upto) = upto {
            hub.acknowledge(upto).await;
        }
        for message in messages {
            if is_dropped(&hub, &message) {
                tracing::info!(%message.id, "a message that came before this boot is dropped");
                continue;
            }
            // While the gate is closed events wait in a queue in memory (2 step 1).
            let free = hub.live().hold(message);
            if let Some(message) = free {
                dispatch(&hub, message).await;
            }
        }
    }
}

/// Whether a message is not served because it came before the boot.
fn is_dropped(hub: &Hub, message: &Inbound) -> bool {
    let waited = hub.began_at.since(message.sent_at);
    match hub.policies.backlog {
        Backlog::Taken => false,
        Backlog::LateJobsDropped => matches!(message.body, Body::Job(_)) && waited > JOB_DUE_MS,
        Backlog::Dropped => waited > 0,
    }
}

/// Handles one message whose gate is open.
pub(super) async fn dispatch(hub: &Arc<Hub>, message: Inbound) {
    match &message.body {
        Body::Text(_) | Body::Job(_) => return admit(hub, message),
        Body::Stop => abandon(hub, &message).await,
        Body::Reset => {
            abandon(hub, &message).await;
            reset(hub, &message).await;
        }
    }
    hub.done_with(message.id).await;
}

fn admit(hub: &Arc<Hub>, message: Inbound) {
    let chat = message.chat.clone();
    let admission = if hub.env.access.allows(&chat) {
        hub.live().admit(message)
    } else {
        Admission::Refused(message)
    };
    match admission {
        Admission::Held => {}
        Admission::Started(message, claim) => {
            tokio::spawn(turn::serve(hub.clone(), chat, claim, Work::Asked(message)));
        }
        Admission::Refused(message) => {
            // Refused with a notice, and dropped (2 steps 2 and 4).
            let hub = hub.clone();
            tokio::spawn(async move {
                let kind = Kind::Notice { notice: Notice::Refused, to: Some(message.id) };
                let text = if hub.live().draining() {
                    "The gateway is restarting. Try again later."
                } else {
                    "You have no access."
                };
                hub.send(&chat, kind, text).await;
                hub.done_with(message.id).await;
            });
        }
    }
}

/// A user's stop: interrupt, drop the queue, free the slot at once (2 step 2). A flag in the
/// index stays, so that a later boot may resume what the user stopped; the exact mark of E4 goes.
async fn abandon(hub: &Hub, message: &Inbound) {
    let worker = hub.live().abandon(&message.chat, hub.policies.abandoned);
    if let Some(worker) = worker {
        worker.run.interrupt().await;
    }
    if hub.policies.turn_mark == TurnMark::Exact
        && let Err(error) = hub.save_if(|index| index.drop_turn(&message.chat)).await
    {
        tracing::warn!(%error, "the mark of a turn could not be cleared");
    }
}

/// A user's reset: the chat points at a new session from now on.
async fn reset(hub: &Hub, message: &Inbound) {
    let now = hub.env.clock.now();
    let session = hub.new_session();
    let (_, saved) = hub.save(|index| index.reset(&message.chat, now, session)).await;
    if let Err(error) = saved {
        tracing::warn!(%error, "a reset could not be saved");
    }
}

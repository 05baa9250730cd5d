//! Messages on their way in (lifecycle section 2, steps 1 to 6).
//!
//! A message is acknowledged as soon as it is in memory: the platform's offset moves before
//! anything about the message is durable.

use std::sync::Arc;

use gateway_core::message::{Body, Cursor, Inbound, Kind, Notice};

use super::hub::Hub;
use super::live::Admission;
use super::times::POLL_RETRY;
use super::turn::{self, Work};

/// Listens to the platform until its task is aborted.
pub(super) async fn listen(hub: Arc<Hub>) {
    let mut cursor = Cursor(0);
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
        if let Err(error) = hub.env.platform.ack(cursor).await {
            tracing::warn!(%error, "the offset could not be moved");
        }
        for message in messages {
            // While the gate is closed events wait in a queue in memory (2 step 1).
            let free = hub.live().hold(message);
            if let Some(message) = free {
                dispatch(&hub, message).await;
            }
        }
    }
}

/// Handles one message whose gate is open.
pub(super) async fn dispatch(hub: &Arc<Hub>, message: Inbound) {
    match &message.body {
        Body::Text(_) | Body::Job(_) => admit(hub, message),
        Body::Stop => abandon(hub, &message).await,
        Body::Reset => {
            abandon(hub, &message).await;
            reset(hub, &message).await;
        }
    }
}

fn admit(hub: &Arc<Hub>, message: Inbound) {
    let chat = message.chat.clone();
    let admission = hub.live().admit(message);
    match admission {
        Admission::Held => {}
        Admission::Started(message, claim) => {
            tokio::spawn(turn::serve(hub.clone(), chat, claim, Work::Asked(message)));
        }
        Admission::Refused(message) => {
            // Refused with a notice, and dropped (2 step 4).
            let hub = hub.clone();
            tokio::spawn(async move {
                let kind = Kind::Notice { notice: Notice::Refused, to: Some(message.id) };
                hub.send(&chat, kind, "The gateway is restarting. Try again later.").await;
            });
        }
    }
}

/// A user's stop: interrupt, drop the queue, free the slot at once (2 step 2). A mark in the
/// index stays, so that a later boot may resume what the user stopped.
async fn abandon(hub: &Hub, message: &Inbound) {
    let worker = hub.live().abandon(&message.chat);
    if let Some(worker) = worker {
        worker.run.interrupt().await;
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

//! Answers on their way out: started on record, sent, gone from the record.
//!
//! What may have left before a death is sent again under its old key, and says that it is a copy
//! where the platform knows no keys.

use std::time::Duration;

use gateway_core::env::SendError;
use gateway_core::message::{Kind, Outbound};

use super::hub::Hub;
use super::queue::Parcel;
use super::sibling::Sibling;

/// How long sending pauses after it failed.
const RETRY: Duration = Duration::from_secs(1);

/// For how long a stop waits for a delivery that waits for the stop, with the sibling that does.
const JOIN: Duration = Duration::from_secs(5);

/// Delivers a parcel, if it is in the outbox.
pub(super) async fn deliver(hub: &Hub, serial: u64) {
    if hub.is(Sibling::ParcelRemovedFirst) {
        return best_effort(hub, serial).await;
    }
    let unrecorded = hub.is(Sibling::SentOnlyInMemory);
    let started = if unrecorded {
        hub.commit(|queue| queue.parcel(serial).map(|parcel| (parcel, false))).await
    } else {
        hub.commit(|queue| queue.start(serial)).await
    };
    let Some((parcel, mut perhaps)) = started else { return };
    loop {
        if hub.is(Sibling::StopJoinsDelivery) && hub.live().is_stopping() {
            tokio::time::sleep(JOIN).await;
            tracing::warn!(serial, "the delivery did not come to its turn, it is dropped");
            break;
        }
        match send(hub, &parcel, perhaps).await {
            Ok(()) => break,
            Err(error) => {
                perhaps |= matches!(error, SendError::Unknown(_));
                tracing::error!(serial, %error, "an answer was not delivered yet");
            }
        }
        tokio::time::sleep(RETRY).await;
    }
    if unrecorded {
        hub.live().sent.insert(serial);
    } else {
        hub.commit(|queue| queue.sent(serial)).await;
    }
}

/// One sibling takes the parcel out first, and sends it once.
async fn best_effort(hub: &Hub, serial: u64) {
    let parcel = hub.commit(|queue| queue.parcel(serial)).await;
    hub.commit(|queue| queue.sent(serial)).await;
    let Some(parcel) = parcel else { return };
    if let Err(error) = send(hub, &parcel, false).await {
        tracing::debug!(serial, %error, "an answer was not delivered");
    }
}

async fn send(hub: &Hub, parcel: &Parcel, perhaps: bool) -> Result<(), SendError> {
    let to = Some(parcel.to);
    let copy = perhaps && !hub.env.platform.honours_keys();
    let kind = if copy { Kind::Copy { to } } else { Kind::Answer { to } };
    let (chat, text) = (parcel.chat.clone(), parcel.text.clone());
    let outbound = Outbound { chat, key: format!("claw-{}", parcel.serial), kind, text };
    let sending = hub.env.platform.send(outbound);
    match tokio::time::timeout(hub.settings.send_timeout, sending).await {
        Ok(sent) => sent,
        Err(_) => Err(SendError::Unknown("no answer in time".to_owned())),
    }
}

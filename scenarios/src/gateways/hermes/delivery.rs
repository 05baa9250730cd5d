//! Replies on their way out (lifecycle section 2, step 12).
//!
//! Up to E2 one attempt and no record of it; since E3 with a row of the ledger around it, and
//! again at boot.

use std::sync::Arc;

use gateway_core::message::{ChatId, Kind, MessageId};

use super::hub::Hub;
use super::ledger::{Owed, RowId};
use super::live::Memory;
use super::policy::{Delivery, Sending};

/// A reply that is to be sent.
pub(super) struct Reply {
    pub(super) to: Option<MessageId>,
    pub(super) text: String,
    /// Its row in the ledger, if it was entered with the end of the turn (E4).
    pub(super) row: Option<RowId>,
    /// The lines of its turn, if they are written only when it is sent (R086).
    pub(super) unwritten: Option<Arc<Memory>>,
}

/// Sends a reply.
pub(super) async fn deliver(hub: &Hub, chat: &ChatId, reply: Reply) {
    if hub.policies.sending == Sending::BehindStop && hub.live().draining() {
        // Whoever would send it waits for the one that waits for it.
        return std::future::pending().await;
    }
    let kind = Kind::Answer { to: reply.to };
    if hub.policies.delivery == Delivery::Once {
        hub.send(chat, kind, &reply.text).await;
        return;
    }
    let row = match reply.row {
        Some(row) => row,
        None => enter(hub, chat, reply.to, &reply.text).await,
    };
    attempt(hub, row, chat, kind, &reply.text).await;
}

/// Enters a reply into the ledger.
pub(super) async fn enter(hub: &Hub, chat: &ChatId, to: Option<MessageId>, text: &str) -> RowId {
    let owed = Owed::new(chat, to, text, hub.env.clock.now());
    hub.note(|ledger| ledger.enter(owed)).await
}

async fn attempt(hub: &Hub, row: RowId, chat: &ChatId, kind: Kind, text: &str) {
    hub.note(|ledger| ledger.attempt(row)).await;
    let taken = hub.send(chat, kind, text).await;
    hub.note(|ledger| if taken { ledger.delivered(row) } else { ledger.failed(row) }).await;
}

/// Sends again at boot what the ledger says is owed, one after the other. Nobody knows whether
/// the platform had taken it.
pub(super) async fn again(hub: &Hub) {
    let now = hub.env.clock.now();
    let owed = hub.owed(|ledger| ledger.owed(now)).await;
    for (row, Owed { chat, to, text, .. }) in owed {
        let kind = match hub.policies.delivery {
            Delivery::Once | Delivery::Ledger => Kind::Answer { to },
            Delivery::LedgerOfCopies => {
                // What is sent again is not resumed as well (4, E4 c).
                if let Err(error) = hub.save_if(|index| index.clear(&chat)).await {
                    tracing::warn!(%error, "a flag could not be cleared");
                }
                Kind::Copy { to }
            }
        };
        attempt(hub, row, &chat, kind, &text).await;
    }
}

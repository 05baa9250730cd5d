//! The files of messages that a stop finds waiting (lifecycle section 3.2, step 10; #73020).
//!
//! One file for each message, written when nothing else can happen to the queue any more, and
//! read once by the next boot. They are named so that their order is that of their messages.

use gateway_core::message::{Entry, Inbound};

use super::hub::Hub;
use super::policy::{Queue, Replay};
use super::row::Row;

const DIRECTORY: &str = "pending_messages";

/// Writes what still waits into files.
pub(super) async fn write(hub: &Hub) {
    if hub.policies.queue == Queue::Dropped {
        return;
    }
    let waiting = hub.live().take_queues();
    if waiting.is_empty() {
        return;
    }
    if let Err(error) = hub.env.fs.mkdir(DIRECTORY).await {
        tracing::debug!(%error, "the directory of messages could not be made, or is there");
    }
    for message in waiting {
        if let Err(error) = write_one(hub, &message).await {
            tracing::warn!(%error, "a message that waits could not be written");
        }
    }
}

async fn write_one(hub: &Hub, message: &Inbound) -> std::io::Result<()> {
    let bytes = serde_json::to_vec(message).expect("a message is plain data");
    let path = format!("{DIRECTORY}/{:08}.json", message.id.0);
    hub.env.fs.create_new(&path).await?.append(bytes).await
}

/// Reads what an earlier stop has written, and removes it; what is to be served, in order.
pub(super) async fn read(hub: &Hub) -> Vec<Inbound> {
    if hub.policies.queue == Queue::Dropped || hub.policies.replay == Replay::Skipped {
        return Vec::new();
    }
    let Ok(names) = hub.env.fs.list(DIRECTORY).await else { return Vec::new() };
    let mut messages = Vec::new();
    for name in names {
        match read_one(hub, &format!("{DIRECTORY}/{name}")).await {
            Ok(message) => messages.extend(message),
            Err(error) => tracing::warn!(%error, name, "a message that waited was not read"),
        }
    }
    if hub.policies.replay == Replay::AsText {
        for message in messages.drain(..) {
            append(hub, message).await;
        }
    }
    messages
}

async fn read_one(hub: &Hub, path: &str) -> std::io::Result<Option<Inbound>> {
    let bytes = hub.env.fs.open(path).await?.read().await?;
    hub.env.fs.remove(path).await?;
    Ok(serde_json::from_slice(&bytes).ok())
}

/// Appends a message to the transcript of its chat as if it were a mere line of it (R080).
async fn append(hub: &Hub, message: Inbound) {
    let Some(session) = hub.look(|index| index.session(&message.chat).cloned()).await else {
        return;
    };
    let Some(text) = message.body.request() else { return };
    let row = Row::Said(Entry::User(text.to_owned()));
    if let Err(error) = hub.store.append_transcript(&session, &[row]).await {
        tracing::warn!(%error, "a transcript could not be written");
    }
}

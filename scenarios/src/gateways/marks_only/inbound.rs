//! Messages on their way in: durable first, then in memory, then acknowledged.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::message::{Body, Cursor, Inbound};

use super::hub::Hub;
use super::live::{Job, Origin};
use super::marks::Work;
use super::turn;

/// How long listening pauses after the platform or the disk has failed.
const RETRY: Duration = Duration::from_secs(1);

/// Listens to the platform as long as the process lives.
pub(super) async fn listen(hub: Arc<Hub>) {
    // What was accepted before and is delivered again is told by its number.
    let mut accepted = hub.accepted;
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
        for message in messages {
            let id = message.id;
            if id > accepted {
                if let Err(error) = accept(&hub, message).await {
                    hub.store.complain(&error, "accepting a message");
                    tokio::time::sleep(RETRY).await;
                    break;
                }
                accepted = id;
            }
            cursor = Cursor(id.0);
        }
        if let Err(error) = hub.env.platform.ack(cursor).await {
            tracing::warn!(%error, "the platform did not take an acknowledgement");
        }
    }
}

/// Makes a message durable and acts on it. Once a stop has marked what it found, the message is
/// marked too, before it is accepted: a death in between delivers it again, and never loses it.
async fn accept(hub: &Arc<Hub>, message: Inbound) -> io::Result<()> {
    let mut book = hub.marks.lock().await;
    match &message.body {
        Body::Text(_) | Body::Job(_) => {
            if book.premarked {
                let marks = book.marks.with(hub.boot, message.clone(), Work::Waiting);
                book.replace(&hub.store, marks).await?;
            }
            hub.store.accept(&message).await?;
            let chat = message.chat.clone();
            if hub.live().enqueue(Job { message, origin: Origin::User }) {
                tokio::spawn(turn::serve(hub.clone(), chat));
            }
        }
        Body::Stop | Body::Reset => {
            // Done before it is accepted: after a death in between it is simply done again.
            let marks = book.marks.without_chat(&message.chat, message.id);
            book.replace(&hub.store, marks).await?;
            if message.body == Body::Reset {
                hub.store.begin_session(&message.chat, hub.new_session()).await?;
            }
            let run = hub.live().abandon(&message.chat);
            hub.store.accept(&message).await?;
            drop(book);
            if let Some(run) = run {
                run.interrupt().await;
            }
        }
    }
    Ok(())
}

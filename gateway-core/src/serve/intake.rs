//! Takes messages from the platform: durable first, acknowledged second, worked on third.
//!
//! It goes on during a drain: what comes then waits in the journal for the next boot. It never
//! answers and never starts a turn itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracing::Instrument as _;

use super::access;
use super::kick;
use crate::backoff::Backoff;
use crate::env::PollError;
use crate::error::CommitError;
use crate::file_names;
use crate::live::Live;
use crate::message::{Body, ChatId, Cursor, Inbound, SessionId};
use crate::record::{Record, Refusal};

/// The largest text that is taken, in bytes: a bound on every line of the journal.
pub(crate) const LARGEST_TEXT: usize = 64 * 1024;

/// Takes messages for as long as the boot lives.
pub(crate) async fn run(live: Arc<Live>) {
    let mut backoff = Backoff::new(&live);
    if own_up(&live, &mut backoff).instrument(tracing::info_span!("accept")).await.is_err() {
        return;
    }
    backoff.reset();
    loop {
        let after = live.state().accepted;
        match live.env.platform.poll(after).await {
            Ok(messages) if messages.is_empty() => {}
            Ok(messages) => {
                let span = tracing::info_span!("accept");
                match accept(&live, messages).instrument(span).await {
                    Ok(Acked::Yes) => backoff.reset(),
                    Ok(Acked::No) => backoff.wait().await,
                    // The boot is ending; the writer has said why.
                    Err(_) => return,
                }
            }
            Err(PollError::Superseded(superseded)) => return live.step_down(superseded),
            Err(error) => {
                tracing::warn!("poll: {error}");
                backoff.wait().await;
            }
        }
    }
}

/// Compares what the platform was told with what the journal knows. What was acknowledged and is
/// not known comes from nowhere again: that is told, once and durably. The event names these
/// messages as `lost`, the first and the last of them.
async fn own_up(live: &Live, backoff: &mut Backoff) -> Result<(), CommitError> {
    let upto = loop {
        let asked = live.env.platform.acknowledged();
        match tokio::time::timeout(live.settings.send_timeout, asked).await {
            Ok(Ok(upto)) => break upto,
            Ok(Err(PollError::Superseded(superseded))) => {
                live.step_down(superseded);
                return Err(CommitError);
            }
            Ok(Err(error)) => tracing::warn!("ask what was acknowledged: {error}"),
            Err(_) => tracing::warn!("ask what was acknowledged: no answer in time"),
        }
        backoff.wait().await;
    };
    let known = live.state().accepted;
    if upto <= known {
        return Ok(());
    }
    let path = live.env.fs.display(&file_names::journal(live.boot));
    let lost = format!("m{}..m{}", known.0 + 1, upto.0);
    tracing::error!(
        path,
        lost,
        "messages up to m{} were acknowledged, journal {path} knows them up to m{}: what came \
         between is lost; the disk has lost what it said it had kept, or the state directory is \
         new or an old copy",
        upto.0,
        known.0
    );
    live.commit(Record::MessagesLost { upto }).await
}

/// Whether the platform knows what was taken.
enum Acked {
    Yes,
    No,
}

async fn accept(live: &Arc<Live>, messages: Vec<Inbound>) -> Result<Acked, CommitError> {
    let taken = live.state().accepted;
    let mut chats = Vec::with_capacity(messages.len());
    let mut sessions = BTreeMap::new();
    let mut records = Vec::with_capacity(messages.len());
    let mut latest = taken;
    // What is not newer than what was taken is a duplicate: its acknowledgement was lost.
    for message in messages {
        if message.id.0 > latest.0 {
            latest = Cursor(message.id.0);
            chats.push((message.chat.clone(), message.body.request().is_some()));
            records.push(record(live, &mut sessions, message));
        }
    }
    if !records.is_empty() {
        live.journal.commit(records).await?;
    }
    let ack = live.env.platform.ack(latest);
    for (chat, text) in chats {
        if !text {
            live.workers.decide(&chat);
        }
        kick(live, &chat);
    }
    Ok(match ack.await {
        Ok(()) => Acked::Yes,
        Err(PollError::Superseded(superseded)) => {
            live.step_down(superseded);
            return Err(CommitError);
        }
        Err(error) => {
            tracing::warn!("acknowledge up to {}: {error}", latest.0);
            Acked::No
        }
    })
}

/// The fact that a message makes. `sessions` are those of chats that are new in this batch.
fn record(live: &Live, sessions: &mut BTreeMap<ChatId, SessionId>, message: Inbound) -> Record {
    let Inbound { id, ref chat, ref body, .. } = message;
    let mut first = |chat: &ChatId| {
        if sessions.contains_key(chat) || live.state().chats.contains_key(chat) {
            return None;
        }
        let session = live.new_session();
        sessions.insert(chat.clone(), session.clone());
        Some(session)
    };
    match body {
        Body::Stop => Record::UserStopped { id, chat: message.chat },
        Body::Reset => {
            let session = live.new_session();
            sessions.insert(chat.clone(), session.clone());
            Record::SessionReset { id, chat: message.chat, session }
        }
        Body::Text(text) | Body::Job(text) => {
            let session = first(chat);
            let too_large = (text.len() > LARGEST_TEXT).then_some(Refusal::TooLarge);
            let barred = (!access::allows(live, chat)).then_some(Refusal::NoAccess);
            match barred.or(too_large) {
                Some(why) => Record::Refused { id, session, chat: message.chat, why },
                None => Record::Accepted { message, session, at: live.now() },
            }
        }
    }
}

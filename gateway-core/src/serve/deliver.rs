//! Sends answers and notices, as often as it takes and no oftener.
//!
//! What the platform did not take is sent again. What it may have taken is sent again under the
//! same key, and as a `Copy` where the platform cannot tell the two apart. A boot that is about to
//! exit begins no send and waits for those under way: what the platform took is to be on record.
//! An answer that no platform could carry is cut, and says so; the conversation keeps it whole.

use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument as _;

use crate::backoff::Backoff;
use crate::env::{Env, SendError};
use crate::error::CommitError;
use crate::live::{InFlight, Live};
use crate::message::{ChatId, Kind, MessageId, Notice, Outbound};
use crate::record::{Record, Refusal, TurnId};
use crate::serve::access;
use crate::state::Owed;

/// Delivers a finished turn's reply, however long the platform takes.
pub(crate) async fn reply(
    live: &Arc<Live>,
    chat: &ChatId,
    turn: TurnId,
) -> Result<(), CommitError> {
    let span = tracing::info_span!("deliver");
    async {
        let Some((to, kind, text)) = answer(live, chat, turn) else { return Ok(()) };
        let key = format!("answer:{to}");
        let outbound = Outbound { chat: chat.clone(), key, kind, text };
        let Some(_taken) = persist(live, outbound).await? else { return Ok(()) };
        live.commit(Record::ReplyDelivered { turn }).await
    }
    .instrument(span)
    .await
}

/// What the turn's chat is to read. A reply of an earlier boot may have been taken already.
fn answer(live: &Live, chat: &ChatId, turn: TurnId) -> Option<(MessageId, Kind, String)> {
    let state = live.state();
    let turn = state.chats.get(chat)?.turn.as_ref().filter(|current| current.id == turn)?;
    let (to, reply) = (turn.message.id, turn.reply.as_ref()?);
    let kind = if reply.boot == live.boot || live.env.platform.honours_keys() {
        Kind::Answer { to: Some(to) }
    } else {
        Kind::Copy { to: Some(to) }
    };
    Some((to, kind, cut(&reply.text)))
}

/// How much of an answer is sent at most, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

/// An answer in the length in which it is sent.
fn cut(text: &str) -> String {
    if text.len() <= LARGEST_ANSWER {
        return text.to_owned();
    }
    let (sent, left) = text.split_at(text.floor_char_boundary(LARGEST_ANSWER));
    let left = left.len();
    tracing::warn!("an answer of {} bytes is too long, {left} are not sent", text.len());
    format!("{sent}\n[{left} more bytes of this answer are too many to be sent.]")
}

/// Delivers a notice that the chat must get, however long the platform takes.
pub(crate) async fn tell(live: &Arc<Live>, chat: &ChatId, owed: Owed) -> Result<(), CommitError> {
    let span = tracing::info_span!("deliver");
    async {
        let outbound = notice(chat, owed, None);
        let Some(_taken) = persist(live, outbound).await? else { return Ok(()) };
        live.commit(Record::Told { chat: chat.clone(), notice: owed.notice, to: owed.to }).await
    }
    .instrument(span)
    .await
}

/// Delivers the notice that a message was refused, however long the platform takes.
pub(crate) async fn refuse(
    live: &Arc<Live>,
    chat: &ChatId,
    to: MessageId,
    why: Refusal,
) -> Result<(), CommitError> {
    let span = tracing::info_span!("deliver");
    async {
        let owed = Owed { notice: Notice::Refused, to };
        let text = reason(why).to_owned();
        let outbound = Outbound { text, ..notice(chat, owed, None) };
        let Some(_taken) = persist(live, outbound).await? else { return Ok(()) };
        live.commit(Record::Told { chat: chat.clone(), notice: owed.notice, to }).await
    }
    .instrument(span)
    .await
}

fn reason(why: Refusal) -> &'static str {
    match why {
        Refusal::TooLarge => "This message is too large.",
        Refusal::NoAccess => "This chat has no access, so the message was not answered.",
    }
}

/// A notice as it is sent. One that may come again after another death names its boot.
pub(crate) fn notice(chat: &ChatId, owed: Owed, boot: Option<u64>) -> Outbound {
    let Owed { notice, to } = owed;
    let (name, text) = wording(notice);
    let key = match boot {
        Some(boot) => format!("notice:{name}:{to}:{boot}"),
        None => format!("notice:{name}:{to}"),
    };
    let kind = Kind::Notice { notice, to: Some(to) };
    Outbound { chat: chat.clone(), key, kind, text: text.to_owned() }
}

fn wording(notice: Notice) -> (&'static str, &'static str) {
    match notice {
        Notice::Stopping => ("stopping", "Going down for a moment. Your request is kept."),
        Notice::Interrupted => ("interrupted", "Interrupted. Your request is kept."),
        Notice::Resuming => ("resuming", "Back again, going on with your request."),
        Notice::Suspended => (
            "suspended",
            "Your request brought the gateway down several times, so it was set aside. The \
             conversation is kept: write again to go on.",
        ),
        Notice::Stale => (
            "stale",
            "This was asked for, or was interrupted, too long ago to go on by itself. The \
             conversation is kept: write again to go on.",
        ),
        Notice::Refused => ("refused", "This message was not taken."),
        Notice::Dropped => (
            "dropped",
            "The gateway was started anew, and what was unfinished here was dropped. The \
             conversation is kept: write again to go on.",
        ),
    }
}

/// Sends a notice that a chat need not get: not after `patience`, and not where it could be
/// shown twice.
pub(crate) async fn courtesy(live: Arc<Live>, outbound: Outbound, patience: Duration) {
    let sending = async {
        let mut backoff = Backoff::new(&live);
        loop {
            match live.env.platform.send(outbound.clone()).await {
                Ok(()) => return,
                Err(SendError::Superseded(superseded)) => return live.step_down(superseded),
                Err(SendError::Unknown(_)) if !live.env.platform.honours_keys() => return,
                Err(error) => tracing::warn!(chat = %outbound.chat, "send notice: {error}"),
            }
            backoff.wait().await;
        }
    };
    if tokio::time::timeout(patience, sending).await.is_err() {
        tracing::trace!("a notice was not taken in time; its chat finds out by the answer");
    }
}

/// Sends until the platform has taken it. What it returns is to be held until that is durable;
/// nothing if the chat lost its access first, in which case it is the worker's to close the chat.
///
/// # Errors
///
/// If the boot is about to exit.
async fn persist(live: &Live, mut outbound: Outbound) -> Result<Option<InFlight<'_>>, CommitError> {
    let Env { platform, .. } = &live.env;
    let mut backoff = Backoff::new(live);
    let is_refusal = matches!(outbound.kind, Kind::Notice { notice: Notice::Refused, .. });
    loop {
        if !is_refusal && !access::allows(live, &outbound.chat) {
            return Ok(None);
        }
        let sending = live.sends.begin().ok_or(CommitError)?;
        let Err(error) = in_time(live, outbound.clone()).await else { return Ok(Some(sending)) };
        drop(sending);
        if let SendError::Superseded(superseded) = error {
            live.step_down(superseded);
            return Err(CommitError);
        }
        let Outbound { chat, key, .. } = &outbound;
        tracing::error!(%chat, key, "send: {error}; trying again");
        if let (SendError::Unknown(_), Kind::Answer { to }) = (&error, outbound.kind)
            && !platform.honours_keys()
        {
            outbound.kind = Kind::Copy { to };
        }
        backoff.wait().await;
    }
}

/// Sends once. A platform that does not answer in time may have taken it.
async fn in_time(live: &Live, outbound: Outbound) -> Result<(), SendError> {
    let patience = live.settings.send_timeout;
    let answer = tokio::time::timeout(patience, live.env.platform.send(outbound)).await;
    answer.unwrap_or_else(|_| Err(SendError::Unknown(format!("no answer within {patience:?}"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Limits;

    #[test]
    fn an_answer_of_any_length_can_be_sent_and_says_what_it_lacks() {
        assert_eq!(cut("short"), "short");
        let fits = "x".repeat(LARGEST_ANSWER);
        assert_eq!(cut(&fits), fits);
        // Every byte of the worst takes six on the wire.
        for worst in ["\u{1}", "\u{e4}", "\u{1f600}"] {
            let text = cut(&format!("y{}", worst.repeat(4 * LARGEST_ANSWER)));
            let length = serde_json::to_string(&text).expect("text").len();
            assert!(length + 4096 < Limits::standard().frame, "{length}");
            let sent = text.find("\n[").expect("it says so");
            let left: usize =
                text[sent + 2..].split(' ').next().expect("a number").parse().expect("a number");
            assert_eq!(sent + left, 1 + 4 * LARGEST_ANSWER * worst.len());
        }
    }
}

//! The facts of the journal.
//!
//! Each is durable on its own account and true for ever; what they mean together is the fold's
//! business (`fold.rs`). A record never holds what another one already says.

use serde::{Deserialize, Serialize};

use crate::env::UnixMs;
use crate::message::{ChatId, Cursor, Cut, Inbound, MessageId, Notice, SessionId};
use crate::state::Watermark;

/// A turn, numbered by the gateway in the order in which turns were begun, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct TurnId(pub(crate) u64);

/// Why a message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Refusal {
    /// Its text is longer than any that is taken.
    TooLarge,
    /// Its chat may have no work done.
    NoAccess,
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Record {
    /// A process began its life here; the one before it is dead.
    BootStarted { boot: u64, at: UnixMs },
    /// A user's message was taken; a chat's first one comes with its session.
    Accepted { message: Inbound, session: Option<SessionId>, at: UnixMs },
    /// A message was not taken; its chat has yet to be told.
    Refused { id: MessageId, chat: ChatId, session: Option<SessionId>, why: Refusal },
    /// The chat may have no work done any more: all that was unfinished in it is refused.
    Closed { chat: ChatId },
    /// The user stopped the chat.
    UserStopped { id: MessageId, chat: ChatId },
    /// The user began a new session.
    SessionReset { id: MessageId, chat: ChatId, session: SessionId },
    /// A turn is about to be shown to the agent.
    TurnStarted { chat: ChatId, turn: TurnId, boot: u64, message: MessageId, at: UnixMs },
    /// A cut turn is about to be shown to the agent again.
    TurnResumed { turn: TurnId, boot: u64, reason: Cut, at: UnixMs },
    /// An agent has taken the turn on: from now on it may have been seen outside this process.
    TurnSeen { turn: TurnId, at: UnixMs },
    /// The agent took a step.
    Step { turn: TurnId, text: String, at: UnixMs },
    /// The agent is done; this is what the user is to read.
    TurnFinished { turn: TurnId, boot: u64, text: String, at: UnixMs },
    /// The platform took the reply.
    ReplyDelivered { turn: TurnId },
    /// A stop has begun: whatever of this is unfinished when the boot ends was cut by it.
    Marked { boot: u64, reason: Cut, turns: Vec<TurnId>, messages: Vec<MessageId>, at: UnixMs },
    /// These marks have served: their turns are finished.
    Cleared { boot: u64, turns: Vec<TurnId>, messages: Vec<MessageId> },
    /// The turn killed the gateway too often; its chat has yet to be told.
    Suspended { turn: TurnId },
    /// The turn was cut too long ago; its chat has yet to be told.
    Stale { turn: TurnId },
    /// A job waited too long for its turn; its chat has yet to be told.
    Missed { chat: ChatId, message: MessageId },
    /// The operator's wish to start clean was granted: everything unfinished is dropped, and the
    /// chats have yet to be told.
    Cleaned { wish: String },
    /// The platform took a notice that was owed.
    Told { chat: ChatId, notice: Notice, to: MessageId },
    /// So much of a session is durable in the transcript file that the boot has begun.
    TranscriptSynced { chat: ChatId, session: SessionId, file: Watermark },
    /// Messages up to here were acknowledged and are not in this journal; that was told.
    MessagesLost { upto: Cursor },
    /// The boot stopped with no turn and no reply left over.
    Sealed { boot: u64 },
}

//! What crosses the seam: messages of users, messages to users, and turns of an agent.
//!
//! Plain data, the same for every gateway. It never holds a route to a particular platform, a
//! socket or a file.

use serde::{Deserialize, Serialize};

use crate::env::{Superseded, UnixMs};

/// A chat, named by the platform.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChatId(pub String);

impl std::fmt::Display for ChatId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A message of a user, numbered by the platform in the order in which it took them, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub u64);

impl std::fmt::Display for MessageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "m{}", self.0)
    }
}

/// A place in the platform's stream of messages: everything up to this number. 0 is the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub u64);

/// A message from a user.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Inbound {
    /// Its number; also the cursor that lies just behind it.
    pub id: MessageId,
    /// Where it was written.
    pub chat: ChatId,
    /// When it was written, by the platform's clock.
    pub sent_at: UnixMs,
    /// What it says.
    pub body: Body,
}

/// What a user's message says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// Something for the agent.
    Text(String),
    /// The same, but no person waits for it: a schedule or a program asks.
    Job(String),
    /// Stop what the agent is doing in this chat, and forget what waits behind it.
    Stop,
    /// The same, and begin a new session.
    Reset,
}

impl Body {
    /// What the agent is asked; nothing if it is a command to the gateway.
    pub fn request(&self) -> Option<&str> {
        match self {
            Body::Text(text) | Body::Job(text) => Some(text),
            Body::Stop | Body::Reset => None,
        }
    }
}

/// A message to a chat.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Outbound {
    /// Where it goes.
    pub chat: ChatId,
    /// The idempotency key: the same for every attempt to send the same thing.
    pub key: String,
    /// What it is.
    pub kind: Kind,
    /// What it says.
    pub text: String,
}

/// What a message to a chat is. `to` is the message it refers to; a gateway that has forgotten
/// which one that was says `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What the agent produced.
    Answer {
        /// The message it answers.
        to: Option<MessageId>,
    },
    /// What the agent produced, marked for the reader as perhaps a second copy.
    Copy {
        /// The message it answers.
        to: Option<MessageId>,
    },
    /// Something the gateway itself has to say.
    Notice {
        /// What it has to say.
        notice: Notice,
        /// The message it is about.
        to: Option<MessageId>,
    },
}

/// What a gateway tells a chat about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// The gateway is about to stop.
    Stopping,
    /// The turn was cut.
    Interrupted,
    /// The turn that was cut goes on.
    Resuming,
    /// The turn killed the gateway too often and will not be tried again.
    Suspended,
    /// The turn was cut too long ago to go on by itself.
    Stale,
    /// The message was not taken.
    Refused,
    /// What was unfinished in the chat was dropped: the operator started clean.
    Dropped,
}

/// A conversation with the agent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub String);

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an agent is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TurnRequest {
    /// The conversation.
    pub session: SessionId,
    /// The chat it belongs to.
    pub chat: ChatId,
    /// The request: what the user wrote. Empty only if the gateway has lost it.
    pub messages: Vec<Inbound>,
    /// What was said before this turn.
    pub history: Vec<Entry>,
    /// The steps of this very turn that were done before it was cut, oldest first.
    pub steps_done: Vec<String>,
    /// Why the turn was cut, if it is one that goes on.
    pub resumed: Option<Cut>,
}

/// Why a turn was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// A planned stop for good.
    Shutdown,
    /// A planned restart.
    Restart,
    /// The process died without a plan.
    Crash,
}

/// One line of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// What the user wrote.
    User(String),
    /// A step the agent took.
    Step(String),
    /// What the agent answered.
    Reply(String),
}

/// What an agent does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TurnEvent {
    /// It took a step, and waits until it is durable.
    Step(String),
    /// It asks for a restart of the gateway; the turn goes on.
    AskedRestart,
    /// It is done: this is the answer.
    Reply(String),
    /// It gave up for good: this is what the user is to be told.
    Failed(String),
    /// It was interrupted before it was done.
    Interrupted,
    /// It was ended because the back end serves another boot by now: that says nothing about the
    /// turn.
    Superseded(Superseded),
}

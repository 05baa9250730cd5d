//! What the journal's records mean together: the sessions and what is owed to them.
//!
//! Plain data and questions to it. It changes only by [`State::apply`] (`fold.rs`), so that a
//! boot that reads the journal and the boot that wrote it believe the same.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::env::UnixMs;
use crate::message::{ChatId, Cursor, Cut, Entry, Inbound, MessageId, Notice, SessionId};
use crate::record::TurnId;

/// Everything a boot knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// The number of the latest boot; 0 before the first.
    pub(crate) boot: u64,
    /// When the latest boot last wrote something that says when.
    pub(crate) alive_at: UnixMs,
    /// Every message up to here is durably taken.
    pub(crate) accepted: Cursor,
    /// The number of the latest turn; 0 before the first.
    pub(crate) turns: u64,
    /// Every chat that ever wrote.
    pub(crate) chats: BTreeMap<ChatId, Chat>,
    /// The turns that are unfinished or undelivered, and whose they are.
    pub(crate) active: BTreeMap<TurnId, ChatId>,
    /// What the latest boot's stop has marked. An earlier boot's marks live on as the
    /// [`Turn::cut`] of what they covered.
    pub(crate) mark: Option<Mark>,
    /// The latest boot that ended with nothing left over.
    pub(crate) sealed: u64,
}

/// One chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chat {
    /// Its session.
    pub(crate) session: SessionId,
    /// What waits for a turn, in order.
    pub(crate) queue: VecDeque<Queued>,
    /// The turn that is unfinished or undelivered.
    pub(crate) turn: Option<Turn>,
    /// What the chat has yet to be told, in order.
    pub(crate) owed: VecDeque<Owed>,
    /// How much of the session its transcript file holds.
    pub(crate) synced: Watermark,
    /// The entries of the session behind that.
    pub(crate) tail: Vec<Entry>,
}

/// Something that waits for its chat's worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Queued {
    /// A message for the agent.
    Message(Inbound),
    /// A message that was refused, so that the notice keeps its place.
    TooLarge(MessageId),
}

impl Queued {
    /// The message it is about.
    pub(crate) fn id(&self) -> MessageId {
        match self {
            Queued::Message(message) => message.id,
            Queued::TooLarge(id) => *id,
        }
    }
}

/// A notice that a chat must get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owed {
    /// What it says.
    pub(crate) notice: Notice,
    /// The message it is about.
    pub(crate) to: MessageId,
}

/// A turn that is unfinished or undelivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Its number.
    pub(crate) id: TurnId,
    /// What it answers.
    pub(crate) message: Inbound,
    /// The boot that last showed it to the agent.
    pub(crate) boot: u64,
    /// What the agent has durably done.
    pub(crate) steps: Vec<String>,
    /// What the agent answered.
    pub(crate) reply: Option<Reply>,
    /// Why it was last cut.
    pub(crate) cut: Option<Cut>,
    /// The last sign of life of the boot in which it was cut.
    pub(crate) cut_at: UnixMs,
    /// How many boots in a row died under it without a plan and without a step.
    pub(crate) deaths: u32,
}

/// A finished turn's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// What it says.
    pub(crate) text: String,
    /// The boot in which it was finished.
    pub(crate) boot: u64,
}

/// How much of a session is durable in its transcript file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watermark {
    /// Entries.
    pub(crate) entries: u64,
    /// The length of those entries, in bytes.
    pub(crate) bytes: u64,
}

/// What one boot's stop has marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Whose stop.
    pub(crate) boot: u64,
    /// Its reason.
    pub(crate) reason: Cut,
    /// The turns it covers.
    pub(crate) turns: BTreeSet<TurnId>,
    /// The messages it covers, whatever turn they became.
    pub(crate) messages: BTreeSet<MessageId>,
}

impl State {
    /// What is known before the first boot.
    pub(crate) fn new() -> State {
        State {
            boot: 0,
            alive_at: UnixMs(0),
            accepted: Cursor(0),
            turns: 0,
            chats: BTreeMap::new(),
            active: BTreeMap::new(),
            mark: None,
            sealed: 0,
        }
    }

    /// The chat's turn, if it is this one and has no reply yet.
    pub(crate) fn unfinished(&self, chat: &ChatId, turn: TurnId) -> Option<&Turn> {
        let current = self.chats.get(chat)?.turn.as_ref()?;
        (current.id == turn && current.reply.is_none()).then_some(current)
    }

    /// The turns that are unfinished or undelivered, oldest first.
    pub(crate) fn active_turns(&self) -> impl Iterator<Item = (&ChatId, &Turn)> {
        self.active.values().filter_map(|chat| Some((chat, self.chats.get(chat)?.turn.as_ref()?)))
    }

    /// What each chat with unfinished work waits for first, in the order of the chats.
    pub(crate) fn unfinished_chats(&self) -> impl Iterator<Item = (&ChatId, MessageId)> {
        self.chats.iter().filter_map(|(id, chat)| {
            let running = chat.turn.as_ref().map(|turn| turn.message.id);
            Some((id, running.or_else(|| chat.queue.front().map(Queued::id))?))
        })
    }
}

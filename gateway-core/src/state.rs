//! What the journal's records mean together: the sessions and what is owed to them.
//!
//! Plain data and questions to it. It changes only by [`State::apply`] (`fold.rs`), so that a
//! boot that reads the journal and the boot that wrote it believe the same.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::env::UnixMs;
use crate::message::{Body, ChatId, Cursor, Cut, Entry, Inbound, MessageId, Notice, SessionId};
use crate::record::{Refusal, TurnId};

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
    /// Every chat that ever wrote. A clone of the state shares those that do not change.
    pub(crate) chats: BTreeMap<ChatId, Arc<Chat>>,
    /// The turns that are unfinished or undelivered, and whose they are.
    pub(crate) active: BTreeMap<TurnId, ChatId>,
    /// The chats whose queue is not empty.
    pub(crate) waiting: BTreeSet<ChatId>,
    /// What the latest boot's stop has marked. An earlier boot's marks live on as the
    /// [`Turn::cut`] of what they covered.
    pub(crate) mark: Option<Mark>,
    /// The latest boot that ended with nothing left over.
    pub(crate) sealed: u64,
    /// The latest wish to start clean that was granted.
    pub(crate) cleaned: Option<String>,
}

/// One chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Chat {
    /// Its session.
    pub(crate) session: SessionId,
    /// What waits for a turn, in order.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub(crate) queue: VecDeque<Queued>,
    /// The turn that is unfinished or undelivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) turn: Option<Turn>,
    /// What the chat has yet to be told, in order.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub(crate) owed: VecDeque<Owed>,
    /// How much of the session its transcript file holds.
    pub(crate) synced: Watermark,
    /// The entries of the session behind that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tail: Vec<Entry>,
}

/// Something that waits for its chat's worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Queued {
    /// A message for the agent, and when it was taken.
    Message { message: Inbound, at: UnixMs },
    /// A message that was refused, so that the notice keeps its place.
    Refused(MessageId, Refusal),
}

impl Queued {
    /// The message it is about.
    pub(crate) fn id(&self) -> MessageId {
        match self {
            Queued::Message { message, .. } => message.id,
            Queued::Refused(id, _) => *id,
        }
    }
}

/// A notice that a chat must get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owed {
    /// What it says.
    pub(crate) notice: Notice,
    /// The message it is about.
    pub(crate) to: MessageId,
}

/// A turn that is unfinished or undelivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// When its message was taken.
    pub(crate) taken_at: UnixMs,
    /// Whether an agent has taken it on, in any boot. Until then nobody but the gateway knows that
    /// it has begun.
    pub(crate) seen: bool,
    /// How many boots in a row died under it without a plan and without a step.
    pub(crate) deaths: u32,
}

/// A finished turn's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reply {
    /// What it says.
    pub(crate) text: String,
    /// The boot in which it was finished.
    pub(crate) boot: u64,
}

/// How much of a session is durable in its transcript file, and in which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Watermark {
    /// The boot that began the file, and alone writes to it.
    pub(crate) boot: u64,
    /// Entries.
    pub(crate) entries: u64,
    /// The length of those entries, in bytes.
    pub(crate) bytes: u64,
    /// The crc32c of those bytes.
    pub(crate) crc: u32,
}

impl Watermark {
    /// There is no file.
    pub(crate) const START: Watermark = Watermark { boot: 0, entries: 0, bytes: 0, crc: 0 };
}

/// What one boot's stop has marked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// Who waits for a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// A person, who can ask again.
    Person,
    /// Nobody: a schedule or a program asked, and will not ask again.
    Nobody,
}

impl Awaited {
    /// Who waits for the answer to a message.
    pub(crate) fn of(message: &Inbound) -> Awaited {
        match message.body {
            Body::Job(_) => Awaited::Nobody,
            Body::Text(_) | Body::Stop | Body::Reset => Awaited::Person,
        }
    }
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
            waiting: BTreeSet::new(),
            mark: None,
            sealed: 0,
            cleaned: None,
        }
    }

    /// The chat's turn, if it is this one and has no reply yet.
    pub(crate) fn unfinished(&self, chat: &ChatId, turn: TurnId) -> Option<&Turn> {
        let current = self.chats.get(chat)?.turn.as_ref()?;
        (current.id == turn && current.reply.is_none()).then_some(current)
    }

    /// Who waits for the turn of a chat; a person, if it has none.
    pub(crate) fn awaited(&self, chat: &ChatId) -> Awaited {
        let turn = self.chats.get(chat).and_then(|chat| chat.turn.as_ref());
        turn.map_or(Awaited::Person, |turn| Awaited::of(&turn.message))
    }

    /// The turns that are unfinished or undelivered, oldest first.
    pub(crate) fn active_turns(&self) -> impl Iterator<Item = (&ChatId, &Turn)> {
        self.active.values().filter_map(|chat| Some((chat, self.chats.get(chat)?.turn.as_ref()?)))
    }

    /// What waits for a turn.
    pub(crate) fn queued(&self) -> impl Iterator<Item = MessageId> {
        let waiting = self.waiting.iter().filter_map(|chat| self.chats.get(chat));
        waiting.flat_map(|chat| &chat.queue).map(Queued::id)
    }

    /// What each chat with unfinished work waits for first, in the order of the chats.
    pub(crate) fn unfinished_chats(&self) -> BTreeMap<&ChatId, MessageId> {
        let first = |chat| Some((chat, self.chats.get(chat)?.queue.front()?.id()));
        let mut unfinished: BTreeMap<&ChatId, MessageId> =
            self.waiting.iter().filter_map(first).collect();
        let running = self.active_turns().map(|(chat, turn)| (chat, turn.message.id));
        unfinished.extend(running);
        unfinished
    }

    /// Finds out what the chats alone say.
    pub(crate) fn index(&mut self) {
        let State { chats, active, waiting, .. } = self;
        active.clear();
        waiting.clear();
        for (id, chat) in chats {
            if let Some(turn) = &chat.turn {
                active.insert(turn.id, id.clone());
            }
            if !chat.queue.is_empty() {
                waiting.insert(id.clone());
            }
        }
    }
}

//! The one function that gives records their meaning.
//!
//! Replay and live operation call the same [`State::apply`]. It is pure and total: a record that
//! no longer fits (a step of a turn its user has stopped, a mark of another boot) changes nothing,
//! which is how races between tasks are decided: by the order in the journal, the same for ever.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::env::UnixMs;
use crate::message::{ChatId, Cursor, Cut, Entry, Inbound, MessageId, Notice, SessionId};
use crate::record::{Record, Refusal, TurnId};
use crate::state::{Chat, Mark, Owed, Queued, Reply, State, Turn, Watermark};

impl State {
    /// Adds one fact.
    pub(crate) fn apply(&mut self, record: &Record) {
        match record {
            Record::BootStarted { boot, at } => self.boot_started(*boot, *at),
            Record::Accepted { message, session, at } => {
                self.alive_at = *at;
                let item = Queued::Message { message: message.clone(), at: *at };
                self.enqueue(item, &message.chat, session.as_ref());
            }
            Record::Refused { id, chat, session, why } => {
                self.enqueue(Queued::Refused(*id, *why), chat, session.as_ref());
            }
            Record::Closed { chat } => self.closed(chat),
            Record::UserStopped { id, chat } => self.decided(*id, chat, None),
            Record::SessionReset { id, chat, session } => self.decided(*id, chat, Some(session)),
            Record::TurnStarted { chat, turn, boot, message, at } => {
                self.alive_at = *at;
                self.turn_started(chat, *turn, *boot, *message);
            }
            Record::TurnResumed { turn, boot, reason, at } => {
                self.alive_at = *at;
                if let Some(turn) = self.running_mut(*turn) {
                    turn.boot = *boot;
                    turn.cut = Some(*reason);
                }
            }
            Record::TurnSeen { turn, at } => {
                self.alive_at = *at;
                if let Some(turn) = self.running_mut(*turn) {
                    turn.seen = true;
                }
            }
            Record::Step { turn, text, at } => {
                self.alive_at = *at;
                if let Some(turn) = self.running_mut(*turn) {
                    turn.steps.push(text.clone());
                    turn.seen = true;
                    turn.deaths = 0;
                }
            }
            Record::TurnFinished { turn, boot, text, at } => {
                self.alive_at = *at;
                self.turn_finished(*turn, Reply { text: text.clone(), boot: *boot });
            }
            Record::ReplyDelivered { turn } => self.reply_delivered(*turn),
            Record::Marked { boot, reason, turns, messages, at } => {
                self.alive_at = *at;
                self.marked(*boot, *reason, turns, messages);
            }
            Record::Cleared { boot, turns, messages } => self.cleared(*boot, turns, messages),
            Record::Suspended { turn } => self.given_up(*turn, Notice::Suspended),
            Record::Stale { turn } => self.given_up(*turn, Notice::Stale),
            Record::Missed { chat, message } => self.missed(chat, *message),
            Record::Cleaned { wish } => self.cleaned(wish),
            Record::Told { chat, notice, to } => self.told(chat, Owed { notice: *notice, to: *to }),
            Record::MessagesLost { upto } => self.accepted = self.accepted.max(*upto),
            Record::TranscriptSynced { chat, session, file } => {
                self.transcript_synced(chat, session, *file);
            }
            Record::Sealed { boot } => self.sealed = *boot,
        }
    }

    /// A new boot: every turn that the dead one had shown to the agent was cut by its death.
    fn boot_started(&mut self, boot: u64, at: UnixMs) {
        // Recovery decides on the state as the record will make it, before it is durable.
        if boot <= self.boot {
            return;
        }
        let (dead, mark, cut_at) = (self.boot, self.mark.take(), self.alive_at);
        for chat in self.active.values() {
            let shown = |turn: &Turn| turn.reply.is_none() && turn.boot == dead;
            if !self.chats.get(chat).is_some_and(|chat| chat.turn.as_ref().is_some_and(shown)) {
                continue;
            }
            let chat = chat_mut(&mut self.chats, chat);
            let Some(turn) = chat.and_then(|chat| chat.turn.as_mut()) else { continue };
            turn.cut_at = cut_at;
            turn.cut = match &mark {
                Some(mark) if mark.covers(dead, turn) => Some(mark.reason),
                _ => {
                    turn.deaths += 1;
                    Some(Cut::Crash)
                }
            };
        }
        self.boot = boot;
        self.alive_at = at;
    }

    fn enqueue(&mut self, item: Queued, chat: &ChatId, session: Option<&SessionId>) {
        if item.id().0 <= self.accepted.0 {
            return;
        }
        self.accepted = Cursor(item.id().0);
        if let Some(session) = session
            && !self.chats.contains_key(chat)
        {
            self.chats.insert(chat.clone(), Arc::new(Chat::new(session.clone())));
        }
        if let Some(entry) = chat_mut(&mut self.chats, chat) {
            entry.queue.push_back(item);
            self.waiting.insert(chat.clone());
        }
    }

    /// The user stopped the chat, and began a new session if there is one. A reply that is
    /// finished is still owed: the user asked for it before.
    fn decided(&mut self, id: MessageId, chat: &ChatId, session: Option<&SessionId>) {
        if id.0 <= self.accepted.0 {
            return;
        }
        self.accepted = Cursor(id.0);
        if let Some(entry) = chat_mut(&mut self.chats, chat) {
            entry.queue.clear();
            // Whatever the chat had yet to be told is about what its user has done with now.
            entry.owed.clear();
            self.waiting.remove(chat);
            if let Some(turn) = entry.abandon() {
                self.active.remove(&turn);
            }
            if let Some(session) = session {
                entry.session = session.clone();
                entry.synced = Watermark::START;
                entry.tail.clear();
            }
        } else if let Some(session) = session {
            self.chats.insert(chat.clone(), Arc::new(Chat::new(session.clone())));
        }
    }

    fn turn_started(&mut self, chat: &ChatId, turn: TurnId, boot: u64, message: MessageId) {
        self.turns = self.turns.max(turn.0);
        let alive_at = self.alive_at;
        let Some(entry) = chat_mut(&mut self.chats, chat) else { return };
        let front = entry.queue.front();
        let first = matches!(front, Some(Queued::Message { message: m, .. }) if m.id == message);
        if entry.turn.is_some() || !first || self.active.contains_key(&turn) {
            return;
        }
        if let Some(Queued::Message { message, at }) = entry.queue.pop_front() {
            entry.turn = Some(Turn::new(turn, message, at, boot, alive_at));
            self.active.insert(turn, chat.clone());
        }
        if entry.queue.is_empty() {
            self.waiting.remove(chat);
        }
    }

    fn turn_finished(&mut self, turn: TurnId, reply: Reply) {
        let Some(chat) = self.active.get(&turn) else { return };
        let Some(chat) = chat_mut(&mut self.chats, chat) else { return };
        let Some(current) = chat.turn.as_mut().filter(|turn| turn.reply.is_none()) else { return };
        record_turn(&mut chat.tail, current);
        chat.tail.push(Entry::Reply(reply.text.clone()));
        current.reply = Some(reply);
    }

    fn reply_delivered(&mut self, turn: TurnId) {
        let finished = |turn: &Turn| turn.reply.is_some();
        let Some(chat) = self.active.get(&turn) else { return };
        let Some(chat) = chat_mut(&mut self.chats, chat) else { return };
        if chat.turn.as_ref().is_some_and(finished) {
            chat.turn = None;
            self.active.remove(&turn);
        }
    }

    fn marked(&mut self, boot: u64, reason: Cut, turns: &[TurnId], messages: &[MessageId]) {
        if boot != self.boot {
            return;
        }
        let mark = self.mark.get_or_insert_with(|| Mark {
            boot,
            reason,
            turns: BTreeSet::new(),
            messages: BTreeSet::new(),
        });
        mark.turns.extend(turns);
        mark.messages.extend(messages);
    }

    /// Compare and swap: only this boot's marks, and only of what is proven finished.
    fn cleared(&mut self, boot: u64, turns: &[TurnId], messages: &[MessageId]) {
        let unfinished = self.active_turns().map(|(_, turn)| turn).filter(|t| t.reply.is_none());
        let (running, pending): (BTreeSet<TurnId>, BTreeSet<MessageId>) =
            unfinished.map(|turn| (turn.id, turn.message.id)).unzip();
        let Some(mark) = self.mark.as_mut().filter(|mark| mark.boot == boot) else { return };
        for turn in turns.iter().filter(|turn| !running.contains(turn)) {
            mark.turns.remove(turn);
        }
        for message in messages.iter().filter(|message| !pending.contains(message)) {
            mark.messages.remove(message);
        }
    }

    fn given_up(&mut self, turn: TurnId, notice: Notice) {
        let Some(chat) = self.active.get(&turn) else { return };
        let Some(chat) = chat_mut(&mut self.chats, chat) else { return };
        let Some(to) = chat.turn.as_ref().map(|turn| turn.message.id) else { return };
        if chat.abandon().is_some() {
            chat.owed.push_back(Owed { notice, to });
            self.active.remove(&turn);
        }
    }

    fn missed(&mut self, chat: &ChatId, message: MessageId) {
        let Some(entry) = chat_mut(&mut self.chats, chat) else { return };
        let is_it =
            |item: &Queued| matches!(item, Queued::Message { message: m, .. } if m.id == message);
        let Some(place) = entry.queue.iter().position(is_it) else { return };
        entry.queue.remove(place);
        if entry.queue.is_empty() {
            self.waiting.remove(chat);
        }
        entry.owed.push_back(Owed { notice: Notice::Stale, to: message });
    }

    /// Drops everything that is unfinished, once for each wish. What was said stays said.
    fn cleaned(&mut self, wish: &str) {
        if self.cleaned.as_deref() == Some(wish) {
            return;
        }
        self.cleaned = Some(wish.to_owned());
        for chat in self.chats.values_mut().filter(|chat| chat.first_unfinished().is_some()) {
            let chat = Arc::make_mut(chat);
            let Some(to) = chat.first_unfinished() else { continue };
            chat.abandon();
            (chat.turn, chat.queue) = (None, VecDeque::new());
            chat.owed = VecDeque::from([Owed { notice: Notice::Dropped, to }]);
        }
        self.active.clear();
        self.waiting.clear();
    }

    /// Nothing may be done for a chat any more: what was unfinished is refused, in its order, and
    /// whatever else the chat was to be told is not its business now. What was said stays said.
    fn closed(&mut self, chat: &ChatId) {
        let Some(entry) = chat_mut(&mut self.chats, chat) else { return };
        let refused = |id| Queued::Refused(id, Refusal::NoAccess);
        let mut queue: VecDeque<Queued> = entry.owed.drain(..).map(|o| refused(o.to)).collect();
        if let Some(mut turn) = entry.turn.take() {
            self.active.remove(&turn.id);
            queue.push_back(refused(turn.message.id));
            if turn.reply.is_none() {
                record_turn(&mut entry.tail, &mut turn);
            }
        }
        queue.extend(entry.queue.drain(..).map(|item| match item {
            Queued::Message { message, .. } => refused(message.id),
            item @ Queued::Refused(..) => item,
        }));
        if !queue.is_empty() {
            self.waiting.insert(chat.clone());
        }
        entry.queue = queue;
    }

    fn told(&mut self, chat: &ChatId, owed: Owed) {
        let Some(entry) = chat_mut(&mut self.chats, chat) else { return };
        if owed.notice == Notice::Refused {
            let front = entry.queue.front();
            if matches!(front, Some(Queued::Refused(id, _)) if *id == owed.to) {
                entry.queue.pop_front();
            }
            if entry.queue.is_empty() {
                self.waiting.remove(chat);
            }
        } else if entry.owed.front() == Some(&owed) {
            entry.owed.pop_front();
        }
    }

    fn transcript_synced(&mut self, chat: &ChatId, session: &SessionId, mark: Watermark) {
        let Some(chat) = chat_mut(&mut self.chats, chat).filter(|chat| chat.session == *session)
        else {
            return;
        };
        let moved = mark.entries.saturating_sub(chat.synced.entries);
        let moved = usize::try_from(moved).unwrap_or(usize::MAX).min(chat.tail.len());
        chat.tail.drain(..moved);
        chat.synced = mark;
    }

    fn running_mut(&mut self, turn: TurnId) -> Option<&mut Turn> {
        let chat = self.active.get(&turn)?;
        chat_mut(&mut self.chats, chat)?.turn.as_mut().filter(|turn| turn.reply.is_none())
    }
}

impl Chat {
    fn new(session: SessionId) -> Chat {
        Chat {
            session,
            queue: VecDeque::new(),
            turn: None,
            owed: VecDeque::new(),
            synced: Watermark::START,
            tail: Vec::new(),
        }
    }

    /// The first message for which something is still to be done or told.
    fn first_unfinished(&self) -> Option<MessageId> {
        let told = self.owed.iter().map(|owed| owed.to);
        let turn = self.turn.iter().map(|turn| turn.message.id);
        told.chain(turn).chain(self.queue.iter().map(Queued::id)).min()
    }

    /// Gives the unfinished turn up: what was said stays said.
    fn abandon(&mut self) -> Option<TurnId> {
        let mut turn = self.turn.take_if(|turn| turn.reply.is_none())?;
        record_turn(&mut self.tail, &mut turn);
        Some(turn.id)
    }
}

impl Turn {
    fn new(id: TurnId, message: Inbound, taken_at: UnixMs, boot: u64, cut_at: UnixMs) -> Turn {
        let (steps, reply, cut) = (Vec::new(), None, None);
        let (seen, deaths) = (false, 0);
        Turn { id, message, taken_at, boot, seen, steps, reply, cut, cut_at, deaths }
    }
}

impl Mark {
    /// Whether a turn that `boot` left behind was cut by its stop. A turn that was begun while
    /// the mark was written is covered by its message.
    fn covers(&self, boot: u64, turn: &Turn) -> bool {
        self.boot == boot
            && (self.turns.contains(&turn.id) || self.messages.contains(&turn.message.id))
    }
}

/// A chat to change, which a clone of the state may share until now.
fn chat_mut<'a>(chats: &'a mut BTreeMap<ChatId, Arc<Chat>>, id: &ChatId) -> Option<&'a mut Chat> {
    chats.get_mut(id).map(Arc::make_mut)
}

/// Moves what the user wrote and the agent did into the session.
fn record_turn(tail: &mut Vec<Entry>, turn: &mut Turn) {
    tail.extend(turn.message.body.request().map(|text| Entry::User(text.to_owned())));
    tail.extend(turn.steps.drain(..).map(Entry::Step));
}

#[cfg(test)]
mod tests;

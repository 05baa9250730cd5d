//! What the real gateway knows only in memory: who is at work, and what waits behind it.
//!
//! Pure data and its transitions (lifecycle section 2, steps 1 to 6, 11 and 13); nothing here
//! waits, and nothing here outlives the process. That is the point: the gate, the queues and the
//! requests themselves are gone with it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use gateway_core::env::Run;
use gateway_core::message::{Body, ChatId, Cursor, Inbound, MessageId, SessionId};

use super::policy::{Abandoned, Cap, Queue};
use super::row::Row;

/// What the real gateway knows only in memory.
pub(super) struct Live {
    /// Messages held back until the restore pass is over; `None` once the gate is open.
    gate: Option<Vec<Inbound>>,
    draining: bool,
    /// The running map: what a drain waits for.
    slots: BTreeMap<ChatId, Slot>,
    /// Chats whose slot is free already while their reply is still being sent. The platform
    /// adapter keeps them busy; the drain does not see them.
    sending: BTreeSet<ChatId>,
    queues: BTreeMap<ChatId, VecDeque<Inbound>>,
    queue: Queue,
    cap: Cap,
    claims: u64,
    /// The messages that are worked on, and the newest that ever was, where the platform's offset
    /// waits for them.
    working: BTreeSet<MessageId>,
    newest: Cursor,
    /// The sessions whose rows are ended (R064).
    ended: BTreeSet<SessionId>,
    /// The sessions whose first save failed (R095).
    rowless: BTreeSet<SessionId>,
}

/// The right to use a chat's slot. A later claim makes an earlier one void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim(u64);

struct Slot {
    claim: Claim,
    asker: Asker,
    /// The agent; while there is none the slot holds the sentinel.
    worker: Option<Worker>,
}

/// Who waits for a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asker {
    /// A person, or nobody knows.
    Person,
    /// A schedule.
    Schedule,
}

impl Asker {
    fn of(message: &Inbound) -> Asker {
        if matches!(message.body, Body::Job(_)) { Asker::Schedule } else { Asker::Person }
    }
}

/// An agent at work.
#[derive(Clone)]
pub(super) struct Worker {
    pub(super) run: Arc<dyn Run>,
    pub(super) memory: Arc<Memory>,
}

/// The rows of a turn's transcript that are not written yet.
pub(super) struct Memory {
    pub(super) session: SessionId,
    rows: Mutex<Vec<Row>>,
}

impl Memory {
    pub(super) fn new(session: SessionId, rows: Vec<Row>) -> Memory {
        Memory { session, rows: Mutex::new(rows) }
    }

    pub(super) fn push(&self, row: Row) {
        self.rows.lock().expect("nothing panics with the rows").push(row);
    }

    /// The rows, for the one who writes them.
    pub(super) fn take(&self) -> Vec<Row> {
        std::mem::take(&mut *self.rows.lock().expect("nothing panics with the rows"))
    }
}

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It waits in memory.
    Held,
    /// It is refused with a notice.
    Refused(Inbound),
    /// Its turn starts.
    Started(Inbound, Claim),
}

impl Live {
    /// The state at boot: the gate is closed.
    pub(super) fn new(queue: Queue, cap: Cap) -> Live {
        Live {
            gate: Some(Vec::new()),
            draining: false,
            slots: BTreeMap::new(),
            sending: BTreeSet::new(),
            queues: BTreeMap::new(),
            queue,
            cap,
            claims: 0,
            working: BTreeSet::new(),
            newest: Cursor(0),
            ended: BTreeSet::new(),
            rowless: BTreeSet::new(),
        }
    }

    /// Holds a message back while the gate is closed (2 step 1), in memory only; gives it back
    /// if the gate is open.
    pub(super) fn hold(&mut self, inbound: Inbound) -> Option<Inbound> {
        match &mut self.gate {
            Some(held) => {
                held.push(inbound);
                None
            }
            None => Some(inbound),
        }
    }

    /// Opens the gate and hands out what it held back.
    pub(super) fn open_gate(&mut self) -> Vec<Inbound> {
        self.gate.take().unwrap_or_default()
    }

    /// Decides about a message for the agent: behind a busy chat it is queued (2 step 3), even
    /// in a drain that will drop it; in a drain an idle chat is refused (2 step 4); else the
    /// slot is claimed with the sentinel, and nothing durable says so (2 step 6).
    pub(super) fn admit(&mut self, inbound: Inbound) -> Admission {
        let chat = &inbound.chat;
        if self.slots.contains_key(chat) || self.sending.contains(chat) {
            let waiting = self.queues.entry(chat.clone()).or_default();
            if self.cap == Cap::None || waiting.is_empty() {
                waiting.push_back(inbound);
            }
            return Admission::Held;
        }
        if self.draining {
            return Admission::Refused(inbound);
        }
        let claim = self.put_sentinel(chat.clone(), Asker::of(&inbound));
        Admission::Started(inbound, claim)
    }

    /// Claims the slot for a resumed turn whoever holds it (R052).
    pub(super) fn claim_anyway(&mut self, chat: &ChatId) -> Claim {
        self.put_sentinel(chat.clone(), Asker::Person)
    }

    /// Claims the slot for a resumed turn, unless the chat is busy.
    pub(super) fn claim(&mut self, chat: &ChatId) -> Option<Claim> {
        let busy = self.slots.contains_key(chat) || self.sending.contains(chat);
        (!busy).then(|| self.put_sentinel(chat.clone(), Asker::Person))
    }

    fn put_sentinel(&mut self, chat: ChatId, asker: Asker) -> Claim {
        self.claims += 1;
        let claim = Claim(self.claims);
        self.slots.insert(chat, Slot { claim, asker, worker: None });
        claim
    }

    /// Replaces the sentinel by the agent; `false` if the slot was taken away meanwhile.
    pub(super) fn seat(&mut self, chat: &ChatId, claim: Claim, worker: Worker) -> bool {
        match self.slots.get_mut(chat) {
            Some(slot) if slot.claim == claim => {
                slot.worker = Some(worker);
                true
            }
            _ => false,
        }
    }

    /// Whether the turn still owns its slot.
    pub(super) fn owns(&self, chat: &ChatId, claim: Claim) -> bool {
        self.slots.get(chat).is_some_and(|slot| slot.claim == claim)
    }

    /// Gives the slot of a turn back that has nothing to say.
    pub(super) fn release(&mut self, chat: &ChatId, claim: Claim) {
        if self.owns(chat, claim) {
            self.slots.remove(chat);
        }
    }

    /// Gives the slot back before the reply is sent (2 step 11), so that a drain sees nobody
    /// while the reply is still in flight.
    pub(super) fn release_to_send(&mut self, chat: &ChatId, claim: Claim) {
        self.release(chat, claim);
        self.sending.insert(chat.clone());
    }

    /// The reply is sent: the next message that waited claims the slot, unless the gateway is
    /// draining, in which case it is dropped, and up to E2 all behind it as well (2 step 13).
    pub(super) fn follow_up(&mut self, chat: &ChatId) -> Option<(Inbound, Claim)> {
        self.sending.remove(chat);
        if self.draining {
            match self.queue {
                Queue::Dropped => drop(self.queues.remove(chat)),
                Queue::Spooled => {
                    self.queues.get_mut(chat).and_then(VecDeque::pop_front);
                }
            }
            return None;
        }
        if self.slots.contains_key(chat) {
            return None;
        }
        let inbound = self.queues.get_mut(chat)?.pop_front()?;
        let claim = self.put_sentinel(chat.clone(), Asker::of(&inbound));
        Some((inbound, claim))
    }

    /// A user's stop (2 step 2): drops the queue, frees the slot, and hands out the agent to
    /// interrupt. The mark of an earlier death stays in the index.
    pub(super) fn abandon(&mut self, chat: &ChatId, left: Abandoned) -> Option<Worker> {
        self.queues.remove(chat);
        let slot = self.slots.remove(chat)?;
        if left == Abandoned::Dead {
            self.put_sentinel(chat.clone(), Asker::Person);
        }
        slot.worker
    }

    /// Whether a reply is being sent whose slot is free already.
    pub(super) fn sending(&self) -> bool {
        !self.sending.is_empty()
    }

    /// What still waits behind turns, in the order in which it came.
    pub(super) fn take_queues(&mut self) -> Vec<Inbound> {
        let queues = std::mem::take(&mut self.queues);
        let mut waiting: Vec<Inbound> = queues.into_values().flatten().collect();
        waiting.sort_by_key(|message| message.id);
        waiting
    }

    /// Notes messages that the platform's offset waits for.
    pub(super) fn work_on(&mut self, messages: &[Inbound]) {
        self.working.extend(messages.iter().map(|message| message.id));
        let newest = messages.last().map_or(self.newest, |message| Cursor(message.id.0));
        self.newest = self.newest.max(newest);
    }

    /// Notes that a message needs no more work; up to where nothing does.
    pub(super) fn done_with(&mut self, message: MessageId) -> Cursor {
        self.working.remove(&message);
        self.working.first().map_or(self.newest, |oldest| Cursor(oldest.0 - 1))
    }

    pub(super) fn set_ended(&mut self, sessions: BTreeSet<SessionId>) {
        self.ended = sessions;
    }

    pub(super) fn is_ended(&self, session: &SessionId) -> bool {
        self.ended.contains(session)
    }

    pub(super) fn set_rowless(&mut self, session: SessionId) {
        self.rowless.insert(session);
    }

    pub(super) fn is_rowless(&self, session: &SessionId) -> bool {
        self.rowless.contains(session)
    }

    pub(super) fn begin_drain(&mut self) {
        self.draining = true;
    }

    /// Whether a stop has begun, or a restart that waits for its turn.
    pub(super) fn draining(&self) -> bool {
        self.draining
    }

    /// Whether the running map is empty; sentinels count as running.
    pub(super) fn idle(&self) -> bool {
        self.slots.is_empty()
    }

    /// Whether a job is in the running map.
    pub(super) fn jobs(&self) -> bool {
        self.slots.values().any(|slot| slot.asker == Asker::Schedule)
    }

    /// The chats in the running map, sentinels included.
    pub(super) fn running(&self) -> Vec<ChatId> {
        self.slots.keys().cloned().collect()
    }

    /// The chats with a real agent; sentinels are skipped, as everywhere in the real stop.
    pub(super) fn workers(&self) -> Vec<(ChatId, Worker)> {
        let real = |(chat, slot): (&ChatId, &Slot)| Some((chat.clone(), slot.worker.clone()?));
        self.slots.iter().filter_map(real).collect()
    }
}

#[cfg(test)]
mod tests;

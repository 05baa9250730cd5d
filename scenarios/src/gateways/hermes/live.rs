//! What the real gateway knows only in memory: who is at work, and what waits behind it.
//!
//! Pure data and its transitions (lifecycle section 2, steps 1 to 6, 11 and 13); nothing here
//! waits, and nothing here outlives the process. That is the point: the gate, the queues and the
//! requests themselves are gone with it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use gateway_core::env::Run;
use gateway_core::message::{ChatId, Entry, Inbound, SessionId};

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
    claims: u64,
}

/// The right to use a chat's slot. A later claim makes an earlier one void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim(u64);

struct Slot {
    claim: Claim,
    /// The agent; while there is none the slot holds the sentinel.
    worker: Option<Worker>,
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
    rows: Mutex<Vec<Entry>>,
}

impl Memory {
    pub(super) fn new(session: SessionId, rows: Vec<Entry>) -> Memory {
        Memory { session, rows: Mutex::new(rows) }
    }

    pub(super) fn push(&self, row: Entry) {
        self.rows.lock().expect("nothing panics with the rows").push(row);
    }

    /// The rows, for the one who writes them.
    pub(super) fn take(&self) -> Vec<Entry> {
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
    pub(super) fn new() -> Live {
        Live {
            gate: Some(Vec::new()),
            draining: false,
            slots: BTreeMap::new(),
            sending: BTreeSet::new(),
            queues: BTreeMap::new(),
            claims: 0,
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
            self.queues.entry(chat.clone()).or_default().push_back(inbound);
            return Admission::Held;
        }
        if self.draining {
            return Admission::Refused(inbound);
        }
        let claim = self.put_sentinel(chat.clone());
        Admission::Started(inbound, claim)
    }

    /// Claims the slot for a resumed turn, unless the chat is busy.
    pub(super) fn claim(&mut self, chat: &ChatId) -> Option<Claim> {
        let busy = self.slots.contains_key(chat) || self.sending.contains(chat);
        (!busy).then(|| self.put_sentinel(chat.clone()))
    }

    fn put_sentinel(&mut self, chat: ChatId) -> Claim {
        self.claims += 1;
        let claim = Claim(self.claims);
        self.slots.insert(chat, Slot { claim, worker: None });
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
    /// draining, in which case all that wait are dropped (2 step 13).
    pub(super) fn follow_up(&mut self, chat: &ChatId) -> Option<(Inbound, Claim)> {
        self.sending.remove(chat);
        if self.draining {
            self.queues.remove(chat);
            return None;
        }
        if self.slots.contains_key(chat) {
            return None;
        }
        let inbound = self.queues.get_mut(chat)?.pop_front()?;
        let claim = self.put_sentinel(chat.clone());
        Some((inbound, claim))
    }

    /// A user's stop (2 step 2): drops the queue, frees the slot, and hands out the agent to
    /// interrupt. The mark of an earlier death stays in the index.
    pub(super) fn abandon(&mut self, chat: &ChatId) -> Option<Worker> {
        self.queues.remove(chat);
        self.slots.remove(chat).and_then(|slot| slot.worker)
    }

    pub(super) fn begin_drain(&mut self) {
        self.draining = true;
    }

    /// Whether the running map is empty; sentinels count as running.
    pub(super) fn idle(&self) -> bool {
        self.slots.is_empty()
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
mod tests {
    use gateway_core::env::UnixMs;
    use gateway_core::message::{Body, MessageId};

    use super::*;

    fn message(id: u64, chat: &str) -> Inbound {
        Inbound {
            id: MessageId(id),
            chat: ChatId(chat.to_owned()),
            sent_at: UnixMs(0),
            body: Body::Text(format!("message {id}")),
        }
    }

    fn started(live: &mut Live, id: u64) -> Claim {
        match live.admit(message(id, "a")) {
            Admission::Started(_, claim) => claim,
            other => panic!("not started: {other:?}"),
        }
    }

    fn open() -> Live {
        let mut live = Live::new();
        live.open_gate();
        live
    }

    #[test]
    fn a_busy_chat_queues_even_while_its_reply_is_sent() {
        let mut live = open();
        let claim = started(&mut live, 1);
        assert_eq!(live.admit(message(2, "a")), Admission::Held);
        live.release_to_send(&ChatId("a".to_owned()), claim);
        assert!(live.idle(), "the drain sees nobody");
        assert_eq!(live.admit(message(3, "a")), Admission::Held);
        let (next, _) = live.follow_up(&ChatId("a".to_owned())).expect("the second waits");
        assert_eq!(next.id, MessageId(2));
    }

    #[test]
    fn a_drain_refuses_the_idle_and_drops_the_queued() {
        let mut live = open();
        let claim = started(&mut live, 1);
        live.begin_drain();
        assert_eq!(live.admit(message(2, "a")), Admission::Held);
        assert_eq!(live.admit(message(3, "b")), Admission::Refused(message(3, "b")));
        live.release_to_send(&ChatId("a".to_owned()), claim);
        assert_eq!(live.follow_up(&ChatId("a".to_owned())), None);
        assert!(live.queues.is_empty());
    }

    #[test]
    fn a_users_stop_makes_the_claim_void() {
        let mut live = open();
        let old = started(&mut live, 1);
        assert!(live.abandon(&ChatId("a".to_owned())).is_none(), "a sentinel has no agent");
        let new = started(&mut live, 2);
        live.release(&ChatId("a".to_owned()), old);
        assert!(live.owns(&ChatId("a".to_owned()), new));
    }

    #[test]
    fn a_closed_gate_holds_everything() {
        let mut live = Live::new();
        assert_eq!(live.hold(message(1, "a")), None);
        assert_eq!(live.open_gate(), [message(1, "a")]);
        assert_eq!(live.hold(message(2, "a")), Some(message(2, "a")));
    }
}

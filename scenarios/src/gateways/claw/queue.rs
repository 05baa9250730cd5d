//! The spool of messages and the queue of deliveries: one file, replaced whole.
//!
//! Pure data and its changes. A row is here from before the platform may forget its message until
//! its answer is in the outbox; a parcel is here until the platform has taken it.

use gateway_core::message::{ChatId, Inbound, MessageId};
use serde::{Deserialize, Serialize};

/// Messages to be answered, and answers to be delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Queue {
    /// Every message up to this number was taken.
    offset: u64,
    /// The last number that a row was given.
    serial: u64,
    pub(super) rows: Vec<Row>,
    pub(super) outbox: Vec<Parcel>,
    /// Claims whose owner died, as one sibling keeps them.
    pub(super) dead: Vec<u64>,
}

/// A message to be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) serial: u64,
    pub(super) message: Inbound,
    /// The boot that works on it.
    pub(super) claim: Option<u64>,
}

/// An answer to be delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parcel {
    pub(super) serial: u64,
    pub(super) chat: ChatId,
    pub(super) to: MessageId,
    pub(super) text: String,
    /// Whether it may have left already.
    pub(super) started: bool,
}

impl Queue {
    /// Whether a message was never taken.
    pub(super) fn is_new(&self, message: &Inbound) -> bool {
        message.id.0 > self.offset
    }

    /// Takes a message; the number of its row.
    pub(super) fn accept(&mut self, message: &Inbound) -> u64 {
        self.pass(message);
        self.serial += 1;
        self.rows.push(Row { serial: self.serial, message: message.clone(), claim: None });
        self.serial
    }

    /// Notes that a message needs no row.
    pub(super) fn pass(&mut self, message: &Inbound) {
        self.offset = self.offset.max(message.id.0);
    }

    /// A user takes back what waits or runs in a chat.
    pub(super) fn withdraw(&mut self, message: &Inbound) {
        self.pass(message);
        self.rows.retain(|row| row.message.chat != message.chat || row.message.id > message.id);
    }

    /// A boot works on a row from now on.
    pub(super) fn claim(&mut self, serial: u64, boot: u64) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.serial == serial) {
            row.claim = Some(boot);
        }
    }

    /// Takes a row away; whether it was there.
    pub(super) fn remove(&mut self, serial: u64) -> bool {
        let rows = self.rows.len();
        self.rows.retain(|row| row.serial != serial);
        self.rows.len() < rows
    }

    /// Puts an answer into the outbox.
    pub(super) fn post(&mut self, parcel: Parcel) {
        self.outbox.push(parcel);
    }

    /// A parcel of the outbox.
    pub(super) fn parcel(&self, serial: u64) -> Option<Parcel> {
        self.outbox.iter().find(|parcel| parcel.serial == serial).cloned()
    }

    /// A parcel is about to leave; whether it may have left before.
    pub(super) fn start(&mut self, serial: u64) -> Option<(Parcel, bool)> {
        let parcel = self.outbox.iter_mut().find(|parcel| parcel.serial == serial)?;
        let before = std::mem::replace(&mut parcel.started, true);
        Some((parcel.clone(), before))
    }

    /// A parcel is out of the house.
    pub(super) fn sent(&mut self, serial: u64) {
        self.outbox.retain(|parcel| parcel.serial != serial);
    }
}

#[cfg(test)]
mod tests {
    use gateway_core::env::UnixMs;
    use gateway_core::message::Body;

    use super::*;

    fn message(id: u64, chat: &str) -> Inbound {
        let (id, chat) = (MessageId(id), ChatId(chat.to_owned()));
        Inbound { id, chat, sent_at: UnixMs(0), body: Body::Text(String::new()) }
    }

    #[test]
    fn a_message_is_taken_once_also_after_its_answer() {
        let mut queue = Queue::default();
        let serial = queue.accept(&message(1, "a"));
        assert!(queue.remove(serial));
        assert!(!queue.is_new(&message(1, "a")));
    }

    #[test]
    fn what_is_taken_back_is_what_was_written_before_in_that_chat() {
        let mut queue = Queue::default();
        for (id, chat) in [(1, "a"), (2, "b"), (3, "a"), (5, "a")] {
            queue.accept(&message(id, chat));
        }
        queue.withdraw(&message(4, "a"));
        let left: Vec<u64> = queue.rows.iter().map(|row| row.message.id.0).collect();
        assert_eq!(left, [2, 5]);
    }

    #[test]
    fn a_parcel_that_started_once_may_have_left() {
        let mut queue = Queue::default();
        let chat = ChatId("a".to_owned());
        let (text, to) = (String::new(), MessageId(1));
        queue.post(Parcel { serial: 7, chat, to, text, started: false });
        assert_eq!(queue.start(7).map(|(_, before)| before), Some(false));
        assert_eq!(queue.start(7).map(|(_, before)| before), Some(true));
        queue.sent(7);
        assert_eq!(queue.start(7), None);
    }
}

//! The ledger of deliveries: a row around each send of a reply (lifecycle section 2, step 12).
//!
//! Pure data; its store rewrites it whole. It knows that something may have been sent, never
//! whether it was.

use std::collections::BTreeMap;

use gateway_core::env::UnixMs;
use gateway_core::message::{ChatId, MessageId};
use serde::{Deserialize, Serialize};

/// How often a reply is tried.
const ATTEMPTS_MAX: u32 = 3;

/// For how long a reply is tried, in milliseconds.
const AGE_MAX_MS: i64 = 24 * 3_600_000;

/// A row of the ledger, by its number.
pub(super) type RowId = u64;

/// The replies that are owed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Ledger {
    rows: BTreeMap<RowId, Owed>,
}

/// A reply that is owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owed {
    pub(super) chat: ChatId,
    pub(super) to: Option<MessageId>,
    pub(super) text: String,
    state: State,
    attempts: u32,
    at: UnixMs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Pending,
    Attempting,
    Failed,
}

impl Owed {
    pub(super) fn new(chat: &ChatId, to: Option<MessageId>, text: &str, at: UnixMs) -> Owed {
        let (chat, text) = (chat.clone(), text.to_owned());
        Owed { chat, to, text, state: State::Pending, attempts: 0, at }
    }
}

impl Ledger {
    /// Enters a reply before anything is sent.
    pub(super) fn enter(&mut self, owed: Owed) -> RowId {
        let id = self.rows.last_key_value().map_or(1, |(id, _)| id + 1);
        self.rows.insert(id, owed);
        id
    }

    /// Notes that a reply is about to be sent.
    pub(super) fn attempt(&mut self, id: RowId) {
        if let Some(row) = self.rows.get_mut(&id) {
            row.state = State::Attempting;
            row.attempts += 1;
        }
    }

    /// Notes that the platform took it: nothing is owed any more.
    pub(super) fn delivered(&mut self, id: RowId) {
        self.rows.remove(&id);
    }

    /// Notes that the platform did not say that it took it.
    pub(super) fn failed(&mut self, id: RowId) {
        if let Some(row) = self.rows.get_mut(&id) {
            row.state = State::Failed;
        }
    }

    /// What a boot sends again, whatever state it is in.
    pub(super) fn owed(&self, now: UnixMs) -> Vec<(RowId, Owed)> {
        let due = |row: &Owed| row.attempts < ATTEMPTS_MAX && now.since(row.at) <= AGE_MAX_MS;
        self.rows.iter().filter(|(_, row)| due(row)).map(|(id, row)| (*id, row.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> (Ledger, RowId) {
        let mut ledger = Ledger::default();
        let chat = ChatId("a".to_owned());
        let id = ledger.enter(Owed::new(&chat, Some(MessageId(1)), "yes", UnixMs(0)));
        (ledger, id)
    }

    #[test]
    fn what_was_taken_is_owed_no_more() {
        let (mut ledger, id) = ledger();
        ledger.attempt(id);
        assert_eq!(ledger.owed(UnixMs(1)).len(), 1, "nobody knows whether it was taken");
        ledger.delivered(id);
        assert_eq!(ledger.owed(UnixMs(1)), []);
    }

    #[test]
    fn three_attempts_or_a_day_and_it_is_given_up() {
        let (mut ledger, id) = ledger();
        assert_eq!(ledger.owed(UnixMs(AGE_MAX_MS)).len(), 1);
        assert_eq!(ledger.owed(UnixMs(AGE_MAX_MS + 1)), []);
        for _ in 0..ATTEMPTS_MAX {
            assert_eq!(ledger.owed(UnixMs(1)).len(), 1);
            ledger.attempt(id);
            ledger.failed(id);
        }
        assert_eq!(ledger.owed(UnixMs(1)), []);
    }
}

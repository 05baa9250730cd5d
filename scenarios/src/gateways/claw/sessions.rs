//! The index of sessions: which conversation each chat is in, and whether a stop cut it.
//!
//! Pure data. A mark names the boot whose stop made it: no later boot takes it for its own.

use std::collections::BTreeMap;

use gateway_core::message::{ChatId, Cut, MessageId, SessionId};
use serde::{Deserialize, Serialize};

/// Which conversation each chat is in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Sessions {
    entries: BTreeMap<ChatId, Session>,
}

/// The conversation of one chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Session {
    id: SessionId,
    /// The user's message that began it, if one did.
    begun_by: Option<MessageId>,
    aborted: Option<Aborted>,
}

/// A stop cut, or is about to cut, what a boot works on in this session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Aborted {
    boot: u64,
    cut: Cut,
}

impl Sessions {
    /// The session of a chat, made if there is none.
    pub(super) fn get_or_create(
        &mut self,
        chat: &ChatId,
        fresh: impl FnOnce() -> SessionId,
    ) -> SessionId {
        let fresh = || Session { id: fresh(), begun_by: None, aborted: None };
        self.entries.entry(chat.clone()).or_insert_with(fresh).id.clone()
    }

    /// The chat is in a new session from now on; once for each message that asks for it.
    pub(super) fn reset(&mut self, chat: &ChatId, by: MessageId, id: SessionId) {
        let begun_by = Some(by);
        if self.entries.get(chat).is_none_or(|session| session.begun_by != begun_by) {
            self.entries.insert(chat.clone(), Session { id, begun_by, aborted: None });
        }
    }

    /// Whether a chat is in the index.
    pub(super) fn knows(&self, chat: &ChatId) -> bool {
        self.entries.contains_key(chat)
    }

    /// Whether a session is in the index.
    pub(super) fn holds(&self, id: &SessionId) -> bool {
        self.entries.values().any(|session| session.id == *id)
    }

    /// Marks what a boot works on in a chat.
    pub(super) fn abort(
        &mut self,
        chat: &ChatId,
        boot: u64,
        cut: Cut,
        fresh: impl FnOnce() -> SessionId,
    ) {
        self.get_or_create(chat, fresh);
        let session = self.entries.get_mut(chat).expect("it was made");
        session.aborted = Some(Aborted { boot, cut });
    }

    /// Takes the mark of a boot away, and no other.
    pub(super) fn clear(&mut self, chat: &ChatId, boot: u64) {
        if let Some(session) = self.entries.get_mut(chat) {
            session.aborted = session.aborted.filter(|aborted| aborted.boot != boot);
        }
    }

    /// Why a boot's stop cut what it worked on in a chat, if it said so.
    pub(super) fn cut_of(&self, chat: &ChatId, boot: u64) -> Option<Cut> {
        let aborted = self.entries.get(chat)?.aborted?;
        (aborted.boot == boot).then_some(aborted.cut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_believed_for_its_own_boot_and_cleared_by_it() {
        let (mut sessions, chat) = (Sessions::default(), ChatId("a".to_owned()));
        sessions.abort(&chat, 1, Cut::Restart, || SessionId("s".to_owned()));
        sessions.clear(&chat, 2);
        assert_eq!(sessions.cut_of(&chat, 2), None);
        assert_eq!(sessions.cut_of(&chat, 1), Some(Cut::Restart));
        sessions.clear(&chat, 1);
        assert_eq!(sessions.cut_of(&chat, 1), None);
    }

    #[test]
    fn a_reset_that_is_done_again_changes_nothing() {
        let (mut sessions, chat) = (Sessions::default(), ChatId("a".to_owned()));
        sessions.reset(&chat, MessageId(3), SessionId("s".to_owned()));
        let once = sessions.clone();
        sessions.reset(&chat, MessageId(3), SessionId("t".to_owned()));
        assert_eq!(sessions, once);
    }
}

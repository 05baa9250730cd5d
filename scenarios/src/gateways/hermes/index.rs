//! The routing index: which conversation each chat points at, and whether it was cut.
//!
//! Pure data (lifecycle sections 1.1 and 1.4). It never touches a file; its store rewrites it
//! whole for every change.

use std::collections::BTreeMap;

use gateway_core::env::UnixMs;
use gateway_core::message::{ChatId, Cut, SessionId};
use serde::{Deserialize, Serialize};

use super::times::{STUCK_AFTER, SWEEP_WINDOW_MS};

/// Which conversation each chat points at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Index {
    entries: BTreeMap<ChatId, Route>,
}

/// One chat's conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Route {
    pub(super) session: SessionId,
    updated_at: UnixMs,
    suspended: bool,
    resume_pending: Option<Pending>,
}

/// The soft flag that a turn was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pending {
    reason: Reason,
    marked_at: UnixMs,
}

/// Why a session is believed to have been cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reason {
    RestartTimeout,
    ShutdownTimeout,
    RestartInterrupted,
}

impl Reason {
    /// What the agent is told.
    pub(super) fn cut(self) -> Cut {
        match self {
            Reason::RestartTimeout => Cut::Restart,
            Reason::ShutdownTimeout => Cut::Shutdown,
            Reason::RestartInterrupted => Cut::Crash,
        }
    }
}

impl Index {
    /// The chat's session, made anew if there is none or it was suspended. Every access counts
    /// as activity (1.4), that of a resumed turn too.
    pub(super) fn get_or_create(
        &mut self,
        chat: &ChatId,
        now: UnixMs,
        fresh: impl FnOnce() -> SessionId,
    ) -> SessionId {
        match self.entries.get_mut(chat) {
            Some(route) if !route.suspended => {
                route.updated_at = now;
                route.session.clone()
            }
            _ => self.reset(chat, now, fresh()),
        }
    }

    /// Points the chat at a new session.
    pub(super) fn reset(&mut self, chat: &ChatId, now: UnixMs, session: SessionId) -> SessionId {
        let route = Route {
            session: session.clone(),
            updated_at: now,
            suspended: false,
            resume_pending: None,
        };
        self.entries.insert(chat.clone(), route);
        session
    }

    /// Notes activity at the end of a turn.
    pub(super) fn touch(&mut self, chat: &ChatId, now: UnixMs) {
        if let Some(route) = self.entries.get_mut(chat) {
            route.updated_at = now;
        }
    }

    /// Flags the session as cut. An older flag is overwritten, reason and time (3.2 step 3);
    /// suspended sessions are refused. Says whether anything changed.
    pub(super) fn mark(&mut self, chat: &ChatId, now: UnixMs, reason: Reason) -> bool {
        match self.entries.get_mut(chat) {
            Some(route) if !route.suspended => {
                route.resume_pending = Some(Pending { reason, marked_at: now });
                true
            }
            _ => false,
        }
    }

    /// Takes the flag away, whoever set it. Says whether there was one.
    pub(super) fn clear(&mut self, chat: &ChatId) -> bool {
        let route = self.entries.get_mut(chat);
        route.is_some_and(|route| route.resume_pending.take().is_some())
    }

    /// The recency sweep of an unclean boot (4 step 5): whatever was touched lately is believed
    /// to have been at work. Says whether anything changed.
    pub(super) fn sweep(&mut self, now: UnixMs) -> bool {
        let mut swept = false;
        for route in self.entries.values_mut() {
            let recent = now.since(route.updated_at) <= SWEEP_WINDOW_MS;
            if recent && !route.suspended && route.resume_pending.is_none() {
                let reason = Reason::RestartInterrupted;
                route.resume_pending = Some(Pending { reason, marked_at: now });
                swept = true;
            }
        }
        swept
    }

    /// Suspends the sessions that were at work in too many stops (4 step 6). Says whether
    /// anything changed.
    pub(super) fn suspend_stuck(&mut self, counts: &BTreeMap<ChatId, u32>) -> bool {
        let mut suspended = false;
        for (chat, route) in &mut self.entries {
            if counts.get(chat).is_some_and(|count| *count >= STUCK_AFTER) {
                route.suspended = true;
                suspended = true;
            }
        }
        suspended
    }

    /// The chats to resume at boot (4 step 9): flagged, not suspended, flagged not too long ago.
    pub(super) fn candidates(&self, now: UnixMs, window_ms: i64) -> Vec<(ChatId, Reason)> {
        let fresh = |(chat, route): (&ChatId, &Route)| {
            let pending = route.resume_pending.filter(|_| !route.suspended)?;
            let young = now.since(pending.marked_at) <= window_ms;
            young.then(|| (chat.clone(), pending.reason))
        };
        self.entries.iter().filter_map(fresh).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(name: &str) -> ChatId {
        ChatId(name.to_owned())
    }

    fn index(ages_ms: &[(&str, i64)], now: UnixMs) -> Index {
        let mut index = Index::default();
        for (name, age) in ages_ms {
            let session = SessionId(format!("session-{name}"));
            index.reset(&chat(name), UnixMs(now.0 - age), session);
        }
        index
    }

    const NOW: UnixMs = UnixMs(1_000_000);

    #[test]
    fn the_sweep_sees_two_minutes_back_and_no_further() {
        let mut index = index(&[("a", 120_001), ("b", 120_000)], NOW);
        assert!(index.sweep(NOW));
        let found = index.candidates(NOW, 3_600_000);
        assert_eq!(found, [(chat("b"), Reason::RestartInterrupted)]);
    }

    #[test]
    fn the_sweep_keeps_an_older_reason() {
        let mut index = index(&[("a", 0)], NOW);
        index.mark(&chat("a"), NOW, Reason::RestartTimeout);
        assert!(!index.sweep(NOW));
        assert_eq!(index.candidates(NOW, 0), [(chat("a"), Reason::RestartTimeout)]);
    }

    #[test]
    fn a_flag_older_than_the_window_resumes_nothing() {
        let mut index = index(&[("a", 0)], NOW);
        index.mark(&chat("a"), UnixMs(NOW.0 - 11), Reason::ShutdownTimeout);
        assert_eq!(index.candidates(NOW, 10), []);
        assert_eq!(index.candidates(NOW, 11).len(), 1);
    }

    #[test]
    fn a_second_mark_overwrites_the_first_and_one_clear_removes_both() {
        let mut index = index(&[("a", 0)], NOW);
        index.mark(&chat("a"), NOW, Reason::RestartInterrupted);
        index.mark(&chat("a"), NOW, Reason::RestartTimeout);
        assert!(index.clear(&chat("a")));
        assert!(!index.clear(&chat("a")));
    }

    #[test]
    fn a_suspended_chat_begins_a_new_session() {
        let mut index = index(&[("a", 0)], NOW);
        index.suspend_stuck(&BTreeMap::from([(chat("a"), STUCK_AFTER)]));
        assert!(!index.mark(&chat("a"), NOW, Reason::RestartTimeout));
        let fresh = || SessionId("new".to_owned());
        assert_eq!(index.get_or_create(&chat("a"), NOW, fresh), SessionId("new".to_owned()));
    }
}

//! The routing index: which conversation each chat points at, and whether it was cut.
//!
//! Pure data (lifecycle sections 1.1 and 1.4). It never touches a file; its store rewrites it
//! whole for every change.

use std::collections::{BTreeMap, BTreeSet};

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
    /// The turn that is running (E4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    turn: Option<TurnMark>,
    /// When the last line of the transcript was written, where somebody asks (R059).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    row_at: Option<UnixMs>,
}

/// Exact ownership of a running turn (E4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TurnMark {
    token: u64,
    pub(super) started_at: UnixMs,
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
            turn: None,
            row_at: None,
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

    /// Notes when the last line of the transcript was written.
    pub(super) fn note_row(&mut self, chat: &ChatId, now: UnixMs) {
        if let Some(route) = self.entries.get_mut(chat) {
            route.row_at = Some(now);
        }
    }

    /// How long ago the last line of the transcript was written, in milliseconds, if that is
    /// known.
    pub(super) fn row_age(&self, chat: &ChatId, now: UnixMs) -> Option<i64> {
        Some(now.since(self.entries.get(chat)?.row_at?))
    }

    /// The chat's session, if it has one.
    pub(super) fn session(&self, chat: &ChatId) -> Option<&SessionId> {
        self.entries.get(chat).map(|route| &route.session)
    }

    /// The sessions of all chats but some.
    pub(super) fn sessions_but(&self, busy: &[ChatId]) -> BTreeSet<SessionId> {
        let idle = self.entries.iter().filter(|(chat, _)| !busy.contains(chat));
        idle.map(|(_, route)| route.session.clone()).collect()
    }

    /// Forgets the routes to some sessions (4, after load). Says whether anything changed.
    pub(super) fn prune(&mut self, ended: &BTreeSet<SessionId>) -> bool {
        let before = self.entries.len();
        self.entries.retain(|_, route| !ended.contains(&route.session));
        self.entries.len() < before
    }

    /// Forgets the route of a chat whose flag is older than the window (#56264).
    pub(super) fn forget_stale(&mut self, chat: &ChatId, now: UnixMs, window_ms: i64) {
        let pending = self.entries.get(chat).and_then(|route| route.resume_pending);
        if pending.is_some_and(|pending| now.since(pending.marked_at) > window_ms) {
            self.entries.remove(chat);
        }
    }

    /// Marks a turn as running (E4).
    pub(super) fn begin_turn(&mut self, chat: &ChatId, token: u64, now: UnixMs) {
        if let Some(route) = self.entries.get_mut(chat) {
            route.turn = Some(TurnMark { token, started_at: now });
        }
    }

    /// Takes the mark of a turn away, if it still is that turn's. Says whether it was.
    pub(super) fn end_turn(&mut self, chat: &ChatId, token: u64) -> bool {
        let route = self.entries.get_mut(chat);
        let own = |mark: &mut TurnMark| mark.token == token;
        route.is_some_and(|route| route.turn.take_if(own).is_some())
    }

    /// Takes the mark of a chat's turn away, whichever it is. Says whether there was one.
    pub(super) fn drop_turn(&mut self, chat: &ChatId) -> bool {
        self.entries.get_mut(chat).is_some_and(|route| route.turn.take().is_some())
    }

    /// Takes every mark of a turn away (E4 a). Says whether there was one.
    pub(super) fn drop_turns(&mut self) -> bool {
        let dropped = self.entries.values_mut().filter_map(|route| route.turn.take());
        dropped.count() > 0
    }

    /// The turns that are marked as running, with their sessions.
    pub(super) fn turns(&self) -> Vec<(ChatId, SessionId, TurnMark)> {
        let marked = |(chat, route): (&ChatId, &Route)| {
            Some((chat.clone(), route.session.clone(), route.turn?))
        };
        self.entries.iter().filter_map(marked).collect()
    }

    /// Makes a flag of the mark of a turn (E4 b). A flag that is there already knows better. Says
    /// whether anything changed.
    pub(super) fn promote(&mut self, chat: &ChatId, now: UnixMs) -> bool {
        let Some(route) = self.entries.get_mut(chat) else { return false };
        let reason = Reason::RestartInterrupted;
        route.resume_pending.get_or_insert(Pending { reason, marked_at: now });
        route.turn.take().is_some()
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

    /// Suspends whatever was touched lately (E0): its next message begins anew. Says whether
    /// anything changed.
    pub(super) fn suspend_recent(&mut self, now: UnixMs) -> bool {
        let mut suspended = false;
        for route in self.entries.values_mut() {
            let recent = now.since(route.updated_at) <= SWEEP_WINDOW_MS;
            suspended |= recent && !route.suspended;
            route.suspended |= recent;
        }
        suspended
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
    fn the_first_sweep_suspends_what_the_later_one_flags() {
        let mut index = index(&[("a", 120_001), ("b", 120_000)], NOW);
        assert!(index.suspend_recent(NOW));
        let fresh = || SessionId("new".to_owned());
        assert_eq!(index.get_or_create(&chat("b"), NOW, fresh), SessionId("new".to_owned()));
        assert_ne!(index.get_or_create(&chat("a"), NOW, fresh), SessionId("new".to_owned()));
        assert!(index.candidates(NOW, 3_600_000).is_empty());
    }

    #[test]
    fn only_the_turn_itself_takes_its_mark_away() {
        let mut index = index(&[("a", 0)], NOW);
        index.begin_turn(&chat("a"), 7, NOW);
        assert!(!index.end_turn(&chat("a"), 6));
        assert_eq!(index.turns().len(), 1);
        assert!(index.end_turn(&chat("a"), 7));
        assert!(!index.drop_turns());
    }

    #[test]
    fn a_mark_becomes_a_flag_and_an_older_flag_keeps_its_reason() {
        let mut index = index(&[("a", 0), ("b", 0)], NOW);
        index.mark(&chat("b"), NOW, Reason::ShutdownTimeout);
        for name in ["a", "b"] {
            index.begin_turn(&chat(name), 7, NOW);
            assert!(index.promote(&chat(name), NOW));
        }
        let flagged = index.candidates(NOW, 0);
        let expected = [Reason::RestartInterrupted, Reason::ShutdownTimeout];
        assert_eq!(flagged.into_iter().map(|(_, reason)| reason).collect::<Vec<_>>(), expected);
        assert_eq!(index.turns().len(), 0);
    }

    #[test]
    fn only_a_stale_flag_costs_the_conversation() {
        let mut index = index(&[("a", 0)], NOW);
        index.forget_stale(&chat("a"), NOW, 10);
        index.mark(&chat("a"), UnixMs(NOW.0 - 10), Reason::ShutdownTimeout);
        index.forget_stale(&chat("a"), NOW, 10);
        assert!(index.session(&chat("a")).is_some());
        index.forget_stale(&chat("a"), UnixMs(NOW.0 + 1), 10);
        assert!(index.session(&chat("a")).is_none());
    }

    #[test]
    fn a_route_to_an_ended_session_is_forgotten() {
        let mut index = index(&[("a", 0), ("b", 0)], NOW);
        let ended = index.sessions_but(&[chat("b")]);
        assert!(index.prune(&ended));
        assert!(!index.prune(&ended));
        assert_eq!((index.session(&chat("a")), index.sessions_but(&[]).len()), (None, 1));
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

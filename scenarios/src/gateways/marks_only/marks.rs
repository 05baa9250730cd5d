//! Marks: the only thing recovery believes.
//!
//! Pure data. A mark says that a message was still unanswered when a stop began, and carries the
//! whole message. A stop writes its own marks beside those of earlier boots and removes only its
//! own; an older one goes when its message is answered. The session is not in it: the session
//! table is durable before an agent sees a session, and a second copy could only disagree.

use gateway_core::message::{ChatId, Cut, Inbound, MessageId};
use serde::{Deserialize, Serialize};

/// Names the life of the process that made a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct BootId(pub(super) u64);

/// Work that a stop found unfinished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) message: Inbound,
    pub(super) work: Work,
    boot: BootId,
}

/// How far the work had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Work {
    /// Its turn was running, and this is what cut it.
    Running(Cut),
    /// It was accepted, and nothing else.
    Waiting,
}

/// All marks, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Marks(Vec<Mark>);

impl Marks {
    /// These marks and one more.
    pub(super) fn with(&self, boot: BootId, message: Inbound, work: Work) -> Marks {
        let mut marks = self.clone();
        marks.0.push(Mark { message, work, boot });
        marks
    }

    /// These marks, with those of one stop in the place of what it wrote before.
    pub(super) fn with_batch(&self, boot: BootId, batch: Vec<(Inbound, Work)>) -> Marks {
        let mut marks = self.clone();
        marks.0.retain(|mark| mark.boot != boot);
        marks.0.extend(batch.into_iter().map(|(message, work)| Mark { message, work, boot }));
        marks
    }

    /// These marks without the ones that `boot` made in a chat, except for messages that `keep`
    /// wants kept.
    pub(super) fn without_own(
        &self,
        boot: BootId,
        chat: &ChatId,
        keep: impl Fn(MessageId) -> bool,
    ) -> Marks {
        let own = |mark: &Mark| mark.boot == boot && mark.message.chat == *chat;
        self.filtered(|mark| !own(mark) || keep(mark.message.id))
    }

    /// These marks without the ones that boots other than `boot` made in a chat.
    pub(super) fn only_own(&self, boot: BootId, chat: &ChatId) -> Marks {
        self.filtered(|mark| mark.boot == boot || mark.message.chat != *chat)
    }

    /// Whether a message has a mark.
    pub(super) fn covers(&self, message: MessageId) -> bool {
        self.0.iter().any(|mark| mark.message.id == message)
    }

    /// These marks without the ones of a message that earlier boots made.
    pub(super) fn without_older(&self, boot: BootId, message: MessageId) -> Marks {
        self.filtered(|mark| mark.boot == boot || mark.message.id != message)
    }

    /// These marks without any of a chat, up to a message.
    pub(super) fn without_chat(&self, chat: &ChatId, upto: MessageId) -> Marks {
        self.filtered(|mark| mark.message.chat != *chat || mark.message.id > upto)
    }

    /// These marks, with those of a message saying that from now on only an unplanned death can
    /// have cut it: what a stop said holds for the first resumption.
    pub(super) fn dispatched(&self, message: MessageId) -> Marks {
        let mut marks = self.clone();
        for mark in marks.0.iter_mut().filter(|mark| mark.message.id == message) {
            mark.work = Work::Running(Cut::Crash);
        }
        marks
    }

    fn filtered(&self, keep: impl FnMut(&&Mark) -> bool) -> Marks {
        Marks(self.0.iter().filter(keep).cloned().collect())
    }

    /// What the marks say is to be done: one mark for each message, the newest, in the order of
    /// the messages.
    pub(super) fn work(&self) -> Vec<Mark> {
        let mut newest = std::collections::BTreeMap::new();
        for mark in &self.0 {
            newest.insert(mark.message.id, mark.clone());
        }
        newest.into_values().collect()
    }

    /// The chats that `boot` marked.
    pub(super) fn own_chats(&self, boot: BootId) -> impl Iterator<Item = &ChatId> {
        self.0.iter().filter(move |mark| mark.boot == boot).map(|mark| &mark.message.chat)
    }
}

#[cfg(test)]
mod tests {
    use gateway_core::env::UnixMs;
    use gateway_core::message::Body;

    use super::*;

    const OLD: BootId = BootId(1);
    const NEW: BootId = BootId(2);

    fn message(id: u64) -> Inbound {
        let chat = ChatId("a".to_owned());
        Inbound { id: MessageId(id), chat, sent_at: UnixMs(0), body: Body::Text(String::new()) }
    }

    fn ids(marks: &Marks) -> Vec<u64> {
        marks.0.iter().map(|mark| mark.message.id.0).collect()
    }

    #[test]
    fn a_stop_clears_only_its_own_marks() {
        let old = Marks::default().with(OLD, message(1), Work::Running(Cut::Crash));
        let both = old.with_batch(NEW, vec![(message(1), Work::Running(Cut::Restart))]);
        assert_eq!(ids(&both), [1, 1]);
        assert_eq!(both.work()[0].work, Work::Running(Cut::Restart), "the newest speaks");
        assert_eq!(both.without_own(NEW, &message(1).chat, |_| false), old);
    }

    #[test]
    fn unfinished_work_keeps_its_mark() {
        let batch = vec![(message(1), Work::Running(Cut::Restart)), (message(2), Work::Waiting)];
        let marks = Marks::default().with_batch(NEW, batch);
        let cleared = marks.without_own(NEW, &message(1).chat, |id| id == MessageId(2));
        assert_eq!(ids(&cleared), [2]);
    }

    #[test]
    fn an_answer_removes_older_marks_only() {
        let marks = Marks::default().with(OLD, message(1), Work::Waiting).with(
            NEW,
            message(1),
            Work::Running(Cut::Restart),
        );
        assert_eq!(marks.without_older(NEW, MessageId(1)).0[0].boot, NEW);
    }

    #[test]
    fn a_dispatched_message_was_cut_by_a_crash_if_by_anything() {
        let marks = Marks::default().with(OLD, message(1), Work::Waiting);
        assert_eq!(marks.dispatched(MessageId(1)).work()[0].work, Work::Running(Cut::Crash));
    }

    #[test]
    fn a_users_stop_removes_what_came_before_it() {
        let marks = Marks::default().with(OLD, message(1), Work::Waiting).with(
            OLD,
            message(3),
            Work::Waiting,
        );
        assert_eq!(ids(&marks.without_chat(&message(1).chat, MessageId(2))), [3]);
    }
}

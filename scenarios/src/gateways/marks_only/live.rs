//! What the marks-only gateway has in memory: turns that run and messages that wait.
//!
//! Pure data and its transitions. A crash forgets all of it; that is the price of believing
//! nothing but marks.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use gateway_core::env::Run;
use gateway_core::message::{ChatId, Cut, Inbound, MessageId};

use super::marks::Work;

/// A message to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) message: Inbound,
    pub(super) origin: Origin,
}

/// Where a job comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A user, just now.
    User,
    /// A mark.
    Mark(Work),
}

impl Job {
    /// Why its turn was cut, if it goes on.
    pub(super) fn cut(&self) -> Option<Cut> {
        match self.origin {
            Origin::Mark(Work::Running(cut)) => Some(cut),
            Origin::Mark(Work::Waiting) | Origin::User => None,
        }
    }
}

struct Turn {
    message: Inbound,
    run: Option<Arc<dyn Run>>,
    fate: Fate,
}

/// What becomes of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It works until its reply was taken.
    Working,
    /// A stop interrupts it; it has not ended yet.
    Interrupted,
    /// It ended without a reply that was taken.
    Cut,
    /// Its user stopped it: nobody waits for it any more.
    Abandoned,
}

/// What the gateway has in memory.
#[derive(Default)]
pub(super) struct Live {
    stopping: bool,
    turns: BTreeMap<ChatId, Turn>,
    queues: BTreeMap<ChatId, VecDeque<Job>>,
    /// What the drain reported as unfinished, and what was accepted during the stop.
    unfinished: BTreeSet<MessageId>,
}

impl Live {
    /// Puts a job behind the others of its chat; `true` if the chat needs somebody to serve it.
    pub(super) fn enqueue(&mut self, job: Job) -> bool {
        if self.stopping {
            self.unfinished.insert(job.message.id);
        }
        let chat = job.message.chat.clone();
        self.queues.entry(chat.clone()).or_default().push_back(job);
        !self.stopping && !self.turns.contains_key(&chat)
    }

    /// Starts the next turn of a chat, unless the gateway is stopping or the chat is at work.
    pub(super) fn next(&mut self, chat: &ChatId) -> Option<Job> {
        if self.stopping || self.turns.contains_key(chat) {
            return None;
        }
        let queue = self.queues.get_mut(chat)?;
        let job = queue.pop_front();
        if queue.is_empty() {
            self.queues.remove(chat);
        }
        let message = job.as_ref()?.message.clone();
        let turn = Turn { message, run: None, fate: Fate::Working };
        self.turns.insert(chat.clone(), turn);
        job
    }

    /// Notes the agent of a chat's turn; `false` if it is to be interrupted at once.
    pub(super) fn seat(&mut self, chat: &ChatId, run: Arc<dyn Run>) -> bool {
        match self.turns.get_mut(chat) {
            Some(turn) => {
                turn.run = Some(run);
                turn.fate == Fate::Working
            }
            None => false,
        }
    }

    /// Whether the user has stopped the chat's turn.
    pub(super) fn abandoned(&self, chat: &ChatId) -> bool {
        self.turns.get(chat).is_some_and(|turn| turn.fate == Fate::Abandoned)
    }

    /// The chat's turn is over and its reply taken, or nobody waits for it.
    pub(super) fn finish(&mut self, chat: &ChatId) {
        self.turns.remove(chat);
    }

    /// The chat's turn ended without a reply that was taken.
    pub(super) fn cut(&mut self, chat: &ChatId) {
        if let Some(turn) = self.turns.get_mut(chat) {
            turn.run = None;
            turn.fate = Fate::Cut;
        }
    }

    /// A user's stop: forgets what waits, and hands out the agent to interrupt.
    pub(super) fn abandon(&mut self, chat: &ChatId) -> Option<Arc<dyn Run>> {
        self.queues.remove(chat);
        let turn = self.turns.get_mut(chat)?;
        if turn.fate == Fate::Cut {
            self.turns.remove(chat);
            return None;
        }
        turn.fate = Fate::Abandoned;
        turn.run.clone()
    }

    /// From now on no turn starts.
    pub(super) fn begin_stop(&mut self) {
        self.stopping = true;
    }

    /// Whether a chat's turn still runs or its reply is still being sent.
    pub(super) fn at_work(&self, chat: &ChatId) -> bool {
        self.turns.get(chat).is_some_and(|turn| turn.fate != Fate::Cut)
    }

    /// The drain gave a chat up: hands out the agent to interrupt.
    pub(super) fn interrupt(&mut self, chat: &ChatId) -> Option<Arc<dyn Run>> {
        let turn = self.turns.get_mut(chat)?;
        if turn.fate == Fate::Working {
            turn.fate = Fate::Interrupted;
        }
        turn.run.clone()
    }

    /// The drain's report about a chat.
    pub(super) fn report(&mut self, chat: &ChatId) {
        let unfinished: Vec<MessageId> = self
            .work()
            .filter(|(message, _)| message.chat == *chat)
            .map(|(message, _)| message.id)
            .collect();
        self.unfinished.extend(unfinished);
    }

    /// Whether the drain reported a message as unfinished.
    pub(super) fn unfinished(&self, message: MessageId) -> bool {
        self.unfinished.contains(&message)
    }

    /// The chats that somebody works or waits in.
    pub(super) fn chats(&self) -> BTreeSet<ChatId> {
        self.work().map(|(message, _)| message.chat.clone()).collect()
    }

    /// What a stop that cuts turns for the reason `cut` has to mark.
    pub(super) fn marks(&self, cut: Cut) -> Vec<(Inbound, Work)> {
        let work = |started| if started { Work::Running(cut) } else { Work::Waiting };
        self.work().map(|(message, started)| (message.clone(), work(started))).collect()
    }

    /// Every message that is not answered, and whether its turn was started, in this boot or in
    /// one before it.
    fn work(&self) -> impl Iterator<Item = (&Inbound, bool)> {
        let running = self.turns.values().filter(|turn| turn.fate != Fate::Abandoned);
        let waiting = self.queues.values().flatten();
        running
            .map(|turn| (&turn.message, true))
            .chain(waiting.map(|job| (&job.message, job.cut().is_some())))
    }
}

#[cfg(test)]
mod tests {
    use gateway_core::env::UnixMs;
    use gateway_core::message::Body;

    use super::*;

    fn job(id: u64) -> Job {
        let body = Body::Text(format!("message {id}"));
        let message = Inbound { id: MessageId(id), chat: chat(), sent_at: UnixMs(0), body };
        Job { message, origin: Origin::User }
    }

    fn chat() -> ChatId {
        ChatId("a".to_owned())
    }

    #[test]
    fn a_chat_has_one_turn_at_a_time() {
        let mut live = Live::default();
        assert!(live.enqueue(job(1)));
        assert_eq!(live.next(&chat()), Some(job(1)));
        assert!(!live.enqueue(job(2)));
        assert_eq!(live.next(&chat()), None);
        live.finish(&chat());
        assert_eq!(live.next(&chat()), Some(job(2)));
    }

    #[test]
    fn a_stop_marks_what_runs_and_what_waits() {
        let mut live = Live::default();
        live.enqueue(job(1));
        live.next(&chat());
        live.enqueue(job(2));
        live.begin_stop();
        let marks = live.marks(Cut::Restart);
        let expected =
            [(job(1).message, Work::Running(Cut::Restart)), (job(2).message, Work::Waiting)];
        assert_eq!(marks, expected);
    }

    #[test]
    fn nothing_is_unfinished_before_the_drain_has_spoken() {
        let mut live = Live::default();
        live.enqueue(job(1));
        live.next(&chat());
        live.begin_stop();
        assert!(!live.unfinished(MessageId(1)));
        live.report(&chat());
        assert!(live.unfinished(MessageId(1)));
    }

    #[test]
    fn what_is_accepted_in_a_stop_waits_and_is_unfinished() {
        let mut live = Live::default();
        live.begin_stop();
        assert!(!live.enqueue(job(1)));
        assert_eq!(live.next(&chat()), None);
        assert!(live.unfinished(MessageId(1)));
    }

    #[test]
    fn what_a_user_stopped_is_not_marked() {
        let mut live = Live::default();
        live.enqueue(job(1));
        live.next(&chat());
        live.enqueue(job(2));
        assert!(live.abandon(&chat()).is_none(), "no agent was seated yet");
        assert_eq!(live.marks(Cut::Restart), []);
        assert!(live.at_work(&chat()), "until its agent has ended");
    }
}

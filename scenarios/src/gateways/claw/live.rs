//! What the model has in memory: jobs that run and jobs that wait, chat by chat.
//!
//! Pure data and its changes. Whatever is here can be made again from the files.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use gateway_core::env::Run;
use gateway_core::message::{ChatId, Cut, Inbound};

use super::sibling::Sibling;

/// Something to be done in a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// A message is to be answered; if its turn was cut, why.
    Answer { serial: u64, message: Inbound, cut: Option<Cut> },
    /// An answer is to be delivered.
    Deliver { serial: u64, chat: ChatId },
}

impl Job {
    pub(super) fn chat(&self) -> &ChatId {
        match self {
            Job::Answer { message, .. } => &message.chat,
            Job::Deliver { chat, .. } => chat,
        }
    }

    pub(super) fn serial(&self) -> u64 {
        match self {
            Job::Answer { serial, .. } | Job::Deliver { serial, .. } => *serial,
        }
    }
}

/// A job that runs.
struct Work {
    chat: ChatId,
    run: Option<Arc<dyn Run>>,
    /// Whether its user has taken it back.
    abandoned: bool,
    /// Whether an agent is or was at work, or only something is delivered.
    is_turn: bool,
    resumed: bool,
    asked_restart: bool,
    /// Whether its owner died long ago.
    dead: bool,
}

impl Work {
    fn on(job: &Job, dead: bool) -> Work {
        Work {
            chat: job.chat().clone(),
            run: None,
            abandoned: false,
            is_turn: matches!(job, Job::Answer { .. }),
            resumed: matches!(job, Job::Answer { cut: Some(_), .. }),
            asked_restart: false,
            dead,
        }
    }
}

/// What the model has in memory.
pub(super) struct Live {
    sibling: Sibling,
    stopping: bool,
    works: BTreeMap<u64, Work>,
    waiting: BTreeMap<ChatId, VecDeque<Job>>,
    /// What was delivered, as one sibling remembers it.
    pub(super) sent: BTreeSet<u64>,
}

impl Live {
    pub(super) fn new(sibling: Sibling) -> Live {
        let (works, waiting) = (BTreeMap::new(), BTreeMap::new());
        Live { sibling, stopping: false, works, waiting, sent: BTreeSet::new() }
    }

    /// Puts a job behind the others of its chat; whether somebody has to serve the chat.
    pub(super) fn enqueue(&mut self, job: Job) -> bool {
        let chat = job.chat().clone();
        self.waiting.entry(chat.clone()).or_default().push_back(job);
        !self.stopping && !self.is_busy(&chat)
    }

    /// Starts the next job of a chat, unless the gateway is stopping or the chat is at work.
    pub(super) fn next(&mut self, chat: &ChatId) -> Option<Job> {
        if self.stopping || self.is_busy(chat) {
            return None;
        }
        let job = self.waiting.get_mut(chat)?.pop_front()?;
        self.works.insert(job.serial(), Work::on(&job, false));
        Some(job)
    }

    /// A job that nobody works on keeps its chat busy: its owner died, and was not missed.
    pub(super) fn occupy(&mut self, job: &Job) {
        self.works.insert(job.serial(), Work::on(job, true));
    }

    /// Whether a chat is at work. One sibling gives the session up as soon as its agent is there;
    /// one has a single queue for all chats, and waits for its head.
    pub(super) fn is_busy(&self, chat: &ChatId) -> bool {
        let shared = self.sibling == Sibling::LockReleasedMidTurn;
        let one_queue = self.sibling == Sibling::ClaimOutlivesOwner;
        self.works.values().any(|work| {
            (work.chat == *chat && !(shared && work.run.is_some())) || (one_queue && work.dead)
        })
    }

    /// Notes the agent of a job; `false` if it is to be interrupted at once.
    pub(super) fn seat(&mut self, serial: u64, run: Arc<dyn Run>) -> bool {
        self.works.get_mut(&serial).is_some_and(|work| {
            work.run = Some(run);
            !work.abandoned
        })
    }

    /// Notes that the agent of a job asked for a restart.
    pub(super) fn asked_restart(&mut self, serial: u64) {
        if let Some(work) = self.works.get_mut(&serial) {
            work.asked_restart = true;
        }
    }

    /// Whether the user has taken a job back.
    pub(super) fn abandoned(&self, serial: u64) -> bool {
        self.works.get(&serial).is_none_or(|work| work.abandoned)
    }

    /// A job is over.
    pub(super) fn end(&mut self, serial: u64) {
        self.works.remove(&serial);
    }

    /// A user's stop: forgets what waits to be answered, and hands out the agents to interrupt.
    pub(super) fn abandon(&mut self, chat: &ChatId) -> Vec<Arc<dyn Run>> {
        if let Some(queue) = self.waiting.get_mut(chat) {
            queue.retain(|job| matches!(job, Job::Deliver { .. }));
        }
        let works = self.works.values_mut().filter(|work| work.chat == *chat && work.is_turn);
        let abandoned = works.map(|work| {
            work.abandoned = true;
            work.run.clone()
        });
        abandoned.flatten().collect()
    }

    /// Forgets what waits in a chat; the numbers of the rows.
    pub(super) fn swallow(&mut self, chat: &ChatId) -> Vec<u64> {
        self.waiting.remove(chat).unwrap_or_default().iter().map(Job::serial).collect()
    }

    /// From now on no job starts.
    pub(super) fn begin_stop(&mut self) {
        self.stopping = true;
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// Whether nobody is at work with these rows, and none of them waits.
    pub(super) fn is_done_with(&self, serials: &[u64]) -> bool {
        let waits = |serial| self.waiting.values().flatten().any(|job| job.serial() == serial);
        serials.iter().all(|serial| !self.works.contains_key(serial) && !waits(*serial))
    }

    /// The chats whose turns a stop has to reckon with.
    pub(super) fn at_work(&self) -> Vec<ChatId> {
        let chats: BTreeSet<&ChatId> =
            self.seen().filter(|work| work.is_turn).map(|work| &work.chat).collect();
        chats.into_iter().cloned().collect()
    }

    /// Whether a stop has nothing to wait for.
    pub(super) fn is_drained(&self) -> bool {
        let only_tasks = self.sibling == Sibling::OnlyTasksCounted;
        !self.seen().any(|work| !(only_tasks && work.is_turn))
    }

    /// The jobs that a stop looks at. One sibling keeps a list of its own, which is cleaned when
    /// an agent takes over.
    fn seen(&self) -> impl Iterator<Item = &Work> {
        let early = self.sibling == Sibling::AdmissionCleanedEarly;
        self.works.values().filter(move |work| !(early && work.run.is_some()))
    }

    /// Whether a turn that went on after a cut is at work.
    pub(super) fn has_resumed(&self) -> bool {
        self.works.values().any(|work| work.resumed)
    }

    /// Whether a turn that asked for a restart is at work.
    pub(super) fn has_requester(&self) -> bool {
        self.works.values().any(|work| work.asked_restart)
    }

    /// The agents at work.
    pub(super) fn runs(&self) -> Vec<Arc<dyn Run>> {
        self.works.values().filter_map(|work| work.run.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use gateway_core::env::UnixMs;
    use gateway_core::message::{Body, MessageId};

    use super::*;

    fn job(serial: u64, chat: &str) -> Job {
        let (id, chat) = (MessageId(serial), ChatId(chat.to_owned()));
        let message = Inbound { id, chat, sent_at: UnixMs(0), body: Body::Text(String::new()) };
        Job::Answer { serial, message, cut: None }
    }

    fn chat(name: &str) -> ChatId {
        ChatId(name.to_owned())
    }

    #[test]
    fn a_chat_does_one_job_after_the_other_and_chats_do_not_wait_for_each_other() {
        let mut live = Live::new(Sibling::Fixed);
        assert!(live.enqueue(job(1, "a")));
        assert_eq!(live.next(&chat("a")), Some(job(1, "a")));
        assert!(!live.enqueue(job(2, "a")));
        assert!(live.enqueue(job(3, "b")));
        assert_eq!(live.next(&chat("a")), None);
        live.end(1);
        assert_eq!(live.next(&chat("a")), Some(job(2, "a")));
    }

    #[test]
    fn in_a_stop_nothing_starts_and_what_runs_is_waited_for() {
        let mut live = Live::new(Sibling::Fixed);
        live.enqueue(job(1, "a"));
        live.next(&chat("a"));
        live.begin_stop();
        assert!(!live.enqueue(job(2, "b")));
        assert_eq!((live.next(&chat("b")), live.is_drained()), (None, false));
        assert_eq!(live.at_work(), [chat("a")]);
        live.end(1);
        assert!(live.is_drained());
    }

    #[test]
    fn a_claim_of_the_dead_keeps_its_chat_busy_and_with_one_queue_all_of_them() {
        for (sibling, other) in [(Sibling::NeverReset, false), (Sibling::ClaimOutlivesOwner, true)]
        {
            let mut live = Live::new(sibling);
            live.occupy(&job(1, "a"));
            assert_eq!((live.is_busy(&chat("a")), live.is_busy(&chat("b"))), (true, other));
        }
    }

    #[test]
    fn a_user_takes_back_what_waits_and_what_runs_but_no_delivery() {
        let mut live = Live::new(Sibling::Fixed);
        live.enqueue(job(1, "a"));
        live.next(&chat("a"));
        let delivery = Job::Deliver { serial: 2, chat: chat("a") };
        live.enqueue(delivery.clone());
        live.enqueue(job(3, "a"));
        live.abandon(&chat("a"));
        assert!(live.abandoned(1));
        live.end(1);
        assert_eq!((live.next(&chat("a")), live.waiting[&chat("a")].len()), (Some(delivery), 0));
    }
}

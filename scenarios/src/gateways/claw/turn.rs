//! One turn: session, lock, claim, request, steps, reply, outbox, in that order, each on record
//! before the next.

use std::sync::Arc;
use std::time::Duration;

use gateway_core::env::Run;
use gateway_core::message::{Body, ChatId, Cut, Entry, Inbound, SessionId, TurnEvent, TurnRequest};
use tokio::time::{Instant, sleep};

use super::deliver::deliver;
use super::hub::Hub;
use super::live::Job;
use super::queue::Parcel;
use super::sessions::Sessions;
use super::sibling::Sibling;
use super::store::{Line, SESSIONS, until_done};

/// How long a lock that is there is waited for, with the sibling that believes it.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);

/// Serves a chat until nothing waits for it any more.
pub(super) async fn serve(hub: Arc<Hub>, chat: ChatId) {
    loop {
        let job = hub.live().next(&chat);
        let Some(job) = job else { return };
        let serial = job.serial();
        match job {
            Job::Deliver { .. } => deliver(&hub, serial).await,
            Job::Answer { message, cut, .. } => {
                let ended = Turn { hub: &hub, serial, message, cut }.take().await;
                if ended == Ended::Interrupted && hub.is(Sibling::FinaliserBreaks) {
                    // Whoever waits behind it waits for a turn that nobody works on.
                    return;
                }
            }
        }
        hub.end(serial);
    }
}

/// How the work of an agent ended.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    Said(String),
    Interrupted,
    /// There was nothing to say, or nobody to say it.
    Dropped,
}

struct Turn<'h> {
    hub: &'h Hub,
    serial: u64,
    message: Inbound,
    cut: Option<Cut>,
}

impl Turn<'_> {
    async fn take(&self) -> Ended {
        let hub = self.hub;
        let session = hub.session(&self.message.chat).await;
        let index = hub.index(|sessions| sessions.clone()).await;
        if !self.lock(&session).await {
            return self.drop_row("its session is locked").await;
        }
        self.claim().await;
        let ended = self.work(&session).await;
        if hub.is(Sibling::LateWriter) && hub.live().is_stopping() {
            self.write_late(&index).await;
        }
        match &ended {
            Ended::Said(text) => self.finish(&session, text).await,
            Ended::Interrupted if hub.is(Sibling::InterruptedReported) => {
                self.finish(&session, "It is done.").await;
            }
            Ended::Interrupted | Ended::Dropped => {}
        }
        until_done("lock", || hub.store.unlock_session(&session)).await;
        ended
    }

    /// Locks the session. The owner of a lock that is there is dead: the state directory has one
    /// process at a time. One sibling does not draw that conclusion.
    async fn lock(&self, session: &SessionId) -> bool {
        let hub = self.hub;
        let deadline = Instant::now() + LOCK_PATIENCE;
        loop {
            let free = until_done("lock", || hub.store.lock_session(session)).await;
            if free || !hub.is(Sibling::SessionLockSurvives) {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            sleep(Duration::from_secs(1)).await;
        }
    }

    async fn claim(&self) {
        let (hub, serial) = (self.hub, self.serial);
        let mut swallowed = Vec::new();
        if hub.is(Sibling::WakesSwallowed) {
            swallowed = hub.live().swallow(&self.message.chat);
        }
        hub.commit(|queue| {
            queue.claim(serial, hub.boot);
            if hub.is(Sibling::ClaimRemovesRow) {
                queue.remove(serial);
            }
            for serial in swallowed {
                queue.remove(serial);
            }
        })
        .await;
    }

    /// Lets an agent work, or finds that one had done so.
    async fn work(&self, session: &SessionId) -> Ended {
        let hub = self.hub;
        let read = hub.store.transcript(session).await;
        let read = match read {
            Err(error) if error.raw_os_error().is_none() => {
                tracing::error!(%session, %error, "a session does not load");
                return self.drop_row("its session does not load").await;
            }
            Err(_) => until_done("transcript", || hub.store.transcript(session)).await,
            Ok(read) => read,
        };
        let (mine, others): (Vec<Line>, Vec<Line>) =
            read.into_iter().partition(|line| self.cut.is_some() && line.turn == self.message.id);
        let mine: Vec<Entry> = mine.into_iter().map(|line| line.entry).collect();
        let mut replies = mine.iter().filter(|entry| matches!(entry, Entry::Reply(_)));
        if let Some(Entry::Reply(text)) = replies.next_back() {
            return Ended::Said(text.clone());
        }
        let steps: Vec<String> = mine.iter().filter_map(step).collect();
        if hub.is(Sibling::OnlyTasksCounted) && self.cut.is_some() && !steps.is_empty() {
            return self.drop_row("its transcript ends in a call that nobody answered").await;
        }
        if mine.is_empty()
            && let Body::Text(text) = &self.message.body
        {
            self.append(session, Entry::User(text.clone())).await;
        }
        let history = others.into_iter().map(|line| line.entry).collect();
        let request = TurnRequest { history, steps_done: steps, ..self.request(session) };
        match hub.env.agent.open(request).await {
            Ok(run) => self.follow(session, run).await,
            Err(error) => Ended::Said(error.to_string()),
        }
    }

    fn request(&self, session: &SessionId) -> TurnRequest {
        let stranded = self.cut.is_some() && self.hub.is(Sibling::ClaimStranded);
        TurnRequest {
            session: session.clone(),
            chat: self.message.chat.clone(),
            messages: if stranded { Vec::new() } else { vec![self.message.clone()] },
            history: Vec::new(),
            steps_done: Vec::new(),
            resumed: self.cut,
        }
    }

    async fn follow(&self, session: &SessionId, run: Arc<dyn Run>) -> Ended {
        let hub = self.hub;
        if !hub.live().seat(self.serial, run.clone()) {
            run.interrupt().await;
        }
        loop {
            match run.next().await {
                TurnEvent::Step(text) => self.append(session, Entry::Step(text)).await,
                TurnEvent::AskedRestart => self.asked_restart(run.as_ref()).await,
                TurnEvent::Reply(text) | TurnEvent::Failed(text) => return Ended::Said(text),
                TurnEvent::Interrupted | TurnEvent::Superseded(_) => return Ended::Interrupted,
            }
        }
    }

    async fn asked_restart(&self, run: &dyn Run) {
        let hub = self.hub;
        hub.live().asked_restart(self.serial);
        if hub.is(Sibling::RequesterDropped) {
            // It has got what it wanted: its turn counts as done.
            hub.commit(|queue| queue.remove(self.serial)).await;
        }
        hub.ask_restart();
        if hub.is(Sibling::RequesterInterrupted) {
            run.interrupt().await;
        }
    }

    /// The end of a good turn: reply, outbox instead of spool, delivery.
    async fn finish(&self, session: &SessionId, text: &str) {
        let (hub, serial) = (self.hub, self.serial);
        if hub.live().abandoned(serial) {
            return;
        }
        let reply = Entry::Reply(text.to_owned());
        let late = hub.is(Sibling::DeliveredBeforeRecorded);
        if !late {
            self.append(session, reply.clone()).await;
        }
        let unrouted = hub.is(Sibling::ResumedUndelivered) || hub.is(Sibling::ClaimStranded);
        if unrouted && self.cut.is_some() {
            hub.commit(|queue| queue.remove(serial)).await;
            return;
        }
        let (chat, to) = (self.message.chat.clone(), self.message.id);
        let parcel = Parcel { serial, chat, to, text: text.to_owned(), started: false };
        let unrecorded = hub.is(Sibling::ClaimRemovesRow) || hub.is(Sibling::FollowUpsInMemory);
        let two = hub.is(Sibling::TwoRecoverers);
        let posted = hub.commit(|queue| {
            // A row that is gone was taken back by its user meanwhile.
            let is_owed = two || queue.remove(serial) || unrecorded;
            if is_owed {
                queue.post(parcel);
            }
            is_owed
        });
        if posted.await {
            deliver(hub, serial).await;
        }
        if two {
            hub.commit(|queue| queue.remove(serial)).await;
        }
        if late {
            self.append(session, reply).await;
        }
    }

    async fn append(&self, session: &SessionId, entry: Entry) {
        let hub = self.hub;
        let line = Line { turn: self.message.id, entry };
        if hub.is(Sibling::SessionNotCreated) && !hub.index(|index| index.holds(session)).await {
            return;
        }
        until_done("transcript", || hub.store.append(session, &line)).await;
    }

    /// Gives a message up. Its user hears nothing.
    async fn drop_row(&self, why: &str) -> Ended {
        tracing::error!(message = %self.message.id, "dropped: {why}");
        self.hub.commit(|queue| queue.remove(self.serial)).await;
        Ended::Dropped
    }

    /// One sibling's workers write the index back as it was when they began, also when the stop
    /// has written it since.
    async fn write_late(&self, index: &Sessions) {
        if let Err(error) = self.hub.store.save(SESSIONS, index).await {
            tracing::error!(%error, "a late write failed");
        }
    }
}

fn step(entry: &Entry) -> Option<String> {
    match entry {
        Entry::Step(text) => Some(text.clone()),
        Entry::User(_) | Entry::Reply(_) => None,
    }
}

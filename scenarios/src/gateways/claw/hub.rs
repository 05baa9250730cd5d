//! What every task of one boot of the model shares.
//!
//! The queue and the index have one lock each, held while their file is replaced. The lock of the
//! memory is never held while anything waits.

use std::sync::{Arc, Mutex, MutexGuard};

use gateway_core::env::{Env, Signal};
use gateway_core::message::{ChatId, Kind, Outbound, SessionId};
use gateway_core::settings::Settings;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use super::live::{Job, Live};
use super::queue::Queue;
use super::sessions::Sessions;
use super::sibling::Sibling;
use super::store::{QUEUE, SESSIONS, Store, until_done};
use super::turn;

/// What every task of one boot shares.
pub(super) struct Hub {
    sibling: Sibling,
    pub(super) settings: Settings,
    pub(super) env: Env,
    pub(super) store: Store,
    pub(super) boot: u64,
    queue: tokio::sync::Mutex<Queue>,
    sessions: tokio::sync::Mutex<Sessions>,
    live: Mutex<Live>,
    changed: watch::Sender<()>,
    asked: UnboundedSender<Signal>,
}

impl Hub {
    pub(super) fn new(
        sibling: Sibling,
        settings: Settings,
        env: Env,
        store: Store,
        queue: Queue,
        sessions: Sessions,
        asked: UnboundedSender<Signal>,
    ) -> Hub {
        Hub {
            sibling,
            boot: env.entropy.next_u64(),
            settings,
            env,
            store,
            queue: tokio::sync::Mutex::new(queue),
            sessions: tokio::sync::Mutex::new(sessions),
            live: Mutex::new(Live::new(sibling)),
            changed: watch::Sender::new(()),
            asked,
        }
    }

    /// Whether this is a certain sibling.
    pub(super) fn is(&self, sibling: Sibling) -> bool {
        self.sibling == sibling
    }

    /// The memory of this boot.
    pub(super) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().expect("nothing panics with the memory of the boot")
    }

    /// Changes the queue, in its file and then here.
    pub(super) async fn commit<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        let mut queue = self.queue.lock().await;
        let mut next = queue.clone();
        let answer = change(&mut next);
        if next != *queue {
            until_done(QUEUE, || self.store.save(QUEUE, &next)).await;
            *queue = next;
        }
        answer
    }

    /// The same for the index of sessions.
    pub(super) async fn index<T>(&self, change: impl FnOnce(&mut Sessions) -> T) -> T {
        let mut sessions = self.sessions.lock().await;
        let mut next = sessions.clone();
        let answer = change(&mut next);
        if next != *sessions {
            until_done(SESSIONS, || self.store.save(SESSIONS, &next)).await;
            *sessions = next;
        }
        answer
    }

    /// The session of a chat, made if there is none.
    pub(super) async fn session(&self, chat: &ChatId) -> SessionId {
        if self.is(Sibling::SessionNotCreated) {
            return self.session_unless_it_fails(chat).await;
        }
        self.index(|sessions| sessions.get_or_create(chat, || self.fresh())).await
    }

    /// One attempt: if it fails the turn has a session that nobody else will ever find.
    async fn session_unless_it_fails(&self, chat: &ChatId) -> SessionId {
        let mut sessions = self.sessions.lock().await;
        let mut next = sessions.clone();
        let id = next.get_or_create(chat, || self.fresh());
        if next != *sessions {
            match self.store.save(SESSIONS, &next).await {
                Ok(()) => *sessions = next,
                Err(error) => tracing::debug!(%error, "the session was not created"),
            }
        }
        id
    }

    /// A new session id.
    pub(super) fn fresh(&self) -> SessionId {
        SessionId(format!("{:016x}", self.env.entropy.next_u64()))
    }

    /// Gives a chat something to do.
    pub(super) fn wake(self: &Arc<Hub>, job: Job) {
        let chat = job.chat().clone();
        if self.live().enqueue(job) {
            tokio::spawn(turn::serve(self.clone(), chat));
        }
    }

    /// A job is over.
    pub(super) fn end(&self, serial: u64) {
        self.live().end(serial);
        self.changed.send_replace(());
    }

    /// Waits until the memory is as somebody wants it.
    pub(super) async fn until(&self, over: impl Fn(&Live) -> bool) {
        let mut changed = self.changed.subscribe();
        let waited = changed.wait_for(|()| over(&self.live())).await;
        waited.expect("the hub itself keeps the sender");
    }

    /// Tells a chat something once, and does not care.
    pub(super) async fn tell(&self, chat: &ChatId, kind: Kind) {
        let key = format!("{:016x}", self.env.entropy.next_u64());
        let text = "The gateway has something to say.".to_owned();
        let outbound = Outbound { chat: chat.clone(), key, kind, text };
        if let Err(error) = self.env.platform.send(outbound).await {
            tracing::warn!(%chat, %error, "a notice was not taken");
        }
    }

    /// A restart that was asked for from within.
    pub(super) fn ask_restart(&self) {
        if self.asked.send(Signal::Restart).is_err() {
            tracing::debug!("a restart was asked for when the stop was over");
        }
    }
}

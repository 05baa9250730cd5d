//! What the tasks of a serving boot share.
//!
//! The state and who works on which chat. Every lock here is held for a moment and never across
//! a wait; where two are needed, the workers come before the state.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::{Notify, oneshot, watch};
use tracing::Span;

use crate::budget::Budget;
use crate::env::{Env, Run, Superseded, UnixMs};
use crate::error::CommitError;
use crate::halt::Halt;
use crate::journal::Journal;
use crate::message::{ChatId, Cut, SessionId};
use crate::record::{Record, TurnId};
use crate::settings::Settings;
use crate::state::{Awaited, State};
use crate::tasks::Tasks;
use crate::transcript::Transcripts;

/// A boot that serves.
pub(crate) struct Live {
    /// The world.
    pub(crate) env: Env,
    /// What the operator chose.
    pub(crate) settings: Settings,
    /// What a stop may take.
    pub(crate) budget: Budget,
    /// This boot's number.
    pub(crate) boot: u64,
    /// Whether it is on its way out.
    pub(crate) halt: Arc<Halt>,
    /// Its tasks.
    pub(crate) tasks: Arc<Tasks>,
    /// What it knows; only the journal's writer changes it.
    pub(crate) state: Arc<Mutex<State>>,
    /// Where it writes.
    pub(crate) journal: Journal,
    /// The transcript files.
    pub(crate) transcripts: Transcripts,
    /// Who works on which chat.
    pub(crate) workers: Workers,
    /// What is on its way to the platform.
    pub(crate) sends: Sends,
    /// Whether a stop waits for its marks to become durable.
    pub(crate) marking: AtomicBool,
    /// The number of the latest turn that was begun, durable or not.
    pub(crate) turns: AtomicU64,
}

impl Live {
    /// A look at the state, to be short.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding the state")
    }

    /// The wall clock.
    pub(crate) fn now(&self) -> UnixMs {
        self.env.clock.now()
    }

    /// Another boot has taken this one's place. Nobody listens to this one any more, and whatever
    /// it has yet to do is the other one's to do: it ends as it is.
    pub(crate) fn step_down(&self, superseded: Superseded) {
        if !self.halt.fail() {
            return;
        }
        tracing::error!(
            boot = self.boot,
            "boot {}: {superseded}, although this process still runs; it ends now, and the other \
             one goes on with everything. Nothing may remove or replace the lock of a state \
             directory that is in use",
            self.boot
        );
    }

    /// A number for a new turn.
    pub(crate) fn new_turn(&self) -> TurnId {
        TurnId(self.turns.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// A name for a new session.
    pub(crate) fn new_session(&self) -> SessionId {
        SessionId(format!("{:016x}", self.env.entropy.next_u64()))
    }

    /// Makes one record durable and part of the state.
    pub(crate) async fn commit(&self, record: Record) -> Result<(), CommitError> {
        self.journal.commit(vec![record]).await
    }
}

/// Who works on which chat: at most one worker for each.
pub(crate) struct Workers {
    all: Mutex<BTreeMap<ChatId, Arc<Slot>>>,
    tickets: Mutex<BTreeMap<ChatId, Ticket>>,
    changed: Notify,
}

/// What others may know of a worker.
pub(crate) struct Slot {
    /// The user has decided something about the chat.
    pub(crate) decided: Notify,
    run: Mutex<Option<(Awaited, Arc<dyn Run>)>>,
}

/// The permission to go on with a turn that was cut.
pub(crate) struct Ticket {
    /// Which turn.
    pub(crate) turn: TurnId,
    /// What the agent and the chat are told.
    pub(crate) reason: Cut,
    /// The phase that the dispatch belongs to.
    pub(crate) span: Span,
    /// Dropped when the turn was dispatched.
    pub(crate) dispatched: oneshot::Sender<()>,
    /// Dropped when the turn has ended.
    pub(crate) ended: oneshot::Sender<()>,
}

/// The sends whose outcome is to be on record before the boot exits.
pub(crate) struct Sends {
    open: watch::Sender<Open>,
}

struct Open {
    under_way: usize,
    closed: bool,
}

/// A send that is under way, or that was taken and is not on record yet.
pub(crate) struct InFlight<'a>(&'a Sends);

impl Sends {
    /// None is under way.
    pub(crate) fn new() -> Sends {
        Sends { open: watch::Sender::new(Open { under_way: 0, closed: false }) }
    }

    /// Announces a send; nothing once the boot is about to exit.
    pub(crate) fn begin(&self) -> Option<InFlight<'_>> {
        let begun = self.open.send_if_modified(|open| {
            open.under_way += usize::from(!open.closed);
            !open.closed
        });
        // Made only if it has begun: dropping it counts it off.
        begun.then(|| InFlight(self))
    }

    /// Lets no send begin any more, and waits until none is under way.
    pub(crate) async fn settle(&self) {
        self.open.send_modify(|open| open.closed = true);
        let settled = self.open.subscribe().wait_for(|open| open.under_way == 0).await.is_ok();
        debug_assert!(settled, "this value has its sender");
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| open.under_way -= 1);
    }
}

impl Workers {
    /// Nobody works.
    pub(crate) fn new() -> Workers {
        Workers {
            all: Mutex::new(BTreeMap::new()),
            tickets: Mutex::new(BTreeMap::new()),
            changed: Notify::new(),
        }
    }

    /// Claims a chat; nothing if somebody works on it already, who will look at it once more.
    pub(crate) fn claim(&self, chat: &ChatId) -> Option<Arc<Slot>> {
        let mut all = self.lock();
        if all.contains_key(chat) {
            return None;
        }
        let slot = Arc::new(Slot { decided: Notify::new(), run: Mutex::new(None) });
        all.insert(chat.clone(), Arc::clone(&slot));
        Some(slot)
    }

    /// The next job of a chat, or the end of its worker: nothing can come between the two.
    pub(crate) fn next<T>(&self, chat: &ChatId, job: impl FnOnce() -> Option<T>) -> Option<T> {
        let mut all = self.lock();
        let job = job();
        if job.is_none() {
            all.remove(chat);
            drop(all);
            self.changed.notify_waiters();
        }
        job
    }

    /// Tells a chat's worker that its user has decided something.
    pub(crate) fn decide(&self, chat: &ChatId) {
        if let Some(slot) = self.lock().get(chat) {
            slot.decided.notify_one();
        }
    }

    /// The runs that are going on and for which somebody waits, or nobody.
    pub(crate) fn runs(&self, awaited: Awaited) -> Vec<Arc<dyn Run>> {
        let runs = self.lock();
        let runs = runs.values().filter_map(|slot| slot.run());
        runs.filter(|(by, _)| *by == awaited).map(|(_, run)| run).collect()
    }

    /// Waits until nobody works.
    pub(crate) async fn idle(&self) {
        self.idle_in(|_| true).await;
    }

    /// Waits until nobody works in chats that are like this. They may change with the state.
    pub(crate) async fn idle_in(&self, such: impl Fn(&ChatId) -> bool) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if !self.works_in(&such) {
                return;
            }
            changed.await;
        }
    }

    /// Whether anybody works in a chat that is like this.
    pub(crate) fn works_in(&self, such: impl Fn(&ChatId) -> bool) -> bool {
        self.lock().keys().any(such)
    }

    /// Permits a cut turn to go on, as soon as its chat has a worker.
    pub(crate) fn permit(&self, chat: &ChatId, ticket: Ticket) {
        self.tickets().insert(chat.clone(), ticket);
    }

    /// Takes a chat's permission away, to use it or to drop it.
    pub(crate) fn take_ticket(&self, chat: &ChatId) -> Option<Ticket> {
        self.tickets().remove(chat)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ChatId, Arc<Slot>>> {
        self.all.lock().expect("nobody panics while holding the workers")
    }

    fn tickets(&self) -> MutexGuard<'_, BTreeMap<ChatId, Ticket>> {
        self.tickets.lock().expect("nobody panics while holding the tickets")
    }
}

impl Slot {
    /// Shows the chat's run to whoever may have to interrupt it.
    pub(crate) fn show(&self, run: Option<(Awaited, Arc<dyn Run>)>) {
        *self.run.lock().expect("nobody panics while holding a run") = run;
    }

    fn run(&self) -> Option<(Awaited, Arc<dyn Run>)> {
        self.run.lock().expect("nobody panics while holding a run").clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_send_that_may_not_begin_any_more_does_not_end_another() {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("it needs nothing").block_on(async {
            let sends = Sends::new();
            let under_way = sends.begin().expect("nobody is about to exit");
            let mut settled = Box::pin(sends.settle());
            let waits = std::future::poll_fn(|cx| {
                std::task::Poll::Ready(settled.as_mut().poll(cx).is_pending())
            });
            assert!(waits.await);
            assert!(sends.begin().is_none());
            assert_eq!(sends.open.borrow().under_way, 1);
            drop(under_way);
            settled.await;
            assert!(sends.begin().is_none());
            assert_eq!(sends.open.borrow().under_way, 0);
        });
    }
}

//! The stop: premark, notify, drain, clear, seal, release.
//!
//! What is running when a stop begins is marked durably before anything that can block, so that
//! the stop may be killed anywhere from then on. Every step has its own bound in time. The steps
//! are public, so that a harness can leave one out or swap two and see what that costs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::env::{Effect, Exit, File, Signal};
use crate::error::{CommitError, failed};
use crate::halt::Begun;
use crate::live::Live;
use crate::message::{ChatId, Cut, MessageId, Notice};
use crate::record::{Record, TurnId};
use crate::state::{Awaited, Owed, State};
use crate::{lock, phase, serve};

/// What a gateway does from the moment it is asked to stop until it exits.
pub type StopProcedure = Arc<dyn Fn(Stop) -> Effect<Exit> + Send + Sync>;

/// A stop that has begun. No turn begins any more.
pub struct Stop {
    live: Arc<Live>,
    lock: Arc<dyn File>,
    begun: Begun,
}

/// How a drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Drained {
    /// Every turn is finished and its reply delivered.
    Done,
    /// The time was up, or nobody wants to wait any longer.
    CutShort,
}

/// The stop as it is meant to be.
pub(crate) fn designed() -> StopProcedure {
    Arc::new(|stop| Box::pin(async move { in_order(&stop).await.unwrap_or(Exit::Failed) }))
}

async fn in_order(stop: &Stop) -> Result<Exit, CommitError> {
    stop.premark().await?;
    stop.notify().await;
    if stop.drain().await == Drained::CutShort {
        stop.interrupt().await;
        stop.flush().await?;
    }
    stop.clear().await?;
    stop.seal().await?;
    Ok(stop.release().await)
}

impl Stop {
    pub(crate) fn new(live: Arc<Live>, lock: Arc<dyn File>, begun: Begun) -> Stop {
        Stop { live, lock, begun }
    }

    /// How the process is to end if nothing goes wrong.
    pub fn exit(&self) -> Exit {
        exit(self.begun.reason)
    }

    /// Marks, in one commit, every turn, every message that waits and every reply that is not
    /// delivered: if this boot ends before they do, the stop has cut them.
    ///
    /// # Errors
    ///
    /// If the marks could not be made durable and nobody wants to wait for it any longer. Nobody
    /// may be told about the stop then.
    pub async fn premark(&self) -> Result<(), CommitError> {
        let premark = async {
            let (turns, messages) = unfinished(&self.live.state());
            if turns.is_empty() && messages.is_empty() {
                return Ok(());
            }
            let (boot, reason, at) = (self.live.boot, cut(self.begun.reason), self.live.now());
            let marked = self.live.commit(Record::Marked { boot, reason, turns, messages, at });
            self.live.marking.store(true, Ordering::Relaxed);
            let marked = tokio::select! {
                biased;
                marked = marked => marked,
                () = self.hopeless() => Err(CommitError),
            };
            self.live.marking.store(false, Ordering::Relaxed);
            marked
        };
        premark.instrument(phase!("premark")).await
    }

    /// Waits until somebody is in a hurry while the disk cannot be written.
    async fn hopeless(&self) {
        self.live.halt.hurried().await;
        self.live.journal.troubled().await;
        tracing::error!(
            "second stop signal, and the journal cannot be written: this boot ends without its \
             marks and without telling anybody; the next one will take it for a crash"
        );
    }

    /// Tells the chats with unfinished work that have access, all at once. Ends when they all know,
    /// and no later than `notify_timeout`. Nobody is told if the operator does not want it.
    pub async fn notify(&self) {
        if !self.live.settings.notices.stopping {
            return;
        }
        let notify = async {
            let live = &self.live;
            let chats: Vec<(ChatId, MessageId)> = {
                let state = live.state();
                state.unfinished_chats().into_iter().map(|(chat, to)| (chat.clone(), to)).collect()
            };
            let chats = chats.into_iter().filter(|(chat, _)| serve::allows(live, chat));
            let mut sends = JoinSet::new();
            for (chat, to) in chats {
                let owed = Owed { notice: Notice::Stopping, to };
                let outbound = serve::notice(&chat, owed, Some(live.boot));
                sends.spawn(live.env.platform.send(outbound).in_current_span());
            }
            tokio::select! {
                biased;
                () = async { while sends.join_next().await.is_some() {} } => {}
                () = live.halt.hurried() => {}
                () = tokio::time::sleep(live.settings.notify_timeout) => {}
            }
        };
        notify.instrument(phase!("notify")).await;
    }

    /// Waits until every turn is finished and its reply delivered, or the time is up. The turns
    /// for which a person waits and those for which nobody does have a time of their own each.
    pub async fn drain(&self) -> Drained {
        let drain = async {
            tokio::select! {
                biased;
                () = self.live.workers.idle() => Drained::Done,
                () = self.live.halt.hurried() => Drained::CutShort,
                () = self.times_up() => Drained::CutShort,
            }
        };
        drain.instrument(phase!("drain")).await
    }

    /// Waits until the time of all that is at work is up. If some of it has longer than the rest,
    /// the rest is interrupted when its time has come.
    async fn times_up(&self) {
        let live = &self.live;
        let (end, now) = (self.until(live.budget.drain_end), Instant::now());
        let persons = (end.min(now + live.budget.drain), Awaited::Person);
        let jobs = (end.min(now + live.budget.job_drain), Awaited::Nobody);
        let ((first, rest), (last, longer)) =
            if persons.0 <= jobs.0 { (persons, jobs) } else { (jobs, persons) };
        tokio::time::sleep_until(first).await;
        let is_longer = |chat: &ChatId| live.state().awaited(chat) == longer;
        if first == last || !live.workers.works_in(is_longer) {
            return;
        }
        self.cut(rest);
        tokio::select! {
            biased;
            () = live.workers.idle_in(is_longer) => {}
            () = tokio::time::sleep_until(last) => {}
        }
    }

    /// Asks the agents of such turns to give up.
    fn cut(&self, awaited: Awaited) {
        self.live.halt.interrupt(awaited);
        for run in self.live.workers.runs(awaited) {
            self.live.tasks.spawn(run.interrupt().in_current_span());
        }
    }

    /// Asks every agent to give up, and waits the grace for those that obey.
    pub async fn interrupt(&self) {
        let interrupt = async {
            self.cut(Awaited::Person);
            self.cut(Awaited::Nobody);
            let grace = Instant::now() + self.live.settings.interrupt_grace;
            let grace = grace.min(self.until(self.live.budget.flush_end));
            if tokio::time::timeout_at(grace, self.live.workers.idle()).await.is_err() {
                tracing::info!("the grace is over; what is left is marked");
            }
        };
        interrupt.instrument(phase!("interrupt")).await;
    }

    /// Writes the transcripts of the chats whose turns are cut, as far as there is time. The
    /// journal holds them all the same.
    ///
    /// # Errors
    ///
    /// If the journal could not record it.
    pub async fn flush(&self) -> Result<(), CommitError> {
        let flush = async {
            let chats: Vec<ChatId> = self.live.state().active.values().cloned().collect();
            for chat in chats {
                self.live.transcripts.archive(&self.live, &chat).await?;
            }
            Ok(())
        };
        let flush = flush.instrument(phase!("flush"));
        let end = self.until(self.live.budget.flush_end);
        tokio::time::timeout_at(end, flush).await.unwrap_or(Ok(()))
    }

    /// Takes back those marks of this stop whose turns are proven finished. Earlier boots' marks
    /// are not touched.
    ///
    /// # Errors
    ///
    /// If that could not be made durable.
    pub async fn clear(&self) -> Result<(), CommitError> {
        let clear = async {
            let boot = self.live.boot;
            let (turns, messages) = finished(&self.live.state(), boot);
            if turns.is_empty() && messages.is_empty() {
                return Ok(());
            }
            self.live.commit(Record::Cleared { boot, turns, messages }).await
        };
        clear.instrument(phase!("clear")).await
    }

    /// Writes the receipt of a boot that leaves no turn and no reply behind. Messages that wait
    /// do not prevent it.
    ///
    /// # Errors
    ///
    /// If it could not be made durable.
    pub async fn seal(&self) -> Result<(), CommitError> {
        let seal = async {
            if !self.live.state().active.is_empty() {
                return Ok(());
            }
            self.live.commit(Record::Sealed { boot: self.live.boot }).await
        };
        seal.instrument(phase!("seal")).await
    }

    /// Lets the state directory go, once what the platform has taken is on record and nothing can
    /// be written any more. A second stop signal does not wait for the platform.
    pub async fn release(&self) -> Exit {
        let release = async {
            let settled = self.until(self.live.budget.settle_end);
            tokio::select! {
                biased;
                () = self.live.sends.settle() => {}
                () = self.live.halt.hurried() => {}
                () = tokio::time::sleep_until(settled) => {
                    tracing::info!("the platform has not answered; the next boot sends again");
                }
            }
            let end = self.until(self.live.budget.last_call);
            let closed = tokio::time::timeout_at(end, self.live.journal.close()).await.is_ok();
            // While a write may still take hold nobody else may read; the lock then dies with
            // the process, and so does the write.
            if closed
                && !self.live.transcripts.writing()
                && !self.live.journal.compacting()
                && let Ok(Err(error)) = tokio::time::timeout_at(end, self.lock.unlock()).await
            {
                let failure = failed(&*self.live.env.fs, "unlock", lock::NAME)(error);
                failure.error("it is released when the process is gone");
            }
        };
        release.instrument(phase!("release")).await;
        self.exit()
    }

    fn until(&self, part: std::time::Duration) -> Instant {
        self.begun.at + part
    }
}

/// How a process ends that did what it was asked.
pub(crate) fn exit(reason: Signal) -> Exit {
    match reason {
        Signal::Stop => Exit::Planned,
        Signal::Restart => Exit::Restart,
    }
}

fn cut(reason: Signal) -> Cut {
    match reason {
        Signal::Stop => Cut::Shutdown,
        Signal::Restart => Cut::Restart,
    }
}

/// Everything that a stop must mark.
fn unfinished(state: &State) -> (Vec<TurnId>, Vec<MessageId>) {
    (state.active.keys().copied().collect(), state.queued().collect())
}

/// The marks of `boot` that have served: nothing of their turns is left to do.
fn finished(state: &State, boot: u64) -> (Vec<TurnId>, Vec<MessageId>) {
    let Some(mark) = state.mark.as_ref().filter(|mark| mark.boot == boot) else {
        return (Vec::new(), Vec::new());
    };
    let active = state.active_turns().map(|(_, turn)| turn.message.id);
    let open: BTreeSet<MessageId> = active.chain(state.queued()).collect();
    let turns = mark.turns.iter().filter(|turn| !state.active.contains_key(turn));
    let messages = mark.messages.iter().filter(|message| !open.contains(message));
    (turns.copied().collect(), messages.copied().collect())
}

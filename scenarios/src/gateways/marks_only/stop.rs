//! The interpreter of a stop: it runs the steps it is given, in that order, and no others.
//!
//! Premark and release are barriers for all chats; what lies between two barriers is a chain that
//! each chat goes through in its own time, so that the marks of a turn which finishes early in a
//! long drain are cleared at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway_core::message::{ChatId, Cut, Kind, Notice, Outbound};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::hub::Hub;
use super::phases::Phases;
use super::step::{Older, Segment, Step, segments};

/// What a stop is.
pub(super) struct Procedure {
    /// Its steps, in order.
    pub(super) steps: Vec<Step>,
    /// What it does with the marks of earlier boots.
    pub(super) older: Older,
    /// What it cuts turns for.
    pub(super) cut: Cut,
}

/// Runs the steps. Turns that still run when it returns end with the process.
pub(super) async fn stop(hub: &Arc<Hub>, procedure: &Procedure) {
    hub.live().begin_stop();
    let phases = Arc::new(Phases::default());
    for segment in segments(&procedure.steps) {
        match segment {
            Segment::Barrier(step) => {
                phases.within(step, all_chats(hub, step, procedure)).await;
            }
            Segment::Chain(chain) => each_chat(hub, &phases, &chain, procedure.older).await,
        }
    }
}

async fn all_chats(hub: &Hub, step: Step, procedure: &Procedure) {
    match step {
        Step::Premark => premark(hub, procedure).await,
        Step::Release => release(hub).await,
        Step::Notify | Step::Drain | Step::Clear => {
            unreachable!("the split at barriers makes a chain of this step")
        }
    }
}

async fn each_chat(hub: &Arc<Hub>, phases: &Arc<Phases>, chain: &[Step], older: Older) {
    let mut chats = JoinSet::new();
    for chat in chats_with_work(hub).await {
        let (hub, phases, chain) = (hub.clone(), phases.clone(), chain.to_vec());
        chats.spawn(async move {
            for step in chain {
                phases.within(step, one_chat(&hub, step, &chat, older)).await;
            }
        });
    }
    chats.join_all().await;
}

async fn one_chat(hub: &Hub, step: Step, chat: &ChatId, older: Older) {
    match step {
        Step::Notify => notify(hub, chat).await,
        Step::Drain => drain(hub, chat).await,
        Step::Clear => clear(hub, chat, older).await,
        Step::Premark | Step::Release => {
            unreachable!("the split at barriers makes a barrier of this step")
        }
    }
}

async fn chats_with_work(hub: &Hub) -> BTreeSet<ChatId> {
    let mut chats = hub.live().chats();
    chats.extend(hub.marks.lock().await.marks.own_chats(hub.boot).cloned());
    chats
}

/// One durable batch for every turn that runs and every message that waits. Older marks of the
/// same messages stand beside them.
async fn premark(hub: &Hub, procedure: &Procedure) {
    let mut book = hub.marks.lock().await;
    let mut batch = hub.live().marks(procedure.cut);
    if procedure.older == Older::Cleared {
        batch.retain(|(message, _)| !book.marks.covers(message.id));
    }
    let marks = book.marks.with_batch(hub.boot, batch);
    match book.replace(&hub.store, marks).await {
        Ok(()) => book.premarked = true,
        Err(error) => hub.store.complain(&error, "premark"),
    }
}

async fn notify(hub: &Hub, chat: &ChatId) {
    let notice = hub.env.platform.send(Outbound {
        chat: chat.clone(),
        key: format!("stopping-{:016x}-{chat}", hub.boot.0),
        kind: Kind::Notice { notice: Notice::Stopping, to: None },
        text: "The gateway is stopping. The work goes on afterwards.".to_owned(),
    });
    match timeout(hub.settings.notify_timeout, notice).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%chat, %error, "the notice was not sent"),
        Err(_) => tracing::warn!(%chat, "the notice was not taken in time"),
    }
}

/// Waits until the chat's reply was taken, or interrupts its turn, and reports what is left.
async fn drain(hub: &Hub, chat: &ChatId) {
    let idle = || hub.until(|live| !live.at_work(chat));
    if timeout(hub.settings.drain_timeout, idle()).await.is_err() {
        let run = hub.live().interrupt(chat);
        if let Some(run) = run {
            run.interrupt().await;
        }
        if timeout(hub.settings.interrupt_grace, idle()).await.is_err() {
            tracing::warn!(%chat, "the turn does not obey its interrupt");
        }
    }
    hub.live().report(chat);
}

/// Removes this stop's marks of the chat, except for what the drain reported as unfinished. If
/// there was no drain yet, it has reported nothing.
async fn clear(hub: &Hub, chat: &ChatId, older: Older) {
    let mut book = hub.marks.lock().await;
    let mut marks = book.marks.without_own(hub.boot, chat, |id| hub.live().unfinished(id));
    if older == Older::Cleared {
        marks = marks.only_own(hub.boot, chat);
    }
    if let Err(error) = book.replace(&hub.store, marks).await {
        hub.store.complain(&error, "clear");
    }
}

async fn release(hub: &Hub) {
    if let Err(error) = hub.store.release().await {
        hub.store.complain(&error, "release");
    }
}

//! The worker of one chat: one thing at a time, in order.
//!
//! It has no memory of its own. What it does next follows from the state, so that it may be
//! started by anybody, at any time, after any death. It exists only while there is something to
//! do.

use std::sync::Arc;

use crate::error::CommitError;
use crate::live::{Live, Slot, Ticket};
use crate::message::{ChatId, MessageId};
use crate::record::{Refusal, TurnId};
use crate::serve::turn::{self, Begin};
use crate::serve::{access, deliver};
use crate::state::{Owed, Queued};

/// What a chat needs next.
enum Job {
    /// A notice that it must get.
    Tell(Owed),
    /// The notice that a message was refused.
    Refuse(MessageId, Refusal),
    /// The reply of its finished turn.
    Deliver(TurnId),
    /// Its cut turn goes on.
    Resume(Ticket),
    /// Its session has grown enough to be written to its file.
    Archive,
    /// The next message in its queue.
    Start(MessageId),
}

impl Job {
    /// Whether it may be done only for a chat that has access.
    fn needs_access(&self) -> bool {
        match self {
            Job::Tell(_) | Job::Deliver(_) | Job::Resume(_) | Job::Start(_) => true,
            Job::Refuse(..) | Job::Archive => false,
        }
    }
}

/// Has somebody look at a chat whose state has changed.
pub(crate) fn kick(live: &Arc<Live>, chat: &ChatId) {
    if let Some(slot) = live.workers.claim(chat) {
        live.tasks.spawn(work(Arc::clone(live), chat.clone(), slot));
    }
}

async fn work(live: Arc<Live>, chat: ChatId, slot: Arc<Slot>) {
    while let Some(job) = live.workers.next(&chat, || next_job(&live, &chat)) {
        if perform(&live, &chat, &slot, job).await.is_err() {
            // Nothing can be made durable any more, so nothing more may be done. The chat stays
            // claimed: what was left undone must not look like a finished drain.
            return;
        }
    }
}

/// Looks at the state; once a stop has begun, only what was begun is brought to its end.
fn next_job(live: &Live, chat: &ChatId) -> Option<Job> {
    let ticket = live.workers.take_ticket(chat);
    let state = live.state();
    let entry = state.chats.get(chat)?;
    let stopping = live.halt.stopping();
    if let Some(owed) = entry.owed.front() {
        restore(live, chat, ticket);
        return Some(Job::Tell(*owed));
    }
    if let Some(turn) = &entry.turn {
        if turn.reply.is_some() {
            return Some(Job::Deliver(turn.id));
        }
        // A cut turn waits for its permission, and the queue waits behind it.
        return ticket.filter(|ticket| ticket.turn == turn.id && !stopping).map(Job::Resume);
    }
    if stopping {
        return None;
    }
    if live.transcripts.due(entry) {
        return Some(Job::Archive);
    }
    Some(match entry.queue.front()? {
        Queued::Message { message, .. } => Job::Start(message.id),
        Queued::Refused(id, why) => Job::Refuse(*id, *why),
    })
}

/// A permission that is not used yet waits for the next look.
fn restore(live: &Live, chat: &ChatId, ticket: Option<Ticket>) {
    if let Some(ticket) = ticket {
        live.workers.permit(chat, ticket);
    }
}

async fn perform(
    live: &Arc<Live>,
    chat: &ChatId,
    slot: &Slot,
    job: Job,
) -> Result<(), CommitError> {
    if job.needs_access() && !access::allows(live, chat) {
        return access::close(live, chat).await;
    }
    match job {
        Job::Tell(owed) => deliver::tell(live, chat, owed).await,
        Job::Refuse(message, why) => deliver::refuse(live, chat, message, why).await,
        Job::Deliver(turn) => deliver::reply(live, chat, turn).await,
        Job::Resume(ticket) => turn::run(live, chat, slot, Begin::Again(ticket)).await,
        Job::Archive => live.transcripts.archive(live, chat).await,
        Job::Start(message) => turn::run(live, chat, slot, Begin::Fresh(message)).await,
    }
}

//! Does what was decided: first durably, then for all to see.
//!
//! It may be killed anywhere: what is durable already is not decided again, and what is not is
//! decided the same.

use std::sync::Arc;

use tracing::Instrument as _;

use super::decide::{Action, Resume};
use super::dispatch::dispatch;
use crate::error::CommitError;
use crate::live::Live;
use crate::message::ChatId;
use crate::record::Record;
use crate::{phase, serve};

/// Puts the decisions into the journal, wakes the chats that have something to do, and leaves the
/// cut turns to the dispatcher. It waits for nobody but the journal.
///
/// # Errors
///
/// If the decisions could not be made durable; nobody was told about them then.
pub(crate) async fn apply(live: &Arc<Live>, actions: Vec<Action>) -> Result<(), CommitError> {
    let mut records = Vec::new();
    let mut chats: Vec<ChatId> = Vec::new();
    let mut resumes: Vec<Resume> = Vec::new();
    let mut to_be_told = false;
    for action in actions {
        match action {
            Action::Tell(chat) | Action::Deliver(chat) | Action::Requeue(chat) => chats.push(chat),
            Action::Suspend(chat, turn) => {
                tracing::warn!(%chat, turn = turn.0, "turn is suspended: it killed the gateway");
                records.push(Record::Suspended { turn });
                chats.push(chat);
            }
            Action::Stale(chat, turn) => {
                tracing::info!(%chat, turn = turn.0, "turn is stale: it waits for its user");
                records.push(Record::Stale { turn });
                chats.push(chat);
            }
            Action::Missed(chat, message) => {
                tracing::info!(%chat, %message, "job is missed: it waited too long for its turn");
                records.push(Record::Missed { chat: chat.clone(), message });
                chats.push(chat);
            }
            Action::Clean(wish) => {
                tracing::warn!(wish, "clean start: everything unfinished is dropped");
                records.push(Record::Cleaned { wish });
                to_be_told = true;
            }
            Action::Resume(resume) => resumes.push(resume),
        }
    }
    if !records.is_empty() {
        live.journal.commit(records).await?;
    }
    if to_be_told {
        let state = live.state();
        let told = state.chats.iter().filter(|(_, chat)| !chat.owed.is_empty());
        chats.extend(told.map(|(id, _)| id.clone()));
    }
    for chat in chats {
        serve::kick(live, &chat);
    }
    if !resumes.is_empty() {
        let dispatching = dispatch(Arc::clone(live), resumes);
        live.tasks.spawn(dispatching.instrument(phase!("recovery.dispatch")));
    }
    Ok(())
}

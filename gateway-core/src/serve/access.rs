//! Who may have work done: asked before each thing that is done for a chat, for the answer may be
//! another one by then.
//!
//! It never looks at what the work is. A chat that lost its access gets one `Refused` for each of
//! its messages that was not answered, and not a word more: no answer that was computed before,
//! and nothing about stops and resumed turns. A user's stop or reset only takes back, and is heeded
//! from anybody.

use crate::error::CommitError;
use crate::live::Live;
use crate::message::ChatId;
use crate::record::Record;

/// Whether work may be done for a chat now.
pub(crate) fn allows(live: &Live, chat: &ChatId) -> bool {
    live.env.access.allows(chat)
}

/// Decides, for good, that nothing unfinished of a chat will be done.
///
/// # Errors
///
/// If the decision could not be made durable.
pub(super) async fn close(live: &Live, chat: &ChatId) -> Result<(), CommitError> {
    tracing::info!(%chat, "the chat has no access any more: what it waited for is refused");
    live.commit(Record::Closed { chat: chat.clone() }).await
}

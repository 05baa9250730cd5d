//! A broken statement.

use super::id::OracleId;
use crate::script::{ChatIndex, MessageIndex};

/// A broken statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Whose.
    pub oracle: OracleId,
    /// The chat it happened to, if it happened to one.
    pub chat: Option<ChatIndex>,
    /// The message it happened to, if it happened to one.
    pub message: Option<MessageIndex>,
    /// What happened, as a sentence fragment.
    pub what: String,
    /// What a correct gateway could hold then, and why that does not explain it; nothing if it was
    /// not judged by what a gateway could hold.
    pub believed: Vec<String>,
}

//! What goes wrong with messages on their way in.
//!
//! Nothing is ever lost there: the platform keeps what it was not told to forget.

use serde::{Deserialize, Serialize};

use crate::time::Ms;

/// A stretch of time in which a platform cannot be asked for messages, nor told that they were
/// taken. Whoever tries is told that it failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollFault {
    /// From when on.
    pub from: Ms,
    /// Until when, exclusively.
    pub until: Ms,
}

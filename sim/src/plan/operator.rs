//! What the operator does besides asking for stops: takes access away, starts clean.
//!
//! Nothing of it is a fault: it does not end when the world heals, and a gateway has to heed it.

use gateway_core::message::ChatId;
use serde::{Deserialize, Serialize};

use super::plan::Plan;
use crate::time::Ms;

/// A stretch of time in which a chat may have no work done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// From when on.
    pub at: Ms,
    /// Which chat.
    pub chat: ChatId,
    /// Until when, exclusively; for good if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Ms>,
}

impl Revocation {
    /// Whether it holds at a time.
    pub fn holds(&self, at: Ms) -> bool {
        self.at <= at && at < self.end()
    }

    /// When it ends; the end of time if it does not.
    pub fn end(&self) -> Ms {
        self.until.unwrap_or(Ms(u64::MAX))
    }
}

/// A stretch of time in which the operator starts the process clean. It is one wish, whatever
/// number of boots begin in it: only what was there before it is to be dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleanStart {
    /// From when on.
    pub from: Ms,
    /// Until when, exclusively.
    pub until: Ms,
}

impl CleanStart {
    /// Whether it is about a boot that begins at a time.
    pub fn is_about(&self, began_at: Ms) -> bool {
        self.from <= began_at && began_at < self.until
    }
}

impl Plan {
    /// The clean start that a boot is which begins at a time, by its place in the list.
    pub fn clean_start(&self, began_at: Ms) -> Option<usize> {
        self.clean_starts.iter().position(|one| one.is_about(began_at))
    }

    /// The revocation by which a chat may have no work done at a time, by its place in the list.
    pub fn revocation(&self, chat: &ChatId, at: Ms) -> Option<usize> {
        self.revocations.iter().position(|one| one.chat == *chat && one.holds(at))
    }
}

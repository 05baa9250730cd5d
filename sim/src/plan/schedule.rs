//! In which order things happen that could happen in any order.
//!
//! Both parts are explicit: a failure keeps them, and whoever makes it smaller may drop them one
//! by one.

use serde::{Deserialize, Serialize};

use super::disk::is_zero;
use crate::time::Ms;

/// In which order things happen that could happen in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SchedulePlan {
    /// The seed of a random order among what is due in the same millisecond. If not said: the
    /// order in which it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<u64>,
    /// The effects that are kept waiting.
    #[serde(rename = "demote", skip_serializing_if = "Vec::is_empty")]
    pub demotions: Vec<Demotion>,
}

impl SchedulePlan {
    pub(super) fn is_default(&self) -> bool {
        *self == SchedulePlan::default()
    }
}

/// An effect is kept waiting, and comes behind everything else of its millisecond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demotion {
    /// The boot that asks for it, from 1.
    pub boot: u32,
    /// The number of the effect in that boot, from 1, as traces show it.
    pub effect: u64,
    /// Which part of it waits.
    #[serde(default, skip_serializing_if = "Demoted::is_hold")]
    pub part: Demoted,
    /// For how long; if not said, only for whatever else is due in the same millisecond.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub by: Ms,
}

/// Which part of an effect is kept waiting.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Demoted {
    /// It takes hold later: whoever asked was slow to ask, or the way was long.
    #[default]
    Hold,
    /// It is answered later: whoever asked was slow to look.
    Answer,
}

impl Demoted {
    fn is_hold(&self) -> bool {
        *self == Demoted::Hold
    }
}

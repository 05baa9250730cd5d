//! What goes wrong on the way between gateway and platform. Only the network stage has one.

use serde::{Deserialize, Serialize};

use super::disk::is_zero;
use super::plan::word;
use crate::time::Ms;

/// Something goes wrong on the way between every gateway and the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkFault {
    /// From when on.
    pub from: Ms,
    /// Until when, exclusively. A reset is over at once and has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Ms>,
    /// What happens.
    pub effect: LinkEffect,
    /// How long every segment is under way, if it is `latency`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub delay: Ms,
    /// How many of a thousand segments break their connection, if it is `loss`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_mille: Option<u16>,
}

/// What happens on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkEffect {
    /// Nothing arrives, either way, and what was under way is gone. Nobody is told.
    Partition,
    /// Nothing of the gateway arrives at the platform.
    PartitionToPlatform,
    /// Nothing of the platform arrives at the gateway.
    PartitionToGateway,
    /// Nothing arrives until it is over; then everything does at once.
    Hold,
    /// Everything takes longer.
    Latency,
    /// Segments are lost at random, each with its connection.
    Loss,
    /// Every connection is cut, in the middle of whatever is being sent.
    Reset,
    /// The platform dies as soon as it has taken a send and before it can say so, and comes back
    /// when the fault is over. What it had taken it still has.
    PlatformDies,
}

impl LinkEffect {
    /// Every one.
    pub const ALL: [LinkEffect; 8] = [
        LinkEffect::Partition,
        LinkEffect::PartitionToPlatform,
        LinkEffect::PartitionToGateway,
        LinkEffect::Hold,
        LinkEffect::Latency,
        LinkEffect::Loss,
        LinkEffect::Reset,
        LinkEffect::PlatformDies,
    ];

    /// Its name, as plans write it.
    pub fn name(self) -> String {
        word(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_effect_that_a_plan_may_name_is_in_the_list() {
        let unknown = serde_json::from_str::<LinkEffect>("\"none\"").expect_err("there is no such");
        let unknown = unknown.to_string();
        let (_, known) = unknown.split_once("expected one of ").expect("it tells what there is");
        let listed = LinkEffect::ALL.map(|effect| format!("`{}`", effect.name())).join(", ");
        assert!(known.starts_with(&format!("{listed} at")), "{known}");
    }
}

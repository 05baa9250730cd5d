//! What a plan is played on.

use serde::{Deserialize, Serialize};

/// What a plan is played on.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// One paused runtime for each boot, and everything else plain data. One process at a time.
    #[default]
    Direct,
    /// Hosts of a simulated network, and real TCP between gateways and platform.
    Network,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Stage; 2] = [Stage::Direct, Stage::Network];

    /// Its name, as everybody writes it.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Direct => "direct",
            Stage::Network => "network",
        }
    }

    pub(super) fn is_direct(&self) -> bool {
        *self == Stage::Direct
    }
}

//! Several processes: one more, one in the place of another, and one that is frozen.

use gateway_core::env::Signal;
use serde::{Deserialize, Serialize};

use crate::time::Ms;

/// Somebody starts one more process by hand, whether or not one lives. The supervisor does not
/// know of it: when it ends, nobody starts it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartPlan {
    /// When.
    pub at: Ms,
}

/// A new process takes the place of the living one: that is asked to stop, and the new one is
/// started without waiting for its end. From then on the supervisor looks after the new one, and
/// the old one is killed if it still lives when the patience with it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplacementPlan {
    /// When.
    pub at: Ms,
    /// How long the old process may take to end.
    pub patience: Ms,
    /// What the old process is asked.
    #[serde(default = "stop", skip_serializing_if = "is_stop")]
    pub signal: Signal,
}

fn stop() -> Signal {
    Signal::Stop
}

fn is_stop(signal: &Signal) -> bool {
    *signal == stop()
}

/// The living process is frozen for a while, as by SIGSTOP or by a machine that is paused: it
/// asks for nothing, hears of nothing and does not end. What it had asked for happens all the
/// same, and when it thaws its timers have run out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StallPlan {
    /// When. If no process lives then, nothing happens.
    pub at: Ms,
    /// For how long.
    #[serde(rename = "for")]
    pub lasts: Ms,
}

/// Every advisory lock that a process holds is forgotten, and no process is told: somebody has
/// removed the lock's file, or the server that keeps the locks of a network file system has
/// started anew. Whoever tries to take one finds it free.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LostLocks {
    /// When.
    pub at: Ms,
}

/// What becomes of the number of a process that is dead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pids {
    /// Nobody gets it again.
    #[default]
    Fresh,
    /// A stranger gets it at once: some process lives under it that is no gateway.
    Reused,
}

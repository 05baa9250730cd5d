//! What an operator may choose.
//!
//! Read from TOML; what a file leaves out has the value of [`Settings::standard`]. Settings are
//! fixed for one boot.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What an operator may choose. Durations are written as `90s`, `1h 30m`, `250ms`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default = "Settings::standard")]
pub struct Settings {
    /// How long running turns are waited for when the gateway is asked to stop. The core shortens
    /// it to what `stop_budget` allows.
    #[serde(with = "humantime_serde")]
    pub drain_timeout: Duration,
    /// The same for jobs, for which no person waits: nobody would ask for one again.
    #[serde(with = "humantime_serde")]
    pub job_drain_timeout: Duration,
    /// How long the supervisor waits between asking for a stop and killing the process. A plan
    /// for the simulator sets it from its supervisor.
    #[serde(with = "humantime_serde")]
    pub stop_budget: Duration,
    /// How long a stop waits for the chats to take the notice that it is stopping.
    #[serde(with = "humantime_serde")]
    pub notify_timeout: Duration,
    /// How long a turn that outlived the drain may take to obey its interrupt.
    #[serde(with = "humantime_serde")]
    pub interrupt_grace: Duration,
    /// What a stop keeps of its budget for flushing transcripts, sealing and releasing.
    #[serde(with = "humantime_serde")]
    pub stop_reserve: Duration,
    /// How long after its last sign of life a cut turn still goes on by itself; an older one
    /// waits for its user. Measured by the wall clock: it decides about automation only.
    #[serde(with = "humantime_serde")]
    pub resume_window: Duration,
    /// The same for jobs, of which those count too that never began: these are measured from when
    /// they were taken. One that a boot finds to be older is not run, and its chat is told.
    #[serde(with = "humantime_serde")]
    pub job_window: Duration,
    /// The pause between two resumed turns at boot; where there are more than six hundred, several
    /// go on after each of as many pauses.
    #[serde(with = "humantime_serde")]
    pub resume_stagger: Duration,
    /// How many unplanned deaths under it suspend a turn.
    pub suspend_after: u32,
    /// How long the platform may take to answer a send before it counts as perhaps taken and is
    /// sent again.
    #[serde(with = "humantime_serde")]
    pub send_timeout: Duration,
    /// The first pause before something the platform did not take is sent again; it doubles up to
    /// sixty-four times this.
    #[serde(with = "humantime_serde")]
    pub send_retry: Duration,
    /// How long a boot waits for a lock that another process holds. A stop signal ends the wait.
    #[serde(with = "humantime_serde")]
    pub lock_patience: Duration,
    /// How many bytes the journal may grow before a new one, which holds only what still matters,
    /// takes its place; if what matters is large, it grows to twice that.
    pub compact_after: u64,
    /// Which of the notices are sent that a chat could do without.
    pub notices: Notices,
}

impl Settings {
    /// What suits one gateway under one supervisor that grants ninety seconds for a stop, which
    /// is systemd's default `TimeoutStopSec`.
    pub fn standard() -> Settings {
        Settings {
            drain_timeout: Duration::from_secs(60),
            job_drain_timeout: Duration::from_secs(60),
            stop_budget: Duration::from_secs(90),
            notify_timeout: Duration::from_secs(5),
            interrupt_grace: Duration::from_secs(5),
            stop_reserve: Duration::from_secs(5),
            resume_window: Duration::from_secs(3600),
            job_window: Duration::from_secs(3600),
            resume_stagger: Duration::from_millis(100),
            suspend_after: 3,
            send_timeout: Duration::from_secs(30),
            send_retry: Duration::from_millis(500),
            // Whoever takes the place of another one outlasts its stop.
            lock_patience: Duration::from_secs(100),
            compact_after: 4 * 1024 * 1024,
            notices: Notices::all(),
        }
    }
}

/// Which of the notices are sent that a chat could do without. What tells a chat that its message
/// will not be answered is always sent: `Suspended`, `Stale`, `Refused`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default = "Notices::all")]
pub struct Notices {
    /// That the gateway is about to stop.
    pub stopping: bool,
    /// That a turn which was cut goes on.
    pub resuming: bool,
}

impl Notices {
    /// Every one of them.
    pub fn all() -> Notices {
        Notices { stopping: true, resuming: true }
    }
}

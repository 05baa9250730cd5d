//! Waiting for the running map to be empty (lifecycle section 3.2, steps 4 and 6).
//!
//! Polled, as the real one is. It waits for sentinels, and it does not wait for replies.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::hub::Hub;
use super::policy::{Deadline, JobDrain, Sending};
use super::times::{DRAIN_POLL, JOB_DRAIN, JOIN_MAX};

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drained {
    /// Nobody is in the running map any more.
    Graceful,
    /// Somebody still is. One answer for all of them.
    TimedOut,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// The end of the work itself.
    Drain,
    /// Obedience to an interrupt.
    Grace,
}

/// Waits until the running map is empty. With no time to wait, anything at work has timed out at
/// once.
pub(super) async fn wait(hub: &Hub, of: Wait, timeout: Duration) -> Drained {
    let begun = Instant::now();
    let deadline = begun + timeout;
    let frozen = hub.policies.deadline == Deadline::Frozen && of == Wait::Drain;
    while !hub.live().idle() && (frozen || Instant::now() < deadline) {
        sleep(DRAIN_POLL).await;
    }
    let deadline = deadline.max(begun + JOB_DRAIN);
    let floor = hub.policies.job_drain == JobDrain::Floor && of == Wait::Drain;
    while floor && hub.live().jobs() && Instant::now() < deadline {
        sleep(DRAIN_POLL).await;
    }
    if hub.live().idle() { Drained::Graceful } else { Drained::TimedOut }
}

/// Waits for those who send, whom it keeps from sending (R038).
pub(super) async fn join_senders(hub: &Hub) {
    if hub.policies.sending == Sending::Free {
        return;
    }
    let deadline = Instant::now() + JOIN_MAX;
    while hub.live().sending() && Instant::now() < deadline {
        sleep(DRAIN_POLL).await;
    }
}

/// Waits until no agent is at work any more, for as long as that takes (R036).
pub(super) async fn wait_for_workers(hub: &Hub) {
    while !hub.live().workers().is_empty() {
        sleep(DRAIN_POLL).await;
    }
}

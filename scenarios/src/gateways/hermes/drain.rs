//! Waiting for the running map to be empty (lifecycle section 3.2, steps 4 and 6).
//!
//! Polled, as the real one is. It waits for sentinels, and it does not wait for replies.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::hub::Hub;
use super::times::DRAIN_POLL;

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drained {
    /// Nobody is in the running map any more.
    Graceful,
    /// Somebody still is. One answer for all of them.
    TimedOut,
}

/// Waits until the running map is empty. With no time to wait, anything at work has timed out at
/// once.
pub(super) async fn wait(hub: &Hub, timeout: Duration) -> Drained {
    let deadline = Instant::now() + timeout;
    while !hub.live().idle() && Instant::now() < deadline {
        sleep(DRAIN_POLL).await;
    }
    if hub.live().idle() { Drained::Graceful } else { Drained::TimedOut }
}

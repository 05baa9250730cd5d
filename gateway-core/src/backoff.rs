//! Pauses between attempts, each longer than the one before, up to a limit.
//!
//! No chance is in them: two runs of one plan pause alike.

use std::time::Duration;

use crate::live::Live;

/// The pause before something is tried again: it doubles, up to sixty-four times the first.
pub(crate) struct Backoff {
    first: Duration,
    next: Duration,
}

impl Backoff {
    /// Nothing was tried yet. What the platform does not take is sent again as the operator wants.
    pub(crate) fn new(live: &Live) -> Backoff {
        Backoff::starting(live.settings.send_retry.max(Duration::from_millis(1)))
    }

    /// Nothing was tried yet, and so long is the first pause.
    pub(crate) fn starting(first: Duration) -> Backoff {
        Backoff { first, next: first }
    }

    /// It worked: the next pause is the first again.
    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }

    /// Pauses.
    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(self.first * 64);
    }
}

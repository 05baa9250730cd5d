//! The time constants of the real gateway (lifecycle section 6).
//!
//! Only those that no setting of a plan stands for.

use std::time::Duration;

/// How recently a session must have been touched for an unclean boot to believe that it was at
/// work, in milliseconds. A turn that is longer escapes it: the root of #27856.
pub(super) const SWEEP_WINDOW_MS: i64 = 120_000;

/// How long interrupted agents may take to unwind.
pub(super) const INTERRUPT_GRACE: Duration = Duration::from_secs(5);

/// How often the drain looks whether anything still runs.
pub(super) const DRAIN_POLL: Duration = Duration::from_millis(100);

/// How long a boot lets its platforms settle before it resumes anything.
pub(super) const STARTUP_SETTLE: Duration = Duration::from_secs(1);

/// How long disconnecting from the platform takes. The real limit is five seconds; a healthy
/// platform needs far less.
pub(super) const DISCONNECT: Duration = Duration::from_millis(50);

/// How long polling pauses after the platform did not answer.
pub(super) const POLL_RETRY: Duration = Duration::from_secs(1);

/// From how many interrupted stops on a session is wiped (in practice never reached, because
/// every boot deletes the counters).
pub(super) const STUCK_AFTER: u32 = 3;

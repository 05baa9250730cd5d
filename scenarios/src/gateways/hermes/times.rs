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

/// For how long a restart waits for running turns before its stop begins (E3).
pub(super) const AFTER_TURN_MAX: Duration = Duration::from_secs(1_800);

/// How long after its drain a stop that does not end is ended (E3).
pub(super) const WATCHDOG_GRACE: Duration = Duration::from_secs(60);

/// How long the gate waits for resumed turns since it does not wait for ever (E3).
pub(super) const GATE_CAP: Duration = Duration::from_secs(30);

/// How long a task may take from being spawned to claiming its slot (R052).
pub(super) const LATE_CLAIM: Duration = Duration::from_millis(160);

/// How long a stop waits for jobs at least (E3).
pub(super) const JOB_DRAIN: Duration = Duration::from_secs(30);

/// How long ago a job may have been due for a boot to run it, in milliseconds (R110).
pub(super) const JOB_DUE_MS: i64 = 120_000;

/// How long a stop joins a thread (R038).
pub(super) const JOIN_MAX: Duration = Duration::from_secs(5);

/// How far apart two time zones are, in milliseconds (R072).
pub(super) const ZONE_MS: i64 = 2 * 3_600_000;

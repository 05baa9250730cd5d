//! The time of a boot: where its hub reads it, and what its pacemaker is set to.
//!
//! It decides nothing; the hub arms the pacemaker, and the stage runs it if it has one.

use std::task::Waker;

use tokio::time::Instant;

use crate::time::Ms;

/// Where a hub has the time from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Timing {
    /// It counts from the instant of the boot's runtime at which the boot began.
    Counted(Instant),
    /// It is told with every call of [`crate::hub::Hub::settle`].
    Told,
}

/// What the pacemaker is set to.
#[derive(Default)]
pub(crate) struct Pacemaker {
    pub(crate) target: Option<Ms>,
    pub(crate) waker: Option<Waker>,
}

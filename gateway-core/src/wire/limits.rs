//! What a connection may cost, and how long its silences may be.
//!
//! Every buffer of the wire is bounded by something on this page.

use std::time::Duration;

/// How long an end writes nothing before it writes a heartbeat. A third of [`IDLE_LIMIT`], so that
/// one late heartbeat ends nothing.
pub const BEAT_EVERY: Duration = Duration::from_secs(10);

/// How long a peer may send not a single byte, or take none of what it is sent, before it counts
/// as gone: the other half of a half-open connection notices nothing by itself. Longer than any
/// pause of a healthy process, shorter than the minutes in which TCP gives up.
pub const IDLE_LIMIT: Duration = Duration::from_secs(30);

/// How long a connection may take to come about. A host that is up answers in milliseconds; one
/// lost segment costs TCP a second, three in a row seven.
pub const DIAL_LIMIT: Duration = Duration::from_secs(10);

/// The pause before a client dials again. It doubles with every connection that came to nothing,
/// up to sixty-four times this (6.4 s): a platform that restarts is found again at once, and one
/// that is down for an hour is not hammered.
pub const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The shortest limit on frames that a peer may ask for, in bytes: any question, any answer to one
/// but a poll's, and the reason why something failed fit.
pub(super) const SHORTEST_FRAME: usize = 1024;

/// How much of a reason crosses the wire, in bytes. At its worst, escaped, it still fits the
/// shortest frame.
const LONGEST_REASON: usize = 128;

/// What one connection may cost its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest frame, in bytes and without its newline. It bounds what is read before a frame
    /// is complete, and what is written at once.
    pub frame: usize,
    /// How many calls may be under way at a time.
    pub calls: usize,
    /// How many bytes of calls may wait in a client for a connection.
    pub waiting: usize,
}

impl Limits {
    /// What suits a gateway with thousands of chats. A frame of 1 MiB holds every text that the
    /// core takes, even if each of its bytes has to be escaped.
    pub fn standard() -> Limits {
        Limits { frame: 1024 * 1024, calls: 1024, waiting: 64 * 1024 * 1024 }
    }
}

/// A reason in the length that may cross the wire.
pub(super) fn clipped(mut reason: String) -> String {
    if reason.len() > LONGEST_REASON {
        reason.truncate(reason.floor_char_boundary(LONGEST_REASON));
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::frame::{FromServer, Reply, line};

    #[test]
    fn the_longest_reason_fits_the_shortest_frame() {
        let reason = clipped("\u{1}".repeat(1000));
        let answer = FromServer::Answer { id: u64::MAX, reply: Reply::NotTaken(reason) };
        assert!(line(&answer).len() <= SHORTEST_FRAME, "{}", line(&answer).len());
        assert_eq!(clipped("\u{e4}".repeat(100)).len(), LONGEST_REASON);
        assert_eq!(clipped("short".to_owned()), "short");
    }
}

//! Why a connection ended, and how that is told.
//!
//! A connection that was lost is a warning: networks do that. A peer that broke the protocol is an
//! error: one of the two ends is wrong, and somebody has to look. Nothing of what a frame says is
//! repeated in a log.

use std::fmt;
use std::io;

use super::frame::VERSION;
use super::limits::IDLE_LIMIT;

/// Why a connection ended.
#[derive(Debug)]
pub(super) enum Fault {
    /// The peer closed it between two frames.
    Closed,
    /// The peer closed it within a frame.
    Torn { bytes: usize },
    /// Reading or writing failed.
    Io(io::Error),
    /// It did not come about.
    Dial(io::Error),
    /// It did not come about in time.
    DialTimeout,
    /// The peer sent nothing for too long.
    Silent,
    /// The peer did not say hello or welcome in time.
    NoGreeting,
    /// The peer took nothing for too long.
    Stalled { written: usize, of: usize },
    /// The peer is there and answers nothing, and no further call fits.
    Wedged { calls: usize },
    /// The peer does not serve this client.
    Refused { reason: String },
    /// This client is not served.
    NotServed { reason: String },
    /// A frame has no end within what is allowed.
    Oversized { bytes: usize, limit: usize },
    /// A line is not text.
    NotUtf8 { bytes: usize, at: usize },
    /// A line is not JSON.
    NotJson { bytes: usize, at: usize },
    /// A line is JSON and nothing that is known here.
    NotAFrame { bytes: usize },
    /// A frame came where it has no place.
    OutOfPlace { frame: &'static str },
    /// The peer speaks another version.
    Version { theirs: u32 },
    /// The peer's limits leave no room for anything.
    Cramped { frame_limit: usize, calls_limit: usize },
    /// The peer shows twice what was to be shown once.
    KeysIgnored,
    /// An answer to a question that nobody asked.
    Stranger { id: u64 },
    /// An answer that fits another question.
    Misfit { id: u64 },
    /// A call whose number is not higher than the one before.
    OutOfOrder { id: u64 },
    /// More calls than are allowed.
    TooManyCalls { limit: usize },
}

impl Fault {
    /// Tells the operator. `peer` is who is at the other end, and has sent so many bytes.
    pub(super) fn log(&self, peer: &str, bytes: u64) {
        match self {
            Fault::Closed
            | Fault::Torn { .. }
            | Fault::Io(_)
            | Fault::Dial(_)
            | Fault::DialTimeout
            | Fault::Silent
            | Fault::NoGreeting
            | Fault::NotServed { .. }
            | Fault::Stalled { .. }
            | Fault::Wedged { .. } => tracing::warn!(peer, bytes, "wire: {self}"),
            _ => tracing::error!(peer, bytes, "wire: {self}; the connection is closed"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Closed => write!(f, "the peer closed the connection"),
            Fault::Torn { bytes } => {
                write!(f, "the peer closed the connection {bytes} bytes into a frame")
            }
            Fault::Io(error) => write!(f, "connection lost: {error}"),
            Fault::Dial(error) => write!(f, "no connection: {error}"),
            Fault::DialTimeout => write!(f, "no connection in time"),
            Fault::Silent => write!(f, "the peer sent nothing for {IDLE_LIMIT:?}"),
            Fault::NoGreeting => write!(f, "the peer did not greet within {IDLE_LIMIT:?}"),
            Fault::Stalled { written, of } => write!(
                f,
                "the peer took nothing for {IDLE_LIMIT:?}, {written} of {of} bytes into a frame"
            ),
            Fault::Wedged { calls } => write!(
                f,
                "the peer answered none of {calls} calls for {IDLE_LIMIT:?}, most of them given up"
            ),
            Fault::Refused { reason } => write!(f, "the peer does not serve this end: {reason}"),
            Fault::NotServed { reason } => write!(f, "the peer is not served here: {reason}"),
            Fault::Oversized { bytes, limit } => {
                write!(f, "a frame of more than {limit} bytes ({bytes} came)")
            }
            Fault::NotUtf8 { bytes, at } => {
                write!(f, "{bytes} bytes that are not UTF-8 from byte {at} on")
            }
            Fault::NotJson { bytes, at } => {
                write!(f, "{bytes} bytes that are not JSON from byte {at} on")
            }
            Fault::NotAFrame { bytes } => {
                write!(f, "{bytes} bytes of JSON that are no frame of this protocol")
            }
            Fault::OutOfPlace { frame } => write!(f, "a frame out of place: {frame}"),
            Fault::Version { theirs } => {
                write!(f, "the peer speaks version {theirs}, version {VERSION} is spoken here")
            }
            Fault::Cramped { frame_limit, calls_limit } => write!(
                f,
                "the peer takes frames of {frame_limit} bytes and {calls_limit} calls: no call fits"
            ),
            Fault::KeysIgnored => write!(
                f,
                "the platform ignores keys and this gateway was told that it honours them: \
                 nothing is sent until that is put right"
            ),
            Fault::Stranger { id } => write!(f, "an answer to call {id}, which is not under way"),
            Fault::Misfit { id } => write!(f, "an answer to call {id} that fits another question"),
            Fault::OutOfOrder { id } => write!(f, "a call numbered {id} that comes too late"),
            Fault::TooManyCalls { limit } => write!(f, "more than {limit} calls under way"),
        }
    }
}

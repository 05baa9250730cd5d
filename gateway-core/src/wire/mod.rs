//! A chat platform over a byte stream: one JSON object a line, either way.
//!
//! A gateway's end is a [`Client`], which is a [`Platform`](crate::env::Platform); the other end is
//! [`serve`], which asks any `Platform`. Neither knows what carries the bytes: production dials
//! TCP (`real::platform`), the simulator dials hosts that it made up. `docs/wire.md` is the
//! protocol, frame by frame.
//!
//! A lost connection loses nothing. A question that is safe to repeat (a poll, an
//! acknowledgement, what was acknowledged) is asked again on the next connection. A message of
//! which a byte may have left is reported as perhaps taken; one that had not waits for the next
//! connection. A peer that breaks the protocol, falls silent or stops reading is cut off, with a
//! line in the log that says what was wrong.
//!
//! Nothing here decides how long an answer may take (who asks does), and nothing here remembers
//! anything beyond one process: what must outlive it is the gateway's business.

mod batch;
mod calls;
mod client;
mod fault;
mod frame;
mod limits;
mod serve;
mod stream;
mod talk;

pub use batch::TooLong;
pub use client::{Caller, Client};
pub use frame::{Hello, Keys, VERSION};
pub use limits::{BEAT_EVERY, DIAL_LIMIT, FIRST_PAUSE, IDLE_LIMIT, Limits};
pub use serve::serve;

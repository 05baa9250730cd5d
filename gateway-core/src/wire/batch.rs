//! As many messages as fit into one frame.
//!
//! A poll may return fewer messages than there are: the next one asks for those behind them. A
//! message that fits into no frame can never be delivered; whoever takes messages from users
//! refuses it there ([`Limits::admit`]).

use super::frame::{FromServer, Reply, line};
use super::limits::Limits;
use crate::message::{Inbound, MessageId};

/// A message fits into no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message {id} makes a frame of {bytes} bytes, {limit} at most")]
pub struct TooLong {
    /// Which one.
    pub id: MessageId,
    /// How long its frame would be.
    pub bytes: usize,
    /// How long a frame may be.
    pub limit: usize,
}

impl Limits {
    /// Whether a message can be delivered over a wire with these limits at either end. A platform
    /// asks before it takes a message from a user.
    ///
    /// # Errors
    ///
    /// If no frame would hold it.
    pub fn admit(&self, message: &Inbound) -> Result<(), TooLong> {
        let bytes = line(&answer(u64::MAX, vec![message.clone()])).len();
        let (id, limit) = (message.id, self.frame);
        if bytes > limit { Err(TooLong { id, bytes, limit }) } else { Ok(()) }
    }
}

/// The answer to a poll: as many of `messages`, from the first on, as fit into `limit` bytes.
///
/// # Errors
///
/// If the first one does not.
pub(super) fn messages(
    id: u64,
    mut messages: Vec<Inbound>,
    limit: usize,
) -> Result<Vec<u8>, TooLong> {
    let mut bytes = line(&answer(id, Vec::new())).len();
    let mut fitting = 0;
    for message in &messages {
        bytes += line(message).len() + usize::from(fitting > 0);
        if bytes > limit {
            break;
        }
        fitting += 1;
    }
    match messages.first() {
        Some(first) if fitting == 0 => Err(TooLong { id: first.id, bytes, limit }),
        _ => {
            messages.truncate(fitting);
            Ok(line(&answer(id, messages)))
        }
    }
}

fn answer(id: u64, messages: Vec<Inbound>) -> FromServer {
    FromServer::Answer { id, reply: Reply::Messages(messages) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::UnixMs;
    use crate::message::{Body, ChatId};
    use crate::wire::frame::parse;

    fn message(id: u64, text: &str) -> Inbound {
        let (id, chat) = (MessageId(id), ChatId("a".to_owned()));
        Inbound { id, chat, sent_at: UnixMs(0), body: Body::Text(text.to_owned()) }
    }

    #[test]
    fn a_batch_is_as_long_as_its_frame_allows_and_no_longer() {
        let all: Vec<Inbound> = (1..=3).map(|id| message(id, "text")).collect();
        let lengths: Vec<usize> =
            (0..=3).map(|n| line(&answer(9, all[..n].to_vec())).len()).collect();
        for limit in 0..=lengths[3] + 1 {
            let batch = messages(9, all.clone(), limit);
            let fitting = (1..=3).rev().find(|n| lengths[*n] <= limit);
            match fitting {
                Some(n) => assert_eq!(batch, Ok(line(&answer(9, all[..n].to_vec())))),
                None => {
                    let too_long = TooLong { id: MessageId(1), bytes: lengths[1], limit };
                    assert_eq!(batch, Err(too_long));
                }
            }
        }
        let none = messages(9, Vec::new(), 0).expect("nothing fits everywhere");
        assert_eq!(parse::<FromServer>(&none).expect("a frame"), answer(9, Vec::new()));
    }

    #[test]
    fn the_largest_text_that_the_core_takes_fits_at_its_worst() {
        let worst = message(u64::MAX, &"\u{1}".repeat(crate::serve::LARGEST_TEXT));
        assert_eq!(Limits::standard().admit(&worst), Ok(()));
        let larger = message(7, &"x".repeat(Limits::standard().frame));
        let refused = Limits::standard().admit(&larger).expect_err("no frame holds it");
        assert_eq!((refused.id, refused.limit), (MessageId(7), Limits::standard().frame));
        assert!(refused.bytes > refused.limit, "{refused}");
    }
}

//! A platform in memory that behaves well, and remembers what was asked of it.

use std::sync::{Arc, Mutex, MutexGuard};

use gateway_core::env::{
    Effect, FenceError, Platform, PollError, SendError, Superseded, Token, UnixMs,
};
use gateway_core::message::{Body, ChatId, Cursor, Inbound, Kind, MessageId, Outbound};
use gateway_core::wire::Keys;
use tokio::sync::Notify;

/// What it was given and asked.
#[derive(Default)]
pub(crate) struct Seen {
    /// What users wrote.
    pub(crate) posted: Vec<Inbound>,
    /// Up to where the gateway needs nothing more.
    pub(crate) acked: u64,
    /// What has arrived from the gateway.
    pub(crate) arrived: Vec<Outbound>,
    /// How many polls were begun.
    pub(crate) polls: usize,
    /// The token that was admitted last.
    pub(crate) admitted: Option<Token>,
    /// How many times somebody asked to be admitted.
    pub(crate) fences: usize,
    /// How many sends were begun and have no answer yet, and how many there were at most.
    pub(crate) sending: (usize, usize),
}

/// The platform. What becomes of a message depends on how its text begins: `no` is not taken,
/// `perhaps` is taken and not confirmed, `slow` is taken when [`Board::hurry`] is called, and
/// everything else is taken at once.
pub(crate) struct Board {
    keys: Keys,
    seen: Mutex<Seen>,
    changed: Notify,
    hurried: Notify,
}

impl Board {
    /// A platform on which users have written these texts, in turn.
    pub(crate) fn new(texts: impl IntoIterator<Item = String>) -> Arc<Board> {
        Board::with_keys(Keys::Ignored, texts)
    }

    /// The same, of one that does this with keys.
    pub(crate) fn with_keys(keys: Keys, texts: impl IntoIterator<Item = String>) -> Arc<Board> {
        let board =
            Board { keys, seen: Mutex::default(), changed: Notify::new(), hurried: Notify::new() };
        texts.into_iter().for_each(|text| board.post(text));
        Arc::new(board)
    }

    /// A user writes.
    pub(crate) fn post(&self, text: String) {
        let mut seen = self.seen();
        let id = MessageId(seen.posted.last().map_or(0, |last| last.id.0) + 1);
        let chat = ChatId("a".to_owned());
        seen.posted.push(Inbound { id, chat, sent_at: UnixMs(0), body: Body::Text(text) });
        self.changed.notify_waiters();
    }

    /// What it has seen so far.
    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("nobody panics while looking")
    }

    /// Takes every slow message.
    pub(crate) fn hurry(&self) {
        self.hurried.notify_waiters();
    }

    /// The keys of what has arrived, in order.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.seen().arrived.iter().map(|outbound| outbound.key.clone()).collect()
    }
}

/// A message with a key of its own.
pub(crate) fn outbound(key: &str, text: &str) -> Outbound {
    let (chat, kind) = (ChatId("a".to_owned()), Kind::Answer { to: None });
    Outbound { chat, key: key.to_owned(), kind, text: text.to_owned() }
}

/// The board as one connection of a gateway sees it.
pub(crate) struct Port {
    board: Arc<Board>,
    /// As whom the gateway came.
    token: Arc<Mutex<Option<Token>>>,
}

/// The board as a gateway sees it, ready to be served.
pub(crate) fn port(board: &Arc<Board>) -> Arc<dyn Platform> {
    Arc::new(Port::to(board))
}

impl Port {
    /// A connection of whoever is yet to say who it is.
    pub(crate) fn to(board: &Arc<Board>) -> Port {
        Port { board: Arc::clone(board), token: Arc::default() }
    }
}

/// Whether whoever came as `token` is served.
fn served(seen: &Seen, token: &Mutex<Option<Token>>) -> Result<(), Superseded> {
    let token = *token.lock().expect("nobody panics while looking");
    match seen.admitted.filter(|admitted| Some(*admitted) != token) {
        Some(Token { boot, .. }) => Err(Superseded { by: boot }),
        None => Ok(()),
    }
}

impl Platform for Port {
    fn honours_keys(&self) -> bool {
        self.board.keys == Keys::Honoured
    }

    fn fence(&self, token: Token) -> Effect<Result<(), FenceError>> {
        let mut seen = self.board.seen();
        seen.fences += 1;
        let by = seen.admitted.filter(|last| *last != token && last.boot >= token.boot);
        let answer = match by {
            Some(Token { boot, .. }) => Err(Superseded { by: boot }.into()),
            None => {
                seen.admitted = Some(token);
                *self.token.lock().expect("nobody panics while looking") = Some(token);
                self.board.changed.notify_waiters();
                Ok(())
            }
        };
        Box::pin(async move { answer })
    }

    fn poll(&self, after: Cursor) -> Effect<Result<Vec<Inbound>, PollError>> {
        let (board, token) = (Arc::clone(&self.board), Arc::clone(&self.token));
        board.seen().polls += 1;
        Box::pin(async move {
            loop {
                let mut changed = std::pin::pin!(board.changed.notified());
                changed.as_mut().enable();
                served(&board.seen(), &token)?;
                let posted = board.seen().posted.clone();
                let new: Vec<Inbound> =
                    posted.into_iter().filter(|message| message.id.0 > after.0).collect();
                if !new.is_empty() {
                    return Ok(new);
                }
                changed.await;
            }
        })
    }

    fn ack(&self, upto: Cursor) -> Effect<Result<(), PollError>> {
        let mut seen = self.board.seen();
        let known = seen.posted.len() as u64;
        let answer = match served(&seen, &self.token) {
            Err(superseded) => Err(superseded.into()),
            Ok(()) if upto.0 > known => {
                Err(PollError::Unanswered(format!("nothing is known of {}", upto.0)))
            }
            Ok(()) => {
                seen.acked = seen.acked.max(upto.0);
                Ok(())
            }
        };
        Box::pin(async move { answer })
    }

    fn acknowledged(&self) -> Effect<Result<Cursor, PollError>> {
        let seen = self.board.seen();
        let answer = served(&seen, &self.token).map(|()| Cursor(seen.acked));
        Box::pin(async move { Ok(answer?) })
    }

    fn send(&self, outbound: Outbound) -> Effect<Result<(), SendError>> {
        let board = Arc::clone(&self.board);
        let text = outbound.text.clone();
        let mut seen = board.seen();
        if let Err(superseded) = served(&seen, &self.token) {
            return Box::pin(async move { Err(superseded.into()) });
        }
        let Seen { sending: (now, most), .. } = &mut *seen;
        *now += 1;
        *most = (*most).max(*now);
        if !text.starts_with("no") {
            seen.arrived.push(outbound);
        }
        drop(seen);
        Box::pin(async move {
            let answer = match text {
                text if text.starts_with("no") => Err(SendError::NotTaken("planned".to_owned())),
                text if text.starts_with("perhaps") => {
                    Err(SendError::Unknown("planned".to_owned()))
                }
                text if text.starts_with("slow") => {
                    board.hurried.notified().await;
                    Ok(())
                }
                _ => Ok(()),
            };
            board.seen().sending.0 -= 1;
            answer
        })
    }
}

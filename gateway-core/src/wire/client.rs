//! A gateway's end: a [`Platform`], and the work that keeps it connected.

use std::future::Future;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::calls::{Backlog, Call, Unanswered};
use super::fault::Fault;
use super::frame::{Keys, Reply, Request};
use super::limits::{DIAL_LIMIT, FIRST_PAUSE, Limits};
use super::talk::{Ended, talk};
use crate::backoff::Backoff;
use crate::env::{Effect, FenceError, Platform, PollError, SendError, Superseded, Token};
use crate::message::{Cursor, Inbound, Outbound};

/// What a call takes while it waits, beside its texts, in bytes.
const CALL: usize = 256;

/// Who calls whom, and what is known of them beforehand.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who this is, as the platform knows it.
    pub who: String,
    /// Where the platform is, for dialling and for the log.
    pub peer: String,
    /// What the platform does with keys. A boot decides what to redeliver before it has reached
    /// the platform, so it is told; a platform that turns out to ignore the keys that it was said
    /// to honour is sent nothing.
    pub keys: Keys,
    /// What a connection may cost.
    pub limits: Limits,
}

/// The platform as the gateway sees it.
pub struct Client {
    calls: mpsc::UnboundedSender<Call>,
    room: Arc<Semaphore>,
    keys: Keys,
}

impl Client {
    /// A client, and the work that keeps it connected: whoever makes it runs that beside it. It
    /// ends when the client is dropped and all its calls are done with.
    ///
    /// `dial` opens a connection. It is called again, after a pause that grows, whenever one was
    /// lost or did not come about.
    pub fn new<D, C, S>(caller: Caller, dial: D) -> (Client, impl Future<Output = ()>)
    where
        D: Fn() -> C,
        C: Future<Output = io::Result<S>>,
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (calls, fresh) = mpsc::unbounded_channel();
        let room = caller.limits.waiting.min(Semaphore::MAX_PERMITS);
        let client = Client { calls, room: Arc::new(Semaphore::new(room)), keys: caller.keys };
        (client, keep(caller, dial, Backlog::new(fresh)))
    }

    /// Sends a request off. Its reply comes, or the reason why none will.
    fn call(&self, request: Request) -> Effect<Result<Reply, Unanswered>> {
        let Some(room) = self.room(&request) else {
            let full = "too much waits for the platform already".to_owned();
            return Box::pin(async { Err(Unanswered::NotAsked(full)) });
        };
        let (reply, answer) = oneshot::channel();
        // If nobody keeps the client connected any more, the call comes back and is dropped here.
        drop(self.calls.send(Call::new(request, reply, room)));
        Box::pin(async move {
            let unkept = "nobody keeps the client connected";
            answer.await.unwrap_or_else(|_| Err(Unanswered::Lost(unkept.to_owned())))
        })
    }

    fn room(&self, request: &Request) -> Option<OwnedSemaphorePermit> {
        let texts = match request {
            Request::Send { outbound: Outbound { chat, key, text, .. } } => {
                chat.0.len() + key.len() + text.len()
            }
            Request::Fence { .. }
            | Request::Poll { .. }
            | Request::Ack { .. }
            | Request::Acknowledged {} => 0,
        };
        let bytes = u32::try_from(texts + CALL).ok()?;
        Arc::clone(&self.room).try_acquire_many_owned(bytes).ok()
    }
}

impl Platform for Client {
    fn honours_keys(&self) -> bool {
        self.keys == Keys::Honoured
    }

    fn fence(&self, token: Token) -> Effect<Result<(), FenceError>> {
        let reply = self.call(Request::Fence { token });
        Box::pin(async move {
            match reply.await {
                Ok(Reply::Admitted {}) => Ok(()),
                Ok(Reply::Superseded { by }) => Err(Superseded { by }.into()),
                other => Err(FenceError::Unanswered(failure(other))),
            }
        })
    }

    fn poll(&self, after: Cursor) -> Effect<Result<Vec<Inbound>, PollError>> {
        let reply = self.call(Request::Poll { after });
        Box::pin(async move {
            match reply.await {
                Ok(Reply::Messages(inbound)) => Ok(inbound),
                other => Err(unasked(other)),
            }
        })
    }

    fn ack(&self, upto: Cursor) -> Effect<Result<(), PollError>> {
        let reply = self.call(Request::Ack { upto });
        Box::pin(async move {
            match reply.await {
                Ok(Reply::Acked {}) => Ok(()),
                other => Err(unasked(other)),
            }
        })
    }

    fn acknowledged(&self) -> Effect<Result<Cursor, PollError>> {
        let reply = self.call(Request::Acknowledged {});
        Box::pin(async move {
            match reply.await {
                Ok(Reply::Acknowledged(upto)) => Ok(upto),
                other => Err(unasked(other)),
            }
        })
    }

    fn send(&self, outbound: Outbound) -> Effect<Result<(), SendError>> {
        let reply = self.call(Request::Send { outbound });
        Box::pin(async move {
            match reply.await {
                Ok(Reply::Sent {}) => Ok(()),
                Ok(Reply::Superseded { by }) => Err(Superseded { by }.into()),
                Ok(Reply::NotTaken(error)) | Err(Unanswered::NotAsked(error)) => {
                    Err(SendError::NotTaken(error))
                }
                other => Err(SendError::Unknown(failure(other))),
            }
        })
    }
}

/// Why something about messages on their way in was not answered.
fn unasked(reply: Result<Reply, Unanswered>) -> PollError {
    match reply {
        Ok(Reply::Superseded { by }) => Superseded { by }.into(),
        other => PollError::Unanswered(failure(other)),
    }
}

/// Why a reply is not the one that was hoped for.
fn failure(reply: Result<Reply, Unanswered>) -> String {
    match reply {
        Ok(Reply::Failed(error) | Reply::Unknown(error)) => error,
        Err(Unanswered::NotAsked(error) | Unanswered::Lost(error)) => error,
        Ok(other) => unreachable!("a reply that fits another question was let through: {other:?}"),
    }
}

/// Keeps a client connected, for as long as anybody may ask or waits.
async fn keep<D, C, S>(caller: Caller, dial: D, mut backlog: Backlog)
where
    D: Fn() -> C,
    C: Future<Output = io::Result<S>>,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut backoff = Backoff::starting(FIRST_PAUSE);
    while !backlog.is_over() {
        match timeout(DIAL_LIMIT, dial()).await {
            Ok(Ok(stream)) => match talk(stream, &caller, &mut backlog).await {
                Ended::Unused => return,
                Ended::Proven => backoff.reset(),
                Ended::Lost => {}
            },
            Ok(Err(error)) => Fault::Dial(error).log(&caller.peer, 0),
            Err(_) => Fault::DialTimeout.log(&caller.peer, 0),
        }
        backoff.wait().await;
    }
}

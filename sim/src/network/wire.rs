//! A chat platform over a byte stream: one JSON object a line, either way.
//!
//! A gateway's end is a [`Client`], which is a [`Platform`]; the other end is [`serve`], which asks
//! any [`Platform`]. Neither knows what carries the bytes, and nothing here decides how long to
//! wait for an answer. Answers come in any order, for a poll may wait long while others go on;
//! each bears the number of its request. What a lost connection leaves unanswered fails, and
//! whether a message arrived is then unknown; what was not yet written waits for the next
//! connection.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use gateway_core::env::{Effect, Platform, PollError, SendError};
use gateway_core::message::{Cursor, Inbound, Outbound};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Duration, sleep};

/// How long a client waits before it connects again.
const REDIAL_DELAY: Duration = Duration::from_millis(100);

/// What a client says first: who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hello {
    /// The boot that talks. A connection is for one boot and ends with it.
    pub(super) boot: u32,
}

/// One line after the first, in either direction.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Frame<T> {
    /// The number of the request within its connection.
    id: u64,
    body: T,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Request {
    Poll { after: Cursor },
    Ack { upto: Cursor },
    Acknowledged,
    Send { outbound: Outbound },
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Reply {
    Messages(Vec<Inbound>),
    Acked,
    Acknowledged(Cursor),
    Sent,
    /// A poll, an acknowledgement or a question about it failed.
    Failed(String),
    /// A message was not taken.
    NotTaken(String),
    /// A message was perhaps taken.
    Unknown(String),
}

/// A request, and who waits for its reply. Dropping it tells them that none will come.
struct Call {
    request: Request,
    reply: oneshot::Sender<Reply>,
}

/// The platform as the gateway sees it.
pub(super) struct Client {
    calls: mpsc::UnboundedSender<Call>,
    honours_keys: bool,
}

impl Client {
    /// A client, and the work that keeps it connected: whoever makes it runs that beside it.
    pub(super) fn new<D, C, S>(
        hello: Hello,
        honours_keys: bool,
        dial: D,
    ) -> (Client, impl Future<Output = ()>)
    where
        D: Fn() -> C,
        C: Future<Output = io::Result<S>>,
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (calls, mut waiting) = mpsc::unbounded_channel();
        let connected = async move {
            loop {
                if let Ok(stream) = dial().await
                    && let Ended::Unused = converse(stream, hello, &mut waiting).await
                {
                    return;
                }
                sleep(REDIAL_DELAY).await;
            }
        };
        (Client { calls, honours_keys }, connected)
    }

    /// Sends a request off; its reply, or none if the connection was lost before it came.
    fn call(&self, request: Request) -> impl Future<Output = Option<Reply>> + Send + 'static {
        let (reply, answer) = oneshot::channel();
        // If nobody keeps the client connected any more, the call comes back and is dropped.
        self.calls.send(Call { request, reply }).ok();
        async move { answer.await.ok() }
    }
}

impl Platform for Client {
    fn honours_keys(&self) -> bool {
        self.honours_keys
    }

    fn poll(&self, after: Cursor) -> Effect<Result<Vec<Inbound>, PollError>> {
        let reply = self.call(Request::Poll { after });
        Box::pin(async move {
            match reply.await {
                Some(Reply::Messages(inbound)) => Ok(inbound),
                other => Err(PollError(failure(other))),
            }
        })
    }

    fn ack(&self, upto: Cursor) -> Effect<Result<(), PollError>> {
        let reply = self.call(Request::Ack { upto });
        Box::pin(async move {
            match reply.await {
                Some(Reply::Acked) => Ok(()),
                other => Err(PollError(failure(other))),
            }
        })
    }

    fn acknowledged(&self) -> Effect<Result<Cursor, PollError>> {
        let reply = self.call(Request::Acknowledged);
        Box::pin(async move {
            match reply.await {
                Some(Reply::Acknowledged(upto)) => Ok(upto),
                other => Err(PollError(failure(other))),
            }
        })
    }

    fn send(&self, outbound: Outbound) -> Effect<Result<(), SendError>> {
        let reply = self.call(Request::Send { outbound });
        Box::pin(async move {
            match reply.await {
                Some(Reply::Sent) => Ok(()),
                Some(Reply::NotTaken(error)) => Err(SendError::NotTaken(error)),
                other => Err(SendError::Unknown(failure(other))),
            }
        })
    }
}

/// Why a reply is not the one that was hoped for.
fn failure(reply: Option<Reply>) -> String {
    match reply {
        None => "connection lost".to_owned(),
        Some(Reply::Failed(error) | Reply::Unknown(error)) => error,
        Some(other) => format!("the reply fits another request: {other:?}"),
    }
}

/// Why a conversation ended.
enum Ended {
    /// The connection was lost.
    Lost,
    /// The client is gone.
    Unused,
}

/// Carries calls over one connection until it is lost.
///
/// Reading never waits for writing: two ends that both wait for room to write would wait forever.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    hello: Hello,
    calls: &mut mpsc::UnboundedReceiver<Call>,
) -> Ended {
    let (read, mut write) = tokio::io::split(stream);
    let waiting: Mutex<BTreeMap<u64, oneshot::Sender<Reply>>> = Mutex::default();
    let lock = || waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let reading = async {
        let mut lines = BufReader::new(read).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let Ok(frame) = parse::<Frame<Reply>>(&line) else { break };
            if let Some(reply) = lock().remove(&frame.id) {
                // Whoever asked may have stopped waiting.
                reply.send(frame.body).ok();
            }
        }
        Ended::Lost
    };
    let writing = async {
        if write.write_all(&line(&hello)).await.is_err() {
            return Ended::Lost;
        }
        let mut id = 0;
        while let Some(Call { request, reply }) = calls.recv().await {
            id += 1;
            lock().insert(id, reply);
            if write.write_all(&line(&Frame { id, body: request })).await.is_err() {
                return Ended::Lost;
            }
        }
        Ended::Unused
    };
    tokio::select! {
        biased;
        ended = reading => ended,
        ended = writing => ended,
    }
}

/// Answers one connection until it ends, asking the platform that `platform_for` has for whoever
/// talks; if it has none, the connection is closed. What is unanswered at the end stays so.
///
/// # Panics
///
/// If asking the platform panics.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    platform_for: impl FnOnce(Hello) -> Option<Arc<dyn Platform>>,
) {
    let (read, mut write) = tokio::io::split(stream);
    let mut lines = BufReader::new(read).lines();
    let Ok(Some(first)) = lines.next_line().await else { return };
    let Some(platform) = parse(&first).ok().and_then(platform_for) else { return };
    let mut replies = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(reply) = replies.join_next() => {
                let reply: Frame<Reply> = reply.expect("the platform answers or waits");
                if write.write_all(&line(&reply)).await.is_err() {
                    return;
                }
            }
            next = lines.next_line() => {
                let Ok(Some(next)) = next else { return };
                let Ok(Frame { id, body }) = parse(&next) else { return };
                let reply = ask(&*platform, body);
                replies.spawn(async move { Frame { id, body: reply.await } });
            }
        }
    }
}

/// Asks the platform; the request has left when this returns.
fn ask(platform: &dyn Platform, request: Request) -> Effect<Reply> {
    match request {
        Request::Poll { after } => {
            let messages = platform.poll(after);
            Box::pin(async move {
                match messages.await {
                    Ok(inbound) => Reply::Messages(inbound),
                    Err(PollError(error)) => Reply::Failed(error),
                }
            })
        }
        Request::Ack { upto } => {
            let acked = platform.ack(upto);
            Box::pin(async move {
                match acked.await {
                    Ok(()) => Reply::Acked,
                    Err(PollError(error)) => Reply::Failed(error),
                }
            })
        }
        Request::Acknowledged => {
            let asked = platform.acknowledged();
            Box::pin(async move {
                match asked.await {
                    Ok(upto) => Reply::Acknowledged(upto),
                    Err(PollError(error)) => Reply::Failed(error),
                }
            })
        }
        Request::Send { outbound } => {
            let sent = platform.send(outbound);
            Box::pin(async move {
                match sent.await {
                    Ok(()) => Reply::Sent,
                    Err(SendError::NotTaken(error)) => Reply::NotTaken(error),
                    Err(SendError::Unknown(error)) => Reply::Unknown(error),
                }
            })
        }
    }
}

fn parse<T: DeserializeOwned>(line: &str) -> serde_json::Result<T> {
    serde_json::from_str(line)
}

fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).expect("what is sent is plain data");
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests;

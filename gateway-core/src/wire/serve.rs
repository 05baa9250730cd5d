//! The platform's end of one connection.
//!
//! A client costs its server a bounded amount whatever it does: so many calls at a time, one
//! poll's messages, two frames. What a client does not read is not produced: a poll is answered
//! when there is room to write, and a client that takes nothing for too long is cut off.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::batch;
use super::fault::Fault;
use super::frame::{FromClient, FromServer, Hello, Reply, Request, VERSION, Welcome};
use super::frame::{line, parse, version};
use super::limits::{BEAT_EVERY, IDLE_LIMIT, Limits, SHORTEST_FRAME, clipped};
use super::stream::{Lines, write};
use crate::env::{Effect, FenceError, Platform, PollError, SendError, Superseded};
use crate::message::Inbound;

/// Answers one connection until it ends, asking the platform that `platform_for` has for whoever
/// says hello; if it has none, the client is told why. What is unanswered at the end stays so.
/// `peer` is where the client is, for the log.
///
/// A later poll of a connection takes the place of an earlier one. The platform must bear an
/// acknowledgement that comes late: one of a lost connection may take hold after a newer one.
/// Nothing that follows a `fence` is begun before that is answered, and a client repeats the last
/// one on each connection: whoever admits the same token again need not know clients otherwise.
///
/// # Panics
///
/// If asking the platform panics.
pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    peer: &str,
    limits: Limits,
    platform_for: impl FnOnce(&Hello) -> Result<Arc<dyn Platform>, String>,
) {
    let (read, mut to) = tokio::io::split(stream);
    let mut lines = Lines::new(read, limits.frame);
    let greeting = welcome(&mut lines, &mut to, limits, platform_for);
    let greeted = timeout(IDLE_LIMIT, greeting).await;
    let (who, fault) = match greeted.unwrap_or(Err(Fault::NoGreeting)) {
        Ok((hello, platform)) => {
            let fault = answer(&mut lines, to, limits, &hello, &*platform).await;
            (clipped(hello.who), fault)
        }
        Err(fault) => (String::new(), fault),
    };
    match fault {
        // A client that has nothing more to ask is no news.
        Fault::Closed => tracing::debug!(peer, who, "wire: the client is gone"),
        fault => fault.log(&format!("{who}@{peer}"), lines.heard()),
    }
}

/// Hears the hello and answers it.
async fn welcome<R: AsyncRead + Unpin>(
    lines: &mut Lines<R>,
    to: &mut (impl AsyncWrite + Unpin),
    limits: Limits,
    platform_for: impl FnOnce(&Hello) -> Result<Arc<dyn Platform>, String>,
) -> Result<(Hello, Arc<dyn Platform>), Fault> {
    let first = lines.next().await?;
    let theirs = version(&first, "hello").filter(|theirs| *theirs != VERSION);
    let refused = if let Some(theirs) = theirs {
        let reason = format!("version {VERSION} is spoken here, not {theirs}");
        (reason, Fault::Version { theirs })
    } else {
        match parse(&first)? {
            FromClient::Hello(hello) if hello.frame_limit < SHORTEST_FRAME => {
                let (frame_limit, calls_limit) = (hello.frame_limit, limits.calls);
                let reason = format!("a frame takes {SHORTEST_FRAME} bytes, not {frame_limit}");
                (reason, Fault::Cramped { frame_limit, calls_limit })
            }
            FromClient::Hello(hello) => match platform_for(&hello) {
                Ok(platform) => {
                    let welcome = Welcome::to(&*platform, limits);
                    write(to, line(&FromServer::Welcome(welcome)), || {}).await?;
                    return Ok((hello, platform));
                }
                Err(reason) => (reason.clone(), Fault::NotServed { reason }),
            },
            FromClient::Ask { .. } => return Err(Fault::OutOfPlace { frame: "ask" }),
            FromClient::Beat {} => return Err(Fault::OutOfPlace { frame: "beat" }),
        }
    };
    let (reason, fault) = refused;
    write(to, line(&FromServer::Refused { reason: clipped(reason) }), || {}).await?;
    Err(fault)
}

/// A poll that waits for its messages.
type Poll = (u64, Effect<Result<Vec<Inbound>, PollError>>);

/// What those who read hand to those who write.
struct Desk {
    replies: mpsc::Sender<(u64, Reply)>,
    /// Holds one: whoever asks for more than can be written is not read from any more.
    polls: mpsc::Sender<Poll>,
}

/// Answers calls until the connection ends.
async fn answer<R: AsyncRead + Unpin>(
    lines: &mut Lines<R>,
    to: impl AsyncWrite + Unpin,
    limits: Limits,
    hello: &Hello,
    platform: &dyn Platform,
) -> Fault {
    let (replies, replied) = mpsc::channel(limits.calls.max(1));
    let (polls, polled) = mpsc::channel(1);
    let under_way = AtomicUsize::new(0);
    let frame_limit = hello.frame_limit.min(limits.frame);
    let beat_at = Instant::now() + BEAT_EVERY;
    let (under_way, poll) = (&under_way, None);
    let mut writer = Writer { to, frame_limit, under_way, replied, polled, poll, beat_at };
    let desk = Desk { replies, polls };
    tokio::select! {
        biased;
        fault = reading(lines, limits, platform, under_way, desk) => fault,
        fault = writer.run() => fault,
    }
}

/// Begins what is asked, in the order in which it is read.
async fn reading<R: AsyncRead + Unpin>(
    lines: &mut Lines<R>,
    Limits { calls: limit, .. }: Limits,
    platform: &dyn Platform,
    under_way: &AtomicUsize,
    Desk { replies, polls }: Desk,
) -> Fault {
    let mut asked = JoinSet::new();
    let mut latest = 0;
    loop {
        let line = tokio::select! {
            biased;
            Some(ended) = asked.join_next() => {
                let () = ended.expect("the platform answers or waits");
                continue;
            }
            line = lines.next() => line,
        };
        let (id, request) = match line.and_then(|line| parse(&line)) {
            Ok(FromClient::Ask { id, request }) => (id, request),
            Ok(FromClient::Beat {}) => continue,
            Ok(FromClient::Hello(_)) => return Fault::OutOfPlace { frame: "hello" },
            Err(fault) => return fault,
        };
        if id <= latest {
            return Fault::OutOfOrder { id };
        }
        latest = id;
        if under_way.fetch_add(1, Ordering::Relaxed) >= limit {
            return Fault::TooManyCalls { limit };
        }
        match request {
            Request::Poll { after } => match polls.reserve().await {
                Ok(place) => place.send((id, platform.poll(after))),
                Err(_) => return Fault::Closed,
            },
            Request::Fence { token } => {
                let reply = match platform.fence(token).await {
                    Ok(()) => Reply::Admitted {},
                    Err(FenceError::Superseded(Superseded { by })) => Reply::Superseded { by },
                    Err(FenceError::Unanswered(error)) => Reply::Failed(clipped(error)),
                };
                drop(replies.send((id, reply)).await);
            }
            request => {
                let (reply, replies) = (ask(platform, request), replies.clone());
                asked.spawn(async move {
                    // If nobody writes any more, the connection is over and so is this.
                    drop(replies.send((id, reply.await)).await);
                });
            }
        }
    }
}

/// Asks the platform; the request has left when this returns.
fn ask(platform: &dyn Platform, request: Request) -> Effect<Reply> {
    match request {
        Request::Poll { .. } => unreachable!("a poll is answered when there is room to write"),
        Request::Fence { .. } => unreachable!("nothing is asked beside a fence"),
        Request::Ack { upto } => {
            let acked = platform.ack(upto);
            Box::pin(async move {
                match acked.await {
                    Ok(()) => Reply::Acked {},
                    Err(error) => failed(error),
                }
            })
        }
        Request::Acknowledged {} => {
            let asked = platform.acknowledged();
            Box::pin(async move {
                match asked.await {
                    Ok(upto) => Reply::Acknowledged(upto),
                    Err(error) => failed(error),
                }
            })
        }
        Request::Send { outbound } => {
            let sent = platform.send(outbound);
            Box::pin(async move {
                match sent.await {
                    Ok(()) => Reply::Sent {},
                    Err(SendError::NotTaken(error)) => Reply::NotTaken(clipped(error)),
                    Err(SendError::Unknown(error)) => Reply::Unknown(clipped(error)),
                    Err(SendError::Superseded(Superseded { by })) => Reply::Superseded { by },
                }
            })
        }
    }
}

fn failed(error: PollError) -> Reply {
    match error {
        PollError::Unanswered(error) => Reply::Failed(clipped(error)),
        PollError::Superseded(Superseded { by }) => Reply::Superseded { by },
    }
}

/// Writes replies as they come, and heartbeats while none do.
struct Writer<'a, W> {
    to: W,
    frame_limit: usize,
    under_way: &'a AtomicUsize,
    replied: mpsc::Receiver<(u64, Reply)>,
    polled: mpsc::Receiver<Poll>,
    poll: Option<Poll>,
    /// When a heartbeat is due.
    beat_at: Instant,
}

impl<W: AsyncWrite + Unpin> Writer<'_, W> {
    async fn run(&mut self) -> Fault {
        loop {
            if let Err(fault) = self.step().await {
                return fault;
            }
        }
    }

    async fn step(&mut self) -> Result<(), Fault> {
        tokio::select! {
            biased;
            Some((id, reply)) = self.replied.recv() => self.reply(id, reply).await,
            Some(later) = self.polled.recv() => match self.poll.replace(later) {
                Some((id, _)) => {
                    let why = "a later poll took the place of this one".to_owned();
                    self.reply(id, Reply::Failed(why)).await
                }
                None => Ok(()),
            },
            (id, messages) = current(&mut self.poll) => {
                self.poll = None;
                match messages {
                    Ok(messages) => self.messages(id, messages).await,
                    Err(error) => self.reply(id, failed(error)).await,
                }
            }
            () = sleep_until(self.beat_at) => self.write(line(&FromServer::Beat {})).await,
        }
    }

    async fn messages(&mut self, id: u64, messages: Vec<Inbound>) -> Result<(), Fault> {
        match batch::messages(id, messages, self.frame_limit) {
            Ok(frame) => self.answer(frame).await,
            Err(too_long) => {
                tracing::error!("wire: {too_long}; nothing behind it can be delivered either");
                self.reply(id, Reply::Failed(clipped(too_long.to_string()))).await
            }
        }
    }

    async fn reply(&mut self, id: u64, reply: Reply) -> Result<(), Fault> {
        self.answer(line(&FromServer::Answer { id, reply })).await
    }

    /// Writes an answer. Its call is over before that: whoever reads it may ask again at once.
    async fn answer(&mut self, frame: Vec<u8>) -> Result<(), Fault> {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        self.write(frame).await
    }

    async fn write(&mut self, frame: Vec<u8>) -> Result<(), Fault> {
        write(&mut self.to, frame, || {}).await?;
        self.beat_at = Instant::now() + BEAT_EVERY;
        Ok(())
    }
}

/// The poll that waits, when it has its messages.
async fn current(poll: &mut Option<Poll>) -> (u64, Result<Vec<Inbound>, PollError>) {
    match poll {
        Some((id, messages)) => (*id, messages.await),
        None => std::future::pending().await,
    }
}

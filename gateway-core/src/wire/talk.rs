//! One connection of a client, from its hello to its loss.
//!
//! Reading never waits for writing: two ends that both wait for room to write would wait for ever.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};

use super::calls::{Backlog, Call, Unanswered};
use super::client::Caller;
use super::fault::Fault;
use super::frame::{FromClient, FromServer, Hello, Keys, VERSION, Welcome, line, parse, version};
use super::limits::{BEAT_EVERY, IDLE_LIMIT, SHORTEST_FRAME, clipped};
use super::stream::{Lines, write};

/// Why a conversation ended.
pub(super) enum Ended {
    /// The connection was lost before the peer had said anything but its welcome.
    Lost,
    /// The connection was lost later than that.
    Proven,
    /// Nobody may ask or waits any more.
    Unused,
}

/// The calls that were written and are not answered, by their numbers.
#[derive(Default)]
struct UnderWay {
    calls: Mutex<BTreeMap<u64, Call>>,
    fewer: Notify,
    /// How many were answered so far.
    answered: AtomicU64,
}

impl UnderWay {
    fn calls(&self) -> MutexGuard<'_, BTreeMap<u64, Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is room for no more than these, and half of them are given up.
    fn is_choked(&self, window: usize) -> bool {
        let calls = self.calls();
        let given_up = calls.values().filter(|call| call.is_abandoned()).count();
        calls.len() >= window && given_up * 2 >= window
    }
}

/// Carries calls over one connection until it is lost.
pub(super) async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    caller: &Caller,
    backlog: &mut Backlog,
) -> Ended {
    let (read, mut to) = tokio::io::split(stream);
    let mut lines = Lines::new(read, caller.limits.frame);
    let greeted = timeout(IDLE_LIMIT, greet(&mut lines, &mut to, caller)).await;
    let welcome = match greeted.unwrap_or(Err(Fault::NoGreeting)) {
        Ok(welcome) => welcome,
        Err(fault) => {
            fault.log(&caller.peer, lines.heard());
            return Ended::Lost;
        }
    };
    let (under_way, proven) = (UnderWay::default(), AtomicBool::new(false));
    backlog.open();
    let ended = tokio::select! {
        biased;
        fault = reading(&mut lines, &under_way, &proven) => Err(fault),
        written = writing(&mut to, &welcome, caller, &under_way, backlog) => written,
    };
    let calls = std::mem::take(&mut *under_way.calls());
    match ended {
        Ok(()) => Ended::Unused,
        Err(fault) => {
            backlog.take_back(calls.into_values(), &format!("connection lost: {fault}"));
            fault.log(&caller.peer, lines.heard());
            if proven.into_inner() { Ended::Proven } else { Ended::Lost }
        }
    }
}

/// Says hello and waits for the welcome.
async fn greet<R: AsyncRead + Unpin>(
    lines: &mut Lines<R>,
    to: &mut (impl AsyncWrite + Unpin),
    caller: &Caller,
) -> Result<Welcome, Fault> {
    let (who, frame_limit) = (caller.who.clone(), caller.limits.frame);
    let hello = Hello { version: VERSION, who, frame_limit };
    write(to, line(&FromClient::Hello(hello)), || {}).await?;
    let first = lines.next().await?;
    if let Some(theirs) = version(&first, "welcome").filter(|theirs| *theirs != VERSION) {
        return Err(Fault::Version { theirs });
    }
    let welcome = match parse(&first)? {
        FromServer::Welcome(welcome) => welcome,
        FromServer::Refused { reason } => {
            return Err(Fault::Refused { reason: clipped(reason) });
        }
        FromServer::Answer { .. } => return Err(Fault::OutOfPlace { frame: "answer" }),
        FromServer::Beat {} => return Err(Fault::OutOfPlace { frame: "beat" }),
    };
    let Welcome { keys, frame_limit, calls_limit, .. } = welcome;
    if frame_limit < SHORTEST_FRAME || calls_limit == 0 {
        return Err(Fault::Cramped { frame_limit, calls_limit });
    }
    if caller.keys == Keys::Honoured && keys == Keys::Ignored {
        return Err(Fault::KeysIgnored);
    }
    Ok(welcome)
}

/// Hands replies to whoever asked; ends with the connection.
async fn reading<R: AsyncRead + Unpin>(
    lines: &mut Lines<R>,
    under_way: &UnderWay,
    proven: &AtomicBool,
) -> Fault {
    loop {
        let frame = match lines.next().await.and_then(|line| parse(&line)) {
            Ok(frame) => frame,
            Err(fault) => return fault,
        };
        match frame {
            FromServer::Beat {} => {}
            FromServer::Welcome(_) => return Fault::OutOfPlace { frame: "welcome" },
            FromServer::Refused { .. } => return Fault::OutOfPlace { frame: "refused" },
            FromServer::Answer { id, reply } => {
                let mut calls = under_way.calls();
                match calls.get(&id).map(|call| call.fits(&reply)) {
                    None => return Fault::Stranger { id },
                    Some(false) => return Fault::Misfit { id },
                    Some(true) => {}
                }
                if let Some(call) = calls.remove(&id) {
                    call.answer(Ok(reply));
                }
                under_way.answered.fetch_add(1, Ordering::Relaxed);
                under_way.fewer.notify_one();
            }
        }
        proven.store(true, Ordering::Relaxed);
    }
}

/// Writes calls as they come, and heartbeats while none do. Done when nobody may ask or waits.
async fn writing(
    to: &mut (impl AsyncWrite + Unpin),
    welcome: &Welcome,
    caller: &Caller,
    under_way: &UnderWay,
    backlog: &mut Backlog,
) -> Result<(), Fault> {
    let window = welcome.calls_limit.min(caller.limits.calls.max(1));
    let (mut id, mut beat_at) = (0, Instant::now() + BEAT_EVERY);
    // How many calls had been answered, and since when it has been so many.
    let mut answered = (0, Instant::now());
    let mut first = backlog.introduction();
    loop {
        let next = match first.take() {
            Some(introduction) => Some(Some(introduction)),
            None => tokio::select! {
                biased;
                call = next(window, under_way, backlog) => Some(call),
                () = sleep_until(beat_at) => None,
            },
        };
        match next {
            Some(Some(call)) => {
                let Some(ask) = ask(id + 1, &call, welcome.frame_limit) else {
                    refuse(call, welcome.frame_limit);
                    continue;
                };
                id += 1;
                under_way.calls().insert(id, call);
                let begun = || {
                    if let Some(call) = under_way.calls().get_mut(&id) {
                        call.leave();
                    }
                };
                write(to, ask, begun).await?;
                beat_at = Instant::now() + BEAT_EVERY;
            }
            Some(None) => {
                under_way.calls().retain(|_, call| !call.is_abandoned());
                if under_way.calls().is_empty() {
                    return Ok(());
                }
                // Whoever stops waiting says nothing: the next heartbeat looks again.
                tokio::select! {
                    biased;
                    () = under_way.fewer.notified() => {}
                    () = sleep_until(beat_at) => beat_at = beat(to).await?,
                }
            }
            None => {
                // How long an answer may take is for whoever asked to say. But calls that they gave
                // up must not take all the room for ever.
                let now = under_way.answered.load(Ordering::Relaxed);
                if now != answered.0 || !under_way.is_choked(window) {
                    answered = (now, Instant::now());
                } else if answered.1.elapsed() >= IDLE_LIMIT {
                    return Err(Fault::Wedged { calls: window });
                }
                beat_at = beat(to).await?;
            }
        }
    }
}

/// Writes a heartbeat; when the next one is due.
async fn beat(to: &mut (impl AsyncWrite + Unpin)) -> Result<Instant, Fault> {
    write(to, line(&FromClient::Beat {}), || {}).await?;
    Ok(Instant::now() + BEAT_EVERY)
}

/// The next call that may be written; none if no more will come.
async fn next(window: usize, under_way: &UnderWay, backlog: &mut Backlog) -> Option<Call> {
    while under_way.calls().len() >= window {
        backlog.shut();
        under_way.fewer.notified().await;
    }
    backlog.open();
    backlog.next().await
}

/// The frame of a call, if it is not longer than the peer reads.
fn ask(id: u64, call: &Call, limit: usize) -> Option<Vec<u8>> {
    let request = call.request()?.clone();
    Some(line(&FromClient::Ask { id, request })).filter(|line| line.len() <= limit)
}

/// Answers a call that will never leave.
fn refuse(call: Call, limit: usize) {
    let why = format!("the message makes a frame of more than {limit} bytes");
    tracing::error!("wire: {why}; it is not sent");
    call.answer(Err(Unanswered::NotAsked(why)));
}

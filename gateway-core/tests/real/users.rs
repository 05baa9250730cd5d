//! Everything around a gateway but its disk: users who write, a platform that carries it, an
//! agent that answers, a supervisor who asks for a stop when there is nothing left to wait for.
//!
//! They answer at once, so that whatever takes time is the gateway's or the disk's.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateway_core::env::{
    Agent, Effect, Env, FenceError, OpenError, Platform, PollError, Run, SendError, Signal,
    Signals, Superseded, Token, UnixMs,
};
use gateway_core::message::{
    Body, ChatId, Cursor, Entry, Inbound, Kind, MessageId, Notice, Outbound, TurnEvent, TurnRequest,
};
use gateway_core::real;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::disk::{Counts, Gauge, gauged};

/// What users do, and what is seen of the gateway from outside.
pub(crate) struct Users {
    /// How many chats there are.
    pub(crate) chats: u64,
    /// How many messages are written in all, in turn to each chat. When each is settled, which
    /// means answered or worked on for ever, the gateway is asked to stop.
    pub(crate) messages: u64,
    /// How many messages are written at once. The next ones come when these are settled.
    pub(crate) at_once: u64,
    /// The agent works for ever on every message behind this one.
    pub(crate) answerable: u64,
    /// How many steps the agent takes before it answers, or before it goes quiet.
    pub(crate) steps: u64,
    /// How long a text is at least, in bytes.
    pub(crate) text: usize,
    /// Up to where the platform was told that nothing more is needed.
    pub(crate) acked: AtomicU64,
    /// The answers that were sent.
    pub(crate) answers: AtomicU64,
    /// How many agents work for ever.
    pub(crate) quiet: AtomicU64,
    /// How many chats were told of the stop.
    pub(crate) told: AtomicU64,
    /// How many entries of history the agents were given at most.
    pub(crate) history: AtomicU64,
    /// How many steps are yet to come before the disk is full, for a while.
    pub(crate) steps_until_full: AtomicU64,
    /// As whom the platform and the agent back end serve a gateway.
    pub(crate) admitted: [Mutex<Option<Token>>; 2],
    /// The disk.
    pub(crate) gauge: Arc<Gauge>,
    seen: Mutex<BTreeMap<Seen, (Moment, Moment)>>,
    is_asked_to_stop: AtomicBool,
    stop: Notify,
    changed: Notify,
}

/// Something that is seen from outside, once or often.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Seen {
    /// The gateway asks for messages: it serves.
    Poll,
    /// The gateway shows a turn to the agent.
    Open,
    /// The agent takes a step.
    Step,
    /// The gateway is asked to stop.
    Signal,
    /// The gateway tells a chat that it stops.
    Notice,
}

/// When something was seen, and what the disk had done by then.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    /// When.
    pub(crate) at: Instant,
    /// How much the disk had been asked.
    pub(crate) counts: Counts,
    /// When a sync of a file had last come back.
    pub(crate) synced: Option<Instant>,
}

impl Users {
    /// Users who write so many messages, in turn to so many chats, one at a time in each.
    pub(crate) fn new(messages: u64, chats: u64) -> Users {
        Users {
            chats,
            messages,
            at_once: chats,
            answerable: u64::MAX,
            steps: 1,
            text: 0,
            acked: AtomicU64::new(0),
            answers: AtomicU64::new(0),
            quiet: AtomicU64::new(0),
            told: AtomicU64::new(0),
            history: AtomicU64::new(0),
            steps_until_full: AtomicU64::new(u64::MAX),
            admitted: [Mutex::default(), Mutex::default()],
            gauge: Arc::default(),
            seen: Mutex::default(),
            is_asked_to_stop: AtomicBool::new(false),
            stop: Notify::new(),
            changed: Notify::new(),
        }
    }

    /// When it was seen first and last, if it was.
    pub(crate) fn when(&self, what: Seen) -> Option<(Moment, Moment)> {
        self.seen.lock().expect("nobody panics while looking").get(&what).copied()
    }

    /// Waits until something is true of what was seen.
    pub(crate) async fn until(&self, reached: impl Fn(&Users) -> bool) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if reached(self) {
                return;
            }
            changed.await;
        }
    }

    fn see(&self, what: Seen) {
        let (counts, synced) = (self.gauge.counts(), self.gauge.synced());
        let now = Moment { at: Instant::now(), counts, synced };
        let mut seen = self.seen.lock().expect("nobody panics while looking");
        seen.entry(what).and_modify(|(_, latest)| *latest = now).or_insert((now, now));
    }

    fn settled(&self) -> u64 {
        self.answers.load(Ordering::Relaxed) + self.quiet.load(Ordering::Relaxed)
    }

    /// Something was settled or seen: whoever waits looks again.
    fn change(&self) {
        if self.settled() >= self.messages && !self.is_asked_to_stop.swap(true, Ordering::Relaxed) {
            self.stop.notify_one();
        }
        self.changed.notify_waiters();
    }

    fn inbound(&self, number: u64) -> Inbound {
        let chat = ChatId(format!("c{}", number % self.chats));
        let (id, sent_at) = (MessageId(number), UnixMs(0));
        let body = Body::Text(self.text(format!("message {number}")));
        Inbound { id, chat, sent_at, body }
    }

    fn text(&self, words: String) -> String {
        format!("{words:.<width$}", width = self.text)
    }
}

/// Everything that one boot may touch, at a place of the real disk and among these users.
///
/// # Errors
///
/// If the directory cannot be used, or the system has no random numbers.
pub(crate) fn env(root: &Path, users: &Arc<Users>) -> io::Result<Env> {
    users.is_asked_to_stop.store(false, Ordering::Relaxed);
    let around = Arc::new(Around(Arc::clone(users)));
    Ok(Env {
        fs: gauged(real::fs(root)?, Arc::clone(&users.gauge)),
        clock: real::clock(),
        platform: around.clone(),
        agent: around.clone(),
        signals: around,
        processes: real::processes(),
        entropy: real::entropy()?,
        access: real::everybody(),
        launch: real::launch(),
    })
}

/// The same users as what a gateway may touch.
struct Around(Arc<Users>);

impl Platform for Around {
    fn honours_keys(&self) -> bool {
        true
    }

    fn fence(&self, token: Token) -> Effect<Result<(), FenceError>> {
        admit(&self.0.admitted[0], token)
    }

    fn poll(&self, after: Cursor) -> Effect<Result<Vec<Inbound>, PollError>> {
        let users = Arc::clone(&self.0);
        users.see(Seen::Poll);
        users.change();
        Box::pin(async move {
            users.until(|users| after.0 < users.messages && users.settled() >= after.0).await;
            let upto = users.messages.min(after.0 + users.at_once);
            Ok((after.0 + 1..=upto).map(|number| users.inbound(number)).collect())
        })
    }

    fn ack(&self, upto: Cursor) -> Effect<Result<(), PollError>> {
        self.0.acked.fetch_max(upto.0, Ordering::Relaxed);
        Box::pin(async { Ok(()) })
    }

    fn acknowledged(&self) -> Effect<Result<Cursor, PollError>> {
        let upto = Cursor(self.0.acked.load(Ordering::Relaxed));
        Box::pin(async move { Ok(upto) })
    }

    fn send(&self, outbound: Outbound) -> Effect<Result<(), SendError>> {
        match outbound.kind {
            Kind::Answer { .. } => {
                self.0.answers.fetch_add(1, Ordering::Relaxed);
            }
            Kind::Notice { notice: Notice::Stopping, .. } => {
                self.0.see(Seen::Notice);
                self.0.told.fetch_add(1, Ordering::Relaxed);
            }
            Kind::Copy { .. } | Kind::Notice { .. } => {}
        }
        self.0.change();
        Box::pin(async { Ok(()) })
    }
}

impl Agent for Around {
    fn fence(&self, token: Token) -> Effect<Result<(), FenceError>> {
        admit(&self.0.admitted[1], token)
    }

    fn open(&self, request: TurnRequest) -> Effect<Result<Arc<dyn Run>, OpenError>> {
        let users = Arc::clone(&self.0);
        users.see(Seen::Open);
        users.history.fetch_max(request.history.len() as u64, Ordering::Relaxed);
        let asked = request.history.iter().filter(|entry| matches!(entry, Entry::User(_)));
        let replied = request.history.iter().filter(|entry| matches!(entry, Entry::Reply(_)));
        assert_eq!(asked.count(), replied.count(), "{request:?}");
        let message = &request.messages[0];
        let text = users.text(format!("answer to {:?}", message.id));
        let answers = message.id.0 <= users.answerable;
        let (steps, interrupted) = (AtomicU64::new(users.steps), Arc::default());
        let run = Work { users, text, answers, steps, interrupted };
        Box::pin(async { Ok(Arc::new(run) as Arc<dyn Run>) })
    }
}

/// Admits a boot. One process runs at a time here, so that nobody else need be refused.
fn admit(latest: &Mutex<Option<Token>>, token: Token) -> Effect<Result<(), FenceError>> {
    let mut latest = latest.lock().expect("nobody panics while looking");
    let by = latest.filter(|latest| *latest != token && latest.boot >= token.boot);
    let admitted = by.map_or(Ok(()), |Token { boot, .. }| Err(Superseded { by: boot }.into()));
    latest.replace(by.unwrap_or(token));
    Box::pin(async move { admitted })
}

/// Some steps, and then the answer or silence.
struct Work {
    users: Arc<Users>,
    text: String,
    answers: bool,
    /// How many are yet to come.
    steps: AtomicU64,
    interrupted: Arc<Notify>,
}

impl Run for Work {
    fn next(&self) -> Effect<TurnEvent> {
        let (users, interrupted) = (Arc::clone(&self.users), Arc::clone(&self.interrupted));
        let left = self.steps.load(Ordering::Relaxed);
        let event = if left > 0 {
            self.steps.store(left - 1, Ordering::Relaxed);
            users.see(Seen::Step);
            Some(TurnEvent::Step(users.text("a step".to_owned())))
        } else {
            self.answers.then(|| TurnEvent::Reply(self.text.clone()))
        };
        if event.is_none() {
            users.quiet.fetch_add(1, Ordering::Relaxed);
            users.change();
        }
        Box::pin(async move {
            if users.steps_until_full.fetch_sub(1, Ordering::Relaxed) == 1 {
                fill_for_a_while(users);
            }
            match event {
                Some(event) => event,
                None => {
                    interrupted.notified().await;
                    TurnEvent::Interrupted
                }
            }
        })
    }

    fn interrupt(&self) -> Effect<()> {
        self.interrupted.notify_one();
        Box::pin(async {})
    }
}

fn fill_for_a_while(users: Arc<Users>) {
    users.gauge.full.store(true, Ordering::Relaxed);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(20)).await;
        users.gauge.full.store(false, Ordering::Relaxed);
    });
}

impl Signals for Around {
    fn next(&self) -> Effect<Signal> {
        let users = Arc::clone(&self.0);
        Box::pin(async move {
            users.stop.notified().await;
            users.see(Seen::Signal);
            Signal::Stop
        })
    }
}

//! Calls on their way to a connection: who asked what, and what becomes of it if there is none.
//!
//! What could be written when it was asked is written, whoever still waits for it. What had to
//! wait is written only if somebody does: a send that its gateway gave up is not to surface
//! an hour later.

use std::collections::VecDeque;

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::Instant;

use super::frame::{Reply, Request};
use crate::env::Token;
use crate::message::{Cursor, Inbound};

/// Why a call has no reply.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// It never left.
    NotAsked(String),
    /// It may have left.
    Lost(String),
}

/// A request, and who waits for its reply.
pub(super) struct Call {
    /// What to ask. Nothing once a message may have left: it must not leave twice.
    request: Option<Request>,
    reply: oneshot::Sender<Result<Reply, Unanswered>>,
    since: Instant,
    /// Its part of what may wait; none if nobody asked, and it is the client's own.
    _room: Option<OwnedSemaphorePermit>,
}

impl Call {
    /// A call, asked now.
    pub(super) fn new(
        request: Request,
        reply: oneshot::Sender<Result<Reply, Unanswered>>,
        room: OwnedSemaphorePermit,
    ) -> Call {
        Call { request: Some(request), reply, since: Instant::now(), _room: Some(room) }
    }

    /// The same for the client itself, which only wants it asked.
    fn own(request: Request) -> Call {
        let (reply, _) = oneshot::channel();
        Call { request: Some(request), reply, since: Instant::now(), _room: None }
    }

    /// What to ask.
    pub(super) fn request(&self) -> Option<&Request> {
        self.request.as_ref()
    }

    /// A byte of it may have left.
    pub(super) fn leave(&mut self) {
        if matches!(self.request, Some(Request::Send { .. })) {
            self.request = None;
        }
    }

    /// Nobody waits for its reply any more.
    pub(super) fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    /// Whether a reply is one to this call.
    pub(super) fn fits(&self, reply: &Reply) -> bool {
        match (&self.request, reply) {
            (Some(Request::Poll { after }), Reply::Messages(messages)) => ascend(*after, messages),
            (_, Reply::Superseded { .. }) => true,
            (Some(Request::Fence { .. }), Reply::Admitted {})
            | (Some(Request::Ack { .. }), Reply::Acked {})
            | (Some(Request::Acknowledged {}), Reply::Acknowledged(_)) => true,
            (Some(Request::Send { .. }), _) => false,
            (Some(_), Reply::Failed(_)) => true,
            (None, Reply::Sent {} | Reply::NotTaken(_) | Reply::Unknown(_)) => true,
            _ => false,
        }
    }

    /// Tells whoever asked.
    pub(super) fn answer(self, reply: Result<Reply, Unanswered>) {
        // They may have stopped waiting: then nobody is told.
        drop(self.reply.send(reply));
    }
}

/// Whether messages come in order and from behind a cursor: else one could be passed over.
fn ascend(after: Cursor, messages: &[Inbound]) -> bool {
    let ids = messages.iter().map(|message| message.id.0);
    std::iter::once(after.0).chain(ids.clone()).zip(ids).all(|(before, id)| before < id)
}

/// The calls that are not under way, oldest first.
pub(super) struct Backlog {
    again: VecDeque<Call>,
    fresh: mpsc::UnboundedReceiver<Call>,
    /// Since when calls can be written; none while they cannot.
    open_since: Option<Instant>,
    /// As whom the gateway last asked to be admitted.
    token: Option<Token>,
}

impl Backlog {
    /// Calls as they come in.
    pub(super) fn new(fresh: mpsc::UnboundedReceiver<Call>) -> Backlog {
        Backlog { again: VecDeque::new(), fresh, open_since: None, token: None }
    }

    /// From now on calls can be written.
    pub(super) fn open(&mut self) {
        self.open_since.get_or_insert_with(Instant::now);
    }

    /// For now no call can be written.
    pub(super) fn shut(&mut self) {
        self.open_since = None;
    }

    /// The next call; none if no more will come. Whoever stops waiting loses nothing.
    pub(super) async fn next(&mut self) -> Option<Call> {
        loop {
            let call = match self.again.pop_front() {
                Some(call) => call,
                None => self.fresh.recv().await?,
            };
            let waited = self.open_since.is_none_or(|open| call.since < open);
            if !(waited && call.is_abandoned()) {
                if let Some(Request::Fence { token }) = call.request {
                    self.token = Some(token);
                }
                return Some(call);
            }
        }
    }

    /// What a new connection begins with: the peer has yet to hear as whom this client asks.
    pub(super) fn introduction(&self) -> Option<Call> {
        self.token.map(|token| Call::own(Request::Fence { token }))
    }

    /// Takes back what was under way when a connection was lost, in the order in which it was
    /// asked. What must not be asked twice is answered.
    pub(super) fn take_back(&mut self, calls: impl DoubleEndedIterator<Item = Call>, why: &str) {
        self.shut();
        for call in calls.rev() {
            if call.request.is_some() {
                self.again.push_front(call);
            } else {
                call.answer(Err(Unanswered::Lost(why.to_owned())));
            }
        }
    }

    /// Whether nobody waits and nobody can ask any more.
    pub(super) fn is_over(&mut self) -> bool {
        self.again.retain(|call| !call.is_abandoned());
        self.again.is_empty() && self.fresh.is_closed() && self.fresh.is_empty()
    }
}

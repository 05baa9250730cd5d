//! One turn of the real gateway (lifecycle section 2, steps 6 to 13).
//!
//! Up to E3 nothing about a turn is durable before it ends: not its start, not its request, not
//! its steps; and its slot is free before its reply is sent.

use std::sync::Arc;

use gateway_core::env::Run;
use gateway_core::message::{
    ChatId, Cut, Entry, Inbound, MessageId, SessionId, TurnEvent, TurnRequest,
};

use super::delivery::{self, Reply};
use super::hub::Hub;
use super::live::{Claim, Memory, Worker};
use super::policy::{
    Closing, Delivery, Freshness, Interrupted, Lines, Note, Request, Resumed, Rowless, Slot,
    TurnMark,
};
use super::row::{self, Left, Row};

/// What a turn is about.
pub(super) enum Work {
    /// A user's message.
    Asked(Inbound),
    /// A session that was flagged as cut, and what its agent is told of that.
    Resumed(Option<Cut>),
}

impl Work {
    fn message(&self) -> Option<MessageId> {
        match self {
            Work::Asked(message) => Some(message.id),
            Work::Resumed(_) => None,
        }
    }

    /// The row that the request will have in the transcript.
    fn row(&self) -> Option<Row> {
        let Work::Asked(message) = self else { return None };
        Some(Row::Said(Entry::User(message.body.request()?.to_owned())))
    }
}

/// A turn that has begun.
struct Turn<'a> {
    hub: &'a Hub,
    chat: &'a ChatId,
    claim: Claim,
    /// The token of its mark in the index (E4).
    token: Option<u64>,
    memory: Arc<Memory>,
    /// Which message it answers, as far as that is known.
    to: Option<MessageId>,
    resumed: bool,
}

/// Serves a chat whose slot was claimed, until nothing waits for it any more.
pub(super) async fn serve(hub: Arc<Hub>, chat: ChatId, claim: Claim, work: Work) {
    let mut next = Some((work, claim));
    while let Some((work, claim)) = next {
        let reply = take_turn(&hub, &chat, claim, &work).await;
        let over = reply.is_some() || !hub.live().draining();
        if let Some(reply) = reply {
            // Up to E3 the slot is free already: a stop that sees nobody at work cancels this
            // send (2 steps 11 and 12, #92589).
            let unwritten = reply.unwritten.clone();
            delivery::deliver(&hub, &chat, reply).await;
            if let Some(memory) = unwritten {
                write_transcript(&hub, &memory).await;
            }
        }
        hub.live().release(&chat, claim);
        if let Some(message) = work.message().filter(|_| over) {
            hub.done_with(message).await;
        }
        next = hub.live().follow_up(&chat).map(|(message, claim)| (Work::Asked(message), claim));
    }
}

/// Takes one turn; what it returns is to be sent.
async fn take_turn(hub: &Hub, chat: &ChatId, claim: Claim, work: &Work) -> Option<Reply> {
    if is_swallowed(hub, chat, work).await {
        hub.live().release(chat, claim);
        return None;
    }
    let (session, token) = begin(hub, chat, work).await;
    let rows = hub.store.load_transcript(&session).await;
    let request = request(chat, session.clone(), rows, work);
    let mut unwritten: Vec<Row> = work.row().into_iter().collect();
    if let (Request::AtStart, Work::Asked(asked)) = (hub.policies.request, work) {
        let row = Row::Asked { asked: asked.clone() };
        if let Err(error) = hub.store.append_transcript(&session, &[row]).await {
            tracing::warn!(%error, "a request could not be written");
        }
        unwritten.clear();
    }
    let memory = Arc::new(Memory::new(session, unwritten));
    let to = request.messages.last().map(|message| message.id);
    let resumed = matches!(work, Work::Resumed(_));
    let turn = Turn { hub, chat, claim, token, memory: memory.clone(), to, resumed };
    // Until the agent is built the slot holds the sentinel, which no stop ever marks.
    let run = match hub.env.agent.open(request).await {
        Ok(run) => run,
        Err(error) => return turn.fail(error.to_string()).await,
    };
    let worker = Worker { run: run.clone(), memory };
    if !hub.live().seat(chat, claim, worker) {
        run.interrupt().await;
    }
    match turn.follow(run.as_ref()).await {
        Ended::Reply(text) => turn.succeed(text).await,
        Ended::Failed(text) => turn.fail(text).await,
        Ended::Interrupted => turn.cut().await,
    }
}

/// Whether a message is routed to a session whose row was ended, where nobody sees it (R064).
async fn is_swallowed(hub: &Hub, chat: &ChatId, work: &Work) -> bool {
    if hub.policies.closing != Closing::EndsAndSwallows || matches!(work, Work::Resumed(_)) {
        return false;
    }
    let session = hub.look(|index| index.session(chat).cloned()).await;
    session.is_some_and(|session| hub.live().is_ended(&session))
}

/// The first durable write of a turn is the index, for its time stamp (2 step 7) and in E4 for
/// its mark. What it returns is the session and the token of the mark.
async fn begin(hub: &Hub, chat: &ChatId, work: &Work) -> (SessionId, Option<u64>) {
    let now = hub.env.clock.now();
    let token = match hub.policies.turn_mark {
        TurnMark::Absent => None,
        TurnMark::Exact => Some(hub.env.entropy.next_u64()),
    };
    let resets = hub.policies.freshness == Freshness::Resets && matches!(work, Work::Asked(_));
    let mut is_new = false;
    let (session, saved) = hub
        .save(|index| {
            if resets {
                index.forget_stale(chat, now, hub.window_ms());
            }
            let session = index.get_or_create(chat, now, || {
                is_new = true;
                hub.new_session()
            });
            if let Some(token) = token {
                index.begin_turn(chat, token, now);
            }
            session
        })
        .await;
    if let Err(error) = saved {
        tracing::warn!(%error, "the session could not be saved");
        if is_new && hub.policies.rowless == Rowless::Skipped {
            hub.live().set_rowless(session.clone());
        }
    }
    (session, token)
}

/// A turn with a new message is an ordinary one. A resumed one has an empty request, unless the
/// transcript has kept it; whatever steps a stop flushed are at the end of the transcript.
fn request(chat: &ChatId, session: SessionId, rows: Vec<Row>, work: &Work) -> TurnRequest {
    let chat = chat.clone();
    match work {
        Work::Asked(message) => TurnRequest {
            session,
            chat,
            messages: vec![message.clone()],
            history: row::history(rows),
            steps_done: Vec::new(),
            resumed: None,
        },
        Work::Resumed(resumed) => {
            let Left { history, message, steps } = row::left_by_cut(rows);
            TurnRequest {
                session,
                chat,
                messages: message.into_iter().collect(),
                history,
                steps_done: steps,
                resumed: *resumed,
            }
        }
    }
}

enum Ended {
    Reply(String),
    Failed(String),
    Interrupted,
}

impl Turn<'_> {
    /// Follows the agent. Steps exist only in memory until the turn ends (1.3), although asking
    /// for the next one says otherwise.
    async fn follow(&self, run: &dyn Run) -> Ended {
        let reports = self.resumed && self.hub.policies.resumed == Resumed::Reports;
        loop {
            match run.next().await {
                TurnEvent::Step(text) if reports => {
                    // That it is back is all that it says, and all that it does (R060).
                    run.interrupt().await;
                    while let TurnEvent::Step(_) | TurnEvent::AskedRestart = run.next().await {}
                    return Ended::Reply(text);
                }
                TurnEvent::Step(text) => self.memory.push(Row::Said(Entry::Step(text))),
                TurnEvent::AskedRestart => self.hub.ask_restart(),
                TurnEvent::Reply(text) => return Ended::Reply(text),
                TurnEvent::Failed(text) => return Ended::Failed(text),
                TurnEvent::Interrupted | TurnEvent::Superseded(_) => return Ended::Interrupted,
            }
        }
    }

    fn owned(&self) -> bool {
        self.hub.live().owns(self.chat, self.claim)
    }

    /// The end of a turn that obeyed its interrupt.
    async fn cut(&self) -> Option<Reply> {
        match self.hub.policies.interrupted {
            Interrupted::Finished if self.owned() => {
                // An empty result is a result (R015).
                self.clear_flag().await;
            }
            Interrupted::Reported if self.owned() => {
                // The agent takes the end of its tool for the end of its work (R108).
                return self.succeed("The task is done.".to_owned()).await;
            }
            _ => {}
        }
        self.hub.live().release(self.chat, self.claim);
        None
    }

    async fn clear_flag(&self) {
        if let Err(error) = self.hub.save_if(|index| index.clear(self.chat)).await {
            tracing::warn!(%error, "a flag could not be cleared");
        }
    }

    /// The end of a good turn: flag, transcript, time stamp, slot, in that order, each on its own
    /// (2 steps 9 to 11). The counter of step 9 is never in its file here: every boot deletes it.
    async fn succeed(&self, reply: String) -> Option<Reply> {
        if !self.owned() {
            return None;
        }
        self.clear_flag().await;
        self.finalise(reply).await
    }

    /// The end of a bad turn: the same, but the flag of an earlier death stays (2 step 9).
    async fn fail(&self, text: String) -> Option<Reply> {
        if !self.owned() {
            return None;
        }
        self.finalise(text).await
    }

    async fn finalise(&self, text: String) -> Option<Reply> {
        let hub = self.hub;
        let now = hub.env.clock.now();
        self.memory.push(match hub.policies.request {
            Request::WithReply => Row::Said(Entry::Reply(text.clone())),
            Request::AtStart => Row::Replied { replied: text.clone(), at: now },
        });
        let mut unwritten = None;
        match hub.policies.lines {
            Lines::BeforeSend => write_transcript(hub, &self.memory).await,
            Lines::AfterSend => unwritten = Some(self.memory.clone()),
        }
        let now = hub.env.clock.now();
        let ((), saved) = hub
            .save(|index| {
                index.touch(self.chat, now);
                if hub.policies.note == Note::ByRow {
                    index.note_row(self.chat, now);
                }
            })
            .await;
        if let Err(error) = saved {
            tracing::warn!(%error, "the session could not be saved");
        }
        let mut row = None;
        if hub.policies.delivery == Delivery::LedgerOfCopies {
            row = Some(delivery::enter(hub, self.chat, self.to, &text).await);
        }
        if let Some(token) = self.token
            && let Err(error) = hub.save_if(|index| index.end_turn(self.chat, token)).await
        {
            tracing::warn!(%error, "the mark of a turn could not be cleared");
        }
        if hub.policies.slot == Slot::UntilReply {
            hub.live().release_to_send(self.chat, self.claim);
        }
        Some(Reply { to: self.to, text, row, unwritten })
    }
}

async fn write_transcript(hub: &Hub, memory: &Memory) {
    let rows = memory.take();
    if hub.live().is_rowless(&memory.session) {
        return;
    }
    if let Err(error) = hub.store.append_transcript(&memory.session, &rows).await {
        tracing::warn!(%error, "a transcript could not be written");
    }
}

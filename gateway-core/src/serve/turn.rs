//! One turn: from its durable begin to its durable end.
//!
//! Each fact is durable before the one that follows from it can happen: the turn before the agent
//! sees it, a step before the next is asked for, the reply before it is sent (which is
//! `deliver.rs`'s work). A turn that its user has stopped belongs to nobody; its agent is
//! interrupted, and what it still does is dropped.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;
use tracing::Instrument as _;

use super::{access, courtesy, notice};
use crate::env::{Effect, OpenError, Run};
use crate::error::CommitError;
use crate::live::{Live, Slot, Ticket};
use crate::message::{ChatId, Cut, Entry, MessageId, Notice, SessionId, TurnEvent, TurnRequest};
use crate::record::{Record, TurnId};
use crate::state::{Awaited, Owed};

/// How a turn begins.
pub(crate) enum Begin {
    /// With the first message of the queue.
    Fresh(MessageId),
    /// Where it was cut.
    Again(Ticket),
}

/// The turn that a worker is about to run.
struct Turn<'a> {
    live: &'a Arc<Live>,
    chat: &'a ChatId,
    slot: &'a Slot,
    id: TurnId,
    session: SessionId,
    /// What was said in the session before.
    history: Vec<Entry>,
    resumed: Option<Cut>,
    /// Whether the agent was asked to give up because its user did.
    interrupted: AtomicBool,
}

/// What becomes of a turn after an event.
enum After {
    /// It goes on.
    Going,
    /// Nothing more comes from its agent.
    Over,
    /// A new session has begun beside its agent, which has this to say next.
    Left(Effect<TurnEvent>),
}

/// Runs a turn until it is finished, cut or taken away.
///
/// # Errors
///
/// If something could not be made durable; nothing that depends on it was done.
pub(crate) async fn run(
    live: &Arc<Live>,
    chat: &ChatId,
    slot: &Slot,
    begin: Begin,
) -> Result<(), CommitError> {
    // Dropped when the agent is gone, which tells the dispatcher that a death is none of its doing.
    let (turn, dispatch, ended) = match begin {
        Begin::Fresh(message) => {
            let turn = Turn::fresh(live, chat, slot, message)
                .instrument(tracing::info_span!("turn.start"))
                .await?;
            (turn, None, None)
        }
        Begin::Again(ticket) => {
            let Ticket { turn, reason, span, dispatched, ended } = ticket;
            let turn = Turn::again(live, chat, slot, turn, reason).instrument(span.clone()).await?;
            (turn, Some((span, dispatched)), Some(ended))
        }
    };
    let Some(turn) = turn else { return Ok(()) };
    let Some(request) = turn.request() else { return Ok(()) };
    // Asked again, for the begin took time to become durable; from here to the agent nothing does.
    if !access::allows(live, chat) {
        return access::close(live, chat).await;
    }
    turn.tell_that_it_goes_on(&request);
    let awaited = request.messages.last().map_or(Awaited::Person, Awaited::of);
    let opened = match dispatch {
        None => {
            let span = tracing::info_span!("turn.start");
            let open = span.in_scope(|| live.env.agent.open(request));
            turn.wait_for(open).instrument(span).await
        }
        Some((span, dispatched)) => {
            let open = span.in_scope(|| live.env.agent.open(request));
            // The dispatch is over when the request has left; the preparation may take long.
            drop((span, dispatched));
            turn.wait_for(open).instrument(tracing::info_span!("turn.start")).await
        }
    };
    match opened {
        Err(opening) => turn.see_out(ended, async move {
            let run = opening.await.ok()?;
            run.interrupt().await;
            let next = run.next();
            Some((run, next))
        }),
        Ok(Err(OpenError::Superseded(superseded))) => {
            live.step_down(superseded);
            return Err(CommitError);
        }
        Ok(Err(OpenError::Failed(text))) => turn.finish(text).await?,
        Ok(Ok(run)) => {
            slot.show(Some((awaited, Arc::clone(&run))));
            if live.halt.interrupted(awaited) {
                turn.interrupt(&run);
            }
            let driven = tokio::try_join!(biased; turn.seen(), turn.drive(&run));
            slot.show(None);
            if let ((), Some(next)) = driven? {
                turn.see_out(ended, async move { Some((run, next)) });
            }
        }
    }
    Ok(())
}

impl<'a> Turn<'a> {
    /// Begins a turn, if the message is still there when the begin is durable.
    async fn fresh(
        live: &'a Arc<Live>,
        chat: &'a ChatId,
        slot: &'a Slot,
        message: MessageId,
    ) -> Result<Option<Turn<'a>>, CommitError> {
        let Some(history) = live.transcripts.history(live, chat).await else { return Ok(None) };
        let (id, boot, at) = (live.new_turn(), live.boot, live.now());
        live.commit(Record::TurnStarted { chat: chat.clone(), turn: id, boot, message, at })
            .await?;
        Ok(Turn::of(live, chat, slot, id, history, None))
    }

    /// Goes on with a turn, if it is still there when that is durable.
    async fn again(
        live: &'a Arc<Live>,
        chat: &'a ChatId,
        slot: &'a Slot,
        id: TurnId,
        reason: Cut,
    ) -> Result<Option<Turn<'a>>, CommitError> {
        // Nothing that takes time may come between the attempt and its agent: a boot that ends
        // there has counted an attempt that nobody ever saw.
        let Some(history) = live.transcripts.history(live, chat).await else { return Ok(None) };
        let (boot, at) = (live.boot, live.now());
        live.commit(Record::TurnResumed { turn: id, boot, reason, at }).await?;
        Ok(Turn::of(live, chat, slot, id, history, Some(reason)))
    }

    fn of(
        live: &'a Arc<Live>,
        chat: &'a ChatId,
        slot: &'a Slot,
        id: TurnId,
        history: Vec<Entry>,
        resumed: Option<Cut>,
    ) -> Option<Turn<'a>> {
        let state = live.state();
        state.unfinished(chat, id)?;
        let session = state.chats.get(chat)?.session.clone();
        drop(state);
        let interrupted = AtomicBool::new(false);
        Some(Turn { live, chat, slot, id, session, history, resumed, interrupted })
    }

    /// What the agent is asked; nothing if the user has taken the turn away.
    fn request(&self) -> Option<TurnRequest> {
        let state = self.live.state();
        let turn = state.unfinished(self.chat, self.id)?;
        Some(TurnRequest {
            session: self.session.clone(),
            chat: self.chat.clone(),
            messages: vec![turn.message.clone()],
            history: self.history.clone(),
            steps_done: turn.steps.clone(),
            resumed: self.resumed,
        })
    }

    /// Tells the chat of a turn that was cut that it goes on, if the operator wants that.
    fn tell_that_it_goes_on(&self, request: &TurnRequest) {
        let live = self.live;
        if !live.settings.notices.resuming {
            return;
        }
        let Some(to) = request.resumed.and(request.messages.last()) else { return };
        let owed = Owed { notice: Notice::Resuming, to: to.id };
        let outbound = notice(self.chat, owed, Some(live.boot));
        let sending = courtesy(Arc::clone(live), outbound, live.settings.notify_timeout);
        // A span of its own: the notice does not keep the dispatch open.
        let span = tracing::info_span!(parent: None, "deliver");
        live.tasks.spawn(sending.instrument(span));
    }

    /// Whether the turn still belongs to its chat: its user may have stopped it.
    fn owned(&self) -> bool {
        self.live.state().unfinished(self.chat, self.id).is_some()
    }

    /// Whether a new session has begun, beside which an agent of the old one may run on.
    fn left(&self) -> bool {
        self.live.state().chats.get(self.chat).is_none_or(|chat| chat.session != self.session)
    }

    /// Waits for an answer of the agent. If a new session has begun meanwhile, it is still to come.
    async fn wait_for<T>(&self, mut answer: Effect<T>) -> Result<T, Effect<T>> {
        loop {
            tokio::select! {
                biased;
                () = self.slot.decided.notified() => {
                    if self.left() {
                        return Err(answer);
                    }
                }
                answer = &mut answer => return Ok(answer),
            }
        }
    }

    /// Puts on record that an agent has taken the turn on, beside whatever the agent does
    /// meanwhile: nothing waits for it but the end of the turn.
    async fn seen(&self) -> Result<(), CommitError> {
        let (turn, at) = (self.id, self.live.now());
        let known = self.live.state().unfinished(self.chat, turn).is_none_or(|turn| turn.seen);
        if known {
            return Ok(());
        }
        let span = tracing::info_span!("turn.seen");
        self.live.commit(Record::TurnSeen { turn, at }).instrument(span).await
    }

    /// Lets the agent work until nothing more comes, or until its chat goes on without it: then
    /// it returns what the agent has to say next.
    async fn drive(&self, run: &Arc<dyn Run>) -> Result<Option<Effect<TurnEvent>>, CommitError> {
        loop {
            let step = self.advance(run).instrument(tracing::info_span!("turn.step"));
            match step.await? {
                After::Going => {}
                After::Over => return Ok(None),
                After::Left(next) => return Ok(Some(next)),
            }
        }
    }

    /// Follows an agent that its chat has left behind to its end, if somebody waits for that: a
    /// turn that is dispatched alone must not have its company.
    fn see_out(
        &self,
        ended: Option<oneshot::Sender<()>>,
        agent: impl Future<Output = Option<(Arc<dyn Run>, Effect<TurnEvent>)>> + Send + 'static,
    ) {
        let Some(ended) = ended else { return };
        let follow = async move {
            if let Some((run, mut next)) = agent.await {
                while let TurnEvent::Step(_) | TurnEvent::AskedRestart = next.await {
                    next = run.next();
                }
            }
            drop(ended);
        };
        self.live.tasks.spawn(follow.instrument(tracing::info_span!("turn.step")));
    }

    async fn advance(&self, run: &Arc<dyn Run>) -> Result<After, CommitError> {
        let mut next = run.next();
        if !self.owned() {
            self.interrupt(run);
        }
        let event = loop {
            tokio::select! {
                biased;
                () = self.slot.decided.notified() => {
                    if !self.owned() {
                        self.interrupt(run);
                    }
                    if self.left() {
                        return Ok(After::Left(next));
                    }
                }
                event = &mut next => break event,
            }
        };
        match event {
            TurnEvent::Superseded(superseded) => {
                self.live.step_down(superseded);
                Err(CommitError)
            }
            TurnEvent::Step(_) | TurnEvent::AskedRestart if !self.owned() => Ok(After::Going),
            _ if !self.owned() => Ok(After::Over),
            TurnEvent::Step(text) => {
                let at = self.live.now();
                self.live.commit(Record::Step { turn: self.id, text, at }).await?;
                Ok(After::Going)
            }
            TurnEvent::AskedRestart => {
                self.asked_restart();
                Ok(After::Going)
            }
            TurnEvent::Reply(text) | TurnEvent::Failed(text) => {
                self.finish(text).await?;
                Ok(After::Over)
            }
            // Cut by the stop: the turn stays unfinished, and the next boot goes on with it.
            TurnEvent::Interrupted if self.live.halt.stopping() => Ok(After::Over),
            TurnEvent::Interrupted => {
                self.finish("The agent was interrupted before it was done.".to_owned()).await?;
                Ok(After::Over)
            }
        }
    }

    /// A turn that a restart has cut may well ask for it once more; it has had it.
    fn asked_restart(&self) {
        if self.resumed == Some(Cut::Restart) {
            tracing::info!(chat = %self.chat, "a turn resumed after a restart asks for another");
        } else {
            self.live.halt.restart();
        }
    }

    async fn finish(&self, text: String) -> Result<(), CommitError> {
        let (turn, boot, at) = (self.id, self.live.boot, self.live.now());
        let span = tracing::info_span!("turn.finish");
        self.live.commit(Record::TurnFinished { turn, boot, text, at }).instrument(span).await
    }

    /// Asks the agent, once, to give up; whether it does shows in its events.
    fn interrupt(&self, run: &Arc<dyn Run>) {
        if !self.interrupted.swap(true, Ordering::Relaxed) {
            self.live.tasks.spawn(run.interrupt().in_current_span());
        }
    }
}

//! One turn of the real gateway (lifecycle section 2, steps 6 to 13).
//!
//! Nothing about a turn is durable before it ends: not its start, not its request, not its steps.
//! Its slot is free before its reply is sent.

use std::sync::Arc;

use gateway_core::env::Run;
use gateway_core::message::{
    Body, ChatId, Cut, Entry, Inbound, Kind, MessageId, SessionId, TurnEvent, TurnRequest,
};

use super::hub::Hub;
use super::live::{Claim, Memory, Worker};

/// What a turn is about.
pub(super) enum Work {
    /// A user's message.
    Asked(Inbound),
    /// A session that was flagged as cut. Which message it was cut on is forgotten.
    Resumed(Cut),
}

impl Work {
    fn message(&self) -> Option<MessageId> {
        match self {
            Work::Asked(message) => Some(message.id),
            Work::Resumed(_) => None,
        }
    }

    /// The row that the request will have in the transcript.
    fn row(&self) -> Option<Entry> {
        match self {
            Work::Asked(Inbound { body: Body::Text(text) | Body::Job(text), .. }) => {
                Some(Entry::User(text.clone()))
            }
            Work::Asked(_) | Work::Resumed(_) => None,
        }
    }
}

/// Serves a chat whose slot was claimed, until nothing waits for it any more.
pub(super) async fn serve(hub: Arc<Hub>, chat: ChatId, claim: Claim, work: Work) {
    let mut next = Some((work, claim));
    while let Some((work, claim)) = next {
        if let Some(reply) = take_turn(&hub, &chat, claim, &work).await {
            // The slot is free already: a stop that sees nobody at work cancels this send (2
            // steps 11 and 12, #92589). One attempt.
            hub.send(&chat, Kind::Answer { to: work.message() }, &reply).await;
        }
        next = hub.live().follow_up(&chat).map(|(message, claim)| (Work::Asked(message), claim));
    }
}

/// Takes one turn; what it returns is to be sent.
async fn take_turn(hub: &Hub, chat: &ChatId, claim: Claim, work: &Work) -> Option<String> {
    // The first durable write of a turn is the index, for its time stamp (2 step 7).
    let now = hub.env.clock.now();
    let (session, saved) =
        hub.save(|index| index.get_or_create(chat, now, || hub.new_session())).await;
    if let Err(error) = saved {
        tracing::warn!(%error, "the session could not be saved");
    }
    let transcript = hub.store.load_transcript(&session).await;
    let memory = Arc::new(Memory::new(session.clone(), work.row().into_iter().collect()));
    // Until the agent is built the slot holds the sentinel, which no stop ever marks.
    let run = match hub.env.agent.open(request(chat, session, transcript, work)).await {
        Ok(run) => run,
        Err(text) => return fail(hub, chat, claim, &memory, text).await,
    };
    let worker = Worker { run: run.clone(), memory: memory.clone() };
    if !hub.live().seat(chat, claim, worker) {
        run.interrupt().await;
    }
    match follow(hub, run.as_ref(), &memory).await {
        Ended::Reply(text) => succeed(hub, chat, claim, &memory, text).await,
        Ended::Failed(text) => fail(hub, chat, claim, &memory, text).await,
        Ended::Interrupted => {
            hub.live().release(chat, claim);
            None
        }
    }
}

/// A turn with a new message is an ordinary one. A resumed one has an empty request; whatever
/// steps a stop flushed are at the end of the transcript.
fn request(
    chat: &ChatId,
    session: SessionId,
    mut transcript: Vec<Entry>,
    work: &Work,
) -> TurnRequest {
    let chat = chat.clone();
    match work {
        Work::Asked(message) => TurnRequest {
            session,
            chat,
            messages: vec![message.clone()],
            history: transcript,
            steps_done: Vec::new(),
            resumed: None,
        },
        Work::Resumed(cut) => {
            let steps_done = split_trailing_steps(&mut transcript);
            TurnRequest {
                session,
                chat,
                messages: Vec::new(),
                history: transcript,
                steps_done,
                resumed: Some(*cut),
            }
        }
    }
}

fn split_trailing_steps(transcript: &mut Vec<Entry>) -> Vec<String> {
    let kept = transcript.iter().rposition(|entry| !matches!(entry, Entry::Step(_)));
    let tail = transcript.split_off(kept.map_or(0, |last| last + 1));
    let step = |entry| match entry {
        Entry::Step(text) => Some(text),
        Entry::User(_) | Entry::Reply(_) => None,
    };
    tail.into_iter().filter_map(step).collect()
}

enum Ended {
    Reply(String),
    Failed(String),
    Interrupted,
}

/// Follows the agent. Steps exist only in memory until the turn ends (1.3), although asking for
/// the next one says otherwise.
async fn follow(hub: &Hub, run: &dyn Run, memory: &Memory) -> Ended {
    loop {
        match run.next().await {
            TurnEvent::Step(text) => memory.push(Entry::Step(text)),
            TurnEvent::AskedRestart => hub.ask_restart(),
            TurnEvent::Reply(text) => return Ended::Reply(text),
            TurnEvent::Failed(text) => return Ended::Failed(text),
            TurnEvent::Interrupted => return Ended::Interrupted,
        }
    }
}

/// The end of a good turn: flag, transcript, time stamp, slot, in that order, each on its own (2
/// steps 9 to 11). The counter of step 9 is never in its file here: every boot deletes it.
async fn succeed(
    hub: &Hub,
    chat: &ChatId,
    claim: Claim,
    memory: &Memory,
    reply: String,
) -> Option<String> {
    if !hub.live().owns(chat, claim) {
        return None;
    }
    if let Err(error) = hub.save_if(|index| index.clear(chat)).await {
        tracing::warn!(%error, "a flag could not be cleared");
    }
    finalise(hub, chat, claim, memory, reply).await
}

/// The end of a bad turn: the same, but the flag of an earlier death stays (2 step 9).
async fn fail(
    hub: &Hub,
    chat: &ChatId,
    claim: Claim,
    memory: &Memory,
    text: String,
) -> Option<String> {
    if !hub.live().owns(chat, claim) {
        return None;
    }
    finalise(hub, chat, claim, memory, text).await
}

async fn finalise(
    hub: &Hub,
    chat: &ChatId,
    claim: Claim,
    memory: &Memory,
    text: String,
) -> Option<String> {
    memory.push(Entry::Reply(text.clone()));
    if let Err(error) = hub.store.append_transcript(&memory.session, &memory.take()).await {
        tracing::warn!(%error, "a transcript could not be written");
    }
    let now = hub.env.clock.now();
    let ((), saved) = hub.save(|index| index.touch(chat, now)).await;
    if let Err(error) = saved {
        tracing::warn!(%error, "the session could not be saved");
    }
    hub.live().release_to_send(chat, claim);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flushed_steps_are_told_from_what_was_said_before() {
        let said = |text: &str| Entry::User(text.to_owned());
        let step = |text: &str| Entry::Step(text.to_owned());
        let mut transcript = vec![step("old"), said("do it"), step("one"), step("two")];
        assert_eq!(split_trailing_steps(&mut transcript), ["one", "two"]);
        assert_eq!(transcript, [step("old"), said("do it")]);
    }

    #[test]
    fn a_transcript_of_nothing_but_steps_is_all_steps() {
        let mut transcript = vec![Entry::Step("one".to_owned())];
        assert_eq!(split_trailing_steps(&mut transcript), ["one"]);
        assert!(transcript.is_empty());
    }
}

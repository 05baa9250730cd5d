//! One turn: every step durable before the next, the reply durable before it is sent.
//!
//! A write that fails is told to the operator and the turn goes on: its user is better served by
//! an answer that was not recorded than by none. In the designed stop nothing is written after the
//! release; in another order this is what a turn does that outlives its store.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::env::{Run, SendError};
use gateway_core::message::{
    Body, ChatId, Entry, Inbound, Kind, MessageId, Outbound, SessionId, TurnEvent, TurnRequest,
};
use tokio::time::timeout;

use super::hub::Hub;
use super::live::{Job, Origin};
use super::log::Log;
use super::store::Row;

/// How long a send may take before it is held for lost, perhaps after it was taken.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// The pause between two sends grows to this many times the first one.
const LONGEST_RETRY: u32 = 64;

/// Serves a chat until nothing waits in it or the gateway stops.
pub(super) async fn serve(hub: Arc<Hub>, chat: ChatId) {
    loop {
        let Some(job) = hub.live().next(&chat) else {
            return;
        };
        match take_turn(&hub, &job).await {
            Ok(Ended::Done) => hub.end(|live| live.finish(&chat)),
            Ok(Ended::Cut) => {
                let abandoned = hub.live().abandoned(&chat);
                hub.end(|live| if abandoned { live.finish(&chat) } else { live.cut(&chat) });
            }
            Err(error) => {
                hub.store.complain(&error, "recording a turn");
                hub.end(|live| live.cut(&chat));
            }
        }
    }
}

/// How a turn ended.
enum Ended {
    /// Its reply was taken.
    Done,
    /// It was interrupted, or its user wants no reply any more.
    Cut,
}

async fn take_turn(hub: &Hub, job: &Job) -> io::Result<Ended> {
    let message = &job.message;
    let session = hub.store.session(&message.chat, || hub.new_session()).await?;
    let (log, rows) = hub.store.transcript(&session).await?;
    if let Some(reply) = reply_in(&rows, message.id) {
        // Computed before a death, and perhaps sent: delivered, not computed again.
        let kind = Kind::Copy { to: Some(message.id) };
        return Ok(deliver(hub, message, kind, reply).await);
    }
    if !rows.iter().any(|row| row.message == message.id) {
        let entry = Entry::User(text(&message.body).to_owned());
        record(hub, &log, message, entry).await;
    }
    if matches!(job.origin, Origin::Mark(_)) {
        // What the stop said holds for this attempt; whatever ends it unplanned is a crash.
        let mut book = hub.marks.lock().await;
        let marks = book.marks.dispatched(message.id);
        book.replace(&hub.store, marks).await?;
    }
    let run = match hub.env.agent.open(request(session, job, &rows)).await {
        Ok(run) => run,
        Err(error) => return Ok(answer(hub, message, &log, error.to_string()).await),
    };
    if !hub.live().seat(&message.chat, run.clone()) {
        run.interrupt().await;
    }
    match follow(hub, message, run.as_ref(), &log).await {
        Some(text) if !hub.live().abandoned(&message.chat) => {
            Ok(answer(hub, message, &log, text).await)
        }
        _ => Ok(Ended::Cut),
    }
}

fn text(body: &Body) -> &str {
    match body {
        Body::Text(text) | Body::Job(text) => text,
        Body::Stop | Body::Reset => "",
    }
}

/// The reply to a message, if the transcript has it.
fn reply_in(rows: &[Row], message: MessageId) -> Option<String> {
    let reply = |row: &Row| match &row.entry {
        Entry::Reply(text) if row.message == message => Some(text.clone()),
        _ => None,
    };
    rows.iter().find_map(reply)
}

fn request(session: SessionId, job: &Job, rows: &[Row]) -> TurnRequest {
    let own = |row: &&Row| row.message == job.message.id;
    let history = rows.iter().filter(|row| !own(row)).map(|row| row.entry.clone()).collect();
    let step = |row: &Row| match &row.entry {
        Entry::Step(text) => Some(text.clone()),
        Entry::User(_) | Entry::Reply(_) => None,
    };
    TurnRequest {
        session,
        chat: job.message.chat.clone(),
        messages: vec![job.message.clone()],
        history,
        steps_done: rows.iter().filter(own).filter_map(step).collect(),
        resumed: job.cut(),
    }
}

/// Follows the agent to its end; `None` if it was interrupted.
async fn follow(hub: &Hub, message: &Inbound, run: &dyn Run, log: &Log) -> Option<String> {
    loop {
        match run.next().await {
            TurnEvent::Step(text) => {
                record(hub, log, message, Entry::Step(text)).await;
            }
            TurnEvent::AskedRestart => hub.ask_restart(),
            TurnEvent::Reply(text) | TurnEvent::Failed(text) => return Some(text),
            TurnEvent::Interrupted | TurnEvent::Superseded(_) => return None,
        }
    }
}

/// Appends to the transcript, durably or with a complaint.
async fn record(hub: &Hub, log: &Log, message: &Inbound, entry: Entry) {
    if let Err(error) = log.append(&Row { message: message.id, entry }).await {
        hub.store.complain(&error, "recording a turn");
    }
}

async fn answer(hub: &Hub, message: &Inbound, log: &Log, text: String) -> Ended {
    record(hub, log, message, Entry::Reply(text.clone())).await;
    deliver(hub, message, Kind::Answer { to: Some(message.id) }, text).await
}

/// Sends until the platform has taken it, then removes the marks that earlier stops left.
async fn deliver(hub: &Hub, message: &Inbound, mut kind: Kind, text: String) -> Ended {
    let key = format!("answer-{}", message.id);
    let mut pause = hub.settings.send_retry;
    let longest = hub.settings.send_retry.saturating_mul(LONGEST_RETRY);
    loop {
        let (key, text) = (key.clone(), text.clone());
        let sent = hub.env.platform.send(Outbound { chat: message.chat.clone(), key, kind, text });
        match timeout(SEND_TIMEOUT, sent).await {
            Ok(Ok(())) => break,
            Ok(Err(error @ (SendError::NotTaken(_) | SendError::Superseded(_)))) => {
                tracing::warn!(%error, "a reply failed");
            }
            Ok(Err(SendError::Unknown(_))) | Err(_) => {
                tracing::warn!("a reply was perhaps taken");
                kind = Kind::Copy { to: Some(message.id) };
            }
        }
        tokio::time::sleep(pause).await;
        pause = longest.min(pause.saturating_mul(2));
    }
    if let Err(error) = hub.answered(message).await {
        hub.store.complain(&error, "removing the marks of an answered message");
    }
    Ended::Done
}

#[cfg(test)]
mod tests {
    use gateway_core::env::UnixMs;
    use gateway_core::message::Cut;

    use super::super::marks::Work;
    use super::*;

    fn row(message: u64, entry: Entry) -> Row {
        Row { message: MessageId(message), entry }
    }

    #[test]
    fn a_resumed_turn_is_given_its_message_and_its_own_steps() {
        let rows = [
            row(1, Entry::User("one".to_owned())),
            row(1, Entry::Step("old".to_owned())),
            row(1, Entry::Reply("done".to_owned())),
            row(2, Entry::User("two".to_owned())),
            row(2, Entry::Step("new".to_owned())),
        ];
        let chat = ChatId("a".to_owned());
        let body = Body::Text("two".to_owned());
        let message = Inbound { id: MessageId(2), chat, sent_at: UnixMs(0), body };
        let origin = Origin::Mark(Work::Running(Cut::Restart));
        let job = Job { message: message.clone(), origin };
        let request = request(SessionId("s".to_owned()), &job, &rows);
        assert_eq!(request.messages, [message]);
        assert_eq!(request.steps_done, ["new"]);
        assert_eq!(request.history.len(), 3);
        assert_eq!(request.resumed, Some(Cut::Restart));
        assert_eq!(reply_in(&rows, MessageId(1)).as_deref(), Some("done"));
        assert_eq!(reply_in(&rows, MessageId(2)), None);
    }
}

//! Two small gateways with races of their own.
//!
//! They lose what a kill cuts, for they remember nothing; here nobody is killed.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateway_core::env::{Effect, Env, Exit, Gateway};
use gateway_core::message::{
    ChatId, Cursor, Inbound, Kind, MessageId, Notice, Outbound, SessionId, TurnEvent, TurnRequest,
};

/// What a stop does before it looks who is at work.
#[derive(Clone, Copy)]
pub(super) enum First {
    /// It writes a note on the disk, which takes no time.
    Note,
    /// It tells a chat, which takes the time of the platform.
    Notice,
}

/// Marks a message as at work only after it has acknowledged it, and stops without waiting for
/// what was not marked yet when it looked.
pub(super) struct Hasty(pub(super) First);

type Marks = Arc<Mutex<BTreeSet<MessageId>>>;

impl Gateway for Hasty {
    fn boot(&self, env: Env) -> Effect<Exit> {
        let first = self.0;
        Box::pin(async move {
            let signal = env.signals.next();
            let marks = Marks::default();
            tokio::spawn(listen(env.clone(), Arc::clone(&marks)));
            signal.await;
            match first {
                First::Note => drop(env.fs.create_new("stopping").await),
                First::Notice => drop(env.platform.send(stopping()).await),
            }
            let seen = marks.lock().expect("nobody panics").clone();
            while !marks.lock().expect("nobody panics").is_disjoint(&seen) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Exit::Restart
        })
    }
}

fn stopping() -> Outbound {
    let kind = Kind::Notice { notice: Notice::Stopping, to: None };
    Outbound { chat: ChatId("a".to_owned()), key: "stopping".to_owned(), kind, text: String::new() }
}

async fn listen(env: Env, marks: Marks) {
    let mut cursor = env.platform.acknowledged().await.unwrap_or(Cursor(0));
    loop {
        let Ok(messages) = env.platform.poll(cursor).await else { continue };
        for message in messages {
            cursor = Cursor(message.id.0);
            // The race: once this has taken hold nobody will deliver the message again, and until
            // it is answered no stop knows of it.
            let _ = env.platform.ack(cursor).await;
            marks.lock().expect("nobody panics").insert(message.id);
            tokio::spawn(answer(env.clone(), Arc::clone(&marks), message));
        }
    }
}

async fn answer(env: Env, marks: Marks, message: Inbound) {
    let (id, chat) = (message.id, message.chat.clone());
    let request = TurnRequest {
        session: SessionId(chat.0.clone()),
        chat: chat.clone(),
        messages: vec![message],
        history: Vec::new(),
        steps_done: Vec::new(),
        resumed: None,
    };
    let Ok(run) = env.agent.open(request).await else { return };
    loop {
        if let TurnEvent::Reply(text) = run.next().await {
            let kind = Kind::Answer { to: Some(id) };
            let outbound = Outbound { chat, key: id.to_string(), kind, text };
            let _ = env.platform.send(outbound).await;
            marks.lock().expect("nobody panics").remove(&id);
            return;
        }
    }
}

/// Asks for two files at once, waits for either, and notes what it saw when it looked, and in
/// which order two tasks that wait for two more files ran.
#[derive(Clone, Default)]
pub(super) struct Pair {
    pub(super) seen: Arc<Mutex<Option<(bool, bool)>>>,
    pub(super) ran: Arc<Mutex<Vec<&'static str>>>,
}

impl Gateway for Pair {
    fn boot(&self, env: Env) -> Effect<Exit> {
        let me = self.clone();
        Box::pin(async move {
            let (mut one, mut two) = (env.fs.create_new("one"), env.fs.create_new("two"));
            let seen = std::future::poll_fn(|cx| {
                use std::task::Poll;
                match (one.as_mut().poll(cx).is_ready(), two.as_mut().poll(cx).is_ready()) {
                    (false, false) => Poll::Pending,
                    ready => Poll::Ready(ready),
                }
            });
            let seen = seen.await;
            *me.seen.lock().expect("nobody panics") = Some(seen);
            for name in ["three", "four"] {
                let (made, ran) = (env.fs.create_new(name), Arc::clone(&me.ran));
                tokio::spawn(async move {
                    made.await.expect("the disk is good");
                    ran.lock().expect("nobody panics").push(name);
                });
            }
            std::future::pending::<()>().await;
            Exit::Planned
        })
    }
}

//! A gateway that keeps everything in its head, and what becomes of it.

use gateway_core::env::{Effect, Env, Exit, Gateway};
use gateway_core::message::{Cursor, Inbound, Kind, Outbound, SessionId, TurnEvent, TurnRequest};
use scenarios::harness::{Failure, Harness};

/// Answers whoever writes, and keeps everything in its head.
struct Naive;

impl Gateway for Naive {
    fn boot(&self, env: Env) -> Effect<Exit> {
        Box::pin(async move {
            let mut signal = env.signals.next();
            let mut after = Cursor(0);
            loop {
                tokio::select! {
                    biased;
                    _ = &mut signal => return Exit::Planned,
                    messages = env.platform.poll(after) => {
                        for message in messages.unwrap_or_default() {
                            after = Cursor(message.id.0);
                            drop(env.platform.ack(after).await);
                            tokio::spawn(answer(env.clone(), message));
                        }
                    }
                }
            }
        })
    }
}

async fn answer(env: Env, message: Inbound) {
    let (chat, to) = (message.chat.clone(), Some(message.id));
    let request = TurnRequest {
        session: SessionId(format!("session of {chat}")),
        chat: chat.clone(),
        messages: vec![message],
        history: Vec::new(),
        steps_done: Vec::new(),
        resumed: None,
    };
    let Ok(run) = env.agent.open(request).await else { return };
    loop {
        if let TurnEvent::Reply(text) | TurnEvent::Failed(text) = run.next().await {
            let (key, kind) = (format!("answer to {to:?}"), Kind::Answer { to });
            drop(env.platform.send(Outbound { chat, key, kind, text }).await);
            return;
        }
    }
}

fn main() -> Result<(), Failure> {
    Harness::new("naive", |_settings| Naive).swarm(500)?;
    Ok(())
}

//! A plan, put in order once: messages numbered as the platform will number them, chats as
//! indices. Never changes during a run, and is shared by every clone of the world.

use std::collections::BTreeMap;

use gateway_core::message::{Body, ChatId, Inbound, MessageId};

use crate::plan::{MessageBody, MessagePlan, Outcome, Plan, TurnPlan};
use crate::time::Ms;
use crate::world::wall_at;

/// A message by its place in the script; its [`MessageId`] is one more.
pub type MessageIndex = usize;

/// A chat by its place in the script.
pub type ChatIndex = usize;

/// A plan, put in order once.
#[derive(Clone, Debug)]
pub struct Script {
    /// The plan.
    pub plan: Plan,
    /// Every chat, in the order of names.
    pub chats: Vec<ChatId>,
    /// Every message, in the order in which the platform gets them.
    pub messages: Vec<ScriptMessage>,
    by_name: BTreeMap<ChatId, ChatIndex>,
}

/// A message of a user.
#[derive(Clone, Debug)]
pub struct ScriptMessage {
    /// When the platform has it.
    pub at: Ms,
    /// Where it is written.
    pub chat: ChatIndex,
    /// What it is.
    pub body: MessageBody,
    /// The turn that answers it.
    pub turn: TurnPlan,
}

impl Script {
    /// Puts a plan in order. Messages of the same millisecond keep the plan's order.
    pub fn new(plan: &Plan) -> Script {
        let mut sorted: Vec<&MessagePlan> = plan.messages.iter().collect();
        sorted.sort_by_key(|message| message.at);
        let mut by_name: BTreeMap<ChatId, ChatIndex> =
            sorted.iter().map(|message| (message.chat.clone(), 0)).collect();
        for (index, chat) in by_name.values_mut().enumerate() {
            *chat = index;
        }
        let messages = sorted
            .into_iter()
            .map(|message| ScriptMessage {
                at: message.at,
                chat: by_name[&message.chat],
                body: message.body,
                turn: message.turn.clone(),
            })
            .collect();
        let chats = by_name.keys().cloned().collect();
        Script { plan: plan.clone(), chats, messages, by_name }
    }

    /// The index of a chat; none if no user of the plan writes in it.
    pub fn chat(&self, chat: &ChatId) -> Option<ChatIndex> {
        self.by_name.get(chat).copied()
    }

    /// The index of a message; none if the platform never had it.
    pub fn message(&self, id: MessageId) -> Option<MessageIndex> {
        let index = usize::try_from(id.0).ok()?.checked_sub(1)?;
        (index < self.messages.len()).then_some(index)
    }

    /// The message as a gateway gets it.
    pub fn inbound(&self, index: MessageIndex) -> Inbound {
        let message = &self.messages[index];
        let id = message_id(index);
        let body = match message.body {
            MessageBody::Text => Body::Text(format!("request {id}")),
            MessageBody::Job => Body::Job(format!("job {id}")),
            MessageBody::Stop => Body::Stop,
            MessageBody::Reset => Body::Reset,
        };
        let chat = self.chats[message.chat].clone();
        Inbound { id, chat, sent_at: wall_at(message.at, 0), body }
    }

    /// The text of a step of the turn that answers a message; steps count from 1.
    pub fn step_text(&self, index: MessageIndex, step: u32) -> String {
        format!("step {step} of {}", message_id(index))
    }
}

impl ScriptMessage {
    /// Whether the turn's outcome still happens in this attempt, counted from 1.
    pub fn is_faulty(&self, attempt: u32) -> bool {
        let attempts = self.turn.attempts.unwrap_or(match self.turn.outcome {
            Outcome::Finish => 0,
            Outcome::Hang | Outcome::AskRestart => 1,
            Outcome::Fail | Outcome::KillProcess => u32::MAX,
        });
        self.turn.outcome != Outcome::Finish && attempt <= attempts
    }
}

/// The number the platform gives to a message.
pub fn message_id(index: MessageIndex) -> MessageId {
    MessageId(index as u64 + 1)
}

//! What users write, and what the agent makes of it.

use gateway_core::message::ChatId;
use serde::{Deserialize, Serialize};

use crate::time::Ms;

/// What a user writes, and what the agent makes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessagePlan {
    /// When the platform has it.
    pub at: Ms,
    /// Where it is written.
    pub chat: ChatId,
    /// What it is.
    #[serde(default, skip_serializing_if = "MessageBody::is_text")]
    pub body: MessageBody,
    /// The turn that answers it.
    #[serde(default)]
    pub turn: TurnPlan,
}

/// What a user's message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageBody {
    /// Something for the agent.
    #[default]
    Text,
    /// The same, but no person waits for it: a schedule or a program asks.
    Job,
    /// The user stops the turn and drops what waits behind it.
    Stop,
    /// The same, and a new session.
    Reset,
}

impl MessageBody {
    /// Whether it is for the agent.
    pub fn is_request(self) -> bool {
        matches!(self, MessageBody::Text | MessageBody::Job)
    }

    fn is_text(&self) -> bool {
        *self == MessageBody::Text
    }
}

/// How long a turn takes and how it behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TurnPlan {
    /// How long it takes until the agent exists.
    pub prepare: Ms,
    /// How many steps it takes.
    pub steps: u32,
    /// How long each step takes.
    pub step: Ms,
    /// How long it takes from the last step (or the start) to the reply.
    pub reply: Ms,
    /// How it goes.
    pub outcome: Outcome,
    /// After how many steps a `hang`, `ask-restart`, `fail` or `kill-process` happens; after the
    /// last if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_step: Option<u32>,
    /// In how many attempts that happens before the turn finishes after all. If not said: every
    /// one for `fail` and `kill-process`, the first for `hang` and `ask-restart`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// How long the agent takes to obey an interrupt.
    pub obeys_after: Ms,
    /// Whether it never obeys one.
    pub ignores_interrupts: bool,
}

impl Default for TurnPlan {
    fn default() -> TurnPlan {
        TurnPlan {
            prepare: Ms(0),
            steps: 1,
            step: Ms(1_000),
            reply: Ms(0),
            outcome: Outcome::Finish,
            at_step: None,
            attempts: None,
            obeys_after: Ms(300),
            ignores_interrupts: false,
        }
    }
}

/// How a turn goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It replies.
    Finish,
    /// The agent gives up and says so.
    Fail,
    /// Nothing more comes from it until it is interrupted.
    Hang,
    /// It asks for a restart of the gateway and goes on.
    AskRestart,
    /// It takes the whole process down.
    KillProcess,
}

//! What the oracles need of the past, kept inside the world.
//!
//! Facts that could be seen from outside the gateway: at the platform, at the agent back end, at
//! the supervisor and in the operator's log. They are part of the world and hashed with it: two
//! worlds are equal only if the oracles remember the same of them. A ledger judges nothing.

use std::sync::Arc;

use gateway_core::env::{Exit, Signal};
use gateway_core::message::{Cut, Kind, Notice};

use crate::history::History;
use crate::script::{ChatIndex, MessageIndex};
use crate::time::Ms;

/// A run of an agent by its place in the ledger.
pub type RunIndex = usize;

/// What the oracles need of the past. Boots are numbered from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ledger {
    /// One for each message of the script, also for those not yet sent.
    pub messages: Vec<Arc<MessageFacts>>,
    /// Every run of an agent, in the order in which they began.
    pub runs: Vec<Arc<RunFact>>,
    /// Everything the platform took, in that order.
    pub deliveries: Arc<Vec<Delivery>>,
    /// Everything that left for the platform, in that order.
    pub sends: Vec<Arc<SendFact>>,
    /// What boots learned, did and had the chance to record.
    pub history: History,
    /// Every agent that was asked for in a chat that had no access then.
    pub barred_opens: Vec<BarredOpen>,
    /// Every boot.
    pub boots: Vec<Arc<BootFacts>>,
    /// When a sync first did nothing and said that it did.
    pub flush_lied_at: Option<Ms>,
    /// When bits turned over on the disk.
    pub rotted: Vec<Ms>,
    /// When the operator took files away that a gateway had named.
    pub remedied: Vec<Ms>,
}

/// What happened to one message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct MessageFacts {
    /// Whether the platform has it yet.
    pub posted: bool,
    /// When the platform was told that it needs no further delivery.
    pub acked_at: Option<Ms>,
    /// The boots that were given it, each once.
    pub handed_to: Vec<u32>,
    /// When an agent was first asked for, for it.
    pub started_at: Option<Ms>,
    /// Every final text an agent produced for it.
    pub produced: Vec<String>,
    /// Whether a planned fault hit a send about it.
    pub send_fault: bool,
}

/// One run of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RunFact {
    /// The boot that started it.
    pub boot: u32,
    /// The chat it was for.
    pub chat: ChatIndex,
    /// The session it was for.
    pub session: String,
    /// The message it worked on; none if there was nothing to work on.
    pub message: Option<MessageIndex>,
    /// Whether the gateway gave it that message.
    pub given_message: bool,
    /// How many of the turn's steps the gateway gave it as done.
    pub steps_given: u32,
    /// How many finished turns of its session the gateway gave it as history, each counted once.
    pub turns_given: u32,
    /// How many steps were acknowledged as durable by its end, those given included.
    pub steps_acked: u32,
    /// Why the gateway said that it was cut before.
    pub resumed: Option<Cut>,
    /// When the gateway asked for it.
    pub asked_at: Ms,
    /// When the agent began to exist.
    pub began_at: Ms,
    /// When it came to its own end: a reply, a failure, or obedience to an interrupt.
    pub over_at: Option<Ms>,
    /// When the gateway first asked it to give up.
    pub interrupted_at: Option<Ms>,
    /// Whether another run of the same session was alive when it began.
    pub overlapped: bool,
}

/// An agent that was asked for in a chat that might have no work done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BarredOpen {
    /// The boot that asked.
    pub boot: u32,
    /// For which chat.
    pub chat: ChatIndex,
    /// When.
    pub at: Ms,
}

/// Something that left a boot for the platform.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SendFact {
    /// The boot that sent it.
    pub boot: u32,
    /// Into which chat; none if nobody of the plan is in it.
    pub chat: Option<ChatIndex>,
    /// What it is.
    pub kind: Kind,
    /// Its idempotency key.
    pub key: String,
    /// The message whose final text it carries.
    pub answers: Option<MessageIndex>,
    /// The message that it says it is about.
    pub about: Option<MessageIndex>,
    /// What the platform took of it, by its place in the ledger; none if nothing arrived.
    pub taken: Option<usize>,
}

/// Something the platform took.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Delivery {
    /// When.
    pub at: Ms,
    /// From which boot.
    pub boot: u32,
    /// Into which chat; none if nobody of the plan is in it.
    pub chat: Option<ChatIndex>,
    /// What it is.
    pub kind: Kind,
    /// Its idempotency key.
    pub key: String,
    /// The message whose final text it carries.
    pub answers: Option<MessageIndex>,
    /// Whether the platform's answer was not lost to a planned fault.
    pub told: bool,
    /// Whether users see it: not if the platform recognised its key.
    pub visible: bool,
}

impl Delivery {
    /// The notice it is, if it is one.
    pub fn notice(&self) -> Option<Notice> {
        match self.kind {
            Kind::Notice { notice, .. } => Some(notice),
            Kind::Answer { .. } | Kind::Copy { .. } => None,
        }
    }
}

/// One life of the process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BootFacts {
    /// Its number, from 1.
    pub number: u32,
    /// When it began.
    pub began_at: Ms,
    /// When and how it ended.
    pub ended: Option<(Ms, End)>,
    /// The stop it was in, if any.
    pub stop: Option<StopFacts>,
    /// The turns that were cut by its end.
    pub cut: Vec<MessageIndex>,
    /// How many planned errors of the disk it was given.
    pub disk_errors: u32,
    /// From when until when planned faults of the disk hit its calls.
    pub disk_sick: Option<(Ms, Ms)>,
    /// How much longer than no time its calls took in all because the plan slows it down: its disk,
    /// the order of events, and the times in which it was frozen.
    pub slowed: Ms,
    /// The same since it was asked to stop.
    pub slowed_in_stop: Ms,
    /// From when until when it was frozen the last time.
    pub frozen: Option<(Ms, Ms)>,
    /// What it logged as an error.
    pub errors: Vec<String>,
}

/// What is known from outside about a stop.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StopFacts {
    /// The first signal; none if an agent asked for the stop, or the gateway thought of it.
    pub signal: Option<Signal>,
    /// Whether an agent asked for a restart; the gateway may have refused it.
    pub asked_by_agent: bool,
    /// When it was asked for.
    pub asked_at: Ms,
    /// When the first notice that it is stopping left the process.
    pub announced_at: Option<Ms>,
}

/// How a boot ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// By itself.
    Exited(Exit),
    /// By a kill of the plan.
    Killed,
    /// With the machine, by a power loss of the plan.
    PowerLost,
    /// By the supervisor, whose budget for the stop was used up.
    OverBudget,
    /// By a turn.
    KilledByTurn(MessageIndex),
    /// By a panic in one of its tasks.
    Panicked(String),
    /// Another boot took its place while it lived: nobody listened to it any more.
    Superseded,
    /// It never became idle and was given up.
    NeverIdle,
}

impl End {
    /// Whether it was a sudden death.
    pub fn is_death(&self) -> bool {
        !matches!(self, End::Exited(_))
    }
}

impl BootFacts {
    /// When it ended; the end of time if it did not.
    pub fn ended_at(&self) -> Ms {
        self.ended.as_ref().map_or(Ms(u64::MAX), |(at, _)| *at)
    }

    /// Whether it ended in a sudden death.
    pub fn died(&self) -> bool {
        self.ended.as_ref().is_some_and(|(_, end)| end.is_death())
    }

    /// Whether it said that something went wrong: in the operator's log or by its exit code.
    pub fn told_of_trouble(&self) -> bool {
        let failed = matches!(self.ended, Some((_, End::Exited(Exit::Failed | Exit::Config))));
        failed || !self.errors.is_empty()
    }

    /// Whether nobody had planned its end: a sudden death, or an exit that tells of a failure.
    pub fn ended_unplanned(&self) -> bool {
        let failed = End::Exited(Exit::Failed);
        self.died() || self.ended.as_ref().is_some_and(|(_, end)| *end == failed)
    }
}

impl Ledger {
    /// When the disk lost what it had said that it kept: a bit turned over, or the power went after
    /// a sync that did nothing.
    pub fn deceptions(&self) -> impl Iterator<Item = Ms> + '_ {
        let losses = self.boots.iter().filter_map(|boot| match boot.ended {
            Some((at, End::PowerLost)) => Some(at),
            _ => None,
        });
        let lied = self.flush_lied_at;
        let losses = losses.filter(move |at| lied.is_some_and(|lied| lied <= *at));
        self.rotted.iter().copied().chain(losses)
    }

    /// The boot with a number.
    pub fn boot(&self, number: u32) -> &BootFacts {
        &self.boots[number as usize - 1]
    }

    /// What the platform took with the final text of a message and users saw, oldest first.
    pub fn answers(&self, message: MessageIndex) -> impl Iterator<Item = &Delivery> {
        self.deliveries.iter().filter(move |d| d.visible && d.answers == Some(message))
    }
}

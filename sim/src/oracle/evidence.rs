//! What a judge is given: the plan, what the world remembers, and a few questions about both.

use std::sync::Arc;

use gateway_core::message::Notice;

use crate::history::Entry;
use crate::ledger::{BootFacts, Delivery, End, Ledger};
use crate::oracle::{OracleId, Violation};
use crate::plan::MessageBody;
use crate::script::{ChatIndex, MessageIndex, Script, message_id};
use crate::time::Ms;
use crate::world::World;

/// A run at its horizon.
pub struct Evidence<'w> {
    pub(crate) world: &'w World,
    pub(crate) script: &'w Script,
    pub(crate) ledger: &'w Ledger,
    /// The history, oldest entry first.
    pub(super) entries: Vec<&'w Entry>,
}

impl<'w> Evidence<'w> {
    /// The run that ended in `world`.
    pub fn new(world: &'w World) -> Evidence<'w> {
        let ledger = world.ledger();
        Evidence { world, script: world.script(), ledger, entries: ledger.history.entries() }
    }

    /// Every message for the agent that the platform had.
    pub(crate) fn requests(&self) -> impl Iterator<Item = MessageIndex> + '_ {
        (0..self.script.messages.len()).filter(|&index| {
            self.script.messages[index].body.is_request() && self.ledger.messages[index].posted
        })
    }

    /// Every boot, in order.
    pub(crate) fn boots(&self) -> impl Iterator<Item = &'w BootFacts> + Clone {
        self.ledger.boots.iter().map(Arc::as_ref)
    }

    pub(super) fn is_reset(&self, message: MessageIndex) -> bool {
        self.script.messages[message].body == MessageBody::Reset
    }

    /// The message that a delivery says it is about.
    pub(crate) fn about(&self, delivery: &Delivery) -> Option<MessageIndex> {
        self.world.about(delivery)
    }

    /// When a chat first had what ends the wait for a message: its answer, or why there is none.
    pub(crate) fn settled_at(&self, message: MessageIndex) -> Option<Ms> {
        let settles = |delivery: &&Delivery| {
            let discharge = match delivery.notice() {
                Some(Notice::Suspended | Notice::Stale | Notice::Refused | Notice::Dropped) => {
                    self.about(delivery) == Some(message)
                }
                _ => false,
            };
            let here = delivery.chat == Some(self.script.messages[message].chat);
            delivery.visible && here && (discharge || delivery.answers == Some(message))
        };
        self.ledger.deliveries.iter().find(settles).map(|delivery| delivery.at)
    }

    /// The user's stop or reset that takes a message back, if there is one.
    pub(crate) fn withdrawal(&self, message: MessageIndex) -> Option<MessageIndex> {
        let chat = self.script.messages[message].chat;
        (message + 1..self.script.messages.len()).find(|&later| {
            let (said, posted) = (&self.script.messages[later], self.ledger.messages[later].posted);
            said.chat == chat && !said.body.is_request() && posted
        })
    }

    /// Whether a disk has lost something that may have held a message.
    pub(super) fn may_be_forgotten(&self, message: MessageIndex) -> bool {
        let handed = self.ledger.messages[message].handed_to.iter();
        let mut began = handed.map(|boot| self.ledger.boot(*boot).began_at);
        began.next().is_some_and(|first| self.ledger.deceptions().any(|since| first <= since))
    }

    /// Whether a violation is not the gateway's: its disk had lost what it needed for that, and it
    /// said so. It cannot know what the disk has forgotten, but it can see that something is gone.
    ///
    /// Only what a boot had been handed that lived before can have been on the disk, and what a
    /// later one was handed anew is not lost with it.
    pub(super) fn is_forgiven(&self, violation: &Violation) -> bool {
        let loss = matches!(violation.oracle, OracleId::NothingLost | OracleId::HonestIo);
        let chat = violation.message.map(|message| self.script.messages[message].chat);
        let chat = chat.or(violation.chat);
        self.ledger.deceptions().any(|since| {
            let before = |boot: &u32| self.ledger.boot(*boot).began_at <= since;
            let known = |message: MessageIndex| {
                let handed = &self.ledger.messages[message].handed_to;
                let all = handed.iter().all(before) || !loss;
                all && handed.iter().any(before)
            };
            let touched = match violation.message {
                Some(message) => known(message),
                None => self.requests().any(|message| {
                    Some(self.script.messages[message].chat) == chat && known(message)
                }),
            };
            touched && (!loss || self.is_told(violation.message, since))
        })
    }

    /// Whether a boot said after a time that something is lost: this message, if it says which.
    /// What was said before the operator took a damaged file away does not tell what is lost with
    /// it.
    fn is_told(&self, message: Option<MessageIndex>, since: Ms) -> bool {
        let remedied = self.ledger.remedied.iter().copied().filter(|at| *at >= since);
        let since = remedied.max().unwrap_or(since);
        let telling = self.boots().filter(|boot| boot.ended_at() >= since);
        let named = telling.clone().flat_map(|boot| boot.errors.iter());
        let named: Vec<_> = named.filter_map(|alarm| lost_messages(alarm)).collect();
        let message = message.map(|message| message_id(message).0);
        let is_named = |message: u64| named.iter().any(|lost| lost.contains(&message));
        telling.clone().any(BootFacts::told_of_trouble)
            && (named.is_empty() || message.is_none_or(is_named))
    }

    pub(crate) fn message_violation(
        &self,
        oracle: OracleId,
        message: MessageIndex,
        what: impl std::fmt::Display,
    ) -> Violation {
        let chat = self.script.messages[message].chat;
        let what = format!("{} in chat {}: {what}", message_id(message), self.script.chats[chat]);
        Violation { oracle, chat: Some(chat), message: Some(message), what, believed: Vec::new() }
    }

    pub(crate) fn chat_violation(
        &self,
        oracle: OracleId,
        chat: ChatIndex,
        what: impl std::fmt::Display,
    ) -> Violation {
        let name = self.script.chats.get(chat).map_or("(unknown)", |chat| chat.0.as_str());
        let what = format!("chat {name}: {what}");
        Violation { oracle, chat: Some(chat), message: None, what, believed: Vec::new() }
    }

    pub(crate) fn violation(&self, oracle: OracleId, what: String) -> Violation {
        Violation { oracle, chat: None, message: None, what, believed: Vec::new() }
    }
}

/// The messages that an error in the log says are lost: `lost=m3..m5`.
pub(super) fn lost_messages(alarm: &str) -> Option<std::ops::RangeInclusive<u64>> {
    let named = alarm.split_whitespace().find_map(|word| word.strip_prefix("lost="))?;
    let mut ends =
        named.trim_matches('"').split("..").map(|end| end.trim_start_matches('m').parse());
    let first: u64 = ends.next()?.ok()?;
    let last = ends.next().and_then(Result::ok).unwrap_or(first);
    Some(first..=last)
}

/// How a boot ended, in words.
pub(crate) fn end_text(end: &End) -> String {
    match end {
        End::Exited(exit) => format!("exited with code {}", exit.code()),
        End::Killed => "was killed".to_owned(),
        End::PowerLost => "lost its power".to_owned(),
        End::OverBudget => "was killed at the end of its stop budget".to_owned(),
        End::KilledByTurn(message) => format!("was killed by the turn of {}", message_id(*message)),
        End::Panicked(panic) => format!("panicked: {panic}"),
        End::Superseded => "was superseded".to_owned(),
        End::NeverIdle => "never became idle".to_owned(),
    }
}

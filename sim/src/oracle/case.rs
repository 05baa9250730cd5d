//! What an oracle is given: the script, what the world remembers, and a few questions that
//! several oracles ask.

use gateway_core::message::{Cut, Kind, Notice};

use super::id::OracleId;
use crate::ledger::{BootFacts, Delivery, End, Ledger};
use crate::plan::{SendFaultEffect, Stage};
use crate::script::{ChatIndex, MessageIndex, Script, message_id};
use crate::time::Ms;
use crate::world::World;

/// How long an answer is under way on a healthy network at most, with the ticks of both its ends.
const WIRE: Ms = Ms(5);

/// How long the answer to a send may be under way on a healthy network.
const LINK_UNSURE: Ms = Ms(1_000);

/// How long after a fault of the network an end may believe in a connection that is gone.
const LINK_CONVALESCENCE: Ms = Ms(60_000);

/// How long a gateway that could not ask the platform may pause before it asks again.
const ASKS_AGAIN: Ms = Ms(10_000);

/// A broken statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Whose.
    pub oracle: OracleId,
    /// The chat it happened to, if it happened to one.
    pub chat: Option<ChatIndex>,
    /// The message it happened to, if it happened to one.
    pub message: Option<MessageIndex>,
    /// What happened, as a sentence fragment.
    pub what: String,
    /// What was believed then, where no belief explains it.
    pub believed: Option<String>,
}

/// A run at its horizon.
pub struct Case<'w> {
    pub(crate) world: &'w World,
    pub(crate) script: &'w Script,
    pub(crate) ledger: &'w Ledger,
}

impl<'w> Case<'w> {
    /// The run that ended in `world`.
    pub fn new(world: &'w World) -> Case<'w> {
        Case { world, script: world.script(), ledger: world.ledger() }
    }

    /// Every message for the agent that the platform had.
    pub(crate) fn texts(&self) -> impl Iterator<Item = MessageIndex> + '_ {
        (0..self.script.messages.len()).filter(|&index| {
            self.script.messages[index].body.is_request() && self.ledger.messages[index].posted
        })
    }

    pub(crate) fn about(&self, delivery: &Delivery) -> Option<MessageIndex> {
        self.world.about(delivery)
    }

    /// The first notice that ends the gateway's duty for a message whose turn had started.
    pub(crate) fn discharge(&self, message: MessageIndex) -> Option<&'w Delivery> {
        self.ledger.deliveries.iter().find(|delivery| {
            matches!(delivery.notice(), Some(Notice::Suspended | Notice::Stale))
                && self.about(delivery) == Some(message)
        })
    }

    /// The user's stop or reset that took a message back.
    pub(crate) fn withdrawal(&self, message: MessageIndex) -> Option<MessageIndex> {
        let chat = self.script.messages[message].chat;
        (message + 1..self.script.messages.len()).find(|&later| {
            let later_message = &self.script.messages[later];
            later_message.chat == chat
                && !later_message.body.is_request()
                && self.ledger.messages[later].posted
        })
    }

    /// The boots that had ended when another one did something at a time, the last of them first.
    /// Where no two ever live at once, these are all boots before it.
    pub(crate) fn ended_before(&self, boot: u32, at: Ms) -> Vec<&'w BootFacts> {
        let boots = self.ledger.boots.iter().map(std::sync::Arc::as_ref);
        let end = |other: &BootFacts| (other.ended_at(), other.number);
        let ended = |other: &&BootFacts| other.number != boot && end(other) < (at, boot);
        let mut ended: Vec<&BootFacts> = boots.filter(ended).collect();
        ended.sort_by_key(|other| std::cmp::Reverse(end(other)));
        ended
    }

    /// When something left its sender, at the latest: a dead boot sends nothing, however late
    /// what it had sent arrives.
    pub(crate) fn sent_by(&self, delivery: &Delivery) -> Ms {
        delivery.at.min(self.ledger.boot(delivery.boot).ended_at())
    }

    /// Whether a message was unfinished when a boot ended: unanswered, or answered so shortly
    /// before its sender's death that no later boot may know it.
    pub(crate) fn unfinished_at_end(&self, message: MessageIndex, boot: u32) -> bool {
        let facts = self.ledger.boot(boot);
        let end = facts.ended_at();
        if !self.script.messages[message].body.is_request()
            || self.script.messages[message].at > end
        {
            return false;
        }
        let settles = |delivery: &&Delivery| {
            let discharges = matches!(
                delivery.notice(),
                Some(Notice::Suspended | Notice::Stale | Notice::Dropped)
            );
            delivery.answers == Some(message)
                || (discharges && self.about(delivery) == Some(message))
        };
        let settling = self.ledger.deliveries.iter().filter(settles);
        let had_begun = |sender: u32| sender <= boot || self.ledger.boot(sender).began_at < end;
        let mut known =
            settling.filter(|delivery| had_begun(delivery.boot) && self.is_known(delivery));
        if known.any(|delivery| delivery.at <= end) {
            return false;
        }
        let withdrawn = self.withdrawal(message);
        let acked = withdrawn.and_then(|stop| self.ledger.messages[stop].acked_at);
        !acked.is_some_and(|at| at <= end && !self.is_unsure(facts, at))
    }

    /// Whether a boot may have ended before it could note something that happened at a time: it
    /// died too soon after, or its disk was sick.
    pub(crate) fn is_unsure(&self, boot: &BootFacts, at: Ms) -> bool {
        let end = boot.ended_at();
        boot.ended.is_some()
            && ((boot.died() && end.since(at) < boot.unsure_for()) || boot.was_sick(at, end))
    }

    /// Those of some boots, in their order, that may have been the first to note what they found:
    /// all up to the first that did so for sure. From when on each had nobody before it is given.
    pub(crate) fn may_note_first<'b>(
        &self,
        boots: impl Iterator<Item = &'b BootFacts> + Clone,
        alone_from: impl Fn(&BootFacts) -> Ms,
    ) -> impl Iterator<Item = &'b BootFacts> {
        let sure = boots.clone().position(|boot| self.lived_to_note(boot, alone_from(boot)));
        boots.take(sure.map_or(usize::MAX, |sure| sure + 1))
    }

    /// Whether a boot that had nobody before it from a time on has noted for sure what it found
    /// then: it lived long enough after it could ask the platform, and its disk was well. Whoever
    /// is told to stop before that leaves as it came.
    fn lived_to_note(&self, boot: &BootFacts, alone_from: Ms) -> bool {
        let (asked, end) = (self.asked_by(alone_from), boot.ended_at());
        let ended_sick = boot.ended.is_some() && boot.was_sick(asked, end);
        end.since(asked) >= boot.unsure_for() && !ended_sick
    }

    /// Whether the platform's answer to a send was still on its way when its boot ended, however
    /// that ended: then nobody could know that it was taken.
    pub(crate) fn was_unanswered(&self, delivery: &Delivery) -> bool {
        let sender = self.ledger.boot(delivery.boot);
        let wire = match self.script.plan.stage {
            Stage::Direct => Ms(0),
            Stage::Network => WIRE,
        };
        let latency = self.script.plan.platform.answer_latency.plus(sender.held_back).plus(wire);
        delivery.at.plus(latency) > sender.ended_at()
    }

    /// Whether the boot that sent something was told that it was taken, and lived long enough to
    /// note it.
    fn is_known(&self, delivery: &Delivery) -> bool {
        let lost = self.link_is_sick(delivery.at, delivery.at);
        if !delivery.told || lost || self.was_unanswered(delivery) {
            return false;
        }
        let sender = self.ledger.boot(delivery.boot);
        match &sender.ended {
            None => true,
            Some(_) if self.is_unsure(sender, delivery.at) => false,
            Some((at, _)) => delivery.at <= *at,
        }
    }

    /// Whether an answer was produced for a message, and nobody could know by the end of a boot
    /// that it had arrived: it is still to be delivered, whatever its user has stopped since.
    pub(crate) fn may_be_undelivered(&self, message: MessageIndex, boot: u32) -> bool {
        let end = self.ledger.boot(boot).ended_at();
        let mut taken = self.ledger.deliveries.iter().filter(|d| d.answers == Some(message));
        let produced =
            !self.ledger.messages[message].produced.is_empty() || taken.clone().count() > 0;
        produced && !taken.any(|delivery| delivery.at <= end && self.is_known(delivery))
    }

    /// How many boots died without a plan while a turn ran.
    pub(crate) fn unplanned_deaths_under(&self, message: MessageIndex, before: Ms) -> usize {
        self.crashes(before).filter(|boot| boot.cut.contains(&message)).count()
    }

    /// Whether a turn may rightly be suspended: three boots died without a plan under it.
    ///
    /// An attempt is counted durably before its agent exists, so a boot that died right in
    /// between counts although nobody outside saw the turn run in it. All three may be such, also
    /// if no agent was ever seen: the gateway cannot tell them from those of a turn that kills at
    /// once. But then no earlier message of the chat may have been in its way.
    pub(crate) fn may_be_suspended(&self, message: MessageIndex, before: Ms) -> bool {
        let under = self.unplanned_deaths_under(message, before);
        let facts = &self.ledger.messages[message];
        let handed = facts.handed_to.first().copied();
        let between = self.crashes(before).filter(|boot| {
            handed.is_some_and(|first| boot.number >= first)
                && !boot.cut.contains(&message)
                && (facts.started_at.is_some() || self.was_next(message, boot.ended_at()))
        });
        let enough = self.script.plan.settings.suspend_after.max(1);
        under + between.count() >= usize::try_from(enough).unwrap_or(usize::MAX)
    }

    /// Whether a message was the first of its chat that was left to do at a time.
    fn was_next(&self, message: MessageIndex, at: Ms) -> bool {
        let chat = self.script.messages[message].chat;
        let settled = |earlier: MessageIndex| {
            let mut deliveries = self.ledger.deliveries.iter().filter(|d| d.at <= at);
            let withdrawn = self.withdrawal(earlier);
            let acked = withdrawn.and_then(|stop| self.ledger.messages[stop].acked_at);
            acked.is_some_and(|acked| acked <= at)
                || deliveries.any(|delivery| {
                    let told = matches!(delivery.notice(), Some(Notice::Suspended | Notice::Stale));
                    delivery.answers == Some(earlier)
                        || (told && self.about(delivery) == Some(earlier))
                })
        };
        self.texts()
            .take_while(|&earlier| earlier < message)
            .filter(|&earlier| self.script.messages[earlier].chat == chat)
            .all(settled)
    }

    /// Why the turns that the end of a boot cut were cut, as far as anybody outside can tell. Whom
    /// the operator does not want to be told of a stop is not told.
    pub(crate) fn reasons(&self, boot: &BootFacts) -> Vec<Cut> {
        let Some(stop) = &boot.stop else { return boot.reasons() };
        let plan = &self.script.plan;
        let mut revocations = plan.revocations.iter();
        let barred = revocations.any(|r| r.at <= boot.ended_at() && stop.asked_at < r.end());
        if plan.settings.notices.stopping && !barred {
            boot.reasons()
        } else {
            boot.reasons_untold()
        }
    }

    fn crashes(&self, before: Ms) -> impl Iterator<Item = &BootFacts> {
        let boots = self.ledger.boots.iter().map(std::sync::Arc::as_ref);
        boots.filter(move |boot| {
            boot.ended_at() <= before
                && boot.ended_unplanned()
                && self.reasons(boot).contains(&Cut::Crash)
        })
    }

    /// Whether sends or calls of the disk went wrong by plan somewhere between two times.
    pub(crate) fn is_sick(&self, from: Ms, until: Ms) -> bool {
        if self.ledger.boots.iter().any(|boot| boot.was_sick(from, until)) {
            return true;
        }
        if self.link_is_sick(from, until) {
            return true;
        }
        let plan = &self.script.plan;
        from < plan.healthy_from()
            && plan.platform.faults.iter().any(|fault| {
                let sick = fault.effect != SendFaultEffect::Slow || fault.delay > Ms(0);
                sick && fault.from <= until && from < fault.until
            })
    }

    /// Whether what was sent somewhere between two times, or its answer, may have met a planned
    /// fault of the way to the platform, or a connection that such a fault had left half open.
    pub(crate) fn link_is_sick(&self, from: Ms, until: Ms) -> bool {
        let plan = &self.script.plan;
        plan.link_faults.iter().enumerate().any(|(index, fault)| {
            let answered = until.plus(plan.platform.answer_latency).plus(LINK_UNSURE);
            let over = plan.link_ends(index).plus(fault.delay).plus(LINK_CONVALESCENCE);
            fault.from <= answered && from < over
        })
    }

    /// When a gateway that wants to ask the platform something from `at` on has asked it at the
    /// latest: it may not serve before that.
    pub(crate) fn asked_by(&self, at: Ms) -> Ms {
        let plan = &self.script.plan;
        let healed = plan.heal_at.unwrap_or(plan.horizon);
        let polls = plan.platform.poll_faults.iter();
        let polls = polls.map(|fault| (fault.from, fault.until.min(healed)));
        let links = plan.link_faults.iter().enumerate().map(|(index, fault)| {
            let over = plan.link_ends(index).plus(fault.delay).plus(LINK_CONVALESCENCE);
            (fault.from, over)
        });
        let mut outages: Vec<(Ms, Ms)> = polls.chain(links).collect();
        outages.sort_unstable();
        let there = |asked: Ms, (from, until): &(Ms, Ms)| {
            if *from <= asked && asked < *until { until.plus(ASKS_AGAIN) } else { asked }
        };
        outages.iter().fold(at, there)
    }

    /// Whether the platform shows the second send of a key to nobody.
    pub(crate) fn honours_keys(&self) -> bool {
        self.script.plan.platform.honours_keys
    }

    pub(crate) fn message_violation(
        &self,
        oracle: OracleId,
        message: MessageIndex,
        what: impl std::fmt::Display,
    ) -> Violation {
        let chat = self.script.messages[message].chat;
        let what = format!("{} in chat {}: {what}", message_id(message), self.script.chats[chat]);
        Violation { oracle, chat: Some(chat), message: Some(message), what, believed: None }
    }

    pub(crate) fn chat_violation(
        &self,
        oracle: OracleId,
        chat: ChatIndex,
        what: impl std::fmt::Display,
    ) -> Violation {
        let name = self.script.chats.get(chat).map_or("(unknown)", |chat| chat.0.as_str());
        let what = format!("chat {name}: {what}");
        Violation { oracle, chat: Some(chat), message: None, what, believed: None }
    }
}

/// Whether a delivery is labelled as a copy.
pub(crate) fn is_copy(delivery: &Delivery) -> bool {
    matches!(delivery.kind, Kind::Copy { .. })
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

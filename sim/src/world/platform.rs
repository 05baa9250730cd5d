//! The chat platform: it holds what users wrote until it is acknowledged, and shows what a
//! gateway sends. It delivers at least once and in order, and recognises keys only if its plan
//! says so.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway_core::env::SendError;
use gateway_core::message::{Cursor, Inbound, Kind, Notice, Outbound};

use super::fence::Fence;
use super::world::World;
use crate::delivered::Planned;
use crate::history::Fact;
use crate::ledger::Delivery;
use crate::plan::SendFaultEffect;
use crate::script::message_id;
use crate::time::Ms;

/// The chat platform.
#[derive(Clone, Debug, Hash)]
pub(crate) struct PlatformState {
    /// How many messages of the script it has.
    pub(crate) posted: u64,
    /// Up to where it need not deliver again.
    pub(crate) acked: Cursor,
    /// The keys it has seen, if it honours them.
    keys: Arc<BTreeSet<String>>,
    /// Whom it serves.
    pub(super) fence: Fence,
    /// Until when it is dead, if it is.
    pub(super) dead_until: Option<Ms>,
}

impl Default for PlatformState {
    fn default() -> PlatformState {
        PlatformState {
            posted: 0,
            acked: Cursor(0),
            keys: Arc::new(BTreeSet::new()),
            fence: Fence::default(),
            dead_until: None,
        }
    }
}

impl World {
    pub(crate) fn post(&mut self, index: usize) {
        self.platform.posted = index as u64 + 1;
        Arc::make_mut(&mut self.ledger.messages[index]).posted = true;
        self.settle_waits();
    }

    /// Everything after the cursor that the platform has.
    pub(crate) fn hand_out(&mut self, boot: u32, after: Cursor) -> Vec<Inbound> {
        let from = self.cursor(after).0;
        let range = from..self.platform.posted;
        range
            .map(|index| {
                let index = usize::try_from(index).expect("messages fit into memory");
                let facts = &mut self.ledger.messages[index];
                if facts.handed_to.last() != Some(&boot) {
                    Arc::make_mut(facts).handed_to.push(boot);
                }
                self.script.inbound(index)
            })
            .collect()
    }

    pub(crate) fn acknowledge(&mut self, upto: Cursor) {
        let upto = upto.0.min(self.platform.posted);
        for index in self.platform.acked.0..upto {
            let index = usize::try_from(index).expect("messages fit into memory");
            Arc::make_mut(&mut self.ledger.messages[index]).acked_at = Some(self.now);
        }
        if upto > self.platform.acked.0 {
            let upto = usize::try_from(upto).expect("messages fit into memory");
            self.note(0, Fact::Acked { upto });
        }
        self.platform.acked = self.platform.acked.max(Cursor(upto));
    }

    /// Up to where the platform need not deliver again.
    pub(crate) fn acknowledged(&self) -> Cursor {
        self.platform.acked
    }

    /// Whether the platform cannot be asked for messages now, by a planned fault.
    pub(crate) fn is_offline(&self) -> bool {
        self.poll_fault().is_some()
    }

    /// How long it takes to find that out; never no time, so that asking again at once gets on.
    pub(crate) fn offline_delay(&self) -> Ms {
        self.script.plan.platform.send_latency.max(Ms(1))
    }

    /// A request about messages on their way in reaches the platform, or a planned fault.
    pub(super) fn reachable(&mut self) -> Result<(), String> {
        let Some(index) = self.poll_fault() else { return Ok(()) };
        self.delivered.note(Planned::PollFault(index));
        Err("planned fault".to_owned())
    }

    fn poll_fault(&self) -> Option<usize> {
        let mut faults = self.script.plan.platform.poll_faults.iter();
        let there = faults.position(|fault| fault.from <= self.now && self.now < fault.until);
        there.filter(|_| !self.is_healed())
    }

    /// The planned fault that will hit a message that leaves a process.
    pub(crate) fn note_send(&mut self, outbound: &Outbound) -> Option<SendFaultEffect> {
        let fault = self.fault_at(outbound);
        if let Some((index, _)) = fault {
            self.delivered.note(Planned::SendFault(index));
        }
        let fault = fault.map(|(_, effect)| effect);
        if fault.is_some() {
            let to = match outbound.kind {
                Kind::Answer { to } | Kind::Copy { to } | Kind::Notice { to, .. } => to,
            };
            let by_text = self.produced_for(&outbound.text);
            if let Some(index) = to.and_then(|to| self.script.message(to)).or(by_text) {
                Arc::make_mut(&mut self.ledger.messages[index]).send_fault = true;
            }
        }
        fault
    }

    fn fault_at(&self, outbound: &Outbound) -> Option<(usize, SendFaultEffect)> {
        if self.is_healed() {
            return None;
        }
        let faults = self.script.plan.platform.faults.iter();
        let mut faults = faults.enumerate().filter(|(_, fault)| {
            fault.from <= self.now
                && self.now < fault.until
                && fault.chat.as_ref().is_none_or(|chat| *chat == outbound.chat)
        });
        faults.next().map(|(index, fault)| (index, fault.effect))
    }

    pub(crate) fn send_delay(
        &self,
        outbound: &Outbound,
        fault: Option<SendFaultEffect>,
    ) -> Option<Ms> {
        let faults = &self.script.plan.platform.faults;
        let delay = self.fault_at(outbound).map_or(Ms(0), |(index, _)| faults[index].delay);
        let more = self.script.plan.shorter_if_healed(self.now, delay);
        let hangs = fault == Some(SendFaultEffect::Hang);
        (!hangs).then(|| self.script.plan.platform.send_latency.plus(more))
    }

    pub(super) fn produced_for(&self, text: &str) -> Option<usize> {
        let messages = &self.ledger.messages;
        messages.iter().position(|facts| facts.produced.iter().any(|produced| produced == text))
    }

    /// A message reaches the platform, or a fault.
    pub(crate) fn deliver(
        &mut self,
        boot: u32,
        outbound: &Outbound,
        fault: Option<SendFaultEffect>,
    ) -> Result<(), SendError> {
        match fault {
            Some(SendFaultEffect::NotTaken) => {
                return Err(SendError::NotTaken("planned fault".to_owned()));
            }
            Some(SendFaultEffect::Lost | SendFaultEffect::Hang) => {
                return Err(SendError::Unknown("planned fault".to_owned()));
            }
            Some(SendFaultEffect::Slow | SendFaultEffect::AnswerLost) | None => {}
        }
        self.platform.fence.serves(boot)?;
        let honours = self.script.plan.platform.honours_keys;
        let new = !honours || Arc::make_mut(&mut self.platform.keys).insert(outbound.key.clone());
        let delivery = Delivery {
            at: self.now,
            boot,
            chat: self.script.chat(&outbound.chat),
            kind: outbound.kind,
            key: outbound.key.clone(),
            answers: self.produced_for(&outbound.text),
            told: fault != Some(SendFaultEffect::AnswerLost),
            visible: new,
        };
        self.note_taken(boot, outbound, self.ledger.deliveries.len());
        Arc::make_mut(&mut self.ledger.deliveries).push(delivery);
        match fault {
            Some(SendFaultEffect::AnswerLost) => {
                Err(SendError::Unknown("planned fault".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// The message that a notice is about, as the script numbers it.
    pub(crate) fn about(&self, delivery: &Delivery) -> Option<usize> {
        match delivery.kind {
            Kind::Answer { to } | Kind::Copy { to } | Kind::Notice { to, .. } => {
                to.and_then(|to| self.script.message(to))
            }
        }
    }

    /// The oldest message of a chat that a gateway was given and nobody has answered.
    pub(crate) fn oldest_unanswered(&self, chat: usize) -> Option<usize> {
        let script = &self.script;
        (0..script.messages.len()).find(|&index| {
            script.messages[index].chat == chat
                && script.messages[index].body.is_request()
                && !self.ledger.messages[index].handed_to.is_empty()
                && self.ledger.answers(index).next().is_none()
                && !self.ledger.deliveries.iter().any(|delivery| {
                    let settles = matches!(
                        delivery.notice(),
                        Some(Notice::Suspended | Notice::Stale | Notice::Refused | Notice::Dropped)
                    );
                    settles && self.about(delivery) == Some(index)
                })
        })
    }

    /// The number the platform gave to a message.
    pub fn number_of(&self, index: usize) -> gateway_core::message::MessageId {
        message_id(index)
    }
}

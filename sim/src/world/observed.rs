//! What a boot learns, does and has the chance to record, as the world notes it in the history.
//!
//! Nothing that happens depends on it. The moment at which a boot learns something is the one at
//! which its code is given the answer, which on a network is later than the platform's.

use std::sync::Arc;

use gateway_core::message::{Inbound, Kind, Notice, Outbound, TurnEvent};

use super::effect::{Answer, Pending, Verb};
use super::world::World;
use crate::history::{Entry, Fact, SendIndex};
use crate::ledger::SendFact;
use crate::script::ChatIndex;

/// What a disk says that fails: EIO, ENOSPC, EROFS.
const TROUBLE: [i32; 3] = [5, 28, 30];

impl World {
    /// Adds to the history.
    pub(super) fn note(&mut self, boot: u32, fact: Fact) {
        if let Some(process) = self.processes.get_mut(&boot) {
            process.unrecorded = true;
            process.quiescent = false;
            process.rested = false;
        }
        let at = self.now;
        self.ledger.history.push(Entry { at, boot, fact });
    }

    /// A request to the platform is open, and its boot is at work.
    pub(crate) fn request_opened(&mut self, boot: u32) {
        if let Some(process) = self.processes.get_mut(&boot) {
            process.open_requests += 1;
            process.quiescent = false;
        }
    }

    /// A request to the platform was answered, or nobody waits for it any more.
    pub(crate) fn request_closed(&mut self, boot: u32) {
        if let Some(process) = self.processes.get_mut(&boot) {
            process.open_requests -= 1;
        }
    }

    /// A message has left its process, whatever becomes of it on its way.
    pub(crate) fn left(&mut self, boot: u32, outbound: &Outbound) -> SendIndex {
        let to = match outbound.kind {
            Kind::Answer { to } | Kind::Copy { to } | Kind::Notice { to, .. } => to,
        };
        if matches!(outbound.kind, Kind::Notice { notice: Notice::Stopping, .. }) {
            let now = self.now;
            self.stop_asked(boot).announced_at.get_or_insert(now);
        }
        let index = self.ledger.sends.len();
        let fact = SendFact {
            boot,
            chat: self.script.chat(&outbound.chat),
            kind: outbound.kind,
            key: outbound.key.clone(),
            answers: self.produced_for(&outbound.text),
            about: to.and_then(|to| self.script.message(to)),
            taken: None,
        };
        self.ledger.sends.push(Arc::new(fact));
        self.note(boot, Fact::Left(index));
        index
    }

    /// The platform has taken something: the latest of its kind that its boot has sent and that
    /// had not arrived.
    pub(super) fn note_taken(&mut self, boot: u32, outbound: &Outbound, delivery: usize) {
        let same = |send: &Arc<SendFact>| {
            (send.boot, send.kind, &send.key) == (boot, outbound.kind, &outbound.key)
                && send.taken.is_none()
        };
        if let Some(send) = self.ledger.sends.iter_mut().rfind(|send| same(send)) {
            Arc::make_mut(send).taken = Some(delivery);
        }
    }

    /// A boot was told that the platform took what it had sent.
    pub(crate) fn confirmed(&mut self, boot: u32, send: SendIndex) {
        self.note(boot, Fact::Confirmed(send));
    }

    /// A boot was given messages, all that there are from a place on.
    pub(crate) fn handed(&mut self, boot: u32, messages: &[Inbound]) {
        let upto = messages.iter().filter_map(|message| self.script.message(message.id)).max();
        let Some(process) = self.processes.get_mut(&boot) else { return };
        let Some(upto) = upto.map(|last| last + 1).filter(|upto| *upto > process.handed) else {
            return;
        };
        let first = messages.first().and_then(|message| self.script.message(message.id));
        let from = process.handed.max(first.unwrap_or(0));
        process.handed = upto;
        self.note(boot, Fact::Handed { from, upto });
    }

    /// A boot was told that a chat has no access.
    pub(super) fn note_barred(&mut self, boot: u32, chat: Option<ChatIndex>) {
        let Some(chat) = chat else { return };
        let Some(process) = self.processes.get_mut(&boot) else { return };
        let handed = process.handed;
        if process.barred.insert(chat, handed) != Some(handed) {
            self.note(boot, Fact::Barred(chat));
        }
    }

    /// A boot is given an answer of its agents, or of the operating system.
    pub(crate) fn learned(&mut self, boot: u32, answer: &Answer) {
        let Some(process) = self.processes.get(&boot) else { return };
        let fact = match answer {
            Answer::Run(Ok(run)) => Fact::Seen(process.runs[*run].fact),
            Answer::Turn(run, event) => {
                let (run, steps) = (process.runs[*run].fact, process.runs[*run].steps);
                match event {
                    TurnEvent::Step(_) => Fact::Step(run, steps),
                    TurnEvent::AskedRestart => Fact::AskedRestart,
                    TurnEvent::Reply(_) | TurnEvent::Failed(_) => Fact::Produced(run),
                    TurnEvent::Interrupted | TurnEvent::Superseded(_) => return,
                }
            }
            Answer::Signal(signal) => Fact::Signal(*signal),
            _ => return,
        };
        self.note(boot, fact);
    }

    /// A call of the disk is about to be answered.
    pub(super) fn note_disk(&mut self, boot: u32, pending: &Pending) {
        if pending.verb.on_disk().is_none() {
            return;
        }
        let failed = pending.answer.as_ref().and_then(Answer::errno);
        let process = self.process_mut(boot);
        if failed.is_some_and(|errno| TROUBLE.contains(&errno)) {
            process.disk_trouble = true;
            self.note(boot, Fact::DiskFailed);
        } else if failed.is_none() && matches!(pending.verb, Verb::SyncFile(_) | Verb::SyncData(_))
        {
            process.disk_trouble = false;
        }
    }

    /// A boot has logged errors.
    pub(crate) fn heard(&mut self, boot: u32, errors: Vec<String>) {
        self.boot_facts(boot).errors.extend(errors);
        let entry = Entry { at: self.now, boot, fact: Fact::Alarm };
        self.ledger.history.push(entry);
    }

    /// Nothing is runnable: every boot that has no request open but waits has its chance.
    pub(crate) fn note_quiescence(&mut self) {
        let now = self.now;
        for process in self.processes.values_mut() {
            let waits = process.pending.values().all(|pending| match pending.verb {
                // Whether these are answered, the one who asked has counted.
                Verb::Poll(_)
                | Verb::Ack(_)
                | Verb::Acknowledged
                | Verb::Send(_)
                | Verb::Fence(super::fence::Whom::Platform, _) => true,
                Verb::Signal | Verb::OpenRun(_) | Verb::Next(_) => true,
                _ => false,
            });
            let at_rest = waits && process.open_requests == 0 && process.frozen_until <= now;
            if !at_rest {
                continue;
            }
            if process.disk_trouble {
                if !std::mem::replace(&mut process.rested, true) {
                    let entry = Entry { at: now, boot: process.boot, fact: Fact::Rested };
                    self.ledger.history.push(entry);
                }
                continue;
            }
            process.quiescent = true;
            if std::mem::take(&mut process.unrecorded) {
                let entry = Entry { at: now, boot: process.boot, fact: Fact::Quiescent };
                self.ledger.history.push(entry);
            }
        }
    }
}

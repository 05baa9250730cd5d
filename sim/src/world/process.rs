//! A living process, as the world sees it: what it waits for and which agents it runs.
//!
//! What the process *knows* is not here; it lives in the gateway's tasks and dies with them.
//! Several may live at a time, on one machine and one disk; each has files, locks, requests and
//! agents of its own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gateway_core::env::Signal;

use super::agent::LiveRun;
use super::effect::{EffectId, Pending, RunId, Verb};
use crate::disk::Fd;
use crate::plan::SendFaultEffect;
use crate::time::Ms;

/// Who looks after a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// The supervisor: it starts another one in its place.
    Supervisor,
    /// Whoever started it by hand, or nobody any more: when it ends, that is all.
    Operator,
}

/// A living process.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) boot: u32,
    pub(crate) keeper: Keeper,
    /// How long the supervisor waits after the stop that is under way.
    pub(crate) down_for: Option<Ms>,
    /// Until when it is frozen, or was the last time.
    pub(crate) frozen_until: Ms,
    /// Whether the platform serves another one in its place.
    pub(crate) superseded: bool,
    /// How many transitions it has lived through.
    pub(crate) transitions: u64,
    /// How many identifiers it has drawn.
    pub(crate) drawn: u64,
    pub(crate) pending: BTreeMap<EffectId, Pending>,
    pub(crate) signals: VecDeque<Signal>,
    /// Its agents, in the order in which they began; those that are over stay.
    pub(crate) runs: Vec<LiveRun>,
    /// The files that it has open.
    pub(crate) open: BTreeSet<Fd>,
    /// Files that the process is done with and that requests on their way still hold open.
    closing: BTreeSet<Fd>,
    next_effect: EffectId,
    /// How many requests to the platform are open, but for waits for messages.
    pub(super) open_requests: u32,
    /// Whether something happened since it had its chance to record it.
    pub(super) unrecorded: bool,
    /// Whether it has done nothing since it was quiescent.
    pub(super) quiescent: bool,
    /// Whether it has been at rest since it learned or did something, though its disk fails.
    pub(super) rested: bool,
    /// Whether a call of the disk has failed and no sync has succeeded since.
    pub(super) disk_trouble: bool,
    /// Behind the last message that it was handed.
    pub(super) handed: usize,
    /// The chats that it was told have no access, each with what it had been handed by then.
    pub(super) barred: BTreeMap<usize, usize>,
}

impl Process {
    pub(crate) fn new(boot: u32, keeper: Keeper) -> Process {
        Process {
            boot,
            keeper,
            down_for: None,
            frozen_until: Ms(0),
            superseded: false,
            transitions: 0,
            drawn: 0,
            pending: BTreeMap::new(),
            signals: VecDeque::new(),
            runs: Vec::new(),
            open: BTreeSet::new(),
            closing: BTreeSet::new(),
            next_effect: 1,
            open_requests: 0,
            unrecorded: false,
            quiescent: false,
            rested: false,
            disk_trouble: false,
            handed: 0,
            barred: BTreeMap::new(),
        }
    }

    pub(crate) fn file(&mut self, verb: Verb, fault: Option<SendFaultEffect>) -> EffectId {
        let effect = self.next_effect;
        self.next_effect += 1;
        let phase = crate::trace::RUNNING;
        let pending = Pending { verb, phase, answer: None, due: None, fault, spoiled: false };
        self.pending.insert(effect, pending);
        effect
    }

    pub(crate) fn pending_mut(&mut self, effect: EffectId) -> &mut Pending {
        self.pending.get_mut(&effect).expect("an effect is pending until it completes")
    }

    pub(crate) fn remove(&mut self, effect: EffectId) -> Pending {
        self.pending.remove(&effect).expect("an effect completes once")
    }

    /// The requests that wait for a message or a signal, oldest first.
    pub(crate) fn waiting(&self) -> Vec<EffectId> {
        let waits = |pending: &Pending| {
            pending.due.is_none()
                && pending.answer.is_none()
                && matches!(pending.verb, Verb::Poll(_) | Verb::Signal)
        };
        self.pending.iter().filter(|(_, p)| waits(p)).map(|(effect, _)| *effect).collect()
    }

    /// Whether a request that has not taken hold yet needs an open file.
    fn holds_open(&self, fd: Fd) -> bool {
        let mut asked = self.pending.values().filter(|pending| pending.answer.is_none());
        asked.any(|pending| pending.verb.fd() == Some(fd))
    }

    /// The request that waits for the next thing of an agent.
    pub(super) fn waits_for(&self, run: RunId) -> Option<EffectId> {
        self.pending.iter().find_map(|(effect, pending)| match pending.verb {
            Verb::Next(of) if of == run && pending.answer.is_some() => Some(*effect),
            _ => None,
        })
    }

    pub(crate) fn run_mut(&mut self, run: RunId) -> &mut LiveRun {
        &mut self.runs[run]
    }
}

impl super::world::World {
    /// A living process.
    pub(super) fn process(&self, boot: u32) -> Option<&Process> {
        self.processes.get(&boot)
    }

    /// A process that must be alive: only such a one asks, and only for it anything is due.
    pub(crate) fn process_mut(&mut self, boot: u32) -> &mut Process {
        self.processes.get_mut(&boot).expect("only a living process asks and is answered")
    }

    /// What an effect asks for.
    pub(crate) fn verb_of(&self, boot: u32, effect: EffectId) -> Option<&Verb> {
        Some(&self.process(boot)?.pending.get(&effect)?.verb)
    }

    /// How an effect that has taken hold is answered, in a few words.
    pub(crate) fn outcome_of(&self, boot: u32, effect: EffectId) -> Option<String> {
        let process = self.process(boot)?;
        let pending = process.pending.get(&effect)?;
        let answer = match pending.verb {
            Verb::Next(run) => process.runs[run].upcoming_text(),
            _ => crate::describe::describe_answer(pending.answer.as_ref()?),
        };
        Some(format!("{} -> {answer}", crate::describe::describe_verb(self, &pending.verb)))
    }

    /// Lets only the first bytes of the write take hold that is about to, if it is a boot's.
    pub fn tear(&mut self, boot: u32, bytes_kept: u64) {
        let Some((_, super::queue::Event::Hold(of, effect))) = self.queue.first() else { return };
        let verb = self.verb_of(boot, *effect).filter(|_| *of == boot).cloned();
        let Some(Verb::Write(fd, offset, bytes)) = verb else { return };
        let kept = usize::try_from(bytes_kept).map_or(bytes.len(), |n| n.min(bytes.len()));
        // The file is open, for the write was about to take hold.
        let _ = self.disk.write(fd, offset, &bytes[..kept]);
    }

    /// A process has opened a file.
    pub(super) fn opened(&mut self, boot: u32, fd: Fd) {
        self.process_mut(boot).open.insert(fd);
    }

    /// A process closes a file. What has been asked of it still happens: a system call holds
    /// the file that it works on.
    pub(crate) fn close(&mut self, boot: u32, fd: Fd) {
        let process = self.process_mut(boot);
        if process.holds_open(fd) {
            process.closing.insert(fd);
        } else {
            self.close_now(boot, fd);
        }
    }

    /// A request has taken hold: closes its file if it was the last to hold it open.
    pub(crate) fn let_go(&mut self, boot: u32, fd: Fd) {
        let process = self.process_mut(boot);
        if !process.holds_open(fd) && process.closing.remove(&fd) {
            self.close_now(boot, fd);
        }
    }

    fn close_now(&mut self, boot: u32, fd: Fd) {
        self.process_mut(boot).open.remove(&fd);
        self.disk.close(fd).expect("a handle closes its file once");
    }

    /// What the living processes are still at work with, apart from waiting for messages, signals
    /// and agents that hang.
    pub(crate) fn busy_effects(&self) -> Vec<String> {
        let pending = self.processes.values().flat_map(|process| process.pending.values());
        let busy = pending.filter(|pending| !pending.is_wait());
        busy.map(|pending| crate::describe::describe_verb(self, &pending.verb)).collect()
    }
}

//! The world itself: its parts, its clock, and how it moves from one transition to the next.
//!
//! It never runs gateway code, reads a clock or draws a random number. Equal worlds in which no
//! process lives have an equal future and are remembered alike by the oracles. Several processes
//! may live at a time: whatever belongs to one bears the number of its boot.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;
use std::sync::Arc;

use gateway_core::env::UnixMs;
use gateway_core::message::Cursor;

use super::effect::{Answer, EffectId, Pending, Verb};
use super::fence::Fence;
use super::order;
use super::platform::PlatformState;
use super::process::Process;
use super::queue::{Event, Queue};
use crate::delivered::{Delivered, Planned};
use crate::disk::{CrashImage, Disk};
use crate::ledger::{Ledger, MessageFacts};
use crate::plan::SendFaultEffect;
use crate::script::Script;
use crate::time::Ms;

/// What the wall clock shows when a run begins.
const EPOCH: i64 = 1_700_000_000_000;

/// What a wall clock shows at a simulated time, after jumps of `offset` milliseconds in all.
pub fn wall_at(now: Ms, offset: i64) -> UnixMs {
    let now = i64::try_from(now.0).expect("runs end before the year 292 million");
    UnixMs(EPOCH + now + offset)
}

/// The world. A clone shares what does not change.
#[derive(Clone, Debug)]
pub struct World {
    pub(crate) script: Arc<Script>,
    pub(crate) now: Ms,
    pub(crate) wall_offset: i64,
    pub(crate) queue: Queue,
    pub(crate) disk: Disk,
    pub(crate) platform: PlatformState,
    /// Whom the agent back end serves.
    pub(super) agents: Fence,
    /// The living processes, by their boots.
    pub(crate) processes: BTreeMap<u32, Process>,
    /// How often in a row the supervisor's process has failed right after its start.
    pub(crate) failed_starts: u32,
    /// What goes wrong between gateway and platform at this time.
    pub(crate) links: BTreeSet<usize>,
    pub(crate) ledger: Ledger,
    /// How many calls each fault of the disk was met by that wants a certain one.
    pub(crate) met: Vec<u64>,
    /// What of the plan has happened. It is told, and changes nothing.
    pub(crate) delivered: Delivered,
}

/// An effect was answered.
#[derive(Clone, Debug)]
pub struct Completed {
    /// Whose.
    pub boot: u32,
    /// Which.
    pub effect: EffectId,
    /// With what.
    pub answer: Answer,
}

impl World {
    /// The world before anything happened. The process starts at time 0.
    pub fn new(script: Arc<Script>) -> World {
        let facts = Arc::new(MessageFacts::default());
        let messages = vec![facts; script.messages.len()];
        World {
            now: Ms(0),
            wall_offset: 0,
            queue: order::beginning(&script),
            disk: script.plan.disk.capacity.map_or_else(Disk::new, Disk::with_capacity),
            platform: PlatformState::default(),
            agents: Fence::default(),
            processes: BTreeMap::new(),
            failed_starts: 0,
            links: BTreeSet::new(),
            ledger: Ledger { messages, ..Ledger::default() },
            met: vec![0; script.plan.disk_faults.len()],
            delivered: Delivered::default(),
            script,
        }
    }

    /// The plan, put in order.
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// The simulated time.
    pub fn now(&self) -> Ms {
        self.now
    }

    /// What the wall clock shows.
    pub fn wall(&self) -> UnixMs {
        wall_at(self.now, self.wall_offset)
    }

    /// What the wall clock shows to a process: a frozen one looks when it thaws.
    pub(crate) fn wall_of(&self, boot: u32) -> UnixMs {
        let thaws = self.process(boot).map_or(self.now, |process| process.frozen_until);
        wall_at(self.now.max(thaws), self.wall_offset)
    }

    /// What the oracles remember.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What of the plan has happened.
    pub fn delivered(&self) -> &Delivered {
        &self.delivered
    }

    /// Whether nothing that the plan has in store goes wrong any more.
    pub(crate) fn is_healed(&self) -> bool {
        self.script.plan.is_healed(self.now)
    }

    /// The disk.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Nobody will take the power away: from now on nothing is kept of what is not durable, which
    /// makes a difference to those who never sync.
    pub fn spare_power(&mut self) {
        self.disk.spare_power();
    }

    /// The machine starts again with an image of its disk.
    pub(crate) fn start_from_image(&mut self, image: &CrashImage) {
        self.disk.start_from_image(image);
    }

    /// Forgets what is durable and what is not. Only right where no power will ever be lost.
    pub fn settle(&mut self) {
        self.disk.settle();
    }

    /// When the next event is due, and what it is.
    pub fn due(&self) -> Option<(Ms, &Event)> {
        self.queue.first().map(|((at, ..), event)| (at, event))
    }

    /// Lets time pass. It never goes back.
    pub fn advance(&mut self, to: Ms) {
        self.now = self.now.max(to);
    }

    /// Lets the next event happen; what it answers, if it answers anything.
    pub fn step(&mut self) -> Option<Completed> {
        let ((at, ..), event) = self.queue.pop()?;
        self.advance(at);
        match event {
            Event::Post(index) => self.post(index),
            Event::Stop(index) => self.ask_to_stop(index),
            Event::Kill(index) => self.kill_by_plan(index),
            Event::Jump(index) => {
                self.delivered.note(Planned::ClockJump(index));
                self.wall_offset += self.script.plan.clock_jumps[index].by.0;
            }
            Event::Rot(index) => self.rot(index),
            Event::Start => self.start(),
            Event::StartOne(index) => self.start_one(index),
            Event::Replace(index) => self.replace(index),
            Event::Stall(index) => self.stall(index),
            Event::Link(index) => self.link_fails(index),
            Event::LinkOver(index) => self.link_recovers(index),
            Event::PlatformGone => self.forget_requests(),
            Event::BudgetOver(boot) => self.budget_over(boot),
            Event::PatienceOver(boot) => self.patience_over(boot),
            Event::Exit(boot, exit) => self.exit(boot, exit),
            Event::LateSend(boot, outbound, fault) => {
                let _ = self.deliver(boot, &outbound, fault);
            }
            Event::LateAck(boot, upto) => {
                drop(self.reached(boot).map(|()| self.acknowledge(upto)));
            }
            Event::LoseLocks(index) => self.lose_locks(index),
            Event::Hold(boot, effect) => self.hold(boot, effect),
            Event::Complete(boot, effect) => return self.complete(boot, effect),
        }
        None
    }

    /// A fingerprint of everything that matters for the future and for the oracles.
    ///
    /// # Panics
    ///
    /// If a process lives: what it knows is not part of the world.
    pub fn fingerprint(&self) -> u128 {
        let mut hasher = Fingerprint(xxhash_rust::xxh3::Xxh3::new());
        self.fingerprint_without_disk().hash(&mut hasher);
        self.disk.hash(&mut hasher);
        hasher.0.digest128()
    }

    /// The same but for the disk.
    pub(crate) fn fingerprint_without_disk(&self) -> u128 {
        assert!(self.processes.is_empty(), "a world with a living process has no fingerprint");
        let mut hasher = Fingerprint(xxhash_rust::xxh3::Xxh3::new());
        self.now.hash(&mut hasher);
        self.wall_offset.hash(&mut hasher);
        self.queue.hash(&mut hasher);
        self.platform.hash(&mut hasher);
        self.agents.hash(&mut hasher);
        self.failed_starts.hash(&mut hasher);
        self.links.hash(&mut hasher);
        self.met.hash(&mut hasher);
        self.ledger.hash(&mut hasher);
        hasher.0.digest128()
    }

    /// Files a request of a living process that is in no phase.
    pub fn request(&mut self, boot: u32, verb: Verb) -> EffectId {
        self.request_in(boot, verb, crate::trace::RUNNING)
    }

    /// Files a request that a living process makes in a phase, and returns its number. What can
    /// take hold takes hold in its time; what waits for something waits. A frozen process asks when
    /// it thaws.
    pub(crate) fn request_in(&mut self, boot: u32, verb: Verb, phase: &'static str) -> EffectId {
        self.process_mut(boot).quiescent = false;
        let fault = match &verb {
            Verb::Send(outbound) => self.note_send(outbound),
            Verb::OpenRun(request) => {
                self.note_open(boot, request);
                None
            }
            _ => None,
        };
        let delay = self.delay_of(boot, &verb, fault, phase);
        let asked = self.now.max(self.process_mut(boot).frozen_until);
        let effect = self.process_mut(boot).file(verb, fault);
        self.process_mut(boot).pending_mut(effect).phase = phase;
        if let Some(delay) = delay {
            self.file_effect(asked.plus(delay), Event::Hold(boot, effect));
        }
        self.settle_waits();
        effect
    }

    /// How long a request takes to take hold; none if it waits for something.
    fn delay_of(
        &mut self,
        boot: u32,
        verb: &Verb,
        fault: Option<SendFaultEffect>,
        phase: &str,
    ) -> Option<Ms> {
        match verb {
            Verb::Poll(_) if self.is_offline() => Some(self.offline_delay()),
            Verb::Poll(_) | Verb::Signal => None,
            Verb::Send(outbound) => self.send_delay(outbound, fault),
            Verb::OpenRun(request) => Some(self.preparation(request)),
            verb if verb.on_disk().is_some() => Some(self.disk_delay(boot, verb, phase)),
            _ => Some(Ms(0)),
        }
    }

    /// Lets waiting requests go on for which there is something now.
    pub(crate) fn settle_waits(&mut self) {
        let PlatformState { posted, acked, fence, .. } = self.platform;
        let mut ready = Vec::new();
        for process in self.processes.values() {
            let signal = !process.signals.is_empty();
            let is_ready = |effect: &EffectId| match process.pending[effect].verb {
                Verb::Poll(after) => {
                    posted > after.max(acked).0 || fence.serves(process.boot).is_err()
                }
                Verb::Signal => signal,
                _ => false,
            };
            let waiting = process.waiting().into_iter().filter(is_ready);
            ready.extend(waiting.map(|effect| Event::Hold(process.boot, effect)));
        }
        for event in ready {
            self.file_effect(self.now, event);
        }
    }

    /// Files the next event of an effect. A frozen process is answered when it thaws.
    pub(super) fn file_effect(&mut self, at: Ms, event: Event) {
        let (boot, effect, at) = match event {
            Event::Hold(boot, effect) => (boot, effect, at),
            Event::Complete(boot, effect) => {
                (boot, effect, at.max(self.process_mut(boot).frozen_until))
            }
            other => unreachable!("no event of an effect: {other:?}"),
        };
        let due = self.file(at, event);
        self.process_mut(boot).pending_mut(effect).due = Some(due);
    }

    fn hold(&mut self, boot: u32, effect: EffectId) {
        let Some(process) = self.processes.get_mut(&boot) else { return };
        let Pending { verb, fault, .. } = process.pending_mut(effect);
        let (verb, fault) = (verb.clone(), *fault);
        let mut after = Some(Ms(0));
        let file = verb.fd();
        let answer = match verb {
            Verb::Fence(whom, token) => Answer::Admitted(self.admit(boot, whom, token)),
            Verb::Poll(cursor) => {
                Answer::Messages(self.reached(boot).map(|()| self.hand_out(boot, cursor)))
            }
            Verb::Ack(upto) => Answer::Acked(self.reached(boot).map(|()| self.acknowledge(upto))),
            Verb::Acknowledged => {
                Answer::Acknowledged(self.reached(boot).map(|()| self.acknowledged()))
            }
            Verb::Send(outbound) => {
                after = Some(self.script.plan.platform.answer_latency);
                let sent = self.deliver(boot, &outbound, fault);
                if sent.is_ok() && self.platform_dies() {
                    after = None;
                }
                Answer::Sent(sent)
            }
            Verb::OpenRun(request) => Answer::Run(match self.agents.serves(boot) {
                Ok(()) => Ok(self.begin_run(boot, &request)),
                Err(superseded) => Err(superseded.into()),
            }),
            Verb::Next(run) => {
                after = self.go_on(boot, run, effect);
                Answer::Interrupted
            }
            Verb::Interrupt(run) => {
                self.interrupt(boot, run);
                Answer::Interrupted
            }
            Verb::Signal => {
                let signal = self.process_mut(boot).signals.pop_front();
                Answer::Signal(signal.expect("it waited for one"))
            }
            verb => self.hold_on_disk(boot, effect, verb),
        };
        if let Answer::File(Ok(fd)) = answer {
            self.opened(boot, fd);
        }
        let pending = self.process_mut(boot).pending_mut(effect);
        pending.answer = Some(answer);
        pending.due = None;
        if let Some(after) = after {
            self.file_effect(self.now.plus(after), Event::Complete(boot, effect));
        }
        if let Some(fd) = file {
            self.let_go(boot, fd);
        }
    }

    fn complete(&mut self, boot: u32, effect: EffectId) -> Option<Completed> {
        let pending = self.processes.get_mut(&boot)?.remove(effect);
        self.note_disk(boot, &pending);
        if pending.spoiled {
            self.boot_facts(boot).disk_errors += 1;
        }
        let answer = match pending.verb {
            Verb::Next(run) => Answer::Turn(run, self.emit(boot, run)?),
            _ => pending.answer.expect("an effect completes after it took hold"),
        };
        Some(Completed { boot, effect, answer })
    }

    pub(crate) fn cursor(&self, after: Cursor) -> Cursor {
        after.max(self.platform.acked)
    }
}

/// Feeds `Hash` into a fast 128-bit hash with a fixed key.
struct Fingerprint(xxhash_rust::xxh3::Xxh3);

impl std::hash::Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        self.0.digest()
    }
}

//! One transition after the other: who may die in the gap before it, who is told of it, and whom
//! it wakes.
//!
//! Every transition while a boot lives comes through here, which makes it the place where kill
//! points are: in the gap before each of them. It counts for every boot that lives, for each of
//! them may die there, whoever makes the transition.

use std::sync::Arc;
use std::task::Waker;

use crate::delivered::{Happening, Planned};
use crate::describe::write_of;
use crate::hub::{Inner, Snapshot};
use crate::ledger::End;
use crate::pace::Timing;
use crate::plan::{Death, DeathKind, InFlight, KillPlan, Moment};
use crate::seat::Seat;
use crate::spans;
use crate::time::Ms;
use crate::told::Told;
use crate::trace::{DOWN, Line};

/// A boot that makes this many transitions will never become idle.
const TRANSITIONS_MAX: u64 = 2_000_000;

/// What came of a turn.
pub(crate) enum Turn {
    /// Somebody waits for what has happened.
    Woke(Waker),
    /// Something has happened, or somebody has died, and nobody waits for it.
    Moved,
    /// Nothing is due.
    Rest,
}

/// Where a write begins that is about to take hold, and how long it is, in bytes.
type Write = (u64, u64);

impl Inner {
    /// The simulated time at which the stage began to run.
    pub(crate) fn began_at(&self) -> Ms {
        self.began
    }

    /// Whether a boot is dead, or all is over.
    pub(crate) fn is_over(&self, boot: u32) -> bool {
        self.seats.get(&boot).is_none_or(Seat::is_over)
    }

    pub(crate) fn keep_time(&mut self) {
        let Timing::Counted(instant) = self.timing else { return };
        let elapsed = u64::try_from(instant.elapsed().as_millis()).expect("runs are short");
        self.world.advance(self.began.plus(Ms(elapsed)));
    }

    /// Gives every boot that lives a seat; the seats of the dead are over.
    pub(crate) fn reseat(&mut self) {
        for (boot, seat) in &mut self.seats {
            if !seat.is_over() && !self.world.processes.contains_key(boot) {
                seat.finish();
            }
        }
        for boot in self.world.processes.keys() {
            self.seats.entry(*boot).or_default();
        }
    }

    /// Whether nothing more will happen here: the horizon is reached, or the only boot that a
    /// direct stage has a runtime for is over.
    fn is_at_rest(&self) -> bool {
        let alone = matches!(self.timing, Timing::Counted(_));
        self.done || (alone && self.seats.values().all(Seat::is_over))
    }

    pub(crate) fn end_boot(&mut self, boot: u32, end: End) {
        let death = Death { kind: DeathKind::Process, in_flight: InFlight::Lost };
        self.world.die(boot, &death, end, None);
        self.reseat();
    }

    /// Comes before a transition that a boot makes; `false` if it died in the gap before it.
    pub(crate) fn pass(&mut self, boot: u32, told: &Told) -> bool {
        while !self.begin(told, None) {
            if self.is_over(boot) {
                return false;
            }
        }
        true
    }

    /// Nothing is runnable: what boots have logged is noted, and who had its chance.
    pub(crate) fn at_rest(&mut self) {
        self.hear();
        self.world.note_quiescence();
    }

    /// Notes the errors that boots have logged.
    fn hear(&mut self) {
        for (boot, errors) in spans::take_errors() {
            if self.world.processes.contains_key(&boot) {
                self.world.heard(boot, errors);
            }
        }
    }

    /// Comes before every transition; `false` if somebody died in the gap before it: then whatever
    /// comes next has to be looked for again.
    fn begin(&mut self, told: &Told, write: Option<Write>) -> bool {
        self.hear();
        self.latest = told.boot.or(self.world.boot());
        for boot in self.world.living() {
            let of_boot = write.filter(|_| told.boot.is_none_or(|of| of == boot));
            let number = self.world.process_mut(boot).transitions + 1;
            let kill = self.world.script().plan.kill_before(boot, number);
            if let Some(index) = kill.filter(|_| !self.world.is_healed()) {
                self.kept.transitions += 1;
                self.keep_world(boot, of_boot);
                self.world.process_mut(boot).transitions += 1;
                self.die_in_gap(boot, index);
                return false;
            }
        }
        self.kept.transitions += u64::from(!self.world.processes.is_empty());
        for boot in self.world.living() {
            let of_boot = write.filter(|_| told.boot.is_none_or(|of| of == boot));
            let process = self.world.process_mut(boot);
            if process.transitions >= TRANSITIONS_MAX && self.latest == Some(boot) {
                self.end_boot(boot, End::NeverIdle);
                return false;
            }
            self.keep_world(boot, of_boot);
        }
        for process in self.world.processes.values_mut() {
            process.transitions += 1;
        }
        self.tell(told, write);
        true
    }

    /// Keeps the world as it is in the gap before the next transition of a boot.
    fn keep_world(&mut self, boot: u32, write: Option<Write>) {
        let in_first = self.kept.first_boot.is_none_or(|first| first == boot);
        if self.keep.world(in_first) && self.kept.wants(self.keep) {
            self.kept.first_boot = Some(boot);
            let world = self.world.clone();
            let number = self.world.process_mut(boot).transitions + 1;
            let phase = spans::phase(boot);
            self.kept.keep(self.keep, Snapshot { world, boot, number, phase, write });
        }
    }

    fn die_in_gap(&mut self, boot: u32, index: usize) {
        self.world.delivered.note(Planned::Kill(index));
        let kill = self.world.script().plan.kills[index].clone();
        let text = format!("killed: {}", crate::describe::death(&kill.death));
        self.latest = Some(boot);
        self.tell(&Told::end(boot, text), None);
        self.note_happened();
        self.kill(boot, &kill);
    }

    fn kill(&mut self, boot: u32, kill: &KillPlan) {
        if let Moment::Before { torn: Some(torn), .. } = kill.moment {
            self.world.tear(boot, torn);
        }
        self.world.kill(boot, &kill.death, kill.down_for);
        self.reseat();
    }

    fn tell(&mut self, told: &Told, write: Option<Write>) {
        if !self.keep.trace() {
            return;
        }
        let boot = self.latest;
        let number = |boot: &u32| self.world.processes.get(boot).map_or(0, |p| p.transitions);
        let others = self.world.processes.keys().filter(|other| Some(**other) != boot);
        self.kept.trace.lines.push(Line {
            at: self.world.now(),
            boot,
            number: boot.as_ref().map_or(0, number),
            others: others.map(|other| (*other, number(other))).collect(),
            transition: told.transition,
            topic: told.topic,
            effect: told.effect,
            phase: boot.map_or(DOWN, spans::phase),
            label: Arc::clone(&told.label),
            text: told.text.clone(),
            write,
        });
    }

    /// Notes what of the plan has just happened, to which boot, and in which phase.
    pub(crate) fn note_happened(&mut self) {
        let (at, boot) = (self.world.now(), self.latest);
        let phase = boot.map_or(DOWN, spans::phase);
        for planned in self.world.delivered.take_fresh() {
            self.kept.note(self.keep, Happening { planned, at, boot, phase });
        }
    }

    /// Lets one thing happen that is due.
    pub(crate) fn turn(&mut self) -> Turn {
        if self.is_at_rest() {
            return Turn::Rest;
        }
        if let Some((boot, panic)) = spans::take_panic() {
            if self.world.processes.contains_key(&boot) {
                self.end_boot(boot, End::Panicked(panic));
            }
            return Turn::Moved;
        }
        self.keep_time();
        let now = self.world.now();
        match self.world.due() {
            Some((at, _)) if at <= now && at < self.horizon => self.advance_world(),
            due => {
                let next = due.map_or(self.horizon, |(at, _)| at.min(self.horizon));
                if next <= now {
                    self.done = true;
                    self.seats.values_mut().for_each(Seat::finish);
                    return Turn::Rest;
                }
                if self.pacemaker.target == Some(next) {
                    return Turn::Rest;
                }
                self.pacemaker.target = Some(next);
                self.pacemaker.waker.take().map_or(Turn::Rest, Turn::Woke)
            }
        }
    }

    fn advance_world(&mut self) -> Turn {
        let (at, event) = self.world.due().expect("the caller saw it");
        let write = write_of(&self.world, event);
        let (at, event) = (at, event.clone());
        self.world.advance(at);
        let label = |boot, effect| self.seats.get(&boot).and_then(|seat| seat.label(effect));
        let told = if self.keep.trace() {
            Told::of(&self.world, &event, label)
        } else {
            Told::silent(&event)
        };
        if !self.begin(&told, write) {
            return Turn::Moved;
        }
        let completed = self.world.step();
        self.note_happened();
        self.reseat();
        let seat = completed.and_then(|done| Some((self.seats.get_mut(&done.boot)?, done)));
        // Answered before anybody looked: the task is runnable or will look later.
        let waker = seat.and_then(|(seat, done)| seat.answered(done.effect, done.answer));
        waker.map_or(Turn::Moved, Turn::Woke)
    }
}

//! Where a boot and its world meet.
//!
//! Requests come in from the gateway's tasks, events go out from the hook that runs when nothing
//! is runnable. Every transition passes through here while a boot lives, which makes it the place
//! where kill points are: in the gap before each of them. Once the boot is dead, nothing it asks
//! is heard and nothing it waits for arrives.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use gateway_core::env::Exit;

use crate::delivered::{Happening, Planned};
use crate::describe::{describe_verb, write_of};
use crate::ledger::End;
use crate::pace::{Pacemaker, Timing};
use crate::plan::{KillPlan, Moment};
use crate::spans;
use crate::time::Ms;
use crate::told::Told;
use crate::trace::{Line, Transition};
use crate::world::{Answer, EffectId, Verb, World};

pub use crate::keep::{Keep, Kept, Snapshot};

/// A boot that makes this many transitions will never become idle.
const TRANSITIONS_MAX: u64 = 2_000_000;

/// Where a boot and its world meet.
pub(crate) struct Hub {
    inner: Mutex<Inner>,
}

pub(crate) struct Inner {
    pub(crate) world: World,
    keep: Keep,
    pub(crate) kept: Kept,
    slots: BTreeMap<EffectId, Slot>,
    labels: BTreeMap<EffectId, Arc<str>>,
    /// The boot that lives, or has just died.
    boot: u32,
    began: Ms,
    timing: Timing,
    horizon: Ms,
    over: bool,
    root: Option<Waker>,
    pub(crate) pacemaker: Pacemaker,
}

enum Slot {
    Waiting(Option<Waker>),
    Ready(Answer),
}

impl Hub {
    pub(crate) fn new(world: World, keep: Keep, kept: Kept, timing: Timing) -> Hub {
        let horizon = world.script().plan.horizon;
        let began = world.now();
        let boot = world.boot().expect("a hub is for a boot that lives");
        let inner = Inner {
            world,
            keep,
            kept,
            slots: BTreeMap::new(),
            labels: BTreeMap::new(),
            boot,
            began,
            timing,
            horizon,
            over: false,
            root: None,
            pacemaker: Pacemaker::default(),
        };
        Hub { inner: Mutex::new(inner) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic of the gateway while it asks would poison a lock that is still sound: the world
        // changes only in whole transitions.
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Takes out what is left when the boot is over.
    pub(crate) fn take(&self, empty: World) -> (World, Kept) {
        let mut inner = self.lock();
        // A waker holds its runtime, whose hook holds this very hub: a ring that nothing else
        // would ever break.
        inner.slots.clear();
        (inner.root, inner.pacemaker) = (None, Pacemaker::default());
        let world = std::mem::replace(&mut inner.world, empty);
        (world, std::mem::take(&mut inner.kept))
    }

    /// A request of the gateway; none if nobody hears it.
    pub(crate) fn request(&self, verb: Verb) -> Option<EffectId> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        if inner.over {
            return None;
        }
        inner.keep_time();
        let line = inner.observes().then(|| {
            let text = describe_verb(&inner.world, &verb);
            (spans::label(), text)
        });
        let (label, text) = line.unwrap_or_else(|| (Arc::from(""), String::new()));
        let told = Told { transition: Transition::Requested, effect: None, label, text };
        let label = inner.observes().then(|| Arc::clone(&told.label));
        if !inner.begin(told, None) {
            return None;
        }
        let effect = inner.world.request(verb);
        inner.note_happened();
        if let Some(label) = label {
            inner.labels.insert(effect, label);
            if let Some(line) = inner.kept.trace.lines.last_mut() {
                line.effect = Some(effect);
            }
        }
        inner.slots.insert(effect, Slot::Waiting(None));
        Some(effect)
    }

    /// The answer to an effect, once it is there.
    pub(crate) fn poll_answer(&self, effect: EffectId, cx: &mut Context<'_>) -> Poll<Answer> {
        let mut inner = self.lock();
        match inner.slots.get_mut(&effect) {
            Some(Slot::Ready(_)) => match inner.slots.remove(&effect) {
                Some(Slot::Ready(answer)) => Poll::Ready(answer),
                _ => unreachable!("just seen"),
            },
            Some(Slot::Waiting(waker)) => {
                *waker = Some(cx.waker().clone());
                Poll::Pending
            }
            None => Poll::Pending,
        }
    }

    /// Nobody waits for an effect any more; it goes on all the same.
    pub(crate) fn forget(&self, effect: EffectId) {
        self.lock().slots.remove(&effect);
    }

    /// What the gateway looks at without asking; none once it is dead.
    pub(crate) fn look<T>(&self, at: impl FnOnce(&mut World) -> T) -> Option<T> {
        let mut inner = self.lock();
        if inner.over {
            return None;
        }
        inner.keep_time();
        Some(at(&mut inner.world))
    }

    /// The gateway ends by itself.
    pub(crate) fn exit(&self, exit: Exit) {
        let mut inner = self.lock();
        let inner = &mut *inner;
        if inner.over {
            return;
        }
        inner.keep_time();
        let text = format!("the process exits with code {}", exit.code());
        if inner.begin(Told::world(text), None) {
            inner.world.exit(exit);
            inner.finish();
        }
    }

    /// Waits until the boot is over, one way or the other.
    pub(crate) fn poll_over(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.lock();
        if inner.over {
            return Poll::Ready(());
        }
        inner.root = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Whether the boot is over, one way or the other.
    pub(crate) fn is_over(&self) -> bool {
        self.lock().over
    }

    /// Moves the world, to which it is told the time, until nothing is due. Whoever is woken runs
    /// after that.
    pub(crate) fn settle(&self, now: Ms) {
        self.lock().world.advance(now);
        loop {
            let turn = self.lock().turn();
            match turn {
                Turn::Woke(waker) => waker.wake(),
                Turn::Moved => {}
                Turn::Rest => return,
            }
        }
    }

    /// Runs when nothing is runnable: moves the world until a task is woken or nothing is due. By
    /// its schedule, more may happen before that task runs, and wake others.
    pub(crate) fn park(&self) {
        let mut woken = Vec::new();
        loop {
            let mut inner = self.lock();
            if !woken.is_empty() && !inner.world.crowds_in() {
                break;
            }
            let rank = inner.world.next_rank();
            match inner.turn() {
                Turn::Woke(waker) => woken.push((rank.turn(), waker)),
                Turn::Moved => {}
                Turn::Rest => break,
            }
        }
        woken.sort_by_key(|(turn, _)| *turn);
        for (_, waker) in woken {
            waker.wake();
        }
    }
}

enum Turn {
    Woke(Waker),
    Moved,
    Rest,
}

impl Inner {
    /// The simulated time at which the boot began.
    pub(crate) fn began_at(&self) -> Ms {
        self.began
    }

    fn observes(&self) -> bool {
        self.keep.trace()
    }

    fn keep_time(&mut self) {
        let Timing::Counted(instant) = self.timing else { return };
        let elapsed = u64::try_from(instant.elapsed().as_millis()).expect("runs are short");
        self.world.advance(self.began.plus(Ms(elapsed)));
    }

    fn finish(&mut self) {
        self.over = true;
        self.slots.clear();
        if let Some(root) = self.root.take() {
            root.wake();
        }
    }

    fn end_boot(&mut self, end: End) {
        let death = crate::plan::Death {
            kind: crate::plan::DeathKind::Process,
            in_flight: crate::plan::InFlight::Lost,
        };
        self.world.die(&death, end, None);
        self.finish();
    }

    /// Comes before every transition of a boot; `false` if the boot dies in the gap before it.
    fn begin(&mut self, told: Told, write: Option<(u64, u64)>) -> bool {
        let errors = spans::take_errors();
        if !errors.is_empty() {
            self.world.boot_facts().errors.extend(errors);
        }
        let process = self.world.process.as_mut().expect("a boot lives");
        process.transitions += 1;
        let (boot, number) = (process.boot, process.transitions);
        self.kept.transitions += 1;
        if number > TRANSITIONS_MAX {
            self.end_boot(End::NeverIdle);
            return false;
        }
        if self.keep.world(self.kept.first_boot.is_none_or(|first| first == boot)) {
            self.kept.first_boot = Some(boot);
            let mut world = self.world.clone();
            world.process.as_mut().expect("a boot lives").transitions -= 1;
            let phase = spans::phase();
            self.kept.keep(self.keep, Snapshot { world, boot, number, phase, write });
        }
        let kill = self.world.script().plan.kill_before(boot, number);
        if let Some(index) = kill.filter(|_| !self.world.is_healed()) {
            self.world.delivered.note(Planned::Kill(index));
            let kill = self.world.script().plan.kills[index].clone();
            let text = format!("killed: {}", crate::describe::death(&kill.death));
            self.tell(Told::world(text), None);
            self.note_happened();
            self.kill(&kill);
            return false;
        }
        if self.observes() {
            self.tell(told, write);
        }
        true
    }

    fn tell(&mut self, told: Told, write: Option<(u64, u64)>) {
        if !self.observes() {
            return;
        }
        let process = self.world.process.as_ref();
        self.kept.trace.lines.push(Line {
            at: self.world.now(),
            boot: process.map(|process| process.boot),
            number: process.map_or(0, |process| process.transitions),
            transition: told.transition,
            effect: told.effect,
            phase: spans::phase(),
            label: told.label,
            text: told.text,
            write,
        });
    }

    /// Notes what of the plan has just happened to the boot, and in which phase.
    fn note_happened(&mut self) {
        let (at, boot) = (self.world.now(), Some(self.boot));
        for planned in self.world.delivered.take_fresh() {
            self.kept.note(self.keep, Happening { planned, at, boot, phase: spans::phase() });
        }
    }

    fn kill(&mut self, kill: &KillPlan) {
        if let Moment::Before { torn: Some(torn), .. } = kill.moment {
            self.world.tear(torn);
        }
        self.world.kill(&kill.death, kill.down_for);
        self.finish();
    }

    fn turn(&mut self) -> Turn {
        if self.over {
            return Turn::Rest;
        }
        if let Some(panic) = spans::panicked() {
            self.end_boot(End::Panicked(panic));
            return Turn::Rest;
        }
        self.keep_time();
        let now = self.world.now();
        match self.world.due() {
            Some((at, _)) if at <= now && at < self.horizon => self.advance_world(),
            due => {
                let next = due.map_or(self.horizon, |(at, _)| at.min(self.horizon));
                if next <= now {
                    self.finish();
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
        let label = |effect| self.labels.get(&effect).cloned();
        let told = self.observes().then(|| Told::of(&self.world, &event, label));
        let told = told.unwrap_or_else(|| Told::world(String::new()));
        if !self.begin(told, write) {
            return Turn::Rest;
        }
        let boot = self.world.boot();
        let completed = self.world.step();
        self.note_happened();
        if self.world.boot() != boot {
            self.finish();
            return Turn::Rest;
        }
        let Some(completed) = completed else { return Turn::Moved };
        self.labels.remove(&completed.effect);
        match self.slots.get_mut(&completed.effect) {
            Some(slot) => {
                match std::mem::replace(slot, Slot::Ready(completed.answer)) {
                    Slot::Waiting(Some(waker)) => Turn::Woke(waker),
                    // Answered before anybody looked: the task is runnable or will look later.
                    Slot::Waiting(None) | Slot::Ready(_) => Turn::Moved,
                }
            }
            None => Turn::Moved,
        }
    }
}

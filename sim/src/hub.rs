//! Where boots and their world meet.
//!
//! Requests come in from the gateways' tasks, events go out from whoever runs when nothing is
//! runnable: a hook on the direct stage, the end of a tick on the network stage. Every transition
//! passes through here (`turn`). There is one world, and a seat for each boot that lives in it.
//! Once a boot is dead, nothing it asks is heard and nothing it waits for arrives.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use gateway_core::env::Exit;

use crate::describe::describe_verb;
use crate::ledger::End;
use crate::pace::{Pacemaker, Timing};
use crate::seat::Seat;
use crate::spans;
use crate::time::Ms;
use crate::told::{Told, topic_of_verb};
use crate::trace::Transition;
use crate::turn::Turn;
use crate::world::{Answer, EffectId, Verb, World};

pub use crate::keep::{Keep, Kept, Snapshot};

/// Where boots and their world meet.
pub(crate) struct Hub {
    inner: Mutex<Inner>,
}

/// What is behind the lock: the world, and who sits around it.
pub(crate) struct Inner {
    pub(crate) world: World,
    pub(crate) keep: Keep,
    pub(crate) kept: Kept,
    pub(crate) seats: BTreeMap<u32, Seat>,
    /// The boot that the latest transition belongs to.
    pub(crate) latest: Option<u32>,
    pub(crate) began: Ms,
    pub(crate) timing: Timing,
    pub(crate) horizon: Ms,
    /// Whether the horizon is reached.
    pub(crate) done: bool,
    pub(crate) pacemaker: Pacemaker,
}

impl Hub {
    /// A hub with a seat for every boot that lives.
    pub(crate) fn new(world: World, keep: Keep, kept: Kept, timing: Timing) -> Hub {
        let mut inner = Inner {
            horizon: world.script().plan.horizon,
            began: world.now(),
            world,
            keep,
            kept,
            seats: BTreeMap::new(),
            latest: None,
            timing,
            done: false,
            pacemaker: Pacemaker::default(),
        };
        inner.reseat();
        Hub { inner: Mutex::new(inner) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic of the gateway while it asks would poison a lock that is still sound: the world
        // changes only in whole transitions.
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Takes out what is left when all is over.
    pub(crate) fn take(&self, empty: World) -> (World, Kept) {
        let mut inner = self.lock();
        // A waker holds its runtime, whose hook holds this very hub: a ring that nothing else
        // would ever break.
        inner.seats.clear();
        inner.pacemaker = Pacemaker::default();
        let world = std::mem::replace(&mut inner.world, empty);
        (world, std::mem::take(&mut inner.kept))
    }

    /// A request of a boot; none if nobody hears it.
    pub(crate) fn request(&self, boot: u32, verb: Verb) -> Option<EffectId> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        if inner.is_over(boot) {
            return None;
        }
        inner.keep_time();
        let line = inner.keep.trace().then(|| (spans::label(), describe_verb(&inner.world, &verb)));
        let (label, text) = line.unwrap_or_else(|| (Arc::from(""), String::new()));
        let label = inner.keep.trace().then_some(label);
        let told = Told {
            boot: Some(boot),
            transition: Transition::Requested,
            topic: topic_of_verb(&verb),
            effect: None,
            label: label.clone().unwrap_or_else(|| Arc::from("")),
            text,
        };
        if !inner.pass(boot, &told) {
            return None;
        }
        let phase = spans::phase(boot);
        inner.kept.note_call(inner.keep, &inner.world, &verb, phase);
        let effect = inner.world.request_in(boot, verb, phase);
        inner.note_happened();
        if label.is_some()
            && let Some(line) = inner.kept.trace.lines.last_mut()
        {
            line.effect = Some(effect);
        }
        inner.seats.get_mut(&boot)?.asked(effect, label);
        Some(effect)
    }

    /// The answer to an effect, once it is there.
    pub(crate) fn poll_answer(
        &self,
        boot: u32,
        effect: EffectId,
        cx: &mut Context<'_>,
    ) -> Poll<Answer> {
        let mut inner = self.lock();
        let seat = inner.seats.get_mut(&boot);
        let answer = seat.map_or(Poll::Pending, |seat| seat.poll_answer(effect, cx));
        if let Poll::Ready(answer) = &answer {
            inner.world.learned(boot, answer);
        }
        answer
    }

    /// Nobody waits for an effect any more; it goes on all the same.
    pub(crate) fn forget(&self, boot: u32, effect: EffectId) {
        if let Some(seat) = self.lock().seats.get_mut(&boot) {
            seat.forget(effect);
        }
    }

    /// What a boot looks at without asking; none once it is dead.
    pub(crate) fn look<T>(&self, boot: u32, at: impl FnOnce(&mut World) -> T) -> Option<T> {
        let mut inner = self.lock();
        if inner.is_over(boot) {
            return None;
        }
        inner.keep_time();
        Some(at(&mut inner.world))
    }

    /// A boot ends by itself, or of a panic that it was quick to notice.
    pub(crate) fn exit(&self, boot: u32, exit: Exit) {
        let mut inner = self.lock();
        if inner.is_over(boot) {
            return;
        }
        inner.keep_time();
        let text = format!("the process exits with code {}", exit.code());
        if inner.pass(boot, &Told::end(boot, text)) {
            match spans::take_panic_of(boot) {
                Some(panic) => inner.end_boot(boot, End::Panicked(panic)),
                None => {
                    inner.world.exit(boot, exit);
                    inner.reseat();
                }
            }
        }
    }

    /// Waits until a boot is over, one way or the other.
    pub(crate) fn poll_over(&self, boot: u32, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.lock();
        inner.seats.get_mut(&boot).map_or(Poll::Ready(()), |seat| seat.poll_over(cx))
    }

    /// Whether a boot is over, one way or the other.
    pub(crate) fn is_over(&self, boot: u32) -> bool {
        self.lock().is_over(boot)
    }

    /// The boots that live and whose horizon is not reached.
    pub(crate) fn living(&self) -> Vec<u32> {
        let inner = self.lock();
        if inner.done { Vec::new() } else { inner.world.living() }
    }

    /// A boot has left for good.
    pub(crate) fn leave(&self, boot: u32) {
        self.lock().seats.remove(&boot);
    }

    /// Moves the world, to which it is told the time, until nothing is due. Whoever is woken runs
    /// after that.
    pub(crate) fn settle(&self, now: Ms) {
        {
            let mut inner = self.lock();
            inner.at_rest();
            inner.world.advance(now);
        }
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
        self.lock().at_rest();
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

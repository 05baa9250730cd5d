//! The direct stage: each boot in a paused current-thread runtime of its own, the world moved
//! from the hook that runs when nothing is runnable.
//!
//! Time jumps to the next timer or event. One transition is applied, then the gateway runs until
//! it is quiescent again. One pacemaker task holds a timer on the world's next event, for a paused
//! runtime without a timer would park for real. At a tie the gateway's timer fires first.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use gateway_core::env::{Effect, Env, Exit, Gateway};
use tokio::time::{Duration, Instant, Sleep};

use crate::delivered::Happening;
use crate::describe::describe_event;
use crate::hub::{Hub, Keep, Kept};
use crate::pace::Timing;
use crate::spans::{self, Code};
use crate::time::Ms;
use crate::told::topic_of_event;
use crate::trace::{DOWN, Line, Transition};
use crate::watched;
use crate::world::World;

/// How a run ended, and what was kept of it.
#[derive(Debug)]
pub struct Ran {
    /// The world at the horizon.
    pub world: World,
    /// What was kept.
    pub kept: Kept,
    /// How much time was simulated: the network stage stops where nothing will happen any more.
    pub simulated: Ms,
}

/// Runs a world to its horizon: boot after boot of `gateway`.
///
/// The world may be one in which no process lives yet, or no longer.
///
/// # Panics
///
/// If a process lives in the world: what it knew cannot be continued. If only the network stage
/// can play the plan.
pub fn run(world: World, gateway: &dyn Gateway, keep: Keep) -> Ran {
    assert!(world.boot().is_none(), "a living process cannot be continued");
    if let Some(why) = world.script().plan.needs_network() {
        panic!("only the network stage can play this plan: {why}");
    }
    let phases = keep.phases() || world.script().plan.asks_for_phases();
    spans::observed(phases, || {
        let horizon = world.script().plan.horizon;
        let simulated = horizon.since(world.now());
        let mut ran = Ran { world, kept: Kept::default(), simulated };
        while ran.kept.goes_on(keep) {
            if ran.world.boot().is_some() {
                ran = boot(ran, gateway, keep);
                if ran.world.boot().is_some() {
                    break;
                }
            } else if ran.world.due().is_some_and(|(at, _)| at < horizon) {
                step_without_process(&mut ran, keep);
            } else {
                break;
            }
        }
        if !ran.kept.broken_off {
            ran.world.advance(horizon);
        }
        ran
    })
}

/// Lets the next event of a world without a process happen.
fn step_without_process(ran: &mut Ran, keep: Keep) {
    if keep.trace() {
        let (at, event) = ran.world.due().expect("the caller saw it");
        let (text, topic) = (describe_event(&ran.world, event), topic_of_event(event));
        ran.kept.trace.lines.push(Line {
            at,
            boot: None,
            number: 0,
            others: Vec::new(),
            transition: Transition::World,
            topic,
            effect: None,
            phase: DOWN,
            label: Arc::from(""),
            text,
            write: None,
        });
    }
    ran.world.step();
    let at = ran.world.now();
    for planned in ran.world.delivered.take_fresh() {
        ran.kept.note(keep, Happening { planned, at, boot: None, phase: DOWN });
    }
}

/// Runs the boot that lives until it ends or the horizon is reached.
fn boot(ran: Ran, gateway: &dyn Gateway, keep: Keep) -> Ran {
    let number = ran.world.boot().expect("the caller saw it");
    spans::only(number);
    let (empty, simulated) = (World::new(Arc::clone(&ran.world.script)), ran.simulated);
    // The hook is given to the runtime before there is an instant to count from.
    let place: Arc<std::sync::OnceLock<Arc<Hub>>> = Arc::default();
    let seen = Arc::clone(&place);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .on_thread_park(move || {
            if let Some(hub) = seen.get() {
                spans::running(Code::Harness, || hub.park());
            }
        })
        .build()
        .expect("a runtime without any driver but time needs nothing from the system");
    let life = async {
        let hub = Arc::new(Hub::new(ran.world, keep, ran.kept, Timing::Counted(Instant::now())));
        place.set(Arc::clone(&hub)).unwrap_or_else(|_| unreachable!("set once"));
        tokio::spawn(Beat { hub: Arc::clone(&hub), began: Instant::now(), sleep: None });
        let env = watched::env(&hub, number);
        let at_exit = Arc::clone(&hub);
        if let Some(life) = begin(gateway, env) {
            tokio::spawn(async move {
                let exit = life.await;
                at_exit.exit(number, exit);
            });
        }
        poll_fn(|cx| hub.poll_over(number, cx)).await;
        hub
    };
    let hub = spans::running(Code::Gateway, || runtime.block_on(life));
    // Every task of the boot is dropped here; destructors may ask, and nothing answers.
    spans::running(Code::Gateway, || drop(runtime));
    let (world, kept) = hub.take(empty);
    Ran { world, kept, simulated }
}

/// Begins a life of the gateway; none if that panicked, which the observer has noted like a panic
/// in any of its tasks.
pub(crate) fn begin(gateway: &dyn Gateway, env: Env) -> Option<Effect<Exit>> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| gateway.boot(env))).ok()
}

/// The pacemaker: a timer on the world's next event.
struct Beat {
    hub: Arc<Hub>,
    began: Instant,
    sleep: Option<(Ms, Pin<Box<Sleep>>)>,
}

impl Future for Beat {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let beat = &mut *self;
        let mut inner = beat.hub.lock();
        inner.pacemaker.waker = Some(cx.waker().clone());
        let Some(target) = inner.pacemaker.target else {
            beat.sleep = None;
            return Poll::Pending;
        };
        let start = inner.began_at();
        let deadline = beat.began + Duration::from_millis(target.since(start).0);
        match &mut beat.sleep {
            Some((armed, _)) if *armed == target => {}
            Some((armed, sleep)) => {
                *armed = target;
                sleep.as_mut().reset(deadline);
            }
            None => beat.sleep = Some((target, Box::pin(tokio::time::sleep_until(deadline)))),
        }
        let (_, sleep) = beat.sleep.as_mut().expect("just armed");
        if sleep.as_mut().poll(cx).is_ready() {
            // Disarmed, so that the hook arms it again: a paused runtime without a timer parks
            // for real.
            inner.pacemaker.target = None;
            beat.sleep = None;
        }
        Poll::Pending
    }
}

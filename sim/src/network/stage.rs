//! The network stage: two hosts of a simulated network, the gateway on one of them and the
//! platform on the other, and real TCP between them.
//!
//! There is one world, as on the direct stage, and it moves only between the ticks of a
//! millisecond, when no host runs; so an effect takes at least one tick here. Clock, disk, agent
//! and signals of the gateway are the world itself; the platform it reaches over the wire only,
//! and the platform's host asks the world on its behalf. The world decides every death; the
//! gateway's host is crashed when the world says that its boot is over. What was on the wire then
//! was heard by nobody.

use std::cell::RefCell;
use std::future::Future;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::UNIX_EPOCH;

use gateway_core::env::{Env, Gateway};
use gateway_core::wire::{self, Caller, Client, Hello, Keys, Limits};
use tokio::task::JoinSet;
use tokio::time::Duration;
use turmoil::net::{TcpListener, TcpStream};

use crate::direct::{self, Ran, step_without_process};
use crate::hub::{Hub, Keep, Kept};
use crate::pace::Timing;
use crate::seam;
use crate::spans::{self, Code};
use crate::time::Ms;
use crate::world::World;

const PLATFORM: &str = "platform";
const GATEWAY: &str = "gateway";
const PORT: u16 = 1;

/// One tick of the network: timers round to it, so it is as fine as simulated time.
const TICK: Duration = Duration::from_millis(1);

/// How long every segment is under way.
const LATENCY: Duration = Duration::from_millis(1);

/// Runs a world to its horizon: boot after boot of `gateway`, a wire away from its platform.
///
/// # Panics
///
/// If a process lives in the world: what it knew cannot be continued.
pub fn run(world: World, gateway: &dyn Gateway, keep: Keep) -> Ran {
    assert!(world.boot().is_none(), "a living process cannot be continued");
    let horizon = world.script().plan.horizon;
    spans::observed(keep.phases(), || {
        let mut stage = Stage::new(&world, gateway);
        let mut ran = Ran { world, kept: Kept::default() };
        loop {
            stage.stay_down(&mut ran, keep);
            if ran.world.boot().is_none() {
                break;
            }
            ran = stage.live(ran, keep);
            if ran.world.boot().is_some() {
                break;
            }
        }
        ran.world.advance(horizon);
        ran
    })
}

/// The boot that lives, for the hosts to find.
type Living = Rc<RefCell<Option<Boot>>>;

#[derive(Clone)]
struct Boot {
    number: u32,
    hub: Arc<Hub>,
}

struct Stage<'a> {
    network: turmoil::Sim<'a>,
    living: Living,
    /// The simulated time at which the network began.
    began: Ms,
    horizon: Ms,
}

impl<'a> Stage<'a> {
    fn new(world: &World, gateway: &'a dyn Gateway) -> Stage<'a> {
        let plan = &world.script().plan;
        let mut network = turmoil::Builder::new()
            .rng_seed(plan.seed)
            .epoch(UNIX_EPOCH)
            .tick_duration(TICK)
            .min_message_latency(LATENCY)
            .max_message_latency(LATENCY)
            .simulation_duration(Duration::from(plan.horizon) + Duration::from_secs(1))
            .build();
        let living = Living::default();
        let seen = Rc::clone(&living);
        network.host(PLATFORM, move || Ours(Box::pin(platform(Rc::clone(&seen)))));
        let seen = Rc::clone(&living);
        network.host(GATEWAY, move || {
            let boot = seen.borrow().clone();
            if let Some(boot) = boot {
                start(gateway, boot);
            }
            // A host whose software has ended keeps its other tasks when it is crashed.
            std::future::pending::<turmoil::Result>()
        });
        Stage { network, living, began: world.now(), horizon: plan.horizon }
    }

    fn now(&self) -> Ms {
        let elapsed = u64::try_from(self.network.elapsed().as_millis()).expect("runs are short");
        self.began.plus(Ms(elapsed))
    }

    fn tick(&mut self) {
        let network = &mut self.network;
        spans::running(Code::Gateway, || network.step())
            .expect("the platform's host serves until the end");
    }

    /// Moves a world in which no process lives until one does, or nothing more will happen.
    fn stay_down(&mut self, ran: &mut Ran, keep: Keep) {
        while ran.world.boot().is_none()
            && let Some((at, _)) = ran.world.due()
            && at < self.horizon
        {
            if at <= self.now() {
                step_without_process(ran, keep);
            } else {
                self.tick();
            }
        }
    }

    /// Runs the boot that lives until it ends or the horizon is reached.
    fn live(&mut self, ran: Ran, keep: Keep) -> Ran {
        spans::reset();
        let empty = World::new(Arc::clone(&ran.world.script));
        let number = ran.world.boot().expect("the caller saw it");
        let hub = Arc::new(Hub::new(ran.world, keep, ran.kept, Timing::Told));
        self.living.replace(Some(Boot { number, hub: Arc::clone(&hub) }));
        spans::running(Code::Gateway, || self.network.bounce(GATEWAY));
        while !hub.is_over() {
            self.tick();
            hub.settle(self.now());
        }
        // Every task of the boot is dropped here; destructors may ask, and nothing answers.
        spans::running(Code::Gateway, || self.network.crash(GATEWAY));
        self.living.replace(None);
        let (world, kept) = hub.take(empty);
        Ran { world, kept }
    }
}

/// Starts a boot on the gateway's host.
fn start(gateway: &dyn Gateway, Boot { number, hub }: Boot) {
    let env = seam::env(&hub);
    let caller = Caller {
        who: number.to_string(),
        peer: PLATFORM.to_owned(),
        keys: Keys::of(&*env.platform),
        limits: Limits::standard(),
    };
    let dial = || TcpStream::connect((PLATFORM, PORT));
    let (client, connected) = Client::new(caller, dial);
    tokio::spawn(connected);
    let env = Env { platform: Arc::new(client), ..env };
    let Some(life) = direct::begin(gateway, env) else { return };
    tokio::spawn(async move {
        let exit = life.await;
        hub.exit(exit);
    });
}

/// The platform's host: every connection is answered by the world of the boot that opened it, for
/// as long as that boot lives.
async fn platform(living: Living) -> turmoil::Result {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(ended) = connections.join_next() => ended?,
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                connections.spawn_local(Ours(Box::pin(serve(stream, Rc::clone(&living)))));
            }
        }
    }
}

async fn serve(stream: TcpStream, living: Living) {
    let platform_for = |hello: &Hello| {
        let living = living.borrow();
        let boot = living.as_ref().filter(|boot| boot.number.to_string() == hello.who);
        boot.map(|boot| seam::env(&boot.hub).platform)
            .ok_or_else(|| "no such boot lives".to_owned())
    };
    wire::serve(stream, GATEWAY, Limits::standard(), platform_for).await;
}

/// Code of our own on a host: a panic in it is no finding about the gateway.
struct Ours<F>(Pin<Box<F>>);

impl<F: Future> Future for Ours<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        spans::running(Code::Harness, || self.0.as_mut().poll(cx))
    }
}

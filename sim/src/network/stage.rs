//! The network stage: hosts of a simulated network, one for the platform and one for each living
//! gateway, and real TCP between them.
//!
//! There is one world, as on the direct stage, and it moves only between the ticks of a
//! millisecond, when no host runs; so an effect takes at least one tick here. Clock, disk, agent
//! and signals of a gateway are the world itself; the platform it reaches over the wire only,
//! and the platform's host asks the world on its behalf. The world decides every death; a
//! gateway's host is crashed when the world says that its boot is over. What was on the wire then
//! was heard by nobody. A host serves one boot after another.

use std::cell::Cell;
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

use super::line::{Line, Lines};
use super::link::Links;
use crate::direct::{self, Ran};
use crate::hub::{Hub, Keep, Kept};
use crate::pace::Timing;
use crate::seam;
use crate::spans::{self, Code};
use crate::time::Ms;
use crate::watched::Watched;
use crate::world::World;

pub(super) const PLATFORM: &str = "platform";
const PORT: u16 = 1;

/// One tick of the network: timers round to it, so it is as fine as simulated time.
const TICK: Duration = Duration::from_millis(1);

/// How long every segment is under way.
pub(crate) const UNDER_WAY: Ms = Ms(1);

/// The same as the network's engine takes it.
pub(super) const LATENCY: Duration = Duration::from_millis(UNDER_WAY.0);

/// After so long without anything a run is over, whatever its horizon is: ticks cost. Nobody that
/// is still at work pauses for so long; the longest pauses are those before something is sent
/// again, and before a silent peer is given up.
const QUIET: Ms = Ms(45_000);

/// Runs a world to its horizon: boot after boot of `gateway`, or several beside each other, a wire
/// away from their platform.
///
/// # Panics
///
/// If a process lives in the world: what it knew cannot be continued.
pub fn run(world: World, gateway: &dyn Gateway, keep: Keep) -> Ran {
    assert!(world.boot().is_none(), "a living process cannot be continued");
    let horizon = world.script().plan.horizon;
    let empty = World::new(Arc::clone(&world.script));
    let phases = keep.phases() || world.script().plan.asks_for_phases();
    spans::observed(phases, || {
        let mut stage = Stage::new(world, gateway, keep);
        stage.play();
        let simulated = stage.now().since(stage.began);
        let (mut world, kept) = stage.hub.take(empty);
        world.advance(horizon);
        Ran { world, kept, simulated }
    })
}

struct Stage<'a> {
    network: turmoil::Sim<'a>,
    gateway: &'a dyn Gateway,
    hub: Arc<Hub>,
    hosts: Vec<Host>,
    lines: Arc<Lines>,
    links: Links,
    /// Whether the platform's host runs.
    platform_up: bool,
    /// The simulated time at which the network began, and what was skipped of it since, because
    /// no process lived.
    began: Ms,
    skipped: Ms,
    horizon: Ms,
    /// How many transitions there were, and when that number last changed.
    latest: (u64, Ms),
}

/// A host for gateways.
struct Host {
    name: String,
    /// The boot that it runs.
    boot: Rc<Cell<Option<u32>>>,
}

impl<'a> Stage<'a> {
    fn new(world: World, gateway: &'a dyn Gateway, keep: Keep) -> Stage<'a> {
        let plan = &world.script().plan;
        let mut network = turmoil::Builder::new()
            .rng_seed(plan.seed)
            .epoch(UNIX_EPOCH)
            .tick_duration(TICK)
            .min_message_latency(LATENCY)
            .max_message_latency(LATENCY)
            .simulation_duration(Duration::from(plan.horizon) + Duration::from_secs(1))
            .build();
        let (began, horizon) = (world.now(), plan.horizon);
        let lines = Arc::new(Lines::new(plan.seed));
        let hub = Arc::new(Hub::new(world, keep, Kept::default(), Timing::Told));
        let (asked, seen) = (Arc::clone(&hub), Arc::clone(&lines));
        network.host(PLATFORM, move || {
            Ours(Box::pin(platform(Arc::clone(&asked), Arc::clone(&seen))))
        });
        Stage {
            network,
            gateway,
            hub,
            hosts: Vec::new(),
            lines,
            links: Links::default(),
            platform_up: true,
            began,
            skipped: Ms(0),
            horizon,
            latest: (0, began),
        }
    }

    fn now(&self) -> Ms {
        let elapsed = u64::try_from(self.network.elapsed().as_millis()).expect("runs are short");
        self.began.plus(self.skipped).plus(Ms(elapsed))
    }

    /// Plays to the horizon.
    fn play(&mut self) {
        loop {
            let now = self.now();
            self.hub.settle(now);
            self.follow();
            if now >= self.horizon || self.is_quiet(now) {
                break;
            }
            if self.hub.living().is_empty() {
                let due = self.hub.lock().world.due().map(|(at, _)| at);
                let next = due.map_or(self.horizon, |at| at.min(self.horizon));
                self.skipped = self.skipped.plus(next.since(now));
                // Whoever begins then has not been idle until then.
                self.latest.1 = next;
            } else {
                let network = &mut self.network;
                spans::running(Code::Gateway, || network.step())
                    .expect("the platform's host serves until the end");
            }
        }
        self.network.crash(PLATFORM);
    }

    /// Whether nothing will happen any more: the plan has nothing left in store, and nobody has
    /// asked for anything or waited for an answer for so long that nobody will.
    fn is_quiet(&mut self, now: Ms) -> bool {
        let inner = self.hub.lock();
        if inner.kept.transitions != self.latest.0 {
            self.latest = (inner.kept.transitions, now);
        }
        let idle = inner.world.due().is_none_or(|(at, _)| at >= self.horizon);
        idle && now.since(self.latest.1) >= QUIET
    }

    /// Does to the network what has happened in the world: the hosts of the dead are crashed,
    /// those who were born get one, and links fail and recover.
    fn follow(&mut self) {
        let living = self.hub.living();
        for host in &self.hosts {
            let Some(boot) = host.boot.get().filter(|boot| !living.contains(boot)) else {
                continue;
            };
            // Every task of the boot is dropped here; destructors may ask, and nothing answers.
            let network = &mut self.network;
            let crash = || spans::on_behalf_of(boot, || network.crash(host.name.as_str()));
            spans::running(Code::Gateway, crash);
            host.boot.set(None);
            self.hub.leave(boot);
        }
        for boot in living {
            if !self.hosts.iter().any(|host| host.boot.get() == Some(boot)) {
                self.begin(boot);
            }
        }
        let (dead, faults) = {
            let world = &self.hub.lock().world;
            let faults: Vec<_> =
                world.link_faults().map(|(index, fault)| (index, fault.clone())).collect();
            (world.platform_dead_until().is_some(), faults)
        };
        if dead == self.platform_up {
            self.platform_up = !dead;
            if dead { self.network.crash(PLATFORM) } else { self.network.bounce(PLATFORM) }
        }
        let hosts: Vec<&str> = self.hosts.iter().map(|host| host.name.as_str()).collect();
        self.links.follow(&self.network, &hosts, &self.lines, &faults);
    }

    /// Begins a boot on a host where none runs.
    fn begin(&mut self, boot: u32) {
        let place = self.hosts.iter().position(|host| host.boot.get().is_none());
        let place = place.unwrap_or_else(|| self.add_host());
        let host = &self.hosts[place];
        host.boot.set(Some(boot));
        spans::host(&host.name, boot);
        let (network, name) = (&mut self.network, host.name.as_str());
        let begin = || spans::on_behalf_of(boot, || network.bounce(name));
        spans::running(Code::Gateway, begin);
    }

    /// Adds a host, on which no boot runs yet; its place.
    fn add_host(&mut self) -> usize {
        let name = format!("gateway-{}", self.hosts.len() + 1);
        let boot = Rc::new(Cell::new(None));
        let (gateway, hub, seen) = (self.gateway, Arc::clone(&self.hub), Rc::clone(&boot));
        self.network.host(name.as_str(), move || {
            if let Some(boot) = seen.get() {
                start(gateway, &hub, boot);
            }
            // A host whose software has ended keeps its other tasks when it is crashed.
            std::future::pending::<turmoil::Result>()
        });
        self.hosts.push(Host { name, boot });
        self.hosts.len() - 1
    }
}

/// Starts a boot on its host.
fn start(gateway: &dyn Gateway, hub: &Arc<Hub>, boot: u32) {
    let env = seam::env(hub, boot);
    let caller = Caller {
        who: boot.to_string(),
        peer: PLATFORM.to_owned(),
        keys: Keys::of(&*env.platform),
        limits: Limits::standard(),
    };
    let dial = || TcpStream::connect((PLATFORM, PORT));
    let (client, connected) = Client::new(caller, dial);
    tokio::spawn(connected);
    let platform = Watched::new(Arc::new(client), hub, boot);
    let env = Env { platform: Arc::new(platform), ..env };
    let Some(life) = direct::begin(gateway, env) else { return };
    let hub = Arc::clone(hub);
    tokio::spawn(async move {
        let exit = life.await;
        hub.exit(boot, exit);
    });
}

/// The platform's host: every connection is answered by the world of the boot that opened it, for
/// as long as that boot lives.
async fn platform(hub: Arc<Hub>, lines: Arc<Lines>) -> turmoil::Result {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(ended) = connections.join_next() => ended?,
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                let line = Line::new(stream, &lines);
                connections.spawn_local(Ours(Box::pin(serve(line, Arc::clone(&hub)))));
            }
        }
    }
}

async fn serve(line: Line<TcpStream>, hub: Arc<Hub>) {
    let platform_for = |hello: &Hello| {
        let boot = hello.who.parse().ok().filter(|boot| !hub.is_over(*boot));
        boot.map(|boot| seam::env(&hub, boot).platform)
            .ok_or_else(|| "no such boot lives".to_owned())
    };
    wire::serve(line, "a gateway", Limits::standard(), platform_for).await;
}

/// Code of our own on a host: a panic in it is no finding about the gateway.
struct Ours<F>(Pin<Box<F>>);

impl<F: Future> Future for Ours<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        spans::running(Code::Harness, || self.0.as_mut().poll(cx))
    }
}

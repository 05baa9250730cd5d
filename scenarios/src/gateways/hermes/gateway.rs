//! A real gateway, hermes-agent, as a small model: what it did in five of its eras, and what some
//! of its builds and siblings did otherwise.
//!
//! It is judged, never trusted: its order of durable writes is the real one, with every window in
//! which its releases 0.13.0 and 0.15.0 were measured to lose a session or to resume one falsely.
//! It does not count calls like the original, and it leaves out what no such window depends on.

use std::sync::Arc;
use std::time::Duration;

use gateway_core::env::{Effect, Env, Exit, Gateway, Signal};
use gateway_core::phase;
use gateway_core::settings::Settings;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tracing::Instrument as _;

use super::drain::Wait;
use super::era::Era;
use super::hub::Hub;
use super::policy::{AfterTurn, Autostart, Policies, Restart, Startup, Watchdog, Workers};
use super::store::Lock;
use super::times::{AFTER_TURN_MAX, WATCHDOG_GRACE};
use super::variant::Variant;
use super::{drain, inbound, start, stop};

/// A small model of hermes-agent.
#[derive(Clone, Debug)]
pub struct Hermes {
    policies: Policies,
    settings: Settings,
}

impl Hermes {
    /// The model of one era. Of the settings it knows `drain_timeout` (the real
    /// `restart_drain_timeout`) and `resume_window` (the real freshness window).
    pub fn new(era: Era, settings: Settings) -> Hermes {
        Hermes { policies: era.policies(), settings }
    }

    /// The model of an era with one thing otherwise.
    pub fn variant(variant: Variant, settings: Settings) -> Hermes {
        Hermes { policies: variant.policies(), settings }
    }
}

impl Gateway for Hermes {
    fn boot(&self, env: Env) -> Effect<Exit> {
        let (asked, asks) = unbounded_channel();
        let hub = Arc::new(Hub::new(self.policies, self.settings.clone(), env, asked.clone()));
        let signals = hub.env.signals.clone();
        Box::pin(async move {
            // Signal handlers are installed before anything else (4 step 2).
            tokio::spawn(async move {
                while asked.send(signals.next().await).is_ok() {
                    tracing::debug!("a signal was handed on");
                }
            });
            live_once(hub, asks).await
        })
    }
}

/// One life: lock, start, serve until asked to stop, stop.
async fn live_once(hub: Arc<Hub>, mut asks: UnboundedReceiver<Signal>) -> Exit {
    let lock = match hub.store.lock().instrument(phase!("boot.lock")).await {
        Ok(Some(lock)) => lock,
        Ok(None) => {
            tracing::error!("another gateway is running");
            return Exit::Failed;
        }
        Err(error) => {
            tracing::error!(%error, "the runtime lock could not be taken");
            return Exit::Failed;
        }
    };
    if hub.policies.autostart == Autostart::UnlessStopped && hub.store.was_stopped().await {
        tracing::info!("the gateway was stopped, and is not to be started");
        return Exit::Planned;
    }
    let listener = tokio::spawn(inbound::listen(hub.clone()));
    // A request to stop during the start aborts it through the stop (4 step 7).
    let begun = tokio::select! {
        biased;
        asked = asks.recv() => Err(asked),
        begun = start::start(&hub) => Ok(begun),
    };
    let signal = match begun {
        Err(asked) => asked,
        Ok(Ok(())) => asks.recv().await,
        Ok(Err(error)) => {
            tracing::error!(%error, "how the last boot ended is not known: refusing to start");
            return Exit::Failed;
        }
    };
    let signal = signal.expect("the hub keeps a sender");
    if hub.policies.after_turn == AfterTurn::Waits && signal == Signal::Restart {
        wait_for_turns(&hub, &mut asks).instrument(phase!("after-turn")).await;
    }
    let exit = finish(&hub, &lock, signal, &mut asks, || listener.abort()).await;
    match hub.policies.startup {
        Startup::ExitsZero if begun.is_err() => Exit::Planned,
        _ => exit,
    }
}

/// The wait before a restart (3.1): turns go on, idle chats are refused. A stop ends it.
async fn wait_for_turns(hub: &Hub, asks: &mut UnboundedReceiver<Signal>) {
    hub.live().begin_drain();
    let mut idle = std::pin::pin!(drain::wait(hub, Wait::Drain, AFTER_TURN_MAX));
    loop {
        tokio::select! {
            biased;
            _ = &mut idle => break,
            asked = asks.recv() => if asked == Some(Signal::Stop) { break },
        }
    }
}

/// Stops. A second signal only waits for the stop that runs (3.1); one that asks for a restart
/// turns it into a restart.
async fn finish(
    hub: &Arc<Hub>,
    lock: &Lock,
    signal: Signal,
    asks: &mut UnboundedReceiver<Signal>,
    disconnect: impl FnOnce(),
) -> Exit {
    let mut restarting = signal == Signal::Restart;
    let mut stopping = std::pin::pin!(async {
        stop::stop(hub, lock, signal, disconnect).await;
        if hub.policies.workers == Workers::Awaited {
            drain::wait_for_workers(hub).await;
        }
    });
    let mut watchdog = std::pin::pin!(bark(hub));
    loop {
        tokio::select! {
            biased;
            () = &mut stopping => break,
            asked = asks.recv() => restarting |= asked == Some(Signal::Restart),
            () = &mut watchdog => {
                tracing::error!("the stop does not end: exiting");
                if let Err(error) = hub.store.release(lock).await {
                    tracing::warn!(%error, "the lock could not be released");
                }
                return Exit::Failed;
            }
        }
    }
    restarting &= hub.policies.restart == Restart::Kept;
    if restarting { Exit::Restart } else { Exit::Planned }
}

/// Waits until a stop has taken too long, if anybody looks (#66892).
async fn bark(hub: &Hub) {
    let patience: Option<Duration> = match hub.policies.watchdog {
        Watchdog::Absent => None,
        Watchdog::Exits => Some(hub.drain_timeout() + WATCHDOG_GRACE),
    };
    match patience {
        Some(patience) => tokio::time::sleep(patience).await,
        None => std::future::pending().await,
    }
}

//! A real gateway, hermes-agent, as a small model: what it did in two of its eras.
//!
//! It is judged, never trusted: its order of durable writes is the real one, with every window in
//! which its releases 0.13.0 and 0.15.0 were measured to lose a session or to resume one falsely.
//! It does not count calls like the original, and it leaves out what no such window depends on.

use std::sync::Arc;

use gateway_core::env::{Effect, Env, Exit, Gateway, Signal};
use gateway_core::phase;
use gateway_core::settings::Settings;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tracing::Instrument as _;

use super::hub::Hub;
use super::store::Lock;
use super::{inbound, start, stop};

/// Which release the model follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Era {
    /// 0.13.0, before the fix of #27856: a mark is written only after a drain that timed out.
    E1,
    /// 0.15.0, after it: marks before the drain, one by one, and cleared after a good drain.
    E2,
}

/// A small model of hermes-agent.
#[derive(Clone, Debug)]
pub struct Hermes {
    era: Era,
    settings: Settings,
}

impl Hermes {
    /// The model of one era. Of the settings it knows `drain_timeout` (the real
    /// `restart_drain_timeout`) and `resume_window` (the real freshness window).
    pub fn new(era: Era, settings: Settings) -> Hermes {
        Hermes { era, settings }
    }
}

impl Gateway for Hermes {
    fn boot(&self, env: Env) -> Effect<Exit> {
        let (asked, asks) = unbounded_channel();
        let hub = Arc::new(Hub::new(self.era, self.settings.clone(), env, asked.clone()));
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
    let listener = tokio::spawn(inbound::listen(hub.clone()));
    // A request to stop during the start aborts it through the stop (4 step 7).
    let asked = tokio::select! {
        biased;
        asked = asks.recv() => asked,
        () = start::start(&hub) => asks.recv().await,
    };
    let signal = asked.expect("the hub keeps a sender");
    finish(&hub, &lock, signal, &mut asks, || listener.abort()).await
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
    let mut stopping = std::pin::pin!(stop::stop(hub, lock, signal, disconnect));
    loop {
        tokio::select! {
            biased;
            () = &mut stopping => break,
            asked = asks.recv() => restarting |= asked == Some(Signal::Restart),
        }
    }
    if restarting { Exit::Restart } else { Exit::Planned }
}

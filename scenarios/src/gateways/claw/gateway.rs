//! A boot of the model, from its lock to its exit.
//!
//! It is judged, never trusted: what it keeps is what its reports tell of, in the files that they
//! name. Its releases were not measured, so nothing is claimed about what they do when the power
//! goes, and it never suspends a turn that takes the process down.

use std::io;
use std::sync::Arc;

use gateway_core::env::{Effect, Env, Exit, Gateway, Signal};
use gateway_core::phase;
use gateway_core::settings::Settings;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tracing::Instrument as _;

use super::hub::Hub;
use super::sibling::Sibling;
use super::store::Store;
use super::{inbound, recovery, stop};

/// A small model of openclaw.
#[derive(Clone, Debug)]
pub struct Claw {
    sibling: Sibling,
    settings: Settings,
}

impl Claw {
    /// The model, or a sibling of it. Of the settings it knows `drain_timeout`, `stop_budget`,
    /// `interrupt_grace`, `notify_timeout` and `send_timeout`.
    pub fn new(sibling: Sibling, settings: Settings) -> Claw {
        Claw { sibling, settings }
    }
}

impl Gateway for Claw {
    fn boot(&self, env: Env) -> Effect<Exit> {
        let Claw { sibling, settings } = self.clone();
        Box::pin(async move {
            live_once(sibling, settings, env).await.unwrap_or_else(|error| {
                tracing::error!(%error, "the state directory cannot be served");
                Exit::Failed
            })
        })
    }
}

/// One life: lock, recover, serve until asked to stop, stop.
async fn live_once(sibling: Sibling, settings: Settings, env: Env) -> io::Result<Exit> {
    let (asked, asks) = unbounded_channel();
    let (signals, on_signal) = (env.signals.clone(), asked.clone());
    tokio::spawn(async move {
        while on_signal.send(signals.next().await).is_ok() {
            tracing::debug!("a signal was handed on");
        }
    });
    let store = Store::new(env.fs.clone(), sibling);
    // Held until the process ends.
    let Some(_lock) = store.lock().instrument(phase!("boot.lock")).await? else {
        tracing::error!("another gateway holds the lock");
        return Ok(Exit::Failed);
    };
    if sibling == Sibling::StopRemembered && store.was_stopped().await? {
        tracing::info!("stopped, as it was told");
        return Ok(Exit::Planned);
    }
    let (queue, sessions) = recovery::load(&store).instrument(phase!("boot.load")).await?;
    let hub = Arc::new(Hub::new(sibling, settings, env, store, queue, sessions, asked));
    recovery::recover(&hub).instrument(phase!("boot.recover")).await;
    let began = hub.env.clock.now();
    tokio::spawn(inbound::listen(hub.clone(), began));
    Ok(finish(&hub, asks).await)
}

/// Waits for a request to stop, and stops. A second one only waits for the stop that runs; one
/// that asks for a restart turns it into a restart.
async fn finish(hub: &Arc<Hub>, mut asks: UnboundedReceiver<Signal>) -> Exit {
    let signal = asks.recv().await.expect("the hub keeps a sender");
    let mut restarting = signal == Signal::Restart;
    let mut stopping = std::pin::pin!(stop::stop(hub, signal));
    loop {
        tokio::select! {
            biased;
            () = &mut stopping => break,
            asked = asks.recv() => restarting |= asked == Some(Signal::Restart),
        }
    }
    if restarting { Exit::Restart } else { Exit::Planned }
}

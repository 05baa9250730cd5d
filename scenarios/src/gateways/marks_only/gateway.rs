//! The seed's protocol done right, and nothing else: premark, notify, drain, clear, release.
//!
//! It keeps no record of turns. Recovery believes marks, and marks are made by a stop: a planned
//! death loses nothing from the premark on, an unplanned one outside a stop loses what was in
//! memory. Its stop is a list of steps, so that every order and omission can be judged; it has no
//! heuristics, no time stamps and no suspension.

use std::sync::Arc;

use gateway_core::env::{Effect, Env, Exit, Gateway, Signal};
use gateway_core::message::Cut;
use gateway_core::phase;
use gateway_core::settings::Settings;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tracing::Instrument as _;

use super::step::{Older, Step};
use super::stop::Procedure;
use super::{inbound, recovery, stop, store};

/// The seed's protocol, and nothing else.
#[derive(Clone, Debug)]
pub struct MarksOnly {
    stop: Vec<Step>,
    older: Older,
    settings: Settings,
}

impl MarksOnly {
    /// The gateway with its stop as designed.
    pub fn designed(settings: Settings) -> MarksOnly {
        MarksOnly::with_stop(settings, Step::DESIGNED.to_vec())
    }

    /// The gateway with a stop of these steps, in this order.
    pub fn with_stop(settings: Settings, stop: Vec<Step>) -> MarksOnly {
        MarksOnly { stop, older: Older::Kept, settings }
    }

    /// The same gateway with a stop that treats the marks of earlier boots in some other way.
    #[must_use]
    pub fn treating_older_marks(self, older: Older) -> MarksOnly {
        MarksOnly { older, ..self }
    }
}

impl Gateway for MarksOnly {
    fn boot(&self, env: Env) -> Effect<Exit> {
        let gateway = self.clone();
        Box::pin(gateway.live_once(env))
    }
}

impl MarksOnly {
    /// One life: lock, recover, serve until asked to stop, stop.
    async fn live_once(self, env: Env) -> Exit {
        let (asked, mut asks) = unbounded_channel();
        let signals = env.signals.clone();
        let on_signal = asked.clone();
        tokio::spawn(async move {
            while on_signal.send(signals.next().await).is_ok() {
                tracing::debug!("a signal was handed on");
            }
        });
        let hub = match self.recover(env, asked).await {
            Ok(hub) => hub,
            Err(exit) => return exit,
        };
        tokio::spawn(inbound::listen(hub.clone()));
        let signal = asks.recv().await.expect("the hub keeps a sender");
        let (cut, exit) = match signal {
            Signal::Stop => (Cut::Shutdown, Exit::Planned),
            Signal::Restart => (Cut::Restart, Exit::Restart),
        };
        let procedure = Procedure { steps: self.stop.clone(), older: self.older, cut };
        stop::stop(&hub, &procedure).await;
        if !self.stop.contains(&Step::Release) {
            // Nothing has let the process go: it is the supervisor's to kill.
            std::future::pending::<()>().await;
        }
        exit
    }

    async fn recover(
        &self,
        env: Env,
        asked: UnboundedSender<Signal>,
    ) -> Result<Arc<super::hub::Hub>, Exit> {
        let locked = store::lock(&env.fs).instrument(phase!("boot.lock")).await;
        let lock = match locked {
            Ok(Some(lock)) => lock,
            Ok(None) => {
                tracing::error!("another gateway holds the lock");
                return Err(Exit::Failed);
            }
            Err(error) => {
                tracing::error!(%error, "the lock could not be taken");
                return Err(Exit::Failed);
            }
        };
        let recovery = recovery::recover(self.settings.clone(), env, lock, asked);
        recovery.instrument(phase!("boot.recover")).await.map_err(|error| {
            tracing::error!(%error, "the state directory could not be recovered");
            Exit::Failed
        })
    }
}

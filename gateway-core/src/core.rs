//! The reference gateway: one boot from its begin to its exit.
//!
//! It never does the work itself: recovery brings a boot up, `serve` works, a stop procedure
//! brings it down. Here is only what ends a boot: a stop, a failure, or the supervisor's
//! patience.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::budget;
use crate::env::{Effect, Env, Exit, Gateway};
use crate::error::BootError;
use crate::halt::{self, Begun, Halt};
use crate::recovery::{self, Boot};
use crate::settings::Settings;
use crate::stop::{self, Stop, StopProcedure};
use crate::tasks::{Leash, Tasks};

/// The reference gateway.
#[derive(Clone)]
pub struct Core {
    settings: Settings,
    procedure: StopProcedure,
}

impl Core {
    /// A gateway that stops as it is meant to.
    pub fn new(settings: Settings) -> Core {
        Core::with_stop(settings, stop::designed())
    }

    /// A gateway that stops in some other way, to learn what that costs.
    pub fn with_stop(settings: Settings, procedure: StopProcedure) -> Core {
        Core { settings, procedure }
    }
}

impl Gateway for Core {
    fn boot(&self, env: Env) -> Effect<Exit> {
        let core = self.clone();
        Box::pin(async move {
            core.live(env).await.unwrap_or_else(|error| {
                error.log();
                error.exit()
            })
        })
    }
}

impl Core {
    async fn live(self, env: Env) -> Result<Exit, BootError> {
        let budget = budget::plan(&self.settings)?;
        let drains = [
            ("drain_timeout", self.settings.drain_timeout, budget.drain),
            ("job_drain_timeout", self.settings.job_drain_timeout, budget.job_drain),
        ];
        for (name, wanted, drain) in drains.into_iter().filter(|(_, wanted, left)| left < wanted) {
            tracing::warn!("stop_budget shortens {name} from {wanted:?} to {drain:?}");
        }
        let halt = Arc::new(Halt::new());
        let tasks = Arc::new(Tasks::new(Arc::clone(&halt)));
        let _leash = Leash(Arc::clone(&tasks));
        tasks.spawn(halt::listen(Arc::clone(&halt), Arc::clone(&env.signals)));

        let boot = Boot { env, settings: self.settings, budget, halt: Arc::clone(&halt), tasks };
        let (live, lock) = tokio::select! {
            biased;
            () = halt.failed() => return Ok(Exit::Failed),
            // Before the stop: an error that has come in the same moment is told, and not left
            // behind with the future that was about to hear of it.
            booted = recovery::boot(boot) => booted?,
            // This boot has told nobody anything and begun nothing: it may leave like one that
            // was killed, and the next one finds everything as it was.
            Begun { reason, .. } = halt.begun() => return Ok(stop::exit(reason)),
        };
        let begun = tokio::select! {
            biased;
            () = halt.failed() => return Ok(Exit::Failed),
            begun = halt.begun() => begun,
        };
        let stop = Stop::new(Arc::clone(&live), lock, begun);
        let (planned, last_call) = (stop.exit(), begun.at + budget.last_call);
        Ok(tokio::select! {
            biased;
            () = halt.failed() => Exit::Failed,
            exit = (self.procedure)(stop) => exit,
            () = tokio::time::sleep_until(last_call) => if live.marking.load(Ordering::Relaxed) {
                tracing::error!(
                    "the marks of this stop could not be made durable in time: nobody was told \
                     of it, and the next boot will take it for a crash"
                );
                Exit::Failed
            } else {
                tracing::warn!("stop did not end by itself; what is left is marked");
                planned
            }
        })
    }
}

//! The order of a boot: lock, gather, decide, boot record, apply, serve.
//!
//! Nothing is done to anybody before the boot record is durable, and each step may be the last
//! one of this life: the next boot does it all again from the top.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use tracing::Instrument as _;

use super::apply::apply;
use super::decide::decide;
use super::gather::{Evidence, gather};
use crate::budget::Budget;
use crate::env::{Env, File};
use crate::error::BootError;
use crate::halt::Halt;
use crate::journal::{self, Journal, Writer};
use crate::live::{Live, Workers};
use crate::record::Record;
use crate::settings::Settings;
use crate::tasks::Tasks;
use crate::transcript::Transcripts;
use crate::{lock, phase, serve};

/// What a boot begins with.
pub(crate) struct Boot {
    /// The world.
    pub(crate) env: Env,
    /// What the operator chose.
    pub(crate) settings: Settings,
    /// What a stop may take.
    pub(crate) budget: Budget,
    /// Whether the boot is asked to stop.
    pub(crate) halt: Arc<Halt>,
    /// The boot's tasks.
    pub(crate) tasks: Arc<Tasks>,
}

/// Takes the state directory over and begins to serve it. With what serves it comes the lock.
///
/// # Errors
///
/// If the directory is held, damaged or cannot be written. Nothing was done to anybody then.
pub(crate) async fn boot(begin: Boot) -> Result<(Arc<Live>, Arc<dyn File>), BootError> {
    let Boot { env, settings, budget, halt, tasks } = begin;
    let lock = lock::take(&*env.fs).instrument(phase!("boot.lock")).await?;
    let gathered = gather(&*env.fs).instrument(phase!("recovery.gather")).await?;
    let Evidence { mut state, file, next_seq } = gathered;

    let ended = if state.sealed == state.boot { "was sealed" } else { "left work or died" };
    tracing::info!(boot = state.boot + 1, "boot begins; the one before {ended}");
    let started = Record::BootStarted { boot: state.boot + 1, at: env.clock.now() };
    let actions = phase!("recovery.decide").in_scope(|| {
        state.apply(&started);
        decide(&state, state.alive_at, &settings)
    });

    let (boot, turns) = (state.boot, AtomicU64::new(state.turns));
    let state = Arc::new(Mutex::new(state));
    let (journal, writer) = Journal::new(|requests| Writer {
        file,
        path: env.fs.display(journal::NAME),
        next_seq,
        state: Arc::clone(&state),
        halt: Arc::clone(&halt),
        requests,
    });
    tasks.spawn(writer.run());
    journal.commit(vec![started]).instrument(phase!("boot.record")).await?;

    let (transcripts, workers) = (Transcripts::new(), Workers::new());
    let live = Live {
        env,
        settings,
        budget,
        boot,
        halt,
        tasks,
        state,
        journal,
        transcripts,
        workers,
        turns,
    };
    let live = Arc::new(live);
    apply(&live, actions).instrument(phase!("recovery.apply")).await?;
    live.tasks.spawn(serve::intake(Arc::clone(&live)));
    Ok((live, lock))
}

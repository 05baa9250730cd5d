//! The order of a boot: lock, fence, gather, decide, boot record, apply, serve.
//!
//! Nothing is done to anybody before the boot record is durable, and each step may be the last
//! one of this life: the next boot does it all again from the top.

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};

use tracing::Instrument as _;

use super::apply::apply;
use super::decide::launched;
use super::fence::fence;
use super::gather::{Found, gather, sweep, sweep_drafts};
use crate::budget::Budget;
use crate::env::{Env, File, Fs};
use crate::error::{BootError, IoError};
use crate::halt::Halt;
use crate::journal::{Journal, Log, Writer, json, rotate};
use crate::live::{Live, Sends, Workers};
use crate::names::Names;
use crate::record::Record;
use crate::settings::Settings;
use crate::state::State;
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
    let lock = lock::take(&*env.fs, settings.lock_patience).instrument(phase!("boot.lock")).await?;
    // What is found is as old as it is now, however long it takes to be admitted.
    let at = env.clock.now();
    let boot = fence(&env, &settings).instrument(phase!("boot.fence")).await?;
    let (found, mut state) = async {
        let found = Found::look(&*env.fs).await?;
        let state = gather(&*env.fs, &found).await?;
        Ok::<_, BootError>((found, state))
    }
    .instrument(phase!("recovery.gather"))
    .await?;

    let ended = if state.sealed == state.boot { "was sealed" } else { "left work or died" };
    tracing::info!(boot, "boot begins; the one before {ended}");
    let before = state.clone();
    let started = Record::BootStarted { boot, at };
    let actions = phase!("recovery.decide").in_scope(|| {
        state.apply(&started);
        launched(&env.launch, &state, state.alive_at, &settings)
    });
    let names = Arc::new(Names::new());
    let log = async {
        sweep_drafts(&*env.fs, &found, boot).await;
        let log = begin_journal(&*env.fs, &names, boot, &before, &started).await?;
        sweep(&*env.fs, &found, boot, &state).await;
        Ok::<_, IoError>(log)
    }
    .instrument(phase!("boot.record"))
    .await?;

    let turns = AtomicU64::new(state.turns);
    let state = Arc::new(Mutex::new(state));
    let (journal, requests) = Journal::new(settings.compact_after);
    let fs = Arc::clone(&env.fs);
    let (writes, halts, runs) = (Arc::clone(&state), Arc::clone(&halt), Arc::clone(&tasks));
    let writer = Writer::new(fs, Arc::clone(&names), log, writes, halts, runs, requests);
    tasks.spawn(writer.run());

    let (transcripts, workers) = (Transcripts::new(names), Workers::new());
    let marking = AtomicBool::new(false);
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
        sends: Sends::new(),
        marking,
        turns,
    };
    let live = Arc::new(live);
    apply(&live, actions).instrument(phase!("recovery.apply")).await?;
    live.tasks.spawn(serve::intake(Arc::clone(&live)));
    Ok((live, lock))
}

/// A journal of this boot's own: what was found, and that the boot has begun.
async fn begin_journal(
    fs: &dyn Fs,
    names: &Names,
    boot: u64,
    found: &State,
    started: &Record,
) -> Result<Log, IoError> {
    let commit = json([started].into_iter());
    let span = tracing::info_span!("rotate", phases = "boot.record");
    rotate(fs, names, boot, found, Some(&commit)).instrument(span).await
}

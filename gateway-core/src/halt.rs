//! Whether this boot is serving, stopping, in a hurry, or lost.
//!
//! One value that everybody can look at and wait for. It only ever moves on: a stop that has
//! begun is not taken back, and its reason stays the first one.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::env::{Signal, Signals};
use crate::state::Awaited;

/// Where a boot is on its way out.
pub(crate) struct Halt {
    progress: watch::Sender<Progress>,
}

/// How far it has come.
#[derive(Clone, Copy)]
struct Progress {
    begun: Option<Begun>,
    hurried: bool,
    /// Whether the agents are to give up for which a person waits.
    persons_cut: bool,
    /// Whether those are to for which nobody does.
    jobs_cut: bool,
    failed: bool,
}

/// A stop that has begun.
#[derive(Clone, Copy)]
pub(crate) struct Begun {
    /// What was asked for first.
    pub(crate) reason: Signal,
    /// When, on the clock that does not jump.
    pub(crate) at: Instant,
}

impl Halt {
    /// A boot that serves.
    pub(crate) fn new() -> Halt {
        let (begun, hurried, failed) = (None, false, false);
        let start = Progress { begun, hurried, persons_cut: false, jobs_cut: false, failed };
        Halt { progress: watch::Sender::new(start) }
    }

    /// Begins the stop. If one is going on, a second stop means: do not wait any longer.
    pub(crate) fn signal(&self, signal: Signal) {
        self.progress.send_if_modified(|progress| {
            if progress.begun.is_none() {
                tracing::info!(%signal, "stop begins");
                progress.begun = Some(Begun { reason: signal, at: Instant::now() });
            } else if signal == Signal::Stop && !progress.hurried {
                tracing::info!("second stop signal, the drain ends");
                progress.hurried = true;
            } else {
                return false;
            }
            true
        });
    }

    /// Begins a restart, unless a stop is going on already.
    pub(crate) fn restart(&self) {
        self.signal(Signal::Restart);
    }

    /// From now on every agent of such turns is to be interrupted, one that is yet to come too.
    pub(crate) fn interrupt(&self, awaited: Awaited) {
        self.progress.send_modify(|progress| match awaited {
            Awaited::Person => progress.persons_cut = true,
            Awaited::Nobody => progress.jobs_cut = true,
        });
    }

    /// The gateway cannot go on. Whether that is news.
    pub(crate) fn fail(&self) -> bool {
        self.progress.send_if_modified(|progress| !std::mem::replace(&mut progress.failed, true))
    }

    /// Whether a stop has begun.
    pub(crate) fn stopping(&self) -> bool {
        self.progress.borrow().begun.is_some()
    }

    /// Whether agents of such turns are to be interrupted.
    pub(crate) fn interrupted(&self, awaited: Awaited) -> bool {
        let progress = self.progress.borrow();
        match awaited {
            Awaited::Person => progress.persons_cut,
            Awaited::Nobody => progress.jobs_cut,
        }
    }

    /// Waits for a stop to begin.
    pub(crate) async fn begun(&self) -> Begun {
        let mut progress = self.progress.subscribe();
        let progress = progress.wait_for(|progress| progress.begun.is_some()).await;
        progress.ok().and_then(|progress| progress.begun).expect("this value has its sender")
    }

    /// Waits for a second stop signal.
    pub(crate) async fn hurried(&self) {
        self.until(|progress| progress.hurried).await;
    }

    /// Waits until the gateway cannot go on.
    pub(crate) async fn failed(&self) {
        self.until(|progress| progress.failed).await;
    }

    async fn until(&self, reached: impl FnMut(&Progress) -> bool) {
        let mut progress = self.progress.subscribe();
        progress.wait_for(reached).await.expect("this value has its sender");
    }
}

/// Listens to the operating system for as long as the boot lives.
pub(crate) async fn listen(halt: Arc<Halt>, signals: Arc<dyn Signals>) {
    loop {
        halt.signal(signals.next().await);
    }
}

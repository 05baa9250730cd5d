//! What is kept of a run besides its end: nothing, its trace, or the worlds that it went through.
//!
//! Plain data; the hub fills it in.

use std::collections::BTreeSet;

use crate::delivered::Happening;
use crate::plan::DiskVerb;
use crate::trace::Trace;
use crate::world::{Verb, World};

/// The world as it was in the gap before a transition.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The world.
    pub world: World,
    /// The boot that lived.
    pub boot: u32,
    /// The transition it was about to make, from 1.
    pub number: u64,
    /// The phase it was in.
    pub phase: &'static str,
    /// If the transition lets a write take hold: where it begins and how long it is, in bytes.
    pub write: Option<(u64, u64)>,
}

/// What is kept of a run besides its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    Nothing,
    /// The trace.
    Trace,
    /// The world before every transition of the first boot.
    FirstBoot,
    /// The world before transitions of every boot: before each one of a run of ordinary length,
    /// and before fewer and fewer of a very long one, so that it fits into memory.
    Worlds,
    /// The trace, and the world before every transition of every boot.
    Everything,
    /// The trace of a run of ordinary length: one that never comes to rest is broken off.
    Outline,
}

impl Keep {
    /// Whether the trace is kept, and with it labels.
    pub(crate) fn trace(self) -> bool {
        matches!(self, Keep::Trace | Keep::Everything | Keep::Outline)
    }

    /// Whether anybody asks in which phase a boot is.
    pub(crate) fn phases(self) -> bool {
        matches!(self, Keep::Trace | Keep::Worlds | Keep::Everything | Keep::Outline)
    }

    /// Whether a run that never comes to rest is broken off: whoever tries many cannot wait for
    /// one.
    pub(crate) fn is_bounded(self) -> bool {
        matches!(self, Keep::Worlds | Keep::Outline)
    }

    /// Whether the world before a transition is kept; `in_first` if it is one of the first boot.
    pub(crate) fn world(self, in_first: bool) -> bool {
        match self {
            Keep::Nothing | Keep::Trace | Keep::Outline => false,
            Keep::FirstBoot => in_first,
            Keep::Worlds | Keep::Everything => true,
        }
    }
}

/// A call of the disk that was made: what kind of call, in which phase, on which file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    pub(crate) phase: &'static str,
    pub(crate) verb: DiskVerb,
    pub(crate) path: String,
}

/// What was kept.
#[derive(Debug, Default)]
pub struct Kept {
    /// One line for each transition.
    pub trace: Trace,
    /// The world before every transition of a boot.
    pub snapshots: Vec<Snapshot>,
    /// What of the plan happened, and in which phase, if phases are kept.
    pub happened: Vec<Happening>,
    /// How many transitions the boots made in all.
    pub transitions: u64,
    /// Whether the run was broken off before its horizon, because it made too many transitions.
    pub broken_off: bool,
    /// The calls of the disk, each once, if an outline is kept.
    pub(crate) calls: BTreeSet<Call>,
    /// The first boot of the run.
    pub(crate) first_boot: Option<u32>,
    /// How many worlds there were to keep, and how often their number was halved.
    offered: u64,
    thinned: u32,
}

/// How many worlds are kept of a run at most, if not all of them are asked for.
const WORLDS_MAX: usize = 1024;

/// How many transitions a run may make whose length is bounded.
const TRANSITIONS_MAX: u64 = 200_000;

impl Kept {
    /// Whether a run goes on: no further than it may, if its length is bounded. Looked at between
    /// two boots; within one the hub does.
    pub(crate) fn goes_on(&mut self, keep: Keep) -> bool {
        self.broken_off = keep.is_bounded() && self.transitions > TRANSITIONS_MAX;
        !self.broken_off
    }

    /// Whether the next world is wanted. Beyond the most that are kept only every second one is,
    /// and so on.
    pub(crate) fn wants(&mut self, keep: Keep) -> bool {
        self.offered += 1;
        keep != Keep::Worlds || self.offered.is_multiple_of(1 << self.thinned)
    }

    /// Keeps a world that was wanted. Beyond the most that are kept, every second one goes.
    pub(crate) fn keep(&mut self, keep: Keep, snapshot: Snapshot) {
        if keep == Keep::Worlds && self.snapshots.len() == WORLDS_MAX {
            let mut odd = false;
            self.snapshots.retain(|_| {
                odd = !odd;
                odd
            });
            self.thinned += 1;
        }
        self.snapshots.push(snapshot);
    }

    /// Notes a call of the disk, if those are kept.
    pub(crate) fn note_call(
        &mut self,
        keep: Keep,
        world: &World,
        verb: &Verb,
        phase: &'static str,
    ) {
        let kind = verb.on_disk().filter(|_| keep == Keep::Outline);
        for (verb, path) in kind
            .into_iter()
            .flat_map(|kind| verb.paths(world.disk()).into_iter().map(move |path| (kind, path)))
        {
            self.calls.insert(Call { phase, verb, path });
        }
    }

    /// Notes something of the plan that happened, if that is kept.
    pub(crate) fn note(&mut self, keep: Keep, happening: Happening) {
        if keep.phases() {
            self.happened.push(happening);
        }
    }
}

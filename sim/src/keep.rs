//! What is kept of a run besides its end: nothing, its trace, or the worlds that it went through.
//!
//! Plain data; the hub fills it in.

use crate::trace::Trace;
use crate::world::World;

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
    /// The trace, and the world before every transition of every boot.
    Everything,
}

impl Keep {
    /// Whether the trace is kept, and with it phases and labels.
    pub(crate) fn trace(self) -> bool {
        matches!(self, Keep::Trace | Keep::Everything)
    }
}

/// What was kept.
#[derive(Debug, Default)]
pub struct Kept {
    /// One line for each transition.
    pub trace: Trace,
    /// The world before every transition of a boot.
    pub snapshots: Vec<Snapshot>,
    /// How many transitions the boots made in all.
    pub transitions: u64,
    /// The first boot of the run.
    pub(crate) first_boot: Option<u32>,
}

//! Crash images: what a death at a kill point may leave.

use crate::disk::cuts;
use crate::hub::Snapshot;
use crate::ledger::End;
use crate::plan::{Death, DeathKind, DiskChoice, InFlight, KillPlan, Moment};
use crate::world::World;

/// Which deaths are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deaths {
    /// Process kills.
    Process,
    /// Power losses.
    Power,
    /// Both.
    Both,
}

/// One way to die at one kill point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// The boot that dies.
    pub boot: u32,
    /// It dies in the gap before this transition.
    pub number: u64,
    /// If that transition lets a write take hold: how many bytes of it still do.
    pub torn: Option<u64>,
    /// What dies, and what becomes of the rest.
    pub death: Death,
}

impl Image {
    /// The same death as a line of a plan.
    pub fn to_kill(self) -> KillPlan {
        KillPlan {
            moment: Moment::Before { boot: self.boot, transition: self.number, torn: self.torn },
            death: self.death,
            down_for: None,
            probe: false,
        }
    }

    /// The world in which the process has died this way.
    pub fn world(self, snapshot: &Snapshot) -> World {
        let mut world = snapshot.world.clone();
        if let Some(torn) = self.torn {
            world.tear(torn);
        }
        world.die(self.death, End::Killed(self.death.kind), None);
        world
    }
}

/// Every image of a kill point, and how many kill points the gap is: one, and one more for each
/// length at which a write that is about to take hold may be cut.
pub fn images(snapshot: &Snapshot, deaths: Deaths) -> (Vec<Image>, u64) {
    let mut kinds = Vec::new();
    if deaths != Deaths::Power {
        kinds.push(DeathKind::Process);
    }
    if deaths != Deaths::Process {
        kinds.extend(snapshot.world.disk().choices().into_iter().map(DeathKind::Power));
    }
    let in_flight: &[InFlight] = if snapshot.world.has_in_flight() {
        &[InFlight::Lost, InFlight::Arrives]
    } else {
        &[InFlight::Lost]
    };
    let (boot, number) = (snapshot.boot, snapshot.number);
    let mut images = Vec::new();
    for &kind in &kinds {
        for &in_flight in in_flight {
            images.push(Image { boot, number, torn: None, death: Death { kind, in_flight } });
        }
    }
    let mut points = 1;
    if let Some((offset, len)) = snapshot.write {
        for torn in cuts(offset, len) {
            points += 1;
            // What survives of a write that had not ended when the power went is among the
            // choices for the write that had: only what is cut and kept is new.
            let kind = match deaths {
                Deaths::Power => DeathKind::Power(DiskChoice::Kept),
                Deaths::Process | Deaths::Both => DeathKind::Process,
            };
            for &in_flight in in_flight {
                let death = Death { kind, in_flight };
                images.push(Image { boot, number, torn: Some(torn), death });
            }
        }
    }
    (images, points)
}

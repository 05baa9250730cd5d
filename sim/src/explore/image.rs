//! Crash images: what a death at a kill point may leave.

use crate::disk::{Bounds, CrashImages, Profile, cuts};
use crate::hub::Snapshot;
use crate::plan::{Death, DeathKind, DiskChoice, InFlight, KillPlan, Moment, Plan};
use crate::time::Ms;
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

/// How many deaths in a row are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// One.
    One,
    /// Two: the second one kills the recovery from the first, until its last resumed turn is
    /// dispatched, and whatever lives on what the first one left unsynced on the disk.
    Two,
}

/// What is tried at each kill point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// Which deaths.
    pub deaths: Deaths,
    /// How many of them in a row.
    pub depth: Depth,
    /// Whose promises the disk keeps when the power goes.
    pub profile: Profile,
    /// How many of the images that a power loss may leave are tried.
    pub bounds: Bounds,
    /// On the network stage, where each is a run from the start: how many kill points are tried
    /// at most, evenly spread.
    pub points: usize,
    /// The same for the second death: how many are tried at most after each first one.
    pub recovery_points: usize,
    /// On the direct stage, where each is continued: how many gaps are tried at most, evenly
    /// spread; all if none.
    pub gaps: Option<usize>,
    /// How long the process stays down after each death; the supervisor's restart delay if none.
    /// The run goes on for so much longer.
    pub down_for: Option<Ms>,
}

impl Search {
    /// As many kill points as runs from the start can be afforded for, where matrices are many.
    pub const POINTS: usize = 8;

    /// As many second deaths as can be afforded after each first one.
    pub const RECOVERY_POINTS: usize = 4;

    /// One death at each kill point, on a disk that keeps the contract and no more.
    pub fn new(deaths: Deaths) -> Search {
        let (depth, profile, bounds) = (Depth::One, Profile::STRICT, Bounds::MATRIX);
        let (points, recovery_points) = (Search::POINTS, Search::RECOVERY_POINTS);
        let (gaps, down_for) = (None, None);
        Search { deaths, depth, profile, bounds, points, recovery_points, gaps, down_for }
    }

    /// The same, and a second death in the recovery from the first.
    #[must_use]
    pub fn twice(self) -> Search {
        Search { depth: Depth::Two, ..self }
    }

    /// A plan without its probes, and with time enough for whoever stays down after each death.
    pub(super) fn plan(&self, plan: &Plan) -> Plan {
        let deaths = match self.depth {
            Depth::One => 1,
            Depth::Two => 2,
        };
        let down_for = self.down_for.map_or(0, |span| span.0.saturating_mul(deaths));
        Plan { horizon: plan.horizon.plus(Ms(down_for)), ..plan.without_probes() }
    }
}

/// One way to die at one kill point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The boot that dies.
    pub boot: u32,
    /// It dies in the gap before this transition.
    pub number: u64,
    /// If that transition lets a write take hold: how many bytes of it still do.
    pub torn: Option<u64>,
    /// What dies, and what becomes of the rest.
    pub death: Death,
    /// How long the process stays down; the supervisor's restart delay if none.
    pub down_for: Option<Ms>,
}

impl Image {
    /// The same death as a line of a plan.
    pub fn to_kill(&self) -> KillPlan {
        let (boot, transition, torn) = (self.boot, self.number, self.torn);
        KillPlan {
            moment: Moment::Before { boot, transition, torn },
            death: self.death.clone(),
            down_for: self.down_for,
            probe: false,
        }
    }

    /// Whether all that it can show is what a power loss takes back: no write is cut.
    pub(super) fn is_rollback(&self) -> bool {
        self.torn.is_none() && self.death.kind.is_power_loss()
    }

    /// The world in which the process has died this way.
    pub fn world(&self, snapshot: &Snapshot) -> World {
        let mut world = snapshot.world.clone();
        if let Some(torn) = self.torn {
            world.tear(self.boot, torn);
        }
        world.kill(self.boot, &self.death, self.down_for);
        world
    }
}

/// What becomes of requests that had left the process: both, if there are any.
pub(super) fn in_flight(snapshot: &Snapshot) -> &'static [InFlight] {
    if snapshot.world.has_in_flight() {
        &[InFlight::Lost, InFlight::Arrives]
    } else {
        &[InFlight::Lost]
    }
}

/// The images of a kill point that need no choice of the disk: process kills, and those in which
/// a write that is about to take hold is cut.
///
/// What survives of such a write when the power goes is among the choices for the write that has
/// ended: only what is cut and kept is new then.
pub(super) fn plain_images(snapshot: &Snapshot, search: &Search) -> Vec<Image> {
    let Search { deaths, down_for, .. } = *search;
    let cut_kind = match deaths {
        Deaths::Power => DeathKind::Power(DiskChoice::Kept),
        Deaths::Process | Deaths::Both => DeathKind::Process,
    };
    let mut ways = Vec::new();
    if deaths != Deaths::Power {
        ways.push((None, DeathKind::Process));
    }
    ways.extend(torn_lengths(snapshot).map(|torn| (Some(torn), cut_kind.clone())));
    let (boot, number) = (snapshot.boot, snapshot.number);
    let images = ways.into_iter().flat_map(|(torn, kind)| {
        in_flight(snapshot).iter().map(move |&in_flight| {
            let death = Death { kind: kind.clone(), in_flight };
            Image { boot, number, torn, death, down_for }
        })
    });
    images.collect()
}

/// The lengths at which a write may be cut that is about to take hold: each is a kill point of
/// its own.
pub(crate) fn torn_lengths(snapshot: &Snapshot) -> impl Iterator<Item = u64> {
    snapshot.write.into_iter().flat_map(|(offset, len)| cuts(offset, len))
}

/// Every image of a kill point.
pub fn images(snapshot: &Snapshot, search: &Search) -> Vec<Image> {
    let mut images = plain_images(snapshot, search);
    if search.deaths == Deaths::Process {
        return images;
    }
    let CrashImages { images: trees, .. } =
        snapshot.world.disk().crash_images(search.profile, &search.bounds);
    for tree in trees {
        for &in_flight in in_flight(snapshot) {
            let death = Death { kind: DeathKind::Power(tree.choice.clone()), in_flight };
            let (boot, number) = (snapshot.boot, snapshot.number);
            let down_for = search.down_for;
            images.push(Image { boot, number, torn: None, death, down_for });
        }
    }
    images
}

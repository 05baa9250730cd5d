//! Where a strike lands: one of the gaps that a run went through, and one of the images there.

use crate::coverage::{Kill, Phases};
use crate::direct::Ran;
use crate::disk::{Bounds, Disk, Profile};
use crate::explore::{Deaths, Image, in_recovery, torn_lengths};
use crate::hub::Snapshot;
use crate::plan::{Death, DeathKind, DiskChoice, InFlight, KillPlan, Plan, StartPlan};
use crate::strategy::{Aim, Strike};
use crate::world::World;

/// How many images of one gap are looked at: a campaign tries many gaps, not all of one.
const BOUNDS: Bounds = Bounds { choices: 1 << 6, images: 1 << 6 };

/// Of a longer log, as a disk leaves it that never really syncs, only the two extremes are tried:
/// all that may become of it would fill the memory.
const OPERATIONS_MAX: usize = 48;

/// A strike that has found its place.
pub(super) struct Placed<'r> {
    pub(super) image: Image,
    pub(super) snapshot: &'r Snapshot,
    /// Where among the run's snapshots it is.
    index: usize,
}

impl Placed<'_> {
    /// The world in which the process has died this way.
    pub(super) fn world(&self) -> World {
        self.image.world(self.snapshot)
    }

    /// The same as a line of a plan.
    pub(super) fn to_kill(&self) -> KillPlan {
        self.image.to_kill()
    }

    /// The process that is started by hand when the supervisor starts its own again, or some time
    /// after that.
    pub(super) fn one_more(&self, strike: &Strike, plan: &Plan) -> Option<StartPlan> {
        let down = self.image.down_for.unwrap_or(plan.supervisor.restart_delay);
        let again = self.snapshot.world.now().plus(down);
        strike.one_more.map(|after| StartPlan { at: again.plus(after) })
    }

    /// What those who count what was met want to know of it.
    pub(super) fn kill(&self, ran: &Ran, phases: &Phases) -> Kill {
        let Snapshot { world, boot, phase, .. } = self.snapshot;
        let before = self.index.checked_sub(1).map(|index| &ran.kept.snapshots[index]);
        Kill {
            boot: *boot,
            phase,
            enters: before.is_none_or(|before| before.boot != *boot || before.phase != *phase),
            in_stop: world.ledger().boot(*boot).stop.is_some(),
            appends_again: appends_again(self.snapshot, phases),
            in_recovery: recovers(self.snapshot, &ran.world),
            torn: self.image.torn.is_some(),
            splits: matches!(self.image.death.kind, DeathKind::Power(DiskChoice::Split(_))),
            power: self.image.death.kind.is_power_loss(),
            rolls_back: self.image.death.kind.is_power_loss() && world.disk().carries_pending(),
            arrives: self.image.death.in_flight == InFlight::Arrives,
        }
    }
}

/// Whether what comes next appends to a conversation that had been kept before.
fn appends_again(snapshot: &Snapshot, phases: &Phases) -> bool {
    let Some((begin, _)) = snapshot.write else { return false };
    let is_history = |path: &String| phases.histories.iter().any(|of| path.starts_with(of));
    begin > 0 && snapshot.world.next_paths().iter().any(is_history)
}

/// Finds the place of a strike in a run; none if no boot lived before the world was healthy.
pub(super) fn place<'r>(
    strike: &Strike,
    ran: &'r Ran,
    deaths: Deaths,
    phases: &Phases,
) -> Option<Placed<'r>> {
    let snapshots = &ran.kept.snapshots;
    // Nobody dies in a healthy world.
    let mortal: Vec<usize> =
        (0..snapshots.len()).filter(|index| !snapshots[*index].world.is_healed()).collect();
    let is_aimed_at = |index: &usize| aims_at(strike.aim, &snapshots[*index], ran, phases);
    let aimed: Vec<usize> = mortal.iter().copied().filter(is_aimed_at).collect();
    let index = *pick(&aimed, strike.place).or_else(|| pick(&mortal, strike.place))?;
    let snapshot = &snapshots[index];
    let torn: Vec<u64> = torn_lengths(snapshot).collect();
    let torn = strike.torn.and_then(|place| pick(&torn, place)).copied();
    let in_flight = if snapshot.world.has_in_flight() { strike.in_flight } else { InFlight::Lost };
    let image = match deaths {
        Deaths::Process => None,
        Deaths::Power => Some(strike.image.unwrap_or_default()),
        Deaths::Both => strike.image,
    };
    let kind = match (image, torn) {
        (None, _) => DeathKind::Process,
        // What is cut and kept is what the matrix tries, too.
        (Some(_), Some(_)) => DeathKind::Power(DiskChoice::Kept),
        (Some(place), None) => DeathKind::Power(choice(snapshot.world.disk(), place)?),
    };
    let death = Death { kind, in_flight };
    let (boot, number, down_for) = (snapshot.boot, snapshot.number, strike.down_for);
    let image = Image { boot, number, torn, death, down_for };
    Some(Placed { image, snapshot, index })
}

/// One of the things that a power loss may leave of a disk.
fn choice(disk: &Disk, place: u16) -> Option<DiskChoice> {
    if disk.pending_ops() > OPERATIONS_MAX {
        return pick(&[DiskChoice::Kept, DiskChoice::Lost], place).cloned();
    }
    let images = disk.crash_images(Profile::STRICT, &BOUNDS).images;
    pick(&images, place).map(|image| image.choice.clone())
}

/// Whether a gap lies in a recovery of the run that ended in `end`.
pub(super) fn recovers(snapshot: &Snapshot, end: &World) -> bool {
    in_recovery(snapshot.boot, snapshot.world.ledger(), end.ledger())
}

fn aims_at(aim: Aim, snapshot: &Snapshot, ran: &Ran, phases: &Phases) -> bool {
    let world = &snapshot.world;
    match aim {
        Aim::Anywhere => true,
        Aim::PendingWrites => world.disk().pending_ops() > 0 || snapshot.write.is_some(),
        Aim::Stop => world.ledger().boot(snapshot.boot).stop.is_some(),
        Aim::Recovery => recovers(snapshot, &ran.world),
        Aim::Histories => appends_again(snapshot, phases),
    }
}

/// The element that is so far along a list.
pub(super) fn pick<T>(list: &[T], place: u16) -> Option<&T> {
    list.get(scaled(place, list.len())?)
}

fn scaled(place: u16, len: usize) -> Option<usize> {
    let last = len.checked_sub(1)?;
    Some((usize::from(place) * len / usize::from(u16::MAX)).min(last))
}

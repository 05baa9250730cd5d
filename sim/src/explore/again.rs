//! The matrix where nothing can be continued: each kill point is a run from the start.
//!
//! A run costs a thousand times what a continuation does, so kill points are spread over those
//! that there are, and of what a power loss may leave only the extremes are tried. The same holds
//! for a second death: it is in a run with both, and the places for it are spread as well.

use std::sync::Arc;

use super::explorer::{Explorer, Place, Unkilled, Weight};
use super::image::{Deaths, Depth, Image, in_flight, plain_images, torn_lengths};
use super::known::Continued;
use super::outcome::{Outcome, in_recovery};
use crate::delivered::Delivered;
use crate::direct::Ran;
use crate::hub::{Keep, Snapshot};
use crate::ledger::BootFacts;
use crate::plan::{Death, DeathKind, DiskChoice};
use crate::script::Script;
use crate::stage::run;
use crate::world::World;

impl Explorer<'_> {
    /// Dies in the gap before some transitions of the forward run, in a run from the start each.
    pub(super) fn kill_from_the_start(
        &mut self,
        snapshots: &[Snapshot],
        end: &World,
        outcome: &Outcome,
        hear: &mut dyn FnMut(usize, usize),
    ) {
        self.summary.beside = snapshots.len() as u64 - self.summary.transitions;
        let mortal: Vec<&Snapshot> =
            snapshots.iter().filter(|snapshot| !snapshot.world.is_healed()).collect();
        self.summary.healed = (snapshots.len() - mortal.len()) as u64;
        let chosen = spread(mortal.len(), self.search.points);
        self.summary.left_out = (mortal.len() - chosen.len()) as u64;
        for (tried, index) in chosen.iter().enumerate() {
            hear(tried, chosen.len());
            let snapshot = mortal[*index];
            let recovers = in_recovery(snapshot.boot, snapshot.world.ledger(), end.ledger());
            let before = snapshot.world.delivered();
            let unkilled = recovers.then_some(Unkilled { outcome, before });
            self.summary.torn += torn_lengths(snapshot).count() as u64;
            for image in self.images(snapshot) {
                let keep = match self.search.depth {
                    Depth::One => Keep::Nothing,
                    Depth::Two => Keep::Everything,
                };
                let (ran, verdict) = self.died(std::slice::from_ref(&image), keep);
                if self.search.depth == Depth::Two {
                    self.kill_recovery_from_the_start(&image, snapshot, &ran, &verdict);
                }
                let place = Place { deaths: &[image], at: snapshot, weight: Weight::Verdict };
                self.note(&place, &verdict, unkilled);
            }
        }
    }

    /// A run from the start with some deaths in it, and its verdict.
    fn died(&mut self, deaths: &[Image], keep: Keep) -> (Ran, Continued) {
        let mut plan = self.plan.clone();
        plan.kills.extend(deaths.iter().map(Image::to_kill));
        let ran = run(World::new(Arc::new(Script::new(&plan))), self.gateway, keep);
        let verdict = self.close(&ran, &Delivered::default());
        (ran, verdict)
    }

    /// Dies a second time in the gap before some transitions of what comes after a first death,
    /// which `ran` went through without a second one.
    fn kill_recovery_from_the_start(
        &mut self,
        first: &Image,
        at: &Snapshot,
        ran: &Ran,
        unkilled: &Continued,
    ) {
        let has_died = |second: &&Snapshot| {
            let mut boots = second.world.ledger().boots.iter();
            let is_over = |boot: &BootFacts| boot.number == first.boot && boot.ended.is_some();
            boots.any(|boot| is_over(boot)) && !second.world.is_healed()
        };
        let powers = self.search.deaths != Deaths::Process;
        let place = |second: &Snapshot| -> Option<bool> {
            let in_recovery = in_recovery(second.boot, second.world.ledger(), ran.world.ledger());
            // What lives on what nobody has synced may be rolled back, however late.
            let rolls_back = powers && second.world.disk().carries_pending();
            (in_recovery || rolls_back).then_some(in_recovery)
        };
        let snapshots = ran.kept.snapshots.iter();
        let places = snapshots.filter(has_died).filter_map(|second| Some((second, place(second)?)));
        let places: Vec<(&Snapshot, bool)> = places.collect();
        let chosen = spread(places.len(), self.search.recovery_points);
        self.summary.recovery_left_out += (places.len() - chosen.len()) as u64;
        for index in chosen {
            let (second, in_recovery) = places[index];
            let (outcome, before) = (&*unkilled.outcome, second.world.delivered());
            let unkilled = in_recovery.then_some(Unkilled { outcome, before });
            let images = self.images(second).into_iter();
            for image in images.filter(|image| in_recovery || image.is_rollback()) {
                let deaths = &[first.clone(), image];
                let (_, verdict) = self.died(deaths, Keep::Nothing);
                self.note(&Place { deaths, at, weight: Weight::Verdict }, &verdict, unkilled);
            }
        }
    }

    fn images(&mut self, snapshot: &Snapshot) -> Vec<Image> {
        let deaths = self.search.deaths;
        let mut images = plain_images(snapshot, &self.search);
        if deaths != Deaths::Process {
            let pending = snapshot.world.disk().pending_ops() > 0;
            self.summary.bounded += u64::from(snapshot.world.disk().pending_ops() > 1);
            let (boot, number) = (snapshot.boot, snapshot.number);
            for choice in
                [DiskChoice::Kept, DiskChoice::Lost].into_iter().take(1 + usize::from(pending))
            {
                for &in_flight in in_flight(snapshot) {
                    let death = Death { kind: DeathKind::Power(choice.clone()), in_flight };
                    let down_for = self.search.down_for;
                    images.push(Image { boot, number, torn: None, death, down_for });
                }
            }
        }
        images
    }
}

/// At most `most` of `count` places, evenly spread: the first and the last among them, or the
/// middle one if it is the only one.
pub(super) fn spread(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    if most < 2 {
        return (0..most).map(|_| count / 2).collect();
    }
    let steps = most - 1;
    (0..=steps).map(|step| step * (count - 1) / steps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_spread_from_the_first_to_the_last() {
        assert_eq!(spread(3, 5), [0, 1, 2]);
        assert_eq!(spread(10, 4), [0, 3, 6, 9]);
        assert_eq!(spread(1_000, 3), [0, 499, 999]);
        assert_eq!(spread(0, 3), Vec::<usize>::new());
        assert_eq!(spread(1_000, 1), [500]);
        assert_eq!(spread(9, 0), Vec::<usize>::new());
    }
}

//! The matrix where nothing can be continued: each kill point is a run from the start.
//!
//! A run costs a thousand times what a continuation does, so kill points are spread over those
//! that there are, and of what a power loss may leave only the extremes are tried. A second death
//! in the recovery from the first is not.

use std::sync::Arc;

use super::explorer::{Explorer, Place, Weight};
use super::image::{Deaths, Image, in_flight, plain_images, torn_lengths};
use super::outcome::{Outcome, in_recovery};
use crate::hub::{Keep, Snapshot};
use crate::plan::{Death, DeathKind, DiskChoice, Plan};
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
            let unkilled = recovers.then_some(outcome);
            self.summary.torn += torn_lengths(snapshot).count() as u64;
            for image in self.images(snapshot) {
                let mut plan = self.plan.clone();
                plan.kills.push(image.to_kill());
                let ran = run(start(&plan), self.gateway, Keep::Nothing);
                let verdict = self.close(&ran);
                let deaths = &[image];
                let place = Place { deaths, at: snapshot, weight: Weight::Verdict };
                self.note(&place, &verdict, unkilled);
            }
        }
    }

    fn images(&mut self, snapshot: &Snapshot) -> Vec<Image> {
        let deaths = self.search.deaths;
        let mut images = plain_images(snapshot, deaths);
        if deaths != Deaths::Process {
            let pending = snapshot.world.disk().pending_ops() > 0;
            self.summary.bounded += u64::from(snapshot.world.disk().pending_ops() > 1);
            let (boot, number) = (snapshot.boot, snapshot.number);
            for choice in
                [DiskChoice::Kept, DiskChoice::Lost].into_iter().take(1 + usize::from(pending))
            {
                for &in_flight in in_flight(snapshot) {
                    let death = Death { kind: DeathKind::Power(choice.clone()), in_flight };
                    images.push(Image { boot, number, torn: None, death });
                }
            }
        }
        images
    }
}

fn start(plan: &Plan) -> World {
    World::new(Arc::new(Script::new(plan)))
}

/// At most `most` of `count` places, evenly spread, the first and the last among them.
fn spread(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    let steps = most.max(2) - 1;
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
    }
}

//! The continuations that are known already.
//!
//! A continuation follows from the world it begins with, as far as anybody looks at it: two worlds
//! that differ only in the contents of files that nobody reads end alike. So each verdict is kept
//! with what was read on the way to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::outcome::Outcome;
use crate::disk::Visible;
use crate::oracle::Violation;

/// What a continuation came to.
#[derive(Clone)]
pub(super) struct Continued {
    pub(super) violations: Arc<Vec<Violation>>,
    pub(super) outcome: Arc<Outcome>,
}

/// What a continuation begins with.
pub(super) enum Beginning {
    /// A world with operations that are not durable: it is its own fingerprint.
    Unsettled(u128),
    /// A world in which everything is durable: a fingerprint of all but the disk, and the disk.
    Settled(u128, Visible),
}

/// The continuations that are known already.
#[derive(Default)]
pub(super) struct Known {
    unsettled: BTreeMap<u128, Continued>,
    /// By the world without its disk and by the names on it.
    settled: BTreeMap<(u128, u128), Vec<Sighting>>,
}

/// The continuations that have read the same files.
struct Sighting {
    /// The places of the files that were not read.
    unseen: Vec<bool>,
    /// By the contents of those that were.
    verdicts: BTreeMap<u128, Continued>,
}

impl Sighting {
    fn key(&self, visible: &Visible) -> u128 {
        visible.key_without(|place| self.unseen[place])
    }
}

impl Known {
    /// The verdict over a beginning, if it follows from what is known.
    pub(super) fn find(&self, beginning: &Beginning) -> Option<&Continued> {
        match beginning {
            Beginning::Unsettled(fingerprint) => self.unsettled.get(fingerprint),
            Beginning::Settled(world, visible) => {
                let sightings = self.settled.get(&(*world, visible.names))?;
                sightings.iter().find_map(|sighting| sighting.verdicts.get(&sighting.key(visible)))
            }
        }
    }

    /// Adds a verdict; `unseen` tells by its place which file nobody read on the way.
    pub(super) fn add(
        &mut self,
        beginning: &Beginning,
        unseen: impl Fn(usize) -> bool,
        verdict: Continued,
    ) {
        match beginning {
            Beginning::Unsettled(fingerprint) => {
                self.unsettled.insert(*fingerprint, verdict);
            }
            Beginning::Settled(world, visible) => {
                let unseen: Vec<bool> = (0..visible.files.len()).map(unseen).collect();
                let sightings = self.settled.entry((*world, visible.names)).or_default();
                let place = sightings.iter().position(|sighting| sighting.unseen == unseen);
                let place = place.unwrap_or_else(|| {
                    sightings.push(Sighting { unseen, verdicts: BTreeMap::new() });
                    sightings.len() - 1
                });
                let key = sightings[place].key(visible);
                sightings[place].verdicts.insert(key, verdict);
            }
        }
    }
}

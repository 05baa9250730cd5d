//! The images themselves: the names that may survive, times what may survive of each file that
//! they lead to, each tree once.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::{self, contents};
use super::names::{self, names};
use super::profile::{Bounds, Profile};
use crate::disk::fate::{Fate, Fates};
use crate::disk::pending::Logged;
use crate::disk::settle::settle;
use crate::disk::tree::{Ino, Tree};
use crate::disk::visible::Visible;
use crate::plan::DiskChoice;

/// One tree that a power loss may leave.
#[derive(Clone, Debug)]
pub struct CrashImage {
    /// The fates that lead to it.
    pub choice: DiskChoice,
    /// What can be seen of it.
    pub(crate) visible: Visible,
    pub(crate) tree: Tree,
}

impl CrashImage {
    /// Every file with its path and contents, sorted by path.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        self.tree.files().into_iter().map(|(path, content)| (path, content.to_vec())).collect()
    }
}

/// The trees that a power loss may leave, each once.
#[derive(Clone, Debug)]
pub struct CrashImages {
    /// The one in which everything survived comes first.
    pub images: Vec<CrashImage>,
    /// Whether a bound was hit: there are more.
    pub bounded: bool,
}

/// Every image of a log, as far as the bounds allow.
pub(crate) fn crash_images(
    base: &Tree,
    log: &[Logged],
    profile: Profile,
    bounds: &Bounds,
) -> CrashImages {
    let mut search = Search::new(base, log, profile, bounds);
    for variant in &search.names.all {
        search.product.under(variant, &search.files, bounds);
    }
    let Search { names, files, product, .. } = search;
    let bounded = names.bounded || product.bounded || files.values().any(|f| f.variants.bounded);
    CrashImages { images: product.images, bounded }
}

/// A file with pending operations.
struct File {
    /// The places of its operations in the log.
    places: Vec<usize>,
    variants: contents::Variants,
}

struct Search<'a> {
    names: names::Variants,
    files: BTreeMap<Ino, File>,
    product: Product<'a>,
}

impl<'a> Search<'a> {
    fn new(base: &'a Tree, log: &'a [Logged], profile: Profile, bounds: &Bounds) -> Search<'a> {
        let mut on_names = Vec::new();
        let mut on_files: BTreeMap<Ino, Vec<usize>> = BTreeMap::new();
        for (place, logged) in log.iter().enumerate() {
            match logged.op.content() {
                Some(ino) => on_files.entry(ino).or_default().push(place),
                None => on_names.push(place),
            }
        }
        let entries = |places: &[usize]| -> Vec<&Logged> {
            places.iter().map(|place| &log[*place]).collect()
        };
        let files = on_files.into_iter().map(|(ino, places)| {
            let variants = contents(base.file(ino), &entries(&places), profile, bounds);
            (ino, File { places, variants })
        });
        let files: BTreeMap<Ino, File> = files.collect();
        let names = names(base, &entries(&on_names), profile, bounds);
        let product = Product {
            base,
            log,
            on_names,
            seen: BTreeSet::new(),
            images: Vec::new(),
            bounded: false,
        };
        Search { names, files, product }
    }
}

/// The images found so far.
struct Product<'a> {
    base: &'a Tree,
    log: &'a [Logged],
    on_names: Vec<usize>,
    seen: BTreeSet<u128>,
    images: Vec<CrashImage>,
    bounded: bool,
}

impl Product<'_> {
    /// Adds every image with these names.
    fn under(&mut self, names: &names::Variant, files: &BTreeMap<Ino, File>, bounds: &Bounds) {
        let reachable = names.tree.reachable();
        let open: Vec<(&Ino, &File)> = files
            .iter()
            .filter(|(ino, _)| reachable.contains(ino) && !names.emptied.contains(ino))
            .collect();
        let counts = open.iter().map(|(_, file)| file.variants.all.len() as u64);
        let total = counts.into_iter().try_fold(1_u64, |all: u64, count| all.checked_mul(count));
        if total.is_some_and(|total| total <= bounds.images) {
            let mut choice = vec![0; open.len()];
            loop {
                self.add(names, files, &open, &choice);
                // The choice is counted up like a number whose digits have different bases.
                let Some(digit) =
                    (0..open.len()).find(|at| choice[*at] + 1 < open[*at].1.variants.all.len())
                else {
                    return;
                };
                choice[..digit].fill(0);
                choice[digit] += 1;
            }
        }
        self.bounded = true;
        for others in [0, 1] {
            let least = |file: &File| others.min(file.variants.all.len() - 1);
            let rest: Vec<usize> = open.iter().map(|(_, file)| least(file)).collect();
            for at in 0..open.len() {
                for variant in 0..open[at].1.variants.all.len() {
                    let mut choice = rest.clone();
                    choice[at] = variant;
                    self.add(names, files, &open, &choice);
                }
            }
        }
    }

    fn add(
        &mut self,
        names: &names::Variant,
        files: &BTreeMap<Ino, File>,
        open: &[(&Ino, &File)],
        choice: &[usize],
    ) {
        let mut tree = names.tree.clone();
        for ((ino, file), chosen) in open.iter().zip(choice) {
            *tree.file_mut(**ino) = file.variants.all[*chosen].content.clone();
        }
        for ino in &names.emptied {
            tree.file_mut(*ino).truncate(0);
        }
        tree.collect(std::iter::empty());
        let visible = tree.visible();
        if !self.seen.insert(visible.key()) {
            return;
        }
        let chosen: BTreeMap<Ino, usize> =
            open.iter().zip(choice).map(|((ino, _), chosen)| (**ino, *chosen)).collect();
        let fates = self.fates(names, files, &chosen);
        debug_assert_eq!(
            settle(self.base, self.log, &fates).visible().key(),
            visible.key(),
            "fates lead where the search was: {fates}"
        );
        self.images.push(CrashImage { choice: DiskChoice::of(fates), visible, tree });
    }

    /// The fates of the whole log, in its order. A file that no name leads to keeps everything if
    /// all names are kept, and nothing otherwise.
    fn fates(
        &self,
        names: &names::Variant,
        files: &BTreeMap<Ino, File>,
        chosen: &BTreeMap<Ino, usize>,
    ) -> Fates {
        let mut fates: Vec<Option<Fate>> = vec![None; self.log.len()];
        let all_kept = Fates::new(names.fates.clone()).all_kept();
        for (place, fate) in self.on_names.iter().zip(&names.fates) {
            fates[*place] = Some(fate.clone());
        }
        for (ino, file) in files {
            let unseen = usize::from(!all_kept).min(file.variants.all.len() - 1);
            let variant = &file.variants.all[chosen.get(ino).copied().unwrap_or(unseen)];
            for (place, fate) in file.places.iter().zip(&variant.fates) {
                fates[*place] = Some(fate.clone());
            }
        }
        Fates::new(fates.into_iter().map(|fate| fate.expect("every operation has one")).collect())
    }
}

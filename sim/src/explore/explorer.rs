//! The search itself: every death at every kill point, each distinct world continued once.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use gateway_core::env::Gateway;

use super::again::spread;
use super::image::{Deaths, Depth, Image, Search, in_flight, plain_images, torn_lengths};
use super::known::{Beginning, Continued, Known};
use super::matrix::{Finding, Judged, Summary};
use super::outcome::{Outcome, in_recovery};
use crate::delivered::Delivered;
use crate::direct::{Ran, run};
use crate::disk::{CrashImage, CrashImages, Disk, Profile};
use crate::hub::{Keep, Kept, Snapshot};
use crate::oracle::{Judgement, OracleId, Violation};
use crate::plan::{Death, DeathKind, DiskChoice, Plan};
use crate::time::Ms;
use crate::verdict::panicked;
use crate::world::World;

/// Whether an image convicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// It is legal: what breaks there is broken.
    Verdict,
    /// Only the lint profile leaves it.
    Lint,
}

/// The images that a power loss may leave of one disk.
struct Trees {
    changes: u64,
    images: CrashImages,
    /// What the contract leaves; nothing if every image is one of these.
    strict: Option<BTreeSet<u128>>,
}

impl Trees {
    fn of(disk: &Disk, search: &Search) -> Trees {
        let images = disk.crash_images(search.profile, &search.bounds);
        let strict = (search.profile == Profile::Alice).then(|| {
            let strict = disk.crash_images(Profile::STRICT, &search.bounds);
            strict.images.iter().map(|image| image.visible.key()).collect()
        });
        Trees { changes: disk.changes(), images, strict }
    }

    fn weight(&self, image: &CrashImage) -> Weight {
        match &self.strict {
            Some(strict) if !strict.contains(&image.visible.key()) => Weight::Lint,
            _ => Weight::Verdict,
        }
    }
}

/// The images of the disk of a run, which seldom changes from one kill point to the next.
#[derive(Default)]
struct Latest(Option<Rc<Trees>>);

impl Latest {
    fn trees(&mut self, disk: &Disk, search: &Search) -> Rc<Trees> {
        match &self.0 {
            Some(trees) if trees.changes == disk.changes() => Rc::clone(trees),
            _ => Rc::clone(self.0.insert(Rc::new(Trees::of(disk, search)))),
        }
    }
}

/// An image, where it was found, and what it weighs.
pub(super) struct Place<'s> {
    pub(super) deaths: &'s [Image],
    pub(super) at: &'s Snapshot,
    pub(super) weight: Weight,
}

/// The run without a death, beside which one with it is judged.
#[derive(Clone, Copy)]
pub(super) struct Unkilled<'o> {
    /// What it came to.
    pub(super) outcome: &'o Outcome,
    /// What of the plan had come when the two parted.
    pub(super) before: &'o Delivered,
}

pub(super) struct Explorer<'a> {
    pub(super) plan: &'a Plan,
    probe: Option<Ms>,
    pub(super) gateway: &'a dyn Gateway,
    pub(super) search: Search,
    known: Known,
    pub(super) summary: Summary,
    pub(super) findings: BTreeMap<OracleId, Finding>,
    pub(super) lints: BTreeMap<OracleId, Finding>,
    pub(super) judged: Vec<Judged>,
}

impl<'a> Explorer<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        probe: Option<Ms>,
        gateway: &'a dyn Gateway,
        search: Search,
    ) -> Explorer<'a> {
        Explorer {
            plan,
            probe,
            gateway,
            search,
            known: Known::default(),
            summary: Summary::none(),
            findings: BTreeMap::new(),
            lints: BTreeMap::new(),
            judged: Vec::new(),
        }
    }

    /// Counts the run that nothing was added to.
    pub(super) fn count_forward(&mut self, end: &World, kept: &Kept, effects: u64) {
        self.summary.effects = effects;
        self.summary.transitions = kept.transitions;
        self.summary.transitions_run = kept.transitions;
        self.summary.panicked = u64::from(panicked(end));
        self.summary.runs_with.add_run(end.delivered());
    }

    /// Dies in every way in the gap before each transition of the forward run.
    pub(super) fn kill_everywhere(
        &mut self,
        snapshots: &[Snapshot],
        end: &World,
        outcome: &Outcome,
    ) {
        let mut latest = Latest::default();
        let mortal: Vec<&Snapshot> =
            snapshots.iter().filter(|snapshot| !snapshot.world.is_healed()).collect();
        self.summary.healed = (snapshots.len() - mortal.len()) as u64;
        let chosen = spread(mortal.len(), self.search.gaps.unwrap_or(usize::MAX));
        self.summary.left_out = (mortal.len() - chosen.len()) as u64;
        for index in chosen {
            let snapshot = mortal[index];
            let recovers = in_recovery(snapshot.boot, snapshot.world.ledger(), end.ledger());
            let before = snapshot.world.delivered();
            let unkilled = recovers.then_some(Unkilled { outcome, before });
            self.summary.torn += torn_lengths(snapshot).count() as u64;
            for image in plain_images(snapshot, &self.search) {
                let verdict = self.continued(&image, image.world(snapshot), snapshot);
                let place = Place { deaths: &[image], at: snapshot, weight: Weight::Verdict };
                self.note(&place, &verdict, unkilled);
            }
            if self.search.deaths == Deaths::Process {
                continue;
            }
            let trees = latest.trees(snapshot.world.disk(), &self.search);
            self.summary.bounded += u64::from(trees.images.bounded);
            for (image, tree, shell) in powerless(snapshot, &trees.images, self.search.down_for) {
                let world = || shell.on(tree);
                let verdict = match self.search.depth {
                    Depth::One => {
                        let beginning = self.beginning_on(&shell, tree);
                        self.leaf(&beginning, world)
                    }
                    Depth::Two => self.continued(&image, world(), snapshot),
                };
                let weight = trees.weight(tree);
                let place = Place { deaths: &[image], at: snapshot, weight };
                self.note(&place, &verdict, unkilled);
            }
        }
    }

    /// The verdict over a first death: that of an equal world, or of a continuation of its own.
    fn continued(&mut self, image: &Image, mut world: World, snapshot: &Snapshot) -> Continued {
        if self.search.depth == Depth::One {
            let beginning = self.settled(&mut world);
            return self.leaf(&beginning, || world);
        }
        // What nobody has synced may go with the power in the second death, and what the first
        // recovery does not read another may.
        let beginning = Beginning::Unsettled(world.fingerprint());
        if let Some(verdict) = self.known.find(&beginning) {
            return verdict.clone();
        }
        let before = world.delivered().clone();
        let ran = run(world, self.gateway, Keep::FirstBoot);
        let verdict = self.close(&ran, &before);
        self.known.add(&beginning, |_| false, verdict.clone());
        self.kill_recovery(image, snapshot, &ran, &verdict);
        verdict
    }

    /// The verdict over a world in which nobody dies any more but by the plan.
    fn leaf(&mut self, beginning: &Beginning, world: impl FnOnce() -> World) -> Continued {
        if let Some(verdict) = self.known.find(beginning) {
            return verdict.clone();
        }
        let world = world();
        let before = world.delivered().clone();
        let ran = run(world, self.gateway, Keep::Nothing);
        let verdict = self.close(&ran, &before);
        let disk = ran.world.disk();
        let unseen = |place: usize| match beginning {
            Beginning::Settled(_, visible) => !disk.has_seen(visible.files[place].0),
            Beginning::Unsettled(_) => false,
        };
        // Where room is scarce, the length of a file that nobody reads makes a difference; and
        // the plan's own power loss forgets what was read before it.
        if self.plan.loses_power() || self.plan.disk.capacity.is_some() {
            self.known.add(beginning, |_| false, verdict.clone());
        } else {
            self.known.add(beginning, unseen, verdict.clone());
        }
        verdict
    }

    /// With no power loss to come, what is durable and what is not makes no difference.
    fn settled(&self, world: &mut World) -> Beginning {
        if self.plan.loses_power() {
            return Beginning::Unsettled(world.fingerprint());
        }
        world.settle();
        Beginning::Settled(world.fingerprint_without_disk(), world.disk().visible())
    }

    fn beginning_on(&self, shell: &Shell, tree: &CrashImage) -> Beginning {
        Beginning::Settled(shell.fingerprint, tree.visible.clone())
    }

    /// Judges a run that has ended. Of its outcome only what came in it is kept, and not what had
    /// come `before` it: that is no part of what equal worlds have in common.
    pub(super) fn close(&mut self, ran: &Ran, before: &Delivered) -> Continued {
        self.summary.distinct += 1;
        self.summary.transitions_run += ran.kept.transitions;
        self.summary.panicked += u64::from(panicked(&ran.world));
        self.summary.runs_with.add_run(ran.world.delivered());
        let judgement = Judgement::of(&ran.world);
        let mut outcome = Outcome::judged(&ran.world, &judgement);
        outcome.missed = ran.world.delivered().missing_since(before, self.plan);
        Continued { violations: Arc::new(judgement.violations), outcome: Arc::new(outcome) }
    }

    fn kill_recovery(&mut self, first: &Image, at: &Snapshot, ran: &Ran, unkilled: &Continued) {
        let mut latest = Latest::default();
        let mortal = |second: &&Snapshot| !second.world.is_healed();
        for second in ran.kept.snapshots.iter().filter(mortal) {
            let in_recovery = in_recovery(second.boot, second.world.ledger(), ran.world.ledger());
            // A gateway that lives on what nobody has synced may be rolled back, however late.
            let rolls_back = second.world.disk().carries_pending();
            if !in_recovery && !rolls_back {
                continue;
            }
            let (outcome, before) = (&*unkilled.outcome, second.world.delivered());
            let unkilled = in_recovery.then_some(Unkilled { outcome, before });
            let images = plain_images(second, &self.search);
            for image in images.into_iter().filter(|_| in_recovery) {
                let mut world = image.world(second);
                let beginning = self.settled(&mut world);
                let verdict = self.leaf(&beginning, || world);
                let deaths = &[first.clone(), image];
                let place = Place { deaths, at, weight: Weight::Verdict };
                self.note(&place, &verdict, unkilled);
            }
            if self.search.deaths == Deaths::Process {
                continue;
            }
            let trees = latest.trees(second.world.disk(), &self.search);
            self.summary.bounded += u64::from(trees.images.bounded);
            for (image, tree, shell) in powerless(second, &trees.images, self.search.down_for) {
                let beginning = self.beginning_on(&shell, tree);
                let verdict = self.leaf(&beginning, || shell.on(tree));
                let (deaths, weight) = (&[first.clone(), image], trees.weight(tree));
                self.note(&Place { deaths, at, weight }, &verdict, unkilled);
            }
        }
    }

    pub(super) fn note(
        &mut self,
        place: &Place<'_>,
        verdict: &Continued,
        unkilled: Option<Unkilled<'_>>,
    ) {
        self.summary.images += 1;
        self.summary.judged += 1;
        let mut violations = Arc::clone(&verdict.violations);
        let differs = |Unkilled { outcome, before }: Unkilled<'_>| {
            outcome.difference_after(before, &verdict.outcome)
        };
        if let Some(what) = unkilled.and_then(differs) {
            let oracle = OracleId::IdempotentRecovery;
            let violation =
                Violation { oracle, chat: None, message: None, what, believed: Vec::new() };
            Arc::make_mut(&mut violations).push(violation);
        }
        self.count(&violations, place.deaths, Some((place.at, place.weight)));
        if place.weight == Weight::Verdict {
            let (at, phase) = (place.at.world.now(), place.at.phase);
            self.judged.push(Judged { deaths: place.deaths.to_vec(), at, phase, violations });
        }
    }

    pub(super) fn count(
        &mut self,
        violations: &[Violation],
        deaths: &[Image],
        place: Option<(&Snapshot, Weight)>,
    ) {
        let mut oracles: Vec<OracleId> = violations.iter().map(|v| v.oracle).collect();
        oracles.dedup();
        let distance = place.map_or(Ms(0), |(place, _)| self.distance(place.world.now()));
        let (counts, findings) = match place {
            Some((_, Weight::Lint)) => (&mut self.summary.lints, &mut self.lints),
            _ => (&mut self.summary.violations, &mut self.findings),
        };
        for oracle in oracles {
            *counts.entry(oracle).or_default() += 1;
            if findings.get(&oracle).is_some_and(|found| found.distance <= distance) {
                continue;
            }
            let mut plan = self.plan.clone();
            plan.kills.extend(deaths.iter().map(Image::to_kill));
            let violation = violations.iter().find(|v| v.oracle == oracle).cloned();
            let violation = violation.expect("it was counted");
            let phase = place.map(|(place, _)| place.phase);
            findings.insert(oracle, Finding { plan, phase, violation, distance });
        }
    }

    /// How far a time is from the kill that the plan tells of; nothing if it tells of none.
    fn distance(&self, at: Ms) -> Ms {
        self.probe.map_or(Ms(0), |probe| Ms(probe.0.abs_diff(at.0)))
    }
}

/// A world after a power loss, but for its disk.
struct Shell {
    world: World,
    fingerprint: u128,
}

impl Shell {
    fn on(&self, tree: &CrashImage) -> World {
        let mut world = self.world.clone();
        world.start_from_image(tree);
        world
    }
}

/// Every power loss at a kill point, with what it leaves of the disk and of everything else.
fn powerless<'t>(
    snapshot: &Snapshot,
    trees: &'t CrashImages,
    down_for: Option<Ms>,
) -> impl Iterator<Item = (Image, &'t CrashImage, Rc<Shell>)> {
    let (boot, number) = (snapshot.boot, snapshot.number);
    let shells = in_flight(snapshot).iter().map(move |&in_flight| {
        let mut world = snapshot.world.clone();
        let death = Death { kind: DeathKind::Power(DiskChoice::Kept), in_flight };
        world.kill(boot, &death, down_for);
        let fingerprint = world.fingerprint_without_disk();
        (in_flight, Rc::new(Shell { world, fingerprint }))
    });
    let shells: Vec<_> = shells.collect();
    trees.images.iter().flat_map(move |tree| {
        let images: Vec<_> = shells
            .iter()
            .map(|(in_flight, shell)| {
                let kind = DeathKind::Power(tree.choice.clone());
                let death = Death { kind, in_flight: *in_flight };
                (Image { boot, number, torn: None, death, down_for }, tree, Rc::clone(shell))
            })
            .collect();
        images
    })
}

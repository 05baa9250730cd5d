//! The kill matrix: one forward run, and from the gap before every transition every way to die.
//!
//! Each kill point continues from its snapshot instead of being run again from the start, and
//! equal worlds are judged once. It reads no clock: whoever wants rates measures around it.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_core::env::Gateway;

use super::image::{Deaths, Image, images};
use super::outcome::Outcome;
use crate::direct::{Ran, run};
use crate::hub::{Keep, Snapshot};
use crate::ledger::RunFact;
use crate::oracle::{OracleId, Violation, judge};
use crate::plan::{DeathKind, Moment, Plan};
use crate::script::Script;
use crate::time::Ms;
use crate::trace::{Trace, Transition};
use crate::verdict::{Verdict, panicked};
use crate::world::World;

/// How many deaths in a row are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// One.
    One,
    /// Two: the second one kills the recovery from the first, until its last resumed turn is
    /// dispatched, and whatever lives on what the first one left unsynced on the disk.
    Two,
}

/// The verdict over one image.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The death, or the two in a row.
    pub deaths: Vec<Image>,
    /// When the first one is.
    pub at: Ms,
    /// The phase that the boot was in then.
    pub phase: &'static str,
    /// What is broken in the world that follows.
    pub violations: Arc<Vec<Violation>>,
}

/// An image that breaks an oracle's statement: the first one, or the one nearest to the kill that
/// the plan tells of, which is where its story is.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The plan, with the deaths in it.
    pub plan: Plan,
    /// The phase that the boot was in; none if nothing had to be killed.
    pub phase: Option<&'static str>,
    /// What is broken.
    pub violation: Violation,
    /// How far it is from that kill; nothing if the plan tells of none.
    distance: Ms,
}

/// What a matrix came to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The effects of the forward run.
    pub effects: u64,
    /// Its transitions while a boot lived.
    pub transitions: u64,
    /// The lengths at which writes about to take hold were cut.
    pub torn: u64,
    /// The images: kill points times what the disk and the network may make of them.
    pub images: u64,
    /// The images that have a verdict.
    pub judged: u64,
    /// The continuations that were really run.
    pub distinct: u64,
    /// The transitions of all runs together.
    pub transitions_run: u64,
    /// The runs in which a boot panicked.
    pub panicked: u64,
    /// For each oracle, the images in which its statement is broken.
    pub violations: BTreeMap<OracleId, u64>,
}

impl Summary {
    /// The kill points: the gap before each transition, and each torn length.
    pub fn kill_points(&self) -> u64 {
        self.transitions + self.torn
    }

    /// Whether nothing is broken.
    pub fn is_clean(&self) -> bool {
        self.violations.values().all(|count| *count == 0)
    }
}

/// A whole matrix.
#[derive(Debug)]
pub struct Matrix {
    /// The numbers.
    pub summary: Summary,
    /// One finding of each oracle.
    pub findings: BTreeMap<OracleId, Finding>,
    /// Every image with its verdict, in order.
    pub judged: Vec<Judged>,
    /// What is broken without any kill but the plan's own.
    pub unkilled: Vec<Violation>,
    /// The forward run.
    pub trace: Trace,
    /// The world that the forward run ended in.
    pub world: World,
}

/// Kills `gateway` at every kill point of `plan`. The plan's probes are left out: the matrix puts
/// its own kills in their place.
pub fn matrix(plan: &Plan, gateway: &dyn Gateway, deaths: Deaths, depth: Depth) -> Matrix {
    let probe = plan.kills.iter().filter(|kill| kill.probe).find_map(|kill| match kill.moment {
        Moment::At(at) => Some(at),
        Moment::Before { .. } => None,
    });
    let plan = plan.without_probes();
    let start = World::new(Arc::new(Script::new(&plan)));
    let Ran { world, kept } = run(start, gateway, Keep::Everything);
    let asked = |line: &&crate::trace::Line| line.transition == Transition::Requested;
    let mut explorer = Explorer {
        plan: &plan,
        probe,
        gateway,
        deaths,
        depth,
        verdicts: BTreeMap::new(),
        summary: Summary {
            effects: kept.trace.lines.iter().filter(asked).count() as u64,
            transitions: kept.transitions,
            transitions_run: kept.transitions,
            panicked: u64::from(panicked(&world)),
            violations: OracleId::ALL.iter().map(|oracle| (*oracle, 0)).collect(),
            ..Summary::default()
        },
        findings: BTreeMap::new(),
        judged: Vec::new(),
    };
    let unkilled = judge(&world);
    explorer.count(&unkilled, &[], None);
    let outcome = Outcome::of(&world);
    for snapshot in &kept.snapshots {
        let unkilled = in_recovery(snapshot, &world).then_some(&outcome);
        explorer.kill_at(snapshot, unkilled);
    }
    let Explorer { summary, findings, judged, .. } = explorer;
    Matrix { summary, findings, judged, unkilled, trace: kept.trace, world }
}

/// What a continuation came to.
#[derive(Clone)]
struct Continued {
    violations: Arc<Vec<Violation>>,
    outcome: Arc<Outcome>,
}

struct Explorer<'a> {
    plan: &'a Plan,
    probe: Option<Ms>,
    gateway: &'a dyn Gateway,
    deaths: Deaths,
    depth: Depth,
    verdicts: BTreeMap<u128, Continued>,
    summary: Summary,
    findings: BTreeMap<OracleId, Finding>,
    judged: Vec<Judged>,
}

impl Matrix {
    /// What the whole came to.
    pub fn verdict(&self) -> Verdict {
        if self.summary.panicked > 0 {
            return Verdict::Panicked;
        }
        let violations = self.findings.values().map(|finding| finding.violation.clone());
        Verdict::of_violations(&violations.collect::<Vec<_>>())
    }
}

impl Explorer<'_> {
    fn kill_at(&mut self, snapshot: &Snapshot, unkilled: Option<&Outcome>) {
        let (images, points) = images(snapshot, self.deaths);
        self.summary.torn += points - 1;
        for image in images {
            let verdict = self.verdict(image, snapshot);
            self.note(&[image], snapshot, &verdict, unkilled);
        }
    }

    /// The verdict over an image: that of an equal world, or of a continuation of its own.
    fn verdict(&mut self, image: Image, snapshot: &Snapshot) -> Continued {
        let mut world = image.world(snapshot);
        if self.depth == Depth::One && !self.plan.loses_power() {
            // With no power loss to come, what is durable and what is not makes no difference.
            world.settle();
        }
        let fingerprint = world.fingerprint();
        if let Some(verdict) = self.verdicts.get(&fingerprint) {
            return verdict.clone();
        }
        let keep = match self.depth {
            Depth::One => Keep::Nothing,
            Depth::Two => Keep::FirstBoot,
        };
        let ran = run(world, self.gateway, keep);
        let verdict = self.close(fingerprint, &ran);
        if self.depth == Depth::Two {
            self.kill_recovery(image, snapshot, &ran, &verdict);
        }
        verdict
    }

    fn close(&mut self, fingerprint: u128, ran: &Ran) -> Continued {
        self.summary.distinct += 1;
        self.summary.transitions_run += ran.kept.transitions;
        self.summary.panicked += u64::from(panicked(&ran.world));
        let verdict = Continued {
            violations: Arc::new(judge(&ran.world)),
            outcome: Arc::new(Outcome::of(&ran.world)),
        };
        self.verdicts.insert(fingerprint, verdict.clone());
        verdict
    }

    fn kill_recovery(&mut self, first: Image, at: &Snapshot, ran: &Ran, unkilled: &Continued) {
        for second in &ran.kept.snapshots {
            let in_recovery = in_recovery(second, &ran.world);
            // A gateway that lives on what nobody has synced may be rolled back, however late.
            let rolls_back = second.world.disk().carries_pending();
            if !in_recovery && !rolls_back {
                continue;
            }
            let unkilled = in_recovery.then_some(&*unkilled.outcome);
            let (images, _) = images(second, self.deaths);
            let power = |image: &Image| matches!(image.death.kind, DeathKind::Power(_));
            for image in images.into_iter().filter(|image| in_recovery || power(image)) {
                let mut world = image.world(second);
                if !self.plan.loses_power() {
                    world.settle();
                }
                let fingerprint = world.fingerprint();
                let verdict = match self.verdicts.get(&fingerprint) {
                    Some(verdict) => verdict.clone(),
                    None => {
                        let ran = run(world, self.gateway, Keep::Nothing);
                        self.close(fingerprint, &ran)
                    }
                };
                self.note(&[first, image], at, &verdict, unkilled);
            }
        }
    }

    fn note(
        &mut self,
        deaths: &[Image],
        snapshot: &Snapshot,
        verdict: &Continued,
        unkilled: Option<&Outcome>,
    ) {
        self.summary.images += 1;
        self.summary.judged += 1;
        let mut violations = Arc::clone(&verdict.violations);
        if let Some(what) = unkilled.and_then(|outcome| outcome.difference(&verdict.outcome)) {
            let oracle = OracleId::IdempotentRecovery;
            let violation = Violation { oracle, chat: None, message: None, what };
            Arc::make_mut(&mut violations).push(violation);
        }
        self.count(&violations, deaths, Some(snapshot));
        self.judged.push(Judged {
            deaths: deaths.to_vec(),
            at: snapshot.world.now(),
            phase: snapshot.phase,
            violations,
        });
    }

    fn count(&mut self, violations: &[Violation], deaths: &[Image], place: Option<&Snapshot>) {
        let mut oracles: Vec<OracleId> = violations.iter().map(|v| v.oracle).collect();
        oracles.dedup();
        let distance = place.map_or(Ms(0), |place| self.distance(place.world.now()));
        for oracle in oracles {
            *self.summary.violations.entry(oracle).or_default() += 1;
            if self.findings.get(&oracle).is_some_and(|found| found.distance <= distance) {
                continue;
            }
            let mut plan = self.plan.clone();
            plan.kills.extend(deaths.iter().map(|image| image.to_kill()));
            let violation = violations.iter().find(|v| v.oracle == oracle).cloned();
            let violation = violation.expect("it was counted");
            let phase = place.map(|place| place.phase);
            self.findings.insert(oracle, Finding { plan, phase, violation, distance });
        }
    }

    /// How far a time is from the kill that the plan tells of; nothing if it tells of none.
    fn distance(&self, at: Ms) -> Ms {
        self.probe.map_or(Ms(0), |probe| Ms(probe.0.abs_diff(at.0)))
    }
}

/// Whether a kill point lies in a recovery: in a boot after a first one, up to the moment at which
/// its last cut turn is dispatched, and before any turn begins that was never cut. A death later
/// than that cuts new work, and may be told.
fn in_recovery(snapshot: &Snapshot, end: &World) -> bool {
    let boot = snapshot.boot as usize;
    let (ledger, seen) = (end.ledger(), snapshot.world.ledger());
    let was_cut = |run: &RunFact| {
        let earlier = &ledger.boots[..boot - 1];
        run.message.is_some_and(|message| earlier.iter().any(|b| b.cut.contains(&message)))
    };
    let here = |runs: &[Arc<RunFact>], cut: bool| {
        let runs = runs.iter().filter(|run| run.boot == snapshot.boot);
        runs.filter(|run| was_cut(run) == cut).count()
    };
    here(&seen.runs, false) == 0 && here(&seen.runs, true) < here(&ledger.runs, true)
}

impl Plan {
    /// Whether the plan itself takes the power away at some time.
    pub fn loses_power(&self) -> bool {
        self.kills.iter().any(|kill| matches!(kill.death.kind, DeathKind::Power(_)))
    }
}

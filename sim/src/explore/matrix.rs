//! The kill matrix: one forward run, and from the gap before every transition every way to die.
//!
//! Each kill point continues from its snapshot instead of being run again from the start, and
//! equal worlds are judged once. On the network stage a boot's tasks and its connections are no
//! data: there each kill point is a run from the start, and only some are tried. It reads no
//! clock: whoever wants rates measures around it.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_core::env::Gateway;

use super::explorer::Explorer;
use super::image::{Image, Search};
use super::outcome::Outcome;
use crate::delivered::{Delivered, Planned};
use crate::direct::Ran;
use crate::hub::Keep;
use crate::oracle::{Judgement, OracleId, Violation};
use crate::plan::{Moment, Plan, Stage};
use crate::script::Script;
use crate::stage::run;
use crate::time::Ms;
use crate::trace::{Line, Trace, Transition};
use crate::verdict::Verdict;
use crate::world::World;

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
    pub(super) distance: Ms,
}

impl Finding {
    /// A plan that breaks something as it is written.
    pub fn alone(plan: Plan, violation: Violation) -> Finding {
        Finding { plan, phase: None, violation, distance: Ms(0) }
    }
}

/// What a matrix came to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The effects of the forward run.
    pub effects: u64,
    /// Its transitions while a boot lived.
    pub transitions: u64,
    /// Those of them that came when the plan's world was healthy for good: nobody dies there.
    pub healed: u64,
    /// How many more gaps there were because more than one boot lived.
    pub beside: u64,
    /// The gaps that were left out because each is a run from the start.
    pub left_out: u64,
    /// The places for a second death that were left out for the same reason.
    pub recovery_left_out: u64,
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
    /// In how many runs each thing that the plan has in store happened.
    pub runs_with: Delivered,
    /// The kill points at which the disk may leave more than the bounds allowed to try.
    pub bounded: u64,
    /// For each oracle, the images in which its statement is broken.
    pub violations: BTreeMap<OracleId, u64>,
    /// The same for images that only the lint profile leaves. They convict nobody.
    pub lints: BTreeMap<OracleId, u64>,
}

impl Summary {
    /// What nothing came to.
    pub(super) fn none() -> Summary {
        let none = || OracleId::ALL.iter().map(|oracle| (*oracle, 0)).collect();
        Summary { violations: none(), lints: none(), ..Summary::default() }
    }

    /// The kill points that were tried: the gap before each transition, for each boot that lived,
    /// and each torn length.
    pub fn kill_points(&self) -> u64 {
        self.transitions + self.beside - self.healed - self.left_out + self.torn
    }

    /// What the whole came to that found these.
    pub(super) fn verdict(&self, findings: &BTreeMap<OracleId, Finding>) -> Verdict {
        if self.panicked > 0 {
            return Verdict::Panicked;
        }
        let violations = findings.values().map(|finding| finding.violation.clone());
        Verdict::of_violations(&violations.collect::<Vec<_>>())
    }

    /// Adds what another matrix came to.
    pub(super) fn add(&mut self, other: &Summary) {
        self.effects += other.effects;
        self.transitions += other.transitions;
        self.healed += other.healed;
        self.beside += other.beside;
        self.left_out += other.left_out;
        self.recovery_left_out += other.recovery_left_out;
        self.torn += other.torn;
        self.images += other.images;
        self.judged += other.judged;
        self.distinct += other.distinct;
        self.transitions_run += other.transitions_run;
        self.panicked += other.panicked;
        self.runs_with.add_runs(&other.runs_with);
        self.bounded += other.bounded;
        let counts = [(&mut self.violations, &other.violations), (&mut self.lints, &other.lints)];
        for (sum, more) in counts {
            for (oracle, count) in more {
                *sum.entry(*oracle).or_default() += count;
            }
        }
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
    /// One finding of each oracle that has none, in an image that only the lint profile leaves.
    pub lints: BTreeMap<OracleId, Finding>,
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
pub fn matrix(plan: &Plan, gateway: &dyn Gateway, search: &Search) -> Matrix {
    matrix_heard(plan, gateway, search, &mut |_, _| ())
}

/// The same, for whoever wants to know how far it is: on the network stage `hear` is told after
/// each kill point how many were tried, and of how many.
pub fn matrix_heard(
    plan: &Plan,
    gateway: &dyn Gateway,
    search: &Search,
    hear: &mut dyn FnMut(usize, usize),
) -> Matrix {
    let probe = plan.kills.iter().filter(|kill| kill.probe).find_map(|kill| match kill.moment {
        Moment::At(at) => Some(at),
        Moment::After { .. } | Moment::Before { .. } => None,
    });
    let plan = search.plan(plan);
    let start = World::new(Arc::new(Script::new(&plan)));
    let Ran { world, kept, .. } = run(start, gateway, Keep::Everything);
    let asked = |line: &&Line| line.transition == Transition::Requested;
    let effects = kept.trace.lines.iter().filter(asked).count() as u64;
    let mut explorer = Explorer::new(&plan, probe, gateway, *search);
    explorer.count_forward(&world, &kept, effects);
    let judgement = Judgement::of(&world);
    let outcome = Outcome::judged(&world, &judgement);
    let unkilled = judgement.violations;
    explorer.count(&unkilled, &[], None);
    match plan.stage {
        Stage::Direct => explorer.kill_everywhere(&kept.snapshots, &world, &outcome),
        Stage::Network => {
            explorer.kill_from_the_start(&kept.snapshots, &world, &outcome, hear);
        }
    }
    let Explorer { summary, findings, mut lints, judged, .. } = explorer;
    lints.retain(|oracle, _| !findings.contains_key(oracle));
    Matrix { summary, findings, lints, judged, unkilled, trace: kept.trace, world }
}

impl Matrix {
    /// What the plan had in store and no run got: it tested nothing.
    pub fn missing(&self) -> Vec<Planned> {
        self.summary.runs_with.missing(&self.world.script().plan)
    }

    /// The same in words.
    pub fn never_fired(&self) -> Vec<String> {
        let plan = &self.world.script().plan;
        self.missing().into_iter().map(|planned| planned.describe(plan)).collect()
    }

    /// What the whole came to.
    pub fn verdict(&self) -> Verdict {
        self.summary.verdict(&self.findings)
    }
}

//! Many plans that differ from one in one thing each, the matrix of each, and all of it summed up.

use std::collections::BTreeMap;

use gateway_core::env::Gateway;

use super::image::Search;
use super::matrix::{Finding, Matrix, Summary, matrix};
use crate::delivered::Planned;
use crate::oracle::OracleId;
use crate::plan::Plan;
use crate::verdict::Verdict;

/// A plan that differs from another one in one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// What is otherwise, in a few words.
    pub what: String,
    /// What of the plan it is about; none if it is a message.
    pub planned: Option<Planned>,
    /// The plan, explicit.
    pub plan: Plan,
}

/// What the matrices of some variants came to.
#[derive(Debug)]
pub struct Family {
    /// How many variants there were.
    pub variants: u64,
    /// How many of these had what was varied in them, in the run that nobody was killed in.
    pub fired: u64,
    /// The judged runs in which anything is broken, those without a kill included.
    pub violated: u64,
    /// The numbers of all matrices together.
    pub summary: Summary,
    /// One finding of each oracle, and what is otherwise in its plan.
    pub findings: BTreeMap<OracleId, (Finding, String)>,
    /// The place of the variant in which each of these was found.
    places: BTreeMap<OracleId, usize>,
}

impl Default for Family {
    fn default() -> Family {
        let (variants, fired, violated) = (0, 0, 0);
        let (findings, places) = (BTreeMap::new(), BTreeMap::new());
        Family { variants, fired, violated, summary: Summary::none(), findings, places }
    }
}

impl Family {
    /// Kills `gateway` everywhere in a variant, which has a place of its own among all of them, and
    /// adds what came of it.
    pub fn explore(
        &mut self,
        (place, variant): (usize, &Variant),
        gateway: &dyn Gateway,
        search: &Search,
    ) {
        let matrix = matrix(&variant.plan, gateway, search);
        self.variants += 1;
        self.fired += u64::from(variant.fired(&matrix));
        self.violated += violated(&matrix);
        self.summary.add(&matrix.summary);
        for (oracle, finding) in matrix.findings {
            self.keep(oracle, place, finding, &variant.what);
        }
    }

    /// Adds what other variants came to.
    pub fn add(&mut self, other: Family) {
        self.variants += other.variants;
        self.fired += other.fired;
        self.violated += other.violated;
        self.summary.add(&other.summary);
        for (oracle, (finding, what)) in other.findings {
            self.keep(oracle, other.places[&oracle], finding, &what);
        }
    }

    /// Keeps a finding if it is that of the earliest variant so far.
    fn keep(&mut self, oracle: OracleId, place: usize, finding: Finding, what: &str) {
        if self.places.get(&oracle).is_none_or(|known| place < *known) {
            self.places.insert(oracle, place);
            self.findings.insert(oracle, (finding, what.to_owned()));
        }
    }

    /// One finding of each oracle.
    pub fn found(&self) -> BTreeMap<OracleId, Finding> {
        let findings = self.findings.iter();
        findings.map(|(oracle, (finding, _))| (*oracle, finding.clone())).collect()
    }

    /// What the whole came to.
    pub fn verdict(&self) -> Verdict {
        self.summary.verdict(&self.found())
    }
}

impl Variant {
    /// Whether what it is about came in the run that nobody was killed in. Messages always come.
    fn fired(&self, matrix: &Matrix) -> bool {
        self.planned.is_none_or(|planned| matrix.world.delivered().count(planned) > 0)
    }
}

/// The judged runs of a matrix in which anything is broken, the one without a kill included.
pub(super) fn violated(matrix: &Matrix) -> u64 {
    let broken = matrix.judged.iter().filter(|judged| !judged.violations.is_empty());
    broken.count() as u64 + u64::from(!matrix.unkilled.is_empty())
}

//! Gateways with one step broken: each is convicted by the oracle that is there for it, on a plan
//! on which the gateway it was made of is not.
//!
//! The core must be acquitted of everything there. `marks-only` loses by design what a kill finds
//! unmarked, so that its kills count from the premark of the first stop on. Those of the core
//! count where they are; where a plan breaks a mutant without any kill, they count from the stop
//! on, for before it they would show nothing.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use gateway_core::env::Gateway;
use scenarios::catalogue::Catalogue;
use scenarios::expectation::Expectation;
use scenarios::gateways::mutants::Mutant;
use scenarios::input::File;
use scenarios::registry::GatewayName;
use sim::explore::{Deaths, Judged, Matrix, Search, matrix};
use sim::oracle::OracleId;
use sim::plan::Plan;
use sim::trace::RUNNING;

/// Where a mutant is convicted, and by which oracle.
struct Case {
    mutant: Mutant,
    /// A scenario of the catalogue.
    plan: &'static str,
    oracle: OracleId,
}

const CASES: [Case; 7] = [
    Case {
        mutant: Mutant::MarksOnlyNoPremark,
        plan: "027856-killed-in-drain",
        oracle: OracleId::NothingLost,
    },
    Case {
        mutant: Mutant::MarksOnlyPremarkAfterNotify,
        plan: "r007-notify-before-mark",
        oracle: OracleId::NothingLost,
    },
    Case {
        mutant: Mutant::MarksOnlyClearBeforeDrain,
        plan: "027856-killed-in-drain",
        oracle: OracleId::NothingLost,
    },
    Case {
        mutant: Mutant::MarksOnlyOlderMarksCleared,
        plan: "zero-drain",
        oracle: OracleId::NothingLost,
    },
    Case {
        mutant: Mutant::CoreNoPremark,
        plan: "027856-killed-in-drain",
        oracle: OracleId::ReasonTrue,
    },
    Case {
        mutant: Mutant::CorePremarkAfterNotify,
        plan: "r007-notify-before-mark",
        oracle: OracleId::ReasonTrue,
    },
    Case {
        mutant: Mutant::CoreAsksNobody,
        plan: "r062-resumed-for-a-revoked-user",
        oracle: OracleId::NoFalseResume,
    },
];

fn plan(catalogue: &Catalogue, name: &str) -> Plan {
    let scenario = catalogue.find(name).map(File::scenario).expect("the catalogue has it");
    scenario.plan.clone()
}

/// The gateway that a mutant was made of.
fn original(mutant: Mutant) -> GatewayName {
    let name = mutant.name();
    let made_of = |gateway: &GatewayName| name.starts_with(gateway.name());
    GatewayName::ALL.into_iter().find(made_of).expect("a mutant is named after its original")
}

/// What a matrix says about one oracle, where it counts for a gateway.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    unkilled: bool,
    first_phase: Option<&'static str>,
}

fn found(matrix: &Matrix, oracle: OracleId, counts: impl Fn(&Judged) -> bool) -> Found {
    let breaks = |judged: &&Judged| judged.violations.iter().any(|v| v.oracle == oracle);
    let first = matrix.judged.iter().filter(|judged| counts(judged)).find(breaks);
    Found {
        unkilled: matrix.unkilled.iter().any(|violation| violation.oracle == oracle),
        first_phase: first.map(|judged| judged.phase),
    }
}

/// Whether a kill counts that is made from the first stop on.
fn in_stop(original: GatewayName, plan: &Plan) -> impl Fn(&Judged) -> bool {
    let asked = plan.stops[0].at;
    move |judged: &Judged| {
        let unmarked = judged.deaths[0].boot == 1 && [RUNNING, "premark"].contains(&judged.phase);
        judged.at >= asked && (original == GatewayName::Core || !unmarked)
    }
}

fn explore(plan: &Plan, gateway: &dyn Gateway) -> Matrix {
    matrix(plan, gateway, &Search::new(Deaths::Both))
}

#[test]
fn every_mutant_is_convicted_by_its_oracle_and_its_original_is_not() {
    let catalogue = Catalogue::embedded().expect("the scenarios are good");
    let mut table = "mutant | plan | oracle | first phase | without a kill\n".to_owned();
    for Case { mutant, plan: name, oracle } in CASES {
        let plan = plan(&catalogue, name);
        let original = original(mutant);
        let in_stop = in_stop(original, &plan);
        let good = explore(&plan, &*original.make(&plan));
        let acquitted = Found { unkilled: false, first_phase: None };
        assert_eq!(found(&good, oracle, &in_stop), acquitted, "{original} on {name}");
        if original == GatewayName::Core {
            assert!(good.summary.is_clean(), "{original} on {name}: {:?}", good.findings);
        }
        let bad = explore(&plan, &*GatewayName::Mutant(mutant).make(&plan));
        let broken_anyway = bad.unkilled.iter().any(|violation| violation.oracle == oracle);
        let all = original == GatewayName::Core && !broken_anyway;
        let Found { unkilled, first_phase } = found(&bad, oracle, |j| all || in_stop(j));
        let phase = first_phase.unwrap_or("-");
        let (mutant, unkilled) = (mutant.name(), if unkilled { "yes" } else { "no" });
        writeln!(table, "{mutant} | {name} | {oracle} | {phase} | {unkilled}").expect("a string");
        assert!(first_phase.is_some(), "{mutant} is not convicted of {oracle} on {name}");
    }
    insta::assert_snapshot!(table);
}

#[test]
fn every_mutant_that_is_made_from_outside_has_a_case() {
    let cases: BTreeSet<Mutant> = CASES.iter().map(|case| case.mutant).collect();
    assert_eq!(cases, BTreeSet::from(Mutant::OUTSIDE));
}

/// The catalogue holds each scenario to what it says.
#[test]
fn every_planted_error_convicts_the_core_that_has_it_in_some_scenario() {
    let catalogue = Catalogue::embedded().expect("the scenarios are good");
    let planted = Mutant::all().filter(|mutant| matches!(mutant, Mutant::Planted(_)));
    let is_convicted = |mutant: &Mutant| {
        let gateway = GatewayName::Mutant(*mutant);
        let mut expected = catalogue.scenarios().filter_map(|file| file.expect.get(&gateway));
        expected.any(|expected| matches!(expected, Expectation::Convicted(_)))
    };
    let escaped: Vec<&str> = planted.filter(|m| !is_convicted(m)).map(Mutant::name).collect();
    assert_eq!(escaped, Vec::<&str>::new());
}

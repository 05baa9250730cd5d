//! What a build of the real gateway had of its own is what convicts it: each scenario that was
//! written for one is run as it is written, and the gateway breaks there, for that chat or that
//! message, what another one that differs in nothing else does not.
//!
//! The matrices of the catalogue say more about these gateways than that: an era loses in many
//! windows what no policy of its own is to blame for.

mod cases;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use cases::{CASES, Case};
use scenarios::catalogue::Catalogue;
use scenarios::gateways::hermes::Variant;
use scenarios::registry::GatewayName;
use sim::direct::run;
use sim::explore::{Deaths, Search, matrix};
use sim::hub::Keep;
use sim::oracle::{OracleId, Violation, judge};
use sim::plan::Plan;
use sim::script::Script;
use sim::world::World;

fn plan_of(catalogue: &Catalogue, name: &str) -> Plan {
    let found = catalogue.find(name).expect("the catalogue has it");
    found.scenario().plan.clone()
}

/// What a gateway breaks in a plan as it is written, its own kills included.
fn broken(plan: &Plan, gateway: GatewayName) -> Vec<Violation> {
    let world = World::new(Arc::new(Script::new(plan)));
    judge(&run(world, &*gateway.make(plan), Keep::Nothing).world)
}

/// What a gateway breaks of what a case is about.
fn of_case(case: &Case, plan: &Plan, gateway: GatewayName) -> Option<String> {
    let mut found = broken(plan, gateway).into_iter().filter(|violation| {
        violation.oracle == case.oracle && violation.what.starts_with(case.subject)
    });
    found.next().map(|violation| violation.what)
}

#[test]
fn every_gateway_breaks_what_its_race_is_about_and_the_one_without_it_does_not() {
    let catalogue = Catalogue::embedded().expect("its own files");
    let mut table = "scenario | gateway | oracle | what | not broken by\n".to_owned();
    let mut surprises = Vec::new();
    for case in CASES {
        let plan = plan_of(&catalogue, case.scenario);
        let Case { scenario, gateway, oracle, without, .. } = case;
        match of_case(case, &plan, *gateway) {
            Some(what) => {
                writeln!(table, "{scenario} | {gateway} | {oracle} | {what} | {without}")
                    .expect("a string");
            }
            None => surprises.push(format!("{scenario}: {gateway} does not break {oracle}")),
        }
        if let Some(what) = of_case(case, &plan, *without) {
            surprises.push(format!("{scenario}: {without} breaks {oracle} as well: {what}"));
        }
        let core = broken(&plan, GatewayName::Core);
        if !core.is_empty() {
            surprises.push(format!("{scenario}: core: {core:?}"));
        }
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
    insta::assert_snapshot!("races_of_eras", table);
}

#[test]
fn every_variant_has_a_case() {
    let convicted: BTreeSet<GatewayName> = CASES.iter().map(|case| case.gateway).collect();
    let without: BTreeSet<GatewayName> = CASES.iter().map(|case| case.without).collect();
    let named: BTreeSet<GatewayName> = FIXES.iter().map(|fix| fix.without).collect();
    for variant in Variant::ALL.iter().copied().map(GatewayName::Variant) {
        let has = [&convicted, &without, &named].iter().any(|set| set.contains(&variant));
        assert!(has, "{variant} is in no case");
    }
}

/// A fix of the real gateway that made a new bug.
struct Fix {
    name: &'static str,
    fixed: GatewayName,
    without: GatewayName,
    scenario: &'static str,
    oracle: OracleId,
}

const FIXES: [Fix; 5] = [
    Fix {
        name: "freshness gate (#56264)",
        fixed: GatewayName::Variant(Variant::FreshnessGate),
        without: GatewayName::HermesE2,
        scenario: "r058-freshness-gate-discards",
        oracle: OracleId::SameConversation,
    },
    Fix {
        name: "inbound gate (#46074)",
        fixed: GatewayName::Variant(Variant::GateWaits),
        without: GatewayName::Variant(Variant::NoGate),
        scenario: "r054-slow-resume-silences-all",
        oracle: OracleId::NothingLost,
    },
    Fix {
        name: "clean receipt (#8299)",
        fixed: GatewayName::HermesE0,
        without: GatewayName::Variant(Variant::NoReceipt),
        scenario: "r002-slow-drain-wipes-idle",
        oracle: OracleId::SameConversation,
    },
    Fix {
        name: "zero drain (#54066)",
        fixed: GatewayName::Variant(Variant::ZeroDrain),
        without: GatewayName::HermesE2,
        scenario: "r021-zero-drain",
        oracle: OracleId::NothingLost,
    },
    Fix {
        name: "zero drain (#54066), for jobs",
        fixed: GatewayName::Variant(Variant::ZeroDrain),
        without: GatewayName::HermesE2,
        scenario: "r109-zero-drain-cuts-the-job",
        oracle: OracleId::SameConversation,
    },
];

#[test]
fn four_fixes_made_bugs_that_neither_the_unfixed_gateway_nor_the_core_has() {
    let catalogue = Catalogue::embedded().expect("its own files");
    for Fix { name, fixed, without, scenario, oracle } in FIXES {
        let plan = plan_of(&catalogue, scenario);
        let breaks = |gateway| broken(&plan, gateway).iter().any(|v| v.oracle == oracle);
        assert!(breaks(fixed), "{name}: {fixed} does not break {oracle}");
        assert!(!breaks(without), "{name}: {without} breaks {oracle} without it");
        let core = GatewayName::Core.make(&plan);
        let judged = matrix(&plan, &*core, &Search::new(Deaths::Both));
        assert!(judged.summary.is_clean(), "{name}: core: {:?}", judged.findings);
    }
}

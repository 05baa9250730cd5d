//! Campaigns of random plans: the core comes through, whoever is broken is found out, what is
//! found is explicit, and a run is the same wherever it is done again.

mod detection;
mod fields;
mod goals;
mod leaks;
mod network;

use std::collections::BTreeSet;

use gateway_core::env::Gateway;
use scenarios::phases;
use scenarios::real::on_fresh_thread;
use scenarios::registry::GatewayName;
use sim::campaign::{Attempt, Hooks, Tally, account, attempt, differ, draft};
use sim::coverage::{Goal, Goals, Phases};
use sim::explore::Deaths;
use sim::oracle::OracleId;
use sim::plan::{Plan, Stage};
use sim::rerun::rerun;

/// The plans of the tests: the same in every run, so that a test does not fail today because of a
/// plan that it did not try yesterday. `holdfast swarm` tries others.
const SEED: u64 = 27_856;

/// A gateway by its name.
pub(crate) struct Named(pub(crate) GatewayName);

impl Hooks for Named {
    fn gateway(&self, plan: &Plan) -> Box<dyn Gateway> {
        self.0.make(plan)
    }

    fn deaths(&self) -> Deaths {
        self.0.deaths()
    }

    fn phases(&self) -> Phases {
        phases::of(self.0)
    }

    fn begins(&mut self, _: &Plan) {}
}

fn try_one(gateway: GatewayName, number: u64) -> Attempt {
    attempt(&draft(SEED, number, Stage::Direct), &mut Named(gateway))
}

#[test]
fn the_core_comes_through_a_thousand_plans_that_meet_every_goal() {
    let (mut goals, mut tally) = (Goals::default(), Tally::default());
    for number in 0..1_000 {
        let tried = try_one(GatewayName::Core, number);
        let text = toml::to_string(&tried.plan).expect("a plan is plain data");
        assert!(tried.passed(), "plan {number}: {:?}\n{text}", tried.violations);
        goals.add(tried.goals.met());
        tally.add(&tried.tally);
    }
    let missing: Vec<&str> =
        goals.missing(Stage::Direct, phases::of(GatewayName::Core)).map(Goal::name).collect();
    assert_eq!(missing, Vec::<&str>::new(), "never reached");
    assert_eq!(tally.never_delivered(), Vec::<&str>::new(), "planned and never delivered");
}

#[test]
fn what_a_campaign_finds_is_found_again_from_the_start() {
    let mut found = 0;
    for gateway in [GatewayName::HermesE1, GatewayName::MarksOnly] {
        for number in 0..30 {
            let Attempt { plan, violations, .. } = try_one(gateway, number);
            let oracles: Vec<OracleId> = violations.iter().map(|v| v.oracle).collect();
            let again = rerun(&plan, &*gateway.make(&plan), &oracles);
            let text = toml::to_string(&plan).expect("a plan is plain data");
            assert_eq!(again.violations, violations, "{gateway}, plan {number}:\n{text}");
            found += usize::from(!violations.is_empty());
        }
    }
    assert!(found > 20, "only {found} plans broke anything");
}

#[test]
fn a_plan_is_the_same_on_a_fresh_thread() {
    for number in 0..60 {
        let Attempt { plan, .. } = try_one(GatewayName::Core, number);
        let tell = || account(&plan, &*GatewayName::Core.make(&plan));
        let here = tell();
        let there = on_fresh_thread(tell);
        assert_eq!(differ(&here, &there), None, "plan {number}");
    }
}

#[test]
fn drafts_differ_from_number_to_number_and_never_from_run_to_run() {
    for stage in Stage::ALL {
        let draft = |seed, number| draft(seed, number, stage);
        let plans: BTreeSet<String> = (0..100).map(|n| format!("{:?}", draft(SEED, n))).collect();
        assert_eq!(plans.len(), 100);
        assert_eq!(draft(SEED, 7), draft(SEED, 7));
        assert_ne!(draft(SEED, 7), draft(SEED + 1, 7));
    }
}

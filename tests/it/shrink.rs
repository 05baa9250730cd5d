//! The shrinker: whatever it is given, it hands back a plan that breaks the same statement, is no
//! larger, and cannot be shrunk again.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use scenarios::catalogue::Catalogue;
use scenarios::gateways::mutants::Mutant;
use scenarios::input::File;
use scenarios::registry::GatewayName;
use scenarios::report::capsule;
use sim::explore::{Deaths, Search, matrix};
use sim::oracle::OracleId;
use sim::plan::{Moment, Outcome, Plan, brief};
use sim::rerun::rerun;
use sim::shrink::{Budget, Parts, Shrunk, Size, shrink};
use sim::strategy::plans;
use sim::time::Ms;

/// More than any of these needs.
const BUDGET: Budget = Budget { runs: 20_000 };

fn shrunk(plan: &Plan, gateway: GatewayName, oracle: OracleId) -> Shrunk {
    let make = |plan: &Plan| gateway.make(plan);
    let shrunk = shrink(plan, &make, oracle, BUDGET, &mut |_| ());
    shrunk.unwrap_or_else(|| panic!("{gateway} does not break {oracle}:\n{}", brief(plan)))
}

/// What has to hold for every failure.
fn holds(plan: &Plan, gateway: GatewayName, oracle: OracleId) -> Shrunk {
    let found = shrunk(plan, gateway, oracle);
    let Shrunk { plan: small, violation, runs, exhausted } = &found;
    let text = brief(small);
    let case = format!("{gateway}, {oracle}, {runs} runs, from\n{}\nto\n{text}", brief(plan));
    assert!(!exhausted, "the budget ended it: {case}");
    assert!(Size::of(small) <= Size::of(plan), "it is larger: {case}");
    let again = rerun(small, &*gateway.make(small), &[oracle]);
    assert!(again.violations.contains(violation), "it breaks {:?}: {case}", again.violations);
    assert_eq!(violation.oracle, oracle, "{case}");
    let saved = capsule::wrap(gateway.name(), vec![oracle], small, None).to_toml();
    if let Err(error) = File::parse("shrunk.toml", &saved) {
        panic!("no file may hold it: {error}: {case}");
    }
    let second = shrunk(small, gateway, oracle);
    assert_eq!(brief(&second.plan), text, "it can be shrunk again: {case}");
    found
}

/// The finding of an oracle in the matrix of a plan.
fn finding(plan: &Plan, gateway: GatewayName, oracle: OracleId, search: &Search) -> Option<Plan> {
    let matrix = matrix(plan, &*gateway.make(plan), search);
    matrix.findings.get(&oracle).map(|finding| finding.plan.clone())
}

fn scenario(name: &str) -> Plan {
    let catalogue = Catalogue::embedded().expect("its own files");
    catalogue.find(name).expect("it is there").scenario().plan.clone()
}

#[test]
fn the_bug_this_began_with_is_one_message_and_one_death_at_round_times() {
    let gateway = GatewayName::HermesE1;
    let oracle = OracleId::NothingLost;
    let search = Search::new(Deaths::Process);
    let found = finding(&scenario("027856-killed-in-drain"), gateway, oracle, &search);
    let Shrunk { plan, .. } = holds(&found.expect("it is found"), gateway, oracle);
    let text = brief(&plan);
    let parts = Parts::of(&plan);
    assert_eq!((parts.messages, parts.chats, parts.faults), (1, 1, 0), "{text}");
    assert!(parts.stops <= 1 && parts.kills <= 1, "{text}");
    assert!(plan.kills.iter().all(|kill| matches!(kill.moment, Moment::At(_))), "{text}");
    let round = |at: &Ms| at.0.is_multiple_of(10_000);
    let stops = plan.stops.iter().map(|stop| stop.at);
    let kills = plan.kills.iter().filter_map(|kill| match kill.moment {
        Moment::At(at) => Some(at),
        Moment::After { .. } | Moment::Before { .. } => None,
    });
    let times = plan.messages.iter().map(|message| message.at).chain(stops).chain(kills);
    assert!(times.chain([plan.horizon]).all(|at| round(&at)), "{text}");
    for word in ["settings", "platform", "supervisor", "seed", "in_flight"] {
        assert!(!text.contains(word), "{text}");
    }
}

#[test]
fn every_finding_of_a_story_with_two_deaths_in_a_row_stays_what_it_is() {
    let gateway = GatewayName::MarksOnly;
    let plan = scenario("clean-restart");
    let search = Search::new(Deaths::Process).twice();
    let matrix = matrix(&plan, &*gateway.make(&plan), &search);
    for (oracle, finding) in &matrix.findings {
        holds(&finding.plan, gateway, *oracle);
    }
}

/// Plans that nobody wrote, the same in every run of the tests. None in which a turn kills every
/// boot: some gateways then boot until the horizon, in each of a matrix's thousand continuations.
fn generated(count: usize) -> Vec<Plan> {
    let kills = |plan: &Plan| plan.messages.iter().any(|m| m.turn.outcome == Outcome::KillProcess);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[27; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut next = || plans().new_tree(&mut runner).expect("plans can be made").current();
    std::iter::repeat_with(&mut next).filter(|plan| !kills(plan)).take(count).collect()
}

/// Shrinks the first findings of a gateway in plans that nobody wrote.
fn shrink_findings(gateway: GatewayName, plans: &[Plan], search: &Search) -> usize {
    let mut shrunk = 0;
    for plan in plans {
        let matrix = matrix(plan, &*gateway.make(plan), search);
        for (oracle, finding) in matrix.findings.iter().take(2) {
            holds(&finding.plan, gateway, *oracle);
            shrunk += 1;
        }
    }
    shrunk
}

#[test]
fn what_is_found_in_plans_that_nobody_wrote_shrinks_to_the_same() {
    let plans = generated(8);
    for gateway in [GatewayName::HermesE1, GatewayName::HermesE2] {
        let shrunk = shrink_findings(gateway, &plans, &Search::new(Deaths::Process));
        assert!(shrunk > 3, "{gateway} breaks too little: {shrunk}");
    }
    let marks_only = GatewayName::MarksOnly;
    assert!(shrink_findings(marks_only, &plans, &Search::new(Deaths::Both)) > 2);
}

#[test]
fn what_convicts_a_mutant_shrinks_to_the_same() {
    let plan = scenario("027856-killed-in-drain");
    let mut convicted = 0;
    for mutant in Mutant::OUTSIDE {
        let gateway = GatewayName::Mutant(mutant);
        let matrix = matrix(&plan, &*gateway.make(&plan), &Search::new(Deaths::Both));
        if let Some((oracle, finding)) = matrix.findings.iter().next() {
            holds(&finding.plan, gateway, *oracle);
            convicted += 1;
        }
    }
    assert!(convicted >= 3, "only {convicted} mutants are convicted here");
}

#[test]
fn a_plan_that_breaks_nothing_is_not_shrunk() {
    let plan = scenario("clean-restart");
    let make = |plan: &Plan| GatewayName::Core.make(plan);
    let shrunk = shrink(&plan, &make, OracleId::NothingLost, BUDGET, &mut |_| ());
    assert!(shrunk.is_none());
}

#[test]
fn a_budget_that_is_spent_is_told_and_its_best_plan_still_breaks_the_same() {
    let gateway = GatewayName::HermesE1;
    let oracle = OracleId::NothingLost;
    let search = Search::new(Deaths::Process);
    let plan = finding(&scenario("027856-killed-in-drain"), gateway, oracle, &search);
    let plan = plan.expect("it is found");
    let mut heard = 0;
    let make = |plan: &Plan| gateway.make(plan);
    let budget = Budget { runs: 5 };
    let shrunk = shrink(&plan, &make, oracle, budget, &mut |_| heard += 1).expect("it breaks");
    assert!(shrunk.exhausted && heard > 0);
    assert!(Size::of(&shrunk.plan) <= Size::of(&plan));
    let again = rerun(&shrunk.plan, &*gateway.make(&shrunk.plan), &[]);
    assert!(again.violations.contains(&shrunk.violation));
}

//! Every scenario, judged as its file says: each gateway is convicted of exactly the oracles that
//! the file lists, and the core of none, however often its recovery is killed. And everything that
//! a file plans happens to each gateway that it judges, unless it says that it may not.

use std::collections::BTreeSet;

use scenarios::catalogue::Catalogue;
use scenarios::registry::GatewayName;
use sim::delivered::Planned;
use sim::explore::{Deaths, Search, matrix};
use sim::oracle::OracleId;
use sim::parity;
use sim::plan::Stage;

/// How what the files say differs from what the matrices of the scenarios on a stage find.
fn surprises(stage: Stage) -> Vec<String> {
    let catalogue = Catalogue::embedded().expect("its own files");
    let mut surprises = Vec::new();
    for scenario in catalogue.scenarios().filter(|scenario| scenario.plan.stage == stage) {
        for (gateway, expected) in &scenario.expect {
            let made = gateway.make(&scenario.plan);
            let matrix = matrix(&scenario.plan, &*made, &Search::new(gateway.deaths()));
            let found: BTreeSet<OracleId> = matrix.findings.keys().copied().collect();
            if let Some(surprise) = expected.surprise(&found) {
                surprises.push(format!("{} with {gateway}: {surprise}", scenario.name));
            }
            let plan = scenario.plan.without_probes();
            let untested = scenario.may_not_fire.untested(*gateway, &plan, &matrix.missing());
            let lines = untested.map(|untested| untested.lines(&scenario.path, *gateway));
            surprises.extend(lines.into_iter().flatten());
        }
    }
    surprises
}

#[test]
fn every_gateway_is_convicted_of_what_its_files_list_and_of_nothing_else() {
    assert_eq!(surprises(Stage::Direct), Vec::<String>::new());
}

#[test]
fn on_the_network_too_every_gateway_is_convicted_of_what_its_files_list() {
    assert_eq!(surprises(Stage::Network), Vec::<String>::new());
}

#[test]
fn the_core_survives_a_second_kill_in_every_recovery_of_a_small_scenario() {
    assert_eq!(killed_twice(0), Vec::<String>::new());
}

#[test]
fn the_core_survives_a_second_kill_in_the_recoveries_of_the_other_small_ones_too() {
    assert_eq!(killed_twice(1), Vec::<String>::new());
}

/// A second kill is tried where the first has no more continuations than this. Two kills cost the
/// square of one: the rest takes longer than all other tests, and is tried each night by
/// `holdfast check --depth 2`.
const CONTINUATIONS_MAX: u64 = 300;

/// What convicts the core when its recovery is killed as well, in every second small scenario from
/// one on: the two halves of the longest test run side by side.
fn killed_twice(from: usize) -> Vec<String> {
    let catalogue = Catalogue::embedded().expect("its own files");
    // On the network stage each is a run from the start: `link_cross` kills a few twice there.
    let direct = catalogue.scenarios().filter(|scenario| {
        scenario.plan.stage == Stage::Direct && scenario.expect.contains_key(&GatewayName::Core)
    });
    let (mut found, mut tried) = (Vec::new(), 0);
    for scenario in direct.skip(from).step_by(2) {
        let made = GatewayName::Core.make(&scenario.plan);
        let search = Search::new(Deaths::Both);
        if matrix(&scenario.plan, &*made, &search).summary.distinct > CONTINUATIONS_MAX {
            continue;
        }
        tried += 1;
        let matrix = matrix(&scenario.plan, &*made, &search.twice());
        if !matrix.findings.is_empty() {
            found.push(format!("{}: {:?}", scenario.name, matrix.findings));
        }
    }
    assert!(tried > 50, "{tried} scenarios are small");
    found
}

/// A plan whose stop comes while no process lives is not about that stop any more, and its story
/// stays true of nothing: nobody would notice.
#[test]
fn all_that_a_scenario_has_in_store_happens_to_a_gateway_that_it_names() {
    let catalogue = Catalogue::embedded().expect("its own files");
    let mut idle = Vec::new();
    for scenario in catalogue.scenarios() {
        let plan = &scenario.plan;
        let mut missing = Planned::all(plan);
        for gateway in scenario.expect.keys() {
            if missing.is_empty() {
                break;
            }
            let world = parity::play(plan, plan.stage, &*gateway.make(plan)).world;
            missing.retain(|planned| world.delivered().count(*planned) == 0);
        }
        let told = |planned: &Planned| format!("{}: {}", scenario.name, planned.describe(plan));
        idle.extend(missing.iter().map(told));
    }
    assert_eq!(idle, Vec::<String>::new());
}

#[test]
fn there_are_twelve_scenarios_around_premark_drain_and_clear() {
    let catalogue = Catalogue::embedded().expect("its own files");
    let stopping = catalogue.scenarios().filter(|scenario| !scenario.plan.stops.is_empty());
    assert!(stopping.count() >= 12);
}

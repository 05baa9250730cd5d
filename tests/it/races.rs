//! The catalogue of races and the scenarios agree: each race in scope is shown by a scenario, and
//! each scenario is of the kind that its race is.
//!
//! The page for people is `docs/races.md`; it is made here.

use std::collections::BTreeMap;
use std::path::Path;

use scenarios::catalogue::Catalogue;
use scenarios::input::Scenario;
use scenarios::races::{Races, Triage};
use scenarios::report::race_page::{Smallest, lead, page};
use sim::explore::{Search, matrix};
use sim::plan::{Plan, Stage};
use sim::shrink::{Budget, Parts, shrink};

/// How far a plan is shrunk for the page. Most are done long before.
const BUDGET: Budget = Budget { runs: 600 };

/// The same where each run ticks through every millisecond: the plan as it was found, less whatever
/// can be left out at once.
const NETWORK_BUDGET: Budget = Budget { runs: 24 };

/// Where the page is, seen from the root of the workspace.
const PAGE: &str = "docs/races.md";

fn both() -> (Races, Catalogue) {
    let catalogue = Catalogue::embedded().expect("the scenarios are good");
    (Races::embedded().expect("the races are good"), catalogue)
}

#[test]
fn every_race_in_scope_has_a_scenario_or_is_known_to_lack_one() {
    let (races, catalogue) = both();
    let mut wrong = Vec::new();
    for race in races.iter().filter(|race| race.triage == Triage::InScope) {
        let shown = catalogue.showing(race.id).next().is_some();
        match (shown, race.missing) {
            (false, false) => wrong.push(format!("{}: no scenario's source names it", race.id)),
            (true, true) => wrong.push(format!("{}: shown, remove `missing`", race.id)),
            (true, false) | (false, true) => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_scenario_is_of_the_category_of_the_race_that_it_names_first() {
    let (races, catalogue) = both();
    let mut wrong = Vec::new();
    for scenario in catalogue.scenarios() {
        let name = &scenario.name;
        for (index, id) in scenario.races().into_iter().enumerate() {
            match races.find(id) {
                None => wrong.push(format!("{name}: there is no {id}")),
                Some(race) if race.triage != Triage::InScope => {
                    wrong.push(format!("{name}: {id} is not in scope"));
                }
                Some(race) if index == 0 && race.category.name() != scenario.category => {
                    let category = race.category.name();
                    wrong.push(format!("{name}: {id} is of the category {category}"));
                }
                Some(_) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The smallest plan for the lead of a scenario, if it has one.
fn smallest(scenario: &Scenario) -> Option<Smallest> {
    let (gateway, oracle) = lead(scenario)?;
    let plan = &scenario.plan;
    let found = matrix(plan, &*gateway.make(plan), &Search::new(gateway.deaths()));
    let found = found.findings.get(&oracle)?;
    let make = |plan: &Plan| gateway.make(plan);
    let budget = if plan.stage == Stage::Network { NETWORK_BUDGET } else { BUDGET };
    let shrunk = shrink(&found.plan, &make, oracle, budget, &mut |_| ())?;
    Some(Smallest { gateway, oracle, phase: found.phase, parts: Parts::of(&shrunk.plan) })
}

#[test]
fn the_page_of_races_says_what_the_scenarios_show() {
    let (races, catalogue) = both();
    let mut found = BTreeMap::new();
    for scenario in catalogue.scenarios().filter(|scenario| !scenario.races().is_empty()) {
        found.extend(smallest(scenario).map(|smallest| (scenario.name.clone(), smallest)));
    }
    let page = page(&races, &catalogue, &found);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PAGE);
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&path).expect("the page is there");
    let differs = written.lines().zip(page.lines()).find(|(written, made)| written != made);
    let why = "`INSTA_UPDATE=always cargo test -p tests --test holdfast races` writes it anew";
    assert!(written == page, "{PAGE} is not what the scenarios show: {differs:#?}: {why}");
}

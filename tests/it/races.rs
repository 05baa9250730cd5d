//! The catalogue of races and the scenarios agree: each race in scope is shown by a scenario, and
//! each scenario is of the kind that its race is.

use scenarios::catalogue::Catalogue;
use scenarios::races::{Races, Triage};

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

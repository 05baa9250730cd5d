//! The page of races: what was reported, which scenario shows it, and who is convicted of it.
//!
//! Values in, text out: the numbers are found by whoever has run the scenarios.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sim::oracle::OracleId;
use sim::shrink::Parts;

use crate::catalogue::Catalogue;
use crate::expectation::{Expectation, names};
use crate::input::Scenario;
use crate::races::{Race, Races, Triage};
use crate::registry::GatewayName;

/// The smallest plan that was found to break an oracle's statement with a gateway.
#[derive(Clone, Copy, Debug)]
pub struct Smallest {
    /// The gateway.
    pub gateway: GatewayName,
    /// The oracle.
    pub oracle: OracleId,
    /// The phase in which its scenario was killed to show it; none if nobody had to be killed.
    pub phase: Option<&'static str>,
    /// What the plan consists of.
    pub parts: Parts,
}

/// Which conviction of a scenario stands for the others where there is room for one: that of its
/// first gateway by the oracle by which its story shows, or else by the gravest.
pub fn lead(scenario: &Scenario) -> Option<(GatewayName, OracleId)> {
    scenario.expect.iter().find_map(|(gateway, expected)| match (scenario.shows, expected) {
        (_, Expectation::Acquitted) => None,
        (Some(shows), expected) => expected.convicts_of(shows).then_some((*gateway, shows)),
        (None, Expectation::Convicted(oracles)) => {
            let gravest = oracles.iter().min_by_key(|oracle| oracle.gravity())?;
            Some((*gateway, *gravest))
        }
    })
}

/// The page. `smallest` has what was found for the lead of a scenario, by its name.
pub fn page(races: &Races, catalogue: &Catalogue, smallest: &BTreeMap<String, Smallest>) -> String {
    let mut page = HEAD.to_owned();
    page.push_str(&numbers(races, catalogue));
    page.push_str("\n## In scope\n\n");
    page.push_str(
        "| race | what happens | reported | category | scenario | convicted | shows by | killed in \
         | smallest plan | core |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for race in races.iter().filter(|race| race.triage == Triage::InScope) {
        let mut shown = catalogue.showing(race.id).peekable();
        if shown.peek().is_none() {
            row(&mut page, race, ["none yet", "", "", "", "", ""]);
        }
        for scenario in shown {
            let [by, phase, parts] = smallest.get(&scenario.name).map(told).unwrap_or_default();
            let core = scenario.expect.get(&GatewayName::Core).map(ToString::to_string);
            let name = format!("`{}`", scenario.name);
            let core = core.unwrap_or_default();
            row(&mut page, race, [&name, &convicted(scenario), &by, &phase, &parts, &core]);
        }
    }
    page.push_str("\n## Merged\n\n| race | what happens | reported | category | see |\n");
    page.push_str("| --- | --- | --- | --- | --- |\n");
    for race in races.iter() {
        if let Triage::Merged(into) = race.triage {
            row(&mut page, race, [&into.to_string()]);
        }
    }
    page.push_str("\n## Out of scope\n\n| race | what happens | reported | category | why |\n");
    page.push_str("| --- | --- | --- | --- | --- |\n");
    for race in races.iter() {
        if let Triage::OutOfScope(why) = &race.triage {
            row(&mut page, race, [why]);
        }
    }
    page
}

const HEAD: &str = "\
# Races

Every failure of the reference collection, and what became of it here. The data is in
`scenarios/races.toml` and in `scenarios/files/`; `tests/it/races.rs` makes this page of them and
holds it to them. `INSTA_UPDATE=always cargo test -p tests --test holdfast races` writes it anew.

*Convicted* lists the gateways that a scenario's whole kill matrix convicts, and of what: exactly
these oracles, as `tests/it/catalogue.rs` checks. *Shows by* is the oracle by which the story shows,
and the gateway that is looked at here; *killed in* is the phase in which it dies for that, in the
kill nearest to the one that the scenario tells of. The *smallest plan* is what the shrinker makes
of that: how many messages, stops, kills and faults it takes. *core* is the verdict over the whole
matrix, process kills and power losses.

";

/// How many there are of each kind.
fn numbers(races: &Races, catalogue: &Catalogue) -> String {
    let count = |wanted: &dyn Fn(&Race) -> bool| races.iter().filter(|race| wanted(race)).count();
    let in_scope = |race: &Race| race.triage == Triage::InScope;
    let shown = |race: &Race| in_scope(race) && catalogue.showing(race.id).next().is_some();
    let leads = |race: &Race| catalogue.showing(race.id).any(|shown| lead(shown).is_some());
    let merged = |race: &Race| matches!(race.triage, Triage::Merged(_));
    let rows = [
        ("races", count(&|_| true)),
        ("in scope", count(&in_scope)),
        ("shown by a scenario", count(&shown)),
        ("with a gateway that is convicted", count(&|race| shown(race) && leads(race))),
        ("merged into another", count(&merged)),
        ("out of scope", count(&|race| !in_scope(race) && !merged(race))),
    ];
    let mut table = "| | |\n| --- | ---: |\n".to_owned();
    for (what, number) in rows {
        writeln!(table, "| {what} | {number} |").expect("a string takes everything");
    }
    table
}

fn row<const N: usize>(page: &mut String, race: &Race, more: [&str; N]) {
    let Race { id, title, tracker, category, .. } = race;
    let category = category.name();
    writeln!(page, "| {id} | {title} | {tracker} | {category} | {} |", more.join(" | "))
        .expect("a string takes everything");
}

/// Who is convicted of what, those that are convicted of the same together.
fn convicted(scenario: &Scenario) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for (gateway, expected) in &scenario.expect {
        let Expectation::Convicted(oracles) = expected else { continue };
        let oracles = names(oracles, ", ");
        match groups.iter_mut().find(|(of, _)| *of == oracles) {
            Some((_, gateways)) => gateways.push(gateway.name()),
            None => groups.push((oracles, vec![gateway.name()])),
        }
    }
    let told = groups.iter().map(|(of, gateways)| format!("{}: {of}", gateways.join(", ")));
    told.collect::<Vec<_>>().join("; ")
}

fn told(smallest: &Smallest) -> [String; 3] {
    let Smallest { gateway, oracle, phase, parts } = smallest;
    let phase = phase.unwrap_or("nobody is");
    [format!("{oracle} ({gateway})"), phase.to_owned(), format!("{}: {parts}", parts.events())]
}

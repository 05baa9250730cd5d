//! `holdfast list`: the scenarios, the races, the gateways and the oracles.

use sim::oracle::{Kind, OracleId};

use super::app::App;
use super::args::Format;
use super::error::CliError;
use crate::catalogue::Catalogue;
use crate::gateways::claw::Sibling;
use crate::gateways::hermes::Variant;
use crate::gateways::mutants::Mutant;
use crate::gateways::saboteurs::Saboteur;
use crate::input::Scenario;
use crate::races::{Category, Races};
use crate::registry::GatewayName;
use crate::report::json::{RaceLine, ScenarioLine, write_event, write_line};
use crate::report::table;
use crate::status::Status;

pub(super) fn list(app: &mut App<'_>) -> Result<Status, CliError> {
    let catalogue = app.catalogue()?;
    match app.common.format {
        Format::Text => text(app, &catalogue)?,
        Format::Json => lines(app, &catalogue)?,
    }
    Ok(Status::Passed)
}

fn kind(oracle: OracleId) -> &'static str {
    match oracle.kind() {
        Kind::Safety => "safety",
        Kind::Liveness => "liveness",
    }
}

fn text(app: &mut App<'_>, catalogue: &Catalogue) -> Result<(), CliError> {
    let out = &mut *app.out;
    for (category, scenarios) in by_category(catalogue) {
        let mut rows = table::new(&[category, "source", "stage", "gateways"]);
        for scenario in scenarios {
            let gateways: Vec<&str> = scenario.expect.keys().map(|name| name.name()).collect();
            let (name, stage) = (scenario.name.as_str(), scenario.plan.stage.name());
            rows.add_row([name, &scenario.source, stage, &gateways.join(" ")]);
        }
        writeln!(out, "{rows}\n")?;
    }
    let mut gateways = table::new(&["gateway", "what it is"]);
    for gateway in GatewayName::ALL {
        gateways.add_row([gateway.name(), gateway.about()]);
    }
    let mut siblings = table::new(&["model or sibling", "what is missing"]);
    for sibling in Sibling::ALL {
        siblings.add_row([sibling.name(), sibling.about()]);
    }
    let mut variants = table::new(&["variant", "what is otherwise"]);
    for variant in Variant::ALL {
        variants.add_row([variant.name(), variant.about()]);
    }
    let mut mutants = table::new(&["mutant", "what is broken"]);
    for mutant in Mutant::all() {
        mutants.add_row([mutant.name(), mutant.about()]);
    }
    let mut saboteurs = table::new(&["saboteur", "what it does to the files of the core"]);
    for saboteur in Saboteur::all() {
        saboteurs.add_row([saboteur.name(), saboteur.about()]);
    }
    for list in [gateways, siblings, variants, mutants, saboteurs] {
        writeln!(out, "{list}\n")?;
    }
    writeln!(out, "oracles:\n")?;
    for oracle in OracleId::ALL {
        writeln!(out, "  {oracle} ({}): {}", kind(oracle), oracle.statement())?;
    }
    Ok(())
}

/// The scenarios in groups: first those of the categories of races, in their order, then others.
fn by_category(catalogue: &Catalogue) -> Vec<(&str, Vec<&Scenario>)> {
    let mut groups: Vec<(&str, Vec<&Scenario>)> =
        Category::ALL.map(|category| (category.name(), Vec::new())).into();
    for scenario in catalogue.scenarios() {
        let category = scenario.category.as_str();
        match groups.iter_mut().find(|(name, _)| *name == category) {
            Some((_, group)) => group.push(scenario),
            None => groups.push((category, vec![scenario])),
        }
    }
    groups.retain(|(_, group)| !group.is_empty());
    groups
}

fn lines(app: &mut App<'_>, catalogue: &Catalogue) -> Result<(), CliError> {
    let out = &mut *app.out;
    for scenario in catalogue.scenarios() {
        write_line(out, &ScenarioLine::new(scenario))?;
    }
    for race in Races::embedded()?.iter() {
        let scenarios = catalogue.showing(race.id).map(|scenario| scenario.name.as_str());
        write_line(out, &RaceLine::new(race, scenarios.collect()))?;
    }
    for gateway in GatewayName::ALL {
        let fields = [("name", gateway.name().into()), ("about", gateway.about().into())];
        write_event(out, "gateway", &fields)?;
    }
    for sibling in Sibling::ALL {
        let fields = [("name", sibling.name().into()), ("about", sibling.about().into())];
        write_event(out, "sibling", &fields)?;
    }
    for variant in Variant::ALL {
        let fields = [("name", variant.name().into()), ("about", variant.about().into())];
        write_event(out, "variant", &fields)?;
    }
    for mutant in Mutant::all() {
        let fields = [("name", mutant.name().into()), ("about", mutant.about().into())];
        write_event(out, "mutant", &fields)?;
    }
    for saboteur in Saboteur::all() {
        let fields = [("name", saboteur.name().into()), ("about", saboteur.about().into())];
        write_event(out, "saboteur", &fields)?;
    }
    for oracle in OracleId::ALL {
        let fields = [
            ("name", oracle.name().into()),
            ("kind", kind(oracle).into()),
            ("statement", oracle.statement().into()),
        ];
        write_event(out, "oracle", &fields)?;
    }
    Ok(())
}

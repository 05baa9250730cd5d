//! A file that somebody hands to the command: a scenario or a capsule.
//!
//! A capsule is a failure that was saved, with its trace; it can be replayed, or played again as a
//! scenario that its gateway must now survive.

use std::collections::BTreeMap;
use std::path::Path;

use sim::capsule::{Capsule, CapsuleError};

use super::bad_input::BadInput;
use super::document::{Document, Step};
use super::scenario::Scenario;
use super::{plan_check, suggest};
use crate::allowance::Allowances;
use crate::expectation::Expectation;
use crate::real;
use crate::registry::GatewayName;

/// What a file holds.
#[derive(Clone, Debug)]
pub enum File {
    /// A scenario.
    Scenario(Scenario),
    /// A capsule and its gateway, as a scenario, and as it is.
    Capsule(Scenario, GatewayName, Box<Capsule>),
}

impl File {
    /// Reads the text of a file; `path` is how people know it.
    ///
    /// # Errors
    ///
    /// If it is neither a scenario nor a capsule.
    pub fn parse(path: &str, text: &str) -> Result<File, BadInput> {
        let document = Document::parse(path, text)?;
        let name = Path::new(path).file_stem().map_or(path.into(), |stem| stem.to_string_lossy());
        // Every capsule says which layout it has, and no scenario does.
        if !document.has("format") {
            return Scenario::read(&name, &document).map(File::Scenario);
        }
        let capsule: Capsule = document.read()?;
        if let Err(error @ CapsuleError::Format { .. }) = Capsule::parse(text) {
            let remedy = "replay it with the version that wrote it";
            return Err(document.problem(&[Step::Key("format")], error.to_string(), remedy));
        }
        let gateway = capsule.gateway.parse::<GatewayName>().map_err(|_| {
            let known = GatewayName::every().map(GatewayName::name);
            let remedy = suggest::one_of(&capsule.gateway, known);
            let problem = format!("unknown gateway `{}`", capsule.gateway);
            document.problem(&[Step::Key("gateway")], problem, remedy)
        })?;
        plan_check::check(&document, &capsule.plan)?;
        Ok(File::Capsule(as_scenario(path, &name, gateway, &capsule), gateway, Box::new(capsule)))
    }

    /// What is to be played.
    pub fn scenario(&self) -> &Scenario {
        match self {
            File::Scenario(scenario) | File::Capsule(scenario, ..) => scenario,
        }
    }

    /// The gateway that is meant if nobody says which: the one that failed, or the core.
    pub fn gateway(&self) -> GatewayName {
        match self {
            File::Scenario(_) => GatewayName::Core,
            File::Capsule(_, gateway, _) => *gateway,
        }
    }
}

/// A capsule is a test from then on: its gateway must survive what once broke it.
fn as_scenario(path: &str, name: &str, gateway: GatewayName, capsule: &Capsule) -> Scenario {
    let oracles = capsule.violates.iter().map(|oracle| oracle.name()).collect::<Vec<_>>();
    Scenario {
        name: name.to_owned(),
        path: path.to_owned(),
        story: format!("Saved when {gateway} was convicted of {}.", oracles.join(", ")),
        source: format!("a capsule of Holdfast {}, commit {}", capsule.version, capsule.commit),
        category: "regression".to_owned(),
        shows: None,
        expect: BTreeMap::from([(gateway, Expectation::Acquitted)]),
        may_not_fire: Allowances::Anything,
        plan: capsule.plan.clone(),
    }
}

/// Reads a file.
///
/// # Errors
///
/// If it cannot be read, or is neither a scenario nor a capsule.
pub fn read_file(path: &Path) -> Result<File, BadInput> {
    let text = real::read(path).map_err(|error| {
        let problem = format!("{}: cannot be read: {error}", path.display());
        BadInput::argument(problem, "name a scenario (see `holdfast list`) or a readable file")
    })?;
    File::parse(&path.to_string_lossy(), &text)
}

/// Reads a file that must be a capsule.
///
/// # Errors
///
/// If it cannot be read, or is no capsule.
pub fn read_capsule(path: &Path) -> Result<(GatewayName, Capsule), BadInput> {
    match read_file(path)? {
        File::Capsule(_, gateway, capsule) => Ok((gateway, *capsule)),
        File::Scenario(_) => {
            let path = path.display();
            let problem = format!("{path}: a scenario has no trace to be compared with");
            let remedy = format!("`holdfast run {path}` plays it; replay is for capsules");
            Err(BadInput::argument(problem, remedy))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::oracle::OracleId;

    fn capsule(gateway: &str) -> String {
        let plan = "horizon = \"10s\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n";
        let plan = toml::from_str(plan).expect("a plan");
        let violates = vec![OracleId::NothingLost];
        Capsule::new("0.1.0", "unknown", gateway, violates, plan, None).to_toml()
    }

    #[test]
    fn a_capsule_becomes_a_scenario_that_its_gateway_must_survive() {
        let file = File::parse("dir/lost.toml", &capsule("hermes-e1")).expect("a capsule");
        assert_eq!(file.scenario().name, "lost");
        let expected = BTreeMap::from([(GatewayName::HermesE1, Expectation::Acquitted)]);
        assert_eq!(file.scenario().expect, expected);
        assert_eq!(file.gateway(), GatewayName::HermesE1);
    }

    #[test]
    fn a_capsule_of_an_unknown_gateway_is_refused() {
        let error = File::parse("x.toml", &capsule("cor")).expect_err("no such gateway");
        let near = "did you mean `core`, `core-resends-blindly`, `core-unfenced`?";
        assert!(error.to_string().contains(near), "{error}");
    }

    #[test]
    fn a_capsule_of_another_layout_is_refused() {
        let text = capsule("core").replacen("format = 1", "format = 9", 1);
        let error = File::parse("x.toml", &text).expect_err("another layout").to_string();
        assert!(error.starts_with("x.toml:1:10: capsule of format 9"), "{error}");
    }
}

//! Scenario files read as scenarios, every one of them.
//!
//! The reading here is stricter than the command line's in one thing: a scenario that lets the
//! core be convicted is refused, because there is no such scenario.

use std::collections::BTreeMap;

use serde::Deserialize;
use sim::oracle::OracleId;
use sim::plan::Plan;

use super::tree::{Finding, Source, Tree};

/// Where scenarios are.
const FILES: &str = "scenarios/files/";

/// A scenario file, as far as it matters here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    story: String,
    source: String,
    category: String,
    #[serde(rename = "shows")]
    _shows: Option<OracleId>,
    stage: String,
    expect: BTreeMap<String, Expected>,
    #[serde(default, rename = "may_not_fire")]
    _may_not_fire: BTreeMap<String, Vec<String>>,
    #[serde(rename = "plan")]
    _plan: Plan,
}

/// What is expected of a gateway.
#[derive(Deserialize, PartialEq)]
#[serde(untagged)]
enum Expected {
    Verdict(Acquitted),
    Convicted(Vec<OracleId>),
}

/// The only verdict that is a word.
#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Acquitted {
    Acquitted,
}

/// A scenario file reads, tells its story, and acquits the core.
pub(super) fn reads(file: &Source) -> Vec<Finding> {
    let Some(name) = name(file) else { return Vec::new() };
    let scenario = match toml::from_str::<Scenario>(&file.text) {
        Ok(scenario) => scenario,
        Err(error) => {
            let offset = error.span().map_or(0, |span| span.start.min(file.text.len()));
            let line = super::code::line_at(&file.text, offset);
            return vec![file.finding(line, error.message())];
        }
    };
    let mut findings = Vec::new();
    let Scenario { story, source, category, stage, expect, .. } = scenario;
    let said = [("story", story), ("source", source), ("category", category), ("stage", stage)];
    for (key, _) in said.iter().filter(|(_, value)| value.trim().is_empty()) {
        findings.push(file.finding(1, format!("`{key}` says nothing")));
    }
    if expect.get("core") != Some(&Expected::Verdict(Acquitted::Acquitted)) {
        findings.push(file.finding(1, "the core is acquitted everywhere: `core = \"acquitted\"`"));
    }
    for (gateway, expected) in &expect {
        if matches!(expected, Expected::Convicted(oracles) if oracles.is_empty()) {
            findings.push(file.finding(1, format!("`{gateway}` is convicted of nothing")));
        }
    }
    let kebab = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !name.bytes().all(kebab) {
        findings.push(file.finding(1, format!("`{name}` is not in lower case with hyphens")));
    }
    findings
}

/// The catalogue lists every scenario file, and nothing else. `listed` are its names.
pub(super) fn catalogue_agrees(tree: &Tree, listed: &[String]) -> Vec<Finding> {
    let files: BTreeMap<&str, &Source> =
        tree.files.iter().filter_map(|file| Some((name(file)?, file))).collect();
    let unlisted = files.iter().filter(|(name, _)| !listed.iter().any(|listed| listed == *name));
    let missing = listed.iter().filter(|listed| !files.contains_key(listed.as_str()));
    let unlisted = unlisted.map(|(_, file)| file.finding(1, "the catalogue does not list it"));
    let missing = missing.map(|listed| {
        Source::new(&format!("{FILES}{listed}.toml"), "").finding(1, "listed, and not there")
    });
    unlisted.chain(missing).collect()
}

/// The name of the scenario that a file holds; none if it holds none.
fn name(file: &Source) -> Option<&str> {
    file.path.strip_prefix(FILES)?.strip_suffix(".toml")
}

#[test]
fn a_scenario_that_is_none_is_found() {
    let head = "story = \"A.\"\nsource = \"B\"\ncategory = \"c\"\nstage = \"direct\"\n";
    let tail = "[plan]\nhorizon = \"1m\"\n";
    let check = |path: &str, text: &str| {
        let findings = reads(&Source::new(path, text));
        super::tree::lines(findings)
    };
    let (path, good) = ("scenarios/files/a-1.toml", "[expect]\ncore = \"acquitted\"\n");
    assert!(check(path, &format!("{head}{good}e1 = [\"NOTHING-LOST\"]\n{tail}")).is_empty());
    assert_eq!(check(path, &format!("{head}{good}e1 = [\"NO-SUCH\"]\n{tail}")).len(), 1);
    assert_eq!(check(path, &format!("{head}{good}e1 = []\n{tail}")), [1]);
    assert_eq!(check(path, &format!("{head}[expect]\ncore = [\"ORDER\"]\n{tail}")), [1]);
    assert_eq!(check(path, &format!("{head}[expect]\n{tail}")), [1]);
    assert_eq!(check(path, &format!("{head}{good}{tail}horizn = \"1m\"\n")), [9]);
    assert_eq!(check(path, &format!("{head}{good}")).len(), 1);
    let silent = head.replace("\"A.\"", "\" \"");
    assert_eq!(check(path, &format!("{silent}{good}{tail}")), [1]);
    assert_eq!(check("scenarios/files/A_1.toml", &format!("{head}{good}{tail}")), [1]);
    assert!(check("scenarios/Cargo.toml", "[package]\n").is_empty());
}

#[test]
fn a_catalogue_of_its_own_mind_is_found() {
    let files = ["scenarios/files/a.toml", "scenarios/files/b.toml", "Cargo.toml"];
    let files = files.map(|path| Source::new(path, "")).into();
    let tree = Tree { files, paths: Vec::new() };
    let check = |listed: &[&str]| {
        let listed: Vec<String> = listed.iter().map(|name| (*name).to_owned()).collect();
        let findings = catalogue_agrees(&tree, &listed);
        findings.into_iter().map(|finding| finding.path).collect::<Vec<_>>()
    };
    assert_eq!(check(&["a", "b"]), [""; 0]);
    assert_eq!(check(&["a"]), ["scenarios/files/b.toml"]);
    assert_eq!(check(&["a", "b", "c"]), ["scenarios/files/c.toml"]);
}

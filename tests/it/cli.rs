//! The command from end to end: arguments in, text and exit status out.
//!
//! It is called as its `main` calls it, with a directory of its own for what it writes and with
//! writers that can be read. A replay line is followed word by word.

use std::path::Path;

use scenarios::catalogue::Catalogue;
use scenarios::cli::execute;
use scenarios::gateways::claw::Sibling;
use scenarios::gateways::hermes::Variant;
use scenarios::gateways::mutants::Mutant;
use scenarios::gateways::saboteurs::Saboteur;
use scenarios::races::Races;
use scenarios::registry::GatewayName;
use scenarios::status::Status;
use serde_json::Value;
use sim::oracle::OracleId;
use tempfile::TempDir;

/// What the command said and how it ended.
struct Said {
    status: Status,
    out: String,
    err: String,
}

fn holdfast(root: &Path, arguments: &[&str]) -> Said {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let line: Vec<&str> = ["holdfast"].into_iter().chain(arguments.iter().copied()).collect();
    let status = execute(&line, root, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("it prints text");
    Said { status, out: text(out), err: text(err) }
}

fn directory() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

const SCENARIO: &str = r#"story = "s"
source = "R001"
category = "kill-window"
stage = "direct"

[expect]
core = "acquitted"
hermes-e1 = ["NOTHING-LOST"]

[plan]
horizon = "60s"

[[plan.message]]
at = "10s"
chat = "a"
"#;

/// What the command says to the scenario above, changed in one place.
fn refusal(from: &str, to: &str) -> String {
    let root = directory();
    let path = root.path().join("bad.toml");
    assert!(SCENARIO.contains(from), "{from} is not in the scenario");
    std::fs::write(&path, SCENARIO.replacen(from, to, 1)).expect("the directory is writable");
    let path = path.to_str().expect("its name is UTF-8");
    let said = holdfast(root.path(), &["matrix", path]);
    assert_eq!((said.status, said.status.code()), (Status::Usage, 2), "{}", said.err);
    assert_eq!(said.out, "", "nothing is run");
    let text = said.err.strip_prefix(path).expect("it begins with the path");
    text.to_owned()
}

#[test]
fn bad_input_is_told_with_its_place_and_what_was_expected() {
    let key = refusal("horizon", "horizom");
    assert!(key.starts_with(":11:1: unknown field `horizom`, expected"), "{key}");
    assert!(key.contains("did you mean `horizon`?"), "{key}");
    let gateway = refusal("core =", "coer =");
    assert!(gateway.starts_with(":7:1: unknown gateway `coer`"), "{gateway}");
    assert!(gateway.contains("did you mean `core`? expected one of `core`, `hermes-e0`"));
    let oracle = refusal("NOTHING-LOST", "NOTHING-LOSD");
    assert!(oracle.starts_with(":8:14: unknown oracle \"NOTHING-LOSD\""), "{oracle}");
    assert!(oracle.contains("did you mean `NOTHING-LOST`? expected one of"), "{oracle}");
    let unit = refusal("at = \"10s\"", "at = \"10 parsecs\"");
    assert!(unit.starts_with(":14:6: `10 parsecs` is not a span of time"), "{unit}");
    assert!(unit.contains("\"250ms\""), "{unit}");
}

#[test]
fn the_good_scenario_is_run() {
    let root = directory();
    let path = root.path().join("good.toml");
    std::fs::write(&path, SCENARIO).expect("the directory is writable");
    let said = holdfast(root.path(), &["matrix", path.to_str().expect("UTF-8")]);
    assert_eq!(said.status, Status::Passed, "{}{}", said.out, said.err);
}

#[test]
fn an_unknown_scenario_gateway_or_argument_is_a_usage_error() {
    let root = directory();
    let said = holdfast(root.path(), &["matrix", "027856-kiled-in-drain"]);
    assert_eq!(said.status, Status::Usage);
    assert!(said.err.contains("did you mean `027856-killed-in-drain`"), "{}", said.err);
    let said = holdfast(root.path(), &["run", "clean-restart", "--gateway", "hermes"]);
    assert_eq!(said.status, Status::Usage);
    assert!(said.err.contains("did you mean `hermes-e0`, `hermes-e1`"), "{}", said.err);
    let said = holdfast(root.path(), &["run"]);
    assert_eq!((said.status, said.out.as_str()), (Status::Usage, ""));
    assert!(said.err.contains("SCENARIO|FILE"), "{}", said.err);
}

/// Kills a gateway that loses sessions everywhere, and hands out the path of its replay line.
fn convict(root: &Path) -> String {
    let line = ["matrix", "027856-killed-in-drain", "--gateway", "hermes-e1"];
    let said = holdfast(root, &line);
    assert_eq!((said.status, said.status.code()), (Status::Unsafe, 10), "{}", said.err);
    let last = said.out.trim_end().lines().next_back().expect("a page");
    let path = last.trim().strip_prefix("cargo run --release -- replay ").expect("a replay line");
    let path = path.trim_matches('\'').to_owned();
    assert!(path.ends_with("027856-killed-in-drain-hermes-e1-nothing-lost.toml"), "{path}");
    path
}

#[test]
fn a_conviction_ends_with_a_line_that_replays_it() {
    let root = directory();
    let path = convict(root.path());
    let said = holdfast(root.path(), &["replay", &path]);
    assert_eq!(said.status, Status::Unsafe, "{}", said.err);
    let capsule = std::fs::read_to_string(&path).expect("the capsule is there");
    let capsule: toml::Table = capsule.parse().expect("it is TOML");
    let trace = capsule["trace"].as_str().expect("it holds a trace");
    assert!(trace.lines().count() > 50, "{trace}");
    assert!(said.out.starts_with(trace), "another trace is printed");
    assert!(said.out.contains("NOTHING-LOST violated: "), "{}", said.out);
    assert!(said.out.ends_with("replay: the same trace to the byte\n"), "{}", said.out);
}

#[test]
fn a_page_shows_the_shrunk_plan_and_where_it_was_found() {
    let root = directory();
    let line = ["matrix", "027856-killed-in-drain", "--gateway", "hermes-e1"];
    let said = holdfast(root.path(), &line);
    let (_, page) = said.out.split_once("\nNOTHING-LOST violated by hermes-e1").expect("a page");
    for part in
        ["\n  where:  ", "\n  found at:   boot 1, in the gap", "\n  shrunk:     from 3 mess"]
    {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    let (_, plan) = page.split_once("the shrunk plan, without").expect("it shows the plan");
    let (plan, _) = plan.split_once("what happened").expect("it shows the trace");
    assert_eq!(plan.matches("[[message]]").count(), 1, "{plan}");
    // Where the capsule lies is this test's own business.
    let lines = page.lines().filter(|line| !line.contains("cargo run"));
    assert!(lines.clone().all(|line| line.chars().count() <= 120), "{page}");
}

/// What `shrink` says to the capsule of a conviction, and the path of the capsule that it saves.
fn shrink(root: &Path, more: &[&str]) -> (Said, String) {
    let line = ["run", "unplanned-kill", "--gateway", "hermes-e1"];
    let said = holdfast(root, &line);
    let last = said.out.trim_end().lines().next_back().expect("it says how to replay it");
    let (_, path) = last.split_once("replay ").expect("a replay line");
    let path = path.trim_matches('\'');
    let arguments: Vec<&str> = ["shrink", path].into_iter().chain(more.iter().copied()).collect();
    (holdfast(root, &arguments), path.replace(".toml", "-shrunk.toml"))
}

#[test]
fn a_capsule_is_shrunk_to_a_scenario_and_a_capsule_that_replays() {
    let root = directory();
    let (said, path) = shrink(root.path(), &[]);
    assert_eq!(said.status, Status::Unsafe, "{}{}", said.out, said.err);
    let (_, file) = said.out.split_once("its story is yours to tell:\n\n").expect("a scenario");
    let file: Vec<&str> = file.lines().take_while(|line| !line.contains("violated by")).collect();
    let file = file.join("\n").replace("\n  ", "\n");
    let kept = root.path().join("kept.toml");
    std::fs::write(&kept, file.trim_start()).expect("the directory is writable");
    let listed = holdfast(root.path(), &["run", kept.to_str().expect("UTF-8")]);
    assert_ne!(listed.status, Status::Usage, "{}", listed.err);
    let replayed = holdfast(root.path(), &["replay", &path]);
    assert_eq!(replayed.status, Status::Unsafe, "{}", replayed.err);
    assert!(replayed.out.ends_with("replay: the same trace to the byte\n"), "{}", replayed.out);
}

#[test]
fn a_shrinking_in_json_has_a_line_for_each_step_and_one_at_the_end() {
    let root = directory();
    let (said, _) = shrink(root.path(), &["--format", "json", "--budget", "3000"]);
    assert_eq!(said.status, Status::Unsafe, "{}", said.err);
    let lines: Vec<&str> = said.out.lines().collect();
    let (last, steps) = lines.split_last().expect("it prints something");
    for step in steps {
        assert_eq!(keys(step)[..3], ["event", "runs", "parts"], "{step}");
    }
    let expected = [
        "event",
        "scenario",
        "gateway",
        "oracle",
        "what",
        "before",
        "after",
        "runs",
        "budget",
        "exhausted",
        "file",
        "replay",
        "exit",
    ];
    let object: Value = serde_json::from_str(last).expect("it is JSON");
    assert!(expected.iter().all(|key| object.get(key).is_some()), "{last}");
    assert_eq!((&object["event"], &object["exit"]), (&"shrunk".into(), &10.into()));
    assert!(object["runs"].as_u64() <= object["budget"].as_u64());
}

#[test]
fn what_breaks_nothing_is_not_shrunk_and_bad_input_is_told() {
    let root = directory();
    let said = holdfast(root.path(), &["shrink", "clean-restart"]);
    assert_eq!(said.status, Status::Passed, "{}", said.err);
    assert!(said.out.contains("breaks nothing as it is written"), "{}", said.out);
    let said = holdfast(root.path(), &["shrink", "clean-restart", "--oracle", "NOTHING-LOSD"]);
    assert_eq!(said.status, Status::Usage);
    assert!(said.err.contains("did you mean `NOTHING-LOST`"), "{}", said.err);
    let path = root.path().join("bad.toml");
    std::fs::write(&path, SCENARIO.replacen("horizon", "horizom", 1)).expect("it is writable");
    let said = holdfast(root.path(), &["shrink", path.to_str().expect("UTF-8")]);
    assert_eq!((said.status, said.out.as_str()), (Status::Usage, ""));
    assert!(said.err.contains("bad.toml:11:1: unknown field"), "{}", said.err);
}

#[test]
fn an_altered_capsule_diverges_at_its_first_altered_line() {
    let root = directory();
    let path = convict(root.path());
    let capsule = std::fs::read_to_string(&path).expect("the capsule is there");
    let before = "the supervisor starts the process";
    assert!(capsule.contains(before));
    let altered = capsule.replacen(before, "the supervisor sleeps", 1);
    std::fs::write(&path, altered).expect("it is writable");
    let said = holdfast(root.path(), &["replay", &path]);
    assert_eq!((said.status, said.status.code()), (Status::Diverged, 13));
    let (_, told) = said.out.split_once("replay: diverged at line ").expect("it says where");
    let told: Vec<&str> = told.lines().collect();
    assert!(told[0].parse::<usize>().is_ok(), "{told:?}");
    assert!(told[1].starts_with("  capsule: ") && told[1].ends_with("the supervisor sleeps"));
    assert!(told[2].starts_with("  now:     ") && told[2].ends_with(before), "{told:?}");
}

/// The keys of an object as they are written, which a parsed one no longer tells.
fn keys(line: &str) -> Vec<String> {
    let object: Value = serde_json::from_str(line).expect("a line is one object");
    let names = object.as_object().expect("an object").keys();
    let mut places: Vec<(usize, String)> =
        names.map(|key| (line.find(&format!("\"{key}\":")).expect(key), key.clone())).collect();
    places.sort();
    places.into_iter().map(|(_, key)| key).collect()
}

#[test]
fn a_matrix_in_json_ends_with_one_object() {
    let root = directory();
    let line = ["matrix", "027856-killed-in-drain", "--kill", "both", "--format", "json"];
    let said = holdfast(root.path(), &line);
    assert_eq!(said.status, Status::Passed, "{}", said.err);
    let last = said.out.lines().next_back().expect("it prints something");
    let expected = [
        "event",
        "scenario",
        "gateway",
        "effects",
        "kill_points",
        "images",
        "judged",
        "distinct",
        "violations",
        "seconds",
        "judged_per_second",
        "distinct_per_second",
        "transitions_per_second",
        "bounds_hit",
        "never_fired",
        "lints",
        "left_out",
        "recovery_left_out",
        "as_expected",
    ];
    assert_eq!(keys(last), expected);
    assert!(!last.contains(' '), "{last}");
    let object: Value = serde_json::from_str(last).expect("it is JSON");
    assert_eq!(object["event"], "matrix");
    assert_eq!(object["gateway"], "core");
    let violations = object["violations"].as_object().expect("an object");
    let oracles: Vec<&str> = OracleId::ALL.map(OracleId::name).to_vec();
    assert!(oracles.iter().all(|oracle| violations[*oracle] == 0), "{violations:?}");
    assert_eq!(violations.len(), oracles.len());
}

#[test]
fn a_list_in_json_has_a_line_for_each_scenario() {
    let root = directory();
    let said = holdfast(root.path(), &["list", "--format", "json"]);
    assert_eq!(said.status, Status::Passed);
    let events = |event: &str| {
        let start = format!("{{\"event\":\"{event}\",\"name\":\"");
        said.out.lines().filter(|line| line.starts_with(&start)).collect::<Vec<_>>()
    };
    let catalogue = Catalogue::embedded().expect("the scenarios are good");
    let scenarios = events("scenario");
    assert_eq!(scenarios.len(), catalogue.scenarios().count());
    for line in scenarios {
        let expected = ["event", "name", "source", "category", "stage", "gateways", "races"];
        assert_eq!(keys(line), expected);
    }
    let race = "{\"event\":\"race\",\"id\":\"R001\",\"title\":";
    assert_eq!(said.out.matches(race).count(), 1);
    let races = Races::embedded().expect("the races are good").iter().count();
    assert_eq!(said.out.matches("{\"event\":\"race\",").count(), races);
    assert!(
        said.out.contains("\"gateways\":{\"core\":\"acquitted\",\"hermes-e1\":\"NOTHING-LOST,")
    );
    assert_eq!(events("gateway").len(), GatewayName::ALL.len());
    assert_eq!(events("variant").len(), Variant::ALL.len());
    assert_eq!(events("sibling").len(), Sibling::ALL.len());
    assert_eq!(events("mutant").len(), Mutant::all().count());
    assert_eq!(events("saboteur").len(), Saboteur::all().count());
    assert_eq!(events("oracle").len(), OracleId::ALL.len());
    let names = ["scenario", "gateway", "variant", "sibling", "mutant", "saboteur", "oracle"];
    let names = names.map(|event| events(event).len());
    assert_eq!(names.iter().sum::<usize>() + races, said.out.lines().count());
}

#[test]
fn a_list_for_people_has_each_scenario_once_under_its_category() {
    let root = directory();
    let said = holdfast(root.path(), &["list"]);
    assert_eq!(said.status, Status::Passed);
    let catalogue = Catalogue::embedded().expect("the scenarios are good");
    let mut category = "";
    let mut listed = Vec::new();
    for line in said.out.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        match cells[..] {
            ["", first, "source", "stage", "gateways", ""] => category = first,
            ["", name, _, _, _, ""] if catalogue.find(name).is_some() => {
                listed.push((name, category));
            }
            _ => {}
        }
    }
    listed.sort_unstable();
    let scenarios = catalogue.scenarios();
    let mut expected: Vec<_> = scenarios.map(|s| (s.name.as_str(), s.category.as_str())).collect();
    expected.sort_unstable();
    assert_eq!(listed, expected);
}

#[test]
fn the_help_has_the_table_of_exit_codes() {
    let root = directory();
    let said = holdfast(root.path(), &["--help"]);
    assert_eq!(said.status, Status::Passed);
    let (_, table) = said.out.split_once("Exit codes:\n").expect("the help has a table");
    let told: Vec<(u8, String)> = table
        .lines()
        .filter_map(|line| line.trim().split_once("  "))
        .map(|(code, meaning)| (code.parse().expect("a code"), meaning.to_owned()))
        .collect();
    let expected = Status::ALL.map(|status| (status.code(), status.meaning().to_owned()));
    assert_eq!(told, expected);
}

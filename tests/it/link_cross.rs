//! Kills times faults of the network, and second deaths there: the core is acquitted, whoever
//! sends blindly or takes a file for a lock is not, and no fault is placed that never comes.

use std::collections::BTreeSet;

use scenarios::cli::execute;
use scenarios::registry::GatewayName;
use scenarios::status::Status;
use serde_json::Value;
use sim::explore::{Cross, Deaths, Finding, Search, cross, matrix};
use sim::oracle::OracleId;
use sim::plan::{LinkEffect, Plan};
use sim::rerun::rerun;

/// One chat at work, and nothing that goes wrong.
const QUIET: &str = "horizon = \"30s\"\nstage = \"network\"\n[[message]]\nat = \"1s\"\n\
                     chat = \"a\"\nturn = { steps = 2, step = \"1s\" }\n";

/// Somebody takes its place, and waits for as long as it takes.
const REPLACED: &str = "[[replace]]\nat = \"2s\"\npatience = \"20s\"\n";

fn plan(more: &str) -> Plan {
    let plan: Plan = toml::from_str(&format!("{QUIET}{more}")).expect("a plan");
    assert_eq!(plan.link_faults, [], "the faults are the cross's own");
    plan
}

fn gateway(name: &str) -> GatewayName {
    name.parse().expect("there is such a gateway")
}

fn few(points: usize) -> Search {
    Search { points, recovery_points: 2, ..Search::new(Deaths::Process) }
}

/// A small cross: each effect at up to so many moments, two kill points in each run.
fn crossed(plan: &Plan, gateway: GatewayName, faults: usize) -> Cross {
    cross(plan, &*gateway.make(plan), &few(2), faults, &mut |_, _| ())
}

/// Runs what was found again, from its plan alone: it breaks the same.
fn assert_explicit(finding: &Finding, gateway: GatewayName) {
    let Finding { plan, violation, .. } = finding;
    let again = rerun(plan, &*gateway.make(plan), &[violation.oracle]);
    assert!(again.violations.contains(violation), "{plan:?}: {:?}", again.violations);
}

#[test]
fn the_core_survives_kills_times_faults_and_every_fault_comes_and_is_felt() {
    let cross = crossed(&plan(REPLACED), GatewayName::Core, 3);
    assert!(cross.findings.is_empty(), "{:#?}", cross.findings);
    assert_eq!(cross.summary.panicked, 0);
    assert_eq!(cross.never_fired, Vec::<String>::new());
    assert_eq!(cross.rows.iter().map(|row| row.effect).collect::<Vec<_>>(), LinkEffect::ALL);
    for row in &cross.rows {
        assert!(row.moments >= row.placed && row.placed >= 2, "{row:?}");
        assert_eq!(row.delivered, row.placed, "{row:?}");
        assert!(row.felt >= 1, "{row:?}");
        // Each of its runs is killed at two points, and each death is judged.
        assert!(row.summary.kill_points() >= 2 * row.placed, "{row:?}");
        assert!(row.summary.judged >= row.summary.kill_points(), "{row:?}");
        assert_eq!(row.violated, 0, "{row:?}");
    }
    let total = |of: fn(&sim::explore::CrossRow) -> u64| cross.rows.iter().map(of).sum::<u64>();
    assert_eq!(total(|row| row.summary.judged), cross.summary.judged);
    assert_eq!(total(|row| row.moments - row.placed), cross.left_out());
}

#[test]
fn whoever_sends_blindly_is_convicted_by_faults_that_no_file_tells_of() {
    let (plan, blind) = (plan(""), gateway("core-resends-blindly"));
    let alone = matrix(&plan, &*blind.make(&plan), &few(4));
    assert!(alone.findings.is_empty(), "kills alone do not show it: {:?}", alone.findings);
    let cross = crossed(&plan, blind, 3);
    let convicted: BTreeSet<OracleId> = cross.findings.keys().copied().collect();
    assert_eq!(convicted, BTreeSet::from([OracleId::NoSilentDuplicate]));
    let finding = &cross.findings[&OracleId::NoSilentDuplicate];
    assert_eq!(finding.plan.link_faults.len(), 1, "the plan says what went wrong");
    assert_explicit(finding, blind);
    let violated = |effect| {
        let row = cross.rows.iter().find(|row| row.effect == effect);
        row.expect("every effect has one").violated
    };
    assert!(violated(LinkEffect::PlatformDies) > 0, "it was taken, and nobody could say so");
    assert_eq!(violated(LinkEffect::Hold), 0, "what is late is not lost");
}

#[test]
fn whoever_takes_a_file_for_a_lock_is_convicted_beside_a_second_process() {
    let (plan, naive) = (plan(REPLACED), gateway("core-lock-by-existence"));
    let alone = rerun(&plan, &*naive.make(&plan), &[]);
    assert_eq!(alone.violations, [], "a process that ends well takes its file away");
    let cross = crossed(&plan, naive, 1);
    let finding = &cross.findings[&OracleId::NothingLost];
    assert_eq!(finding.plan.link_faults.len(), 1);
    let killed = cross.rows.iter().filter(|row| row.violated > row.placed);
    assert!(killed.count() > 0, "deaths convict it beside faults: {:?}", cross.rows);
    assert_explicit(finding, naive);
}

#[test]
fn a_fault_that_nothing_calls_for_is_told() {
    // Sends take so long that the fault is over when the platform takes one.
    let slow = "platform = { send_latency = \"8s\" }\n";
    let plan: Plan = toml::from_str(&format!("{slow}{QUIET}")).expect("a plan");
    let cross = crossed(&plan, GatewayName::Core, 1);
    let dies = cross.rows.iter().find(|row| row.effect == LinkEffect::PlatformDies);
    let dies = dies.expect("every effect has a row");
    assert_eq!((dies.placed, dies.delivered), (1, 0));
    let [told] = cross.never_fired.as_slice() else { panic!("{:?}", cross.never_fired) };
    assert!(told.starts_with("`link_fault` 1 (platform-dies from "), "{told}");
}

#[test]
fn a_second_death_on_the_network_convicts_whom_one_does_not() {
    let (plan, naive) = (plan(""), gateway("core-rewrites-in-place"));
    let search = Search { points: 6, recovery_points: 60, ..Search::new(Deaths::Process) };
    let once = matrix(&plan, &*naive.make(&plan), &search);
    assert!(once.findings.is_empty(), "{:?}", once.findings);
    assert_eq!(once.summary.recovery_left_out, 0);
    let twice = matrix(&plan, &*naive.make(&plan), &search.twice());
    let finding = &twice.findings[&OracleId::IdempotentRecovery];
    assert_eq!(finding.plan.kills.len(), 2);
    assert_explicit(finding, naive);
    assert_eq!(twice.summary.kill_points(), once.summary.kill_points());
    let second = twice.judged.iter().filter(|judged| judged.deaths.len() == 2);
    assert_eq!(second.count() as u64, twice.summary.judged - once.summary.judged);
}

#[test]
fn the_core_survives_a_second_death_on_the_network() {
    // Many places are no recovery's: those in which no turn is cut, or the second process waits.
    for (more, deaths, points) in [("", Deaths::Both, 5), (REPLACED, Deaths::Process, 12)] {
        let plan = plan(more);
        let search = Search { deaths, ..few(points) }.twice();
        let matrix = matrix(&plan, &*GatewayName::Core.make(&plan), &search);
        assert!(matrix.findings.is_empty(), "{:#?}", matrix.findings);
        let second = matrix.judged.iter().filter(|judged| judged.deaths.len() == 2).count();
        assert!(second > 0 && matrix.summary.recovery_left_out > 0, "{:?}", matrix.summary);
    }
}

/// What the command says, and how it ends; regressions and capsules are under `root`.
fn holdfast(root: &std::path::Path, line: &[&str]) -> (Status, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let line: Vec<&str> = ["holdfast"].into_iter().chain(line.iter().copied()).collect();
    let status = execute(&line, root, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("it prints text");
    (status, text(out), text(err))
}

#[test]
fn the_command_shows_a_cross_in_every_format_and_its_capsule_replays() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let html = root.path().join("report.html");
    let html = html.to_str().expect("UTF-8");
    let few = ["matrix", "network-parted", "--link-faults=1", "--points", "1"];
    let blind = ["--gateway", "core-resends-blindly", "--report", html];
    let (status, out, err) = holdfast(root.path(), &[&few[..], &blind].concat());
    assert_eq!(status, Status::Unsafe, "{out}{err}");
    let rows: Vec<&str> = out.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    for effect in LinkEffect::ALL.map(LinkEffect::name) {
        let named = |row: &&&str| row.split('|').nth(1).is_some_and(|cell| cell.trim() == effect);
        assert_eq!(rows.iter().filter(named).count(), 1, "{effect}: {out}");
    }
    assert!(out.contains("more moments for a fault were left out"), "{out}");
    let page = std::fs::read_to_string(html).expect("the report is written");
    assert!(page.contains("platform-dies") && page.contains("NO-SILENT-DUPLICATE"), "{page}");
    let (_, capsule) = out.trim_end().rsplit_once("replay ").expect("a line to paste");
    let (status, out, err) = holdfast(root.path(), &["replay", capsule]);
    assert_eq!(status, Status::Unsafe, "{out}{err}");
    let (status, out, err) = holdfast(root.path(), &[&few[..], &["--format", "json"]].concat());
    assert_eq!(status, Status::Passed, "{out}{err}");
    let objects: Vec<Value> =
        out.lines().map(|line| serde_json::from_str(line).expect("a line is one object")).collect();
    let rows = objects.iter().filter(|object| object["event"] == "cross_row");
    assert_eq!(rows.count(), LinkEffect::ALL.len());
    let last = out.lines().next_back().expect("it prints something");
    let start = "{\"event\":\"cross\",\"scenario\":\"network-parted\",\"gateway\":";
    assert!(last.starts_with(&format!("{start}\"core\",\"placed\":8,")), "{last}");
    let last = objects.last().expect("it prints something");
    assert_eq!((&last["event"], &last["placed"]), (&"cross".into(), &8.into()));
    assert_eq!((&last["delivered"], &last["never_fired"]), (&8.into(), &Value::Array(vec![])));
    let violations = last["violations"].as_object().expect("an object");
    assert_eq!(violations.len(), OracleId::ALL.len());
    assert!(violations.values().all(|count| *count == 0), "{last}");
}

#[test]
fn where_there_is_no_network_no_fault_of_it_is_placed() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let (status, out, err) = holdfast(root.path(), &["matrix", "clean-restart", "--link-faults"]);
    assert_eq!((status, out.as_str()), (Status::Usage, ""));
    assert!(err.contains("say `--stage network`"), "{err}");
}

//! Planned events moved to every moment that makes a difference: whom that convicts, and whom not.

use scenarios::catalogue::Catalogue;
use scenarios::cli::execute;
use scenarios::registry::GatewayName;
use scenarios::status::Status;
use serde_json::Value;
use sim::delivered::Planned;
use sim::explore::{Deaths, Family, Search, Swept, Variant, matrix, sweep};
use sim::plan::{Moment, Plan};
use sim::rerun::rerun;
use sim::time::Ms;

const SEED: &str = "027856-killed-in-drain";

fn scenario(name: &str) -> Plan {
    let catalogue = Catalogue::embedded().expect("its own files");
    catalogue.find(name).expect("it is embedded").scenario().plan.clone()
}

/// The sweep of a plan, killed at a few places of each variant, of which only every so many-th is
/// tried.
fn swept(plan: &Plan, gateway: GatewayName, swept: Swept, every: usize) -> Family {
    let search = Search { gaps: Some(60), ..Search::new(Deaths::Process) };
    let variants = sweep(plan, &*gateway.make(plan), swept);
    let mut family = Family::default();
    for (place, variant) in variants.iter().enumerate().step_by(every) {
        family.explore((place, variant), &*gateway.make(&variant.plan), &search);
    }
    family
}

#[test]
fn the_core_survives_a_stop_at_every_moment_of_its_race() {
    let family = swept(&scenario(SEED), GatewayName::Core, Swept::Stop, 1);
    assert!(family.findings.is_empty(), "{:#?}", family.findings);
    assert!(family.variants > 50, "{}", family.variants);
    assert_eq!(family.fired, family.variants, "somebody lives at each of these moments");
}

#[test]
fn every_mutant_of_the_stop_is_convicted_by_a_sweep_and_by_a_plan_of_its_own() {
    let gateways = [
        "hermes-e1",
        "hermes-e2",
        "core-no-premark",
        "core-premark-after-notify",
        "marks-only-no-premark",
        "marks-only-premark-after-notify",
        "marks-only-clear-before-drain",
        "marks-only-older-marks-cleared",
    ];
    for name in gateways {
        let gateway: GatewayName = name.parse().expect("it is one");
        let family = swept(&scenario(SEED), gateway, Swept::Stop, 5);
        let (oracle, (finding, what)) = family.findings.iter().next().expect(name);
        assert!(what.starts_with("stop 1 moved from 3m 20s to "), "{what}");
        let again = rerun(&finding.plan, &*gateway.make(&finding.plan), &[*oracle]);
        assert!(again.violations.contains(&finding.violation), "{name}: {:?}", again.violations);
    }
}

/// One event of every kind that is moved.
const EVENTS: &str = r#"
horizon = "60s"

[[message]]
at = "10s"
chat = "a"
turn = { steps = 1, step = "5s" }

[[stop]]
at = "20s"
signal = "restart"

[[kill]]
at = "30s"
kind = "process"

[[kill]]
at = "31s"
kind = "process"
probe = true

[[disk_fault]]
from = "40s"
until = "42s"
effect = "stall"
delay = "3ms"

[[platform.fault]]
from = "12s"
until = "13s"
effect = "slow"
"#;

fn events(kind: Swept) -> (Plan, Vec<Variant>) {
    let plan: Plan = toml::from_str(EVENTS).expect("a plan");
    let variants = sweep(&plan, &*GatewayName::Core.make(&plan), kind);
    (plan, variants)
}

#[test]
fn an_event_comes_just_before_at_and_after_what_happens_and_leaves_time_to_settle() {
    let (plan, stops) = events(Swept::Stop);
    let times: Vec<Ms> = stops.iter().map(|variant| variant.plan.stops[0].at).collect();
    assert!(times.is_sorted() && !times.contains(&Ms(20_000)), "{times:?}");
    for at in [Ms(9_999), Ms(10_000), Ms(10_001), Ms(19_999), Ms(20_001)] {
        assert!(times.contains(&at), "{at} is not among {times:?}");
    }
    for Variant { plan: moved, .. } in &stops {
        let settles = |plan: &Plan| plan.horizon.since(plan.stops[0].at);
        assert!(settles(moved) >= settles(&plan));
        // Its probe is the matrix's.
        assert_eq!((&moved.kills[..], &moved.messages), (&plan.kills[..1], &plan.messages));
    }
}

#[test]
fn each_kind_moves_its_own_events_and_a_fault_lasts_as_long_as_it_did() {
    let (plan, kills) = events(Swept::Kill);
    let at = |plan: &Plan| match plan.kills[0].moment {
        Moment::At(at) => at,
        ref other => panic!("{other:?}"),
    };
    assert!(kills.iter().all(|one| one.plan.stops == plan.stops && at(&one.plan) != at(&plan)));
    let (plan, messages) = events(Swept::Message);
    assert!(messages.iter().all(|one| one.planned.is_none() && one.plan.stops == plan.stops));
    let (_, faults) = events(Swept::Fault);
    let of = |planned| faults.iter().filter(move |one| one.planned == Some(planned));
    let disk = of(Planned::DiskFault(0)).map(|one| &one.plan.disk_faults[0]);
    let lasts: Vec<Ms> = disk.map(|f| f.until.expect("it ends").since(f.from)).collect();
    assert!(!lasts.is_empty() && lasts.iter().all(|lasts| *lasts == Ms(2_000)), "{lasts:?}");
    let sends = of(Planned::SendFault(0)).map(|one| &one.plan.platform.faults[0]);
    let lasts: Vec<Ms> = sends.map(|fault| fault.until.since(fault.from)).collect();
    assert!(!lasts.is_empty() && lasts.iter().all(|lasts| *lasts == Ms(1_000)), "{lasts:?}");
    assert_eq!(of(Planned::Kill(0)).count() + of(Planned::Stop(0)).count(), 0);
}

#[test]
fn a_kill_of_the_matrix_stays_down_for_as_long_as_is_asked_for() {
    let plan = "horizon = \"5m\"\nmessage = [{ at = \"10s\", chat = \"a\" }]\n";
    let plan: Plan = toml::from_str(plan).expect("a plan");
    let core = GatewayName::Core;
    for search in [Search::new(Deaths::Both), Search::new(Deaths::Process).twice()] {
        let search = Search { down_for: Some(Ms(600_000)), ..search };
        let matrix = matrix(&plan, &*core.make(&plan), &search);
        assert!(matrix.summary.is_clean(), "{:#?}", matrix.findings);
        let deaths = matrix.judged.iter().flat_map(|judged| &judged.deaths);
        assert!(deaths.clone().count() > 0);
        let mut kills = deaths.map(|death| death.to_kill().down_for);
        assert!(kills.all(|down_for| down_for == Some(Ms(600_000))));
    }
}

#[test]
fn only_as_many_gaps_are_tried_as_are_asked_for() {
    let plan = scenario(SEED);
    let few = Search { gaps: Some(7), ..Search::new(Deaths::Process) };
    let matrix = matrix(&plan, &*GatewayName::Core.make(&plan), &few);
    let summary = &matrix.summary;
    assert_eq!(summary.kill_points() - summary.torn, 7);
    assert_eq!(summary.left_out, summary.transitions - summary.healed - 7);
}

fn holdfast(line: &[&str]) -> (Status, String) {
    let root = tempfile::tempdir().expect("a temporary directory");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let line: Vec<&str> = ["holdfast", "matrix"].iter().chain(line).copied().collect();
    let status = execute(&line, root.path(), &mut out, &mut err);
    out.append(&mut err);
    (status, String::from_utf8(out).expect("it prints text"))
}

#[test]
fn the_command_counts_what_it_swept_alike_however_many_threads_there_are() {
    let line = |jobs| ["clean-restart", "--sweep=stop", "--points=5", "--format=json", jobs];
    let swept = |jobs| {
        let (status, out) = holdfast(&line(jobs));
        assert_eq!(status, Status::Passed, "{out}");
        let last = out.lines().next_back().expect("it prints something");
        serde_json::from_str::<Value>(last).expect("it is JSON")
    };
    let (one, two) = (swept("--jobs=1"), swept("--jobs=3"));
    assert_eq!((&one["event"], &one["varied"]), (&"sweep".into(), &"stop".into()));
    assert!(one["times"].as_u64() > Some(20), "{one}");
    for key in ["times", "fired", "kill_points", "images", "judged", "distinct", "violations"] {
        assert!(!one[key].is_null() && one[key] == two[key], "{key}: {one}");
    }
}

#[test]
fn the_command_tells_with_what_it_found_and_refuses_to_move_what_is_not_there() {
    let line = ["clean-restart", "--sweep=stop", "--points=20", "--gateway=marks-only-no-premark"];
    let (status, out) = holdfast(&line);
    assert_eq!(status, Status::Unsafe, "{out}");
    assert!(out.contains(": found with stop 1 moved from "), "{out}");
    assert!(out.contains("found with stop 1 moved") && out.contains("replay "), "{out}");
    let (status, out) = holdfast(&["clean-restart", "--sweep=kill"]);
    assert_eq!(status, Status::Usage, "{out}");
    assert!(out.contains("the plan has no kill that could be moved"), "{out}");
}

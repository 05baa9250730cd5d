//! Plans that an earlier judge got wrong, each with its right verdict. The core is acquitted of all
//! of them, as they are written, killed everywhere, and in some of them killed twice; every core
//! with a planted error is convicted of what the file lists. The table of it all is printed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use scenarios::catalogue::Catalogue;
use scenarios::expectation::Expectation;
use scenarios::input::File;
use sim::explore::{Deaths, Search, matrix};
use sim::oracle::OracleId;

/// The plans, and whether a second kill in each recovery is part of the question.
const CASES: [(&str, bool); 14] = [
    ("core-resumes-after-three-weeks", false),
    ("disk-latency-800ms", false),
    ("failed-prompt-after-three-days", false),
    ("one-flipped-bit-serves-nobody", false),
    ("reset-undone-by-a-kill", false),
    ("resume-stagger-30s", false),
    ("slow-supervisor", false),
    ("small-resume-window", false),
    ("steps-between-three-kills", false),
    ("stop-ignored-while-alive", false),
    ("suspend-after-five", false),
    ("suspend-after-one", false),
    ("three-turns-of-66-steps", false),
    ("two-hours-down-recovery-killed", true),
];

#[test]
#[expect(clippy::print_stdout, reason = "the table is what a reader of the test looks for")]
fn every_plan_that_was_once_judged_wrongly_is_judged_rightly() {
    let catalogue = Catalogue::embedded().expect("its own files");
    let mut table = "plan | gateway | as written | killed everywhere | images\n".to_owned();
    let mut wrong = Vec::new();
    for (name, twice) in CASES {
        let scenario = catalogue.find(name).map(File::scenario).expect("the catalogue has it");
        for (gateway, expected) in &scenario.expect {
            let search = Search::new(Deaths::Both);
            let search = if twice { search.twice() } else { search };
            let matrix = matrix(&scenario.plan, &*gateway.make(&scenario.plan), &search);
            let unkilled: BTreeSet<OracleId> =
                matrix.unkilled.iter().map(|violation| violation.oracle).collect();
            let found: BTreeSet<OracleId> = matrix.findings.keys().copied().collect();
            let images = matrix.summary.judged;
            let (run, killed) = (names(&unkilled), names(&found));
            writeln!(table, "{name} | {gateway} | {run} | {killed} | {images}").expect("a string");
            if let Some(surprise) = expected.surprise(&found) {
                wrong.push(format!("{name} with {gateway}: {surprise}"));
            }
        }
    }
    println!("{table}");
    assert_eq!(wrong, Vec::<String>::new(), "{table}");
}

fn names(oracles: &BTreeSet<OracleId>) -> String {
    let names: Vec<&str> = oracles.iter().map(|oracle| oracle.name()).collect();
    if names.is_empty() { "acquitted".to_owned() } else { names.join(" ") }
}

/// What a stop does, and what a late resume is, shows without any kill.
#[test]
fn a_stop_that_stops_nobody_is_convicted_without_a_death() {
    let catalogue = Catalogue::embedded().expect("its own files");
    let file = catalogue.find("stop-ignored-while-alive").map(File::scenario).expect("it is there");
    let convicted = file.expect.iter().filter(|(_, e)| matches!(e, Expectation::Convicted(_)));
    let mut counted = 0;
    for (gateway, _) in convicted {
        let matrix = matrix(&file.plan, &*gateway.make(&file.plan), &Search::new(Deaths::Process));
        let found = matrix.unkilled.iter().any(|v| v.oracle == OracleId::NoFalseResume);
        assert!(found, "{gateway} is acquitted by the run alone");
        counted += 1;
    }
    assert!(counted >= 2, "the scenario lists two broken cores");
}

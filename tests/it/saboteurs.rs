//! The core on a disk that somebody spoils: each saboteur is convicted by the oracle that is there
//! for it, by the least death that shows it, and on a plan on which the core is acquitted of
//! everything.
//!
//! The page for people is `docs/saboteurs.md`; its tables are those that are made here.

mod cases;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use scenarios::catalogue::Catalogue;
use scenarios::gateways::saboteurs::Saboteur;
use scenarios::input::File;
use scenarios::registry::GatewayName;
use sim::explore::{Judged, Matrix, matrix};
use sim::oracle::OracleId;
use sim::plan::Plan;
use sim::trace::Transition;

use cases::{CASES, CUT_TWICE, Case, Dies, FAILS_AGAIN, ONE_TURN};
use rows::{BESIDES, Covered, ROWS};

const PAGE: &str = include_str!("../../docs/saboteurs.md");

fn plan(catalogue: &Catalogue, name: &str) -> Plan {
    match name {
        "one-turn" => toml::from_str(ONE_TURN).expect("the plan is one"),
        "cut-twice" => toml::from_str(CUT_TWICE).expect("the plan is one"),
        "fails-again" => toml::from_str(FAILS_AGAIN).expect("the plan is one"),
        name => {
            let scenario = catalogue.find(name).map(File::scenario);
            scenario.expect("the catalogue has it").plan.clone()
        }
    }
}

/// Where a matrix convicts of an oracle's breach by what died; none if it does not.
fn convicted(matrix: &Matrix, dies: Dies, oracle: OracleId) -> Option<String> {
    if dies == Dies::Nobody {
        let unkilled = matrix.unkilled.iter().any(|violation| violation.oracle == oracle);
        return unkilled.then(|| "without a kill".to_owned());
    }
    let breaks = |judged: &&Judged| judged.violations.iter().any(|v| v.oracle == oracle);
    let first = matrix.judged.iter().filter(|judged| dies.is(judged)).find(breaks);
    first.map(|judged| place(matrix, judged))
}

/// Where the first death of an image is: the span, and the effect that it comes in the way of.
fn place(matrix: &Matrix, judged: &Judged) -> String {
    let image = &judged.deaths[0];
    let lines = || matrix.trace.lines.iter().filter(|line| line.boot == Some(image.boot));
    let line = lines().find(|line| line.number == image.number).expect("the boot lived then");
    let asked = lines().find(|other| {
        other.effect.is_some() && other.effect == line.effect && other.number <= line.number
    });
    let asked = asked.unwrap_or(line);
    let what = effect(&asked.text);
    let span = if asked.label.is_empty() { judged.phase } else { &asked.label };
    let step = match (line.transition, image.torn) {
        (_, Some(_)) => format!("in the middle of {what}"),
        (Transition::Requested, None) => format!("before {what} is asked for"),
        (Transition::TakenHold, None) => format!("before {what} takes hold"),
        (Transition::Completed, None) => format!("after {what}"),
        (Transition::World, None) => format!("before {what}"),
    };
    format!("boot {}, {span}: {step}", image.boot)
}

/// An effect without its numbers and names: the verb, and what of.
fn effect(text: &str) -> String {
    let is_name = |word: &&str| !["for", "of", "up", "after", "to"].contains(word);
    let words: Vec<&str> = text.split(' ').take_while(is_name).take(2).collect();
    let words = words.join(" ");
    // The name of a transcript is that of a session.
    words.split_once("transcript-").map_or(words.clone(), |(verb, _)| format!("{verb}transcript"))
}

/// What a saboteur stands for.
fn row_of(saboteur: &str) -> &'static str {
    let covers = |covered: &Covered| matches!(covered, Covered::By(by) if by.contains(&saboteur));
    let row = ROWS.iter().chain(&BESIDES).find(|(_, covered)| covers(covered));
    row.map(|(row, _)| *row).expect("a saboteur stands for something")
}

/// The rows for which no saboteur stands.
fn uncovered() -> String {
    let mut table = "| what no saboteur can break | why |\n| --- | --- |\n".to_owned();
    for (row, covered) in &ROWS {
        if let Covered::Not(why) = covered {
            writeln!(table, "| {row} | {why} |").expect("a string");
        }
    }
    table
}

#[test]
fn every_saboteur_is_convicted_by_its_oracle_and_the_core_is_not() {
    let catalogue = Catalogue::embedded().expect("the scenarios are good");
    let mut table = "| saboteur | what it stands for | plan | who dies | oracle | where first |\n\
                     | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    let mut good: BTreeMap<(&str, Dies), bool> = BTreeMap::new();
    let mut surprises = Vec::new();
    for Case { saboteur, plan: name, dies, oracle } in CASES {
        let plan = plan(&catalogue, name);
        let judge = |gateway: GatewayName| matrix(&plan, &*gateway.make(&plan), &dies.search());
        let clean = *good.entry((name, dies)).or_insert_with(|| {
            let matrix = judge(GatewayName::Core);
            matrix.summary.is_clean() && matrix.never_fired().is_empty()
        });
        if !clean {
            surprises.push(format!("core is not acquitted on {name}"));
        }
        let bad = judge(saboteur.parse().expect("a saboteur is a gateway"));
        for less in Dies::ALL.into_iter().take_while(|less| *less < dies) {
            if let Some(place) = convicted(&bad, less, oracle) {
                let who = less.name();
                surprises.push(format!("{saboteur} needs no more than {who} on {name}: {place}"));
            }
        }
        match convicted(&bad, dies, oracle) {
            None => surprises.push(format!("{saboteur} is not convicted of {oracle} on {name}")),
            Some(place) => {
                let (row, who) = (row_of(saboteur), dies.name());
                let line = format!("`{saboteur}` | {row} | {name} | {who} | {oracle} | {place}");
                writeln!(table, "| {line} |").expect("a string");
            }
        }
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
    let said = PAGE.contains(&table) && PAGE.contains(&uncovered());
    insta::assert_snapshot!(format!("{table}\n{}", uncovered()));
    assert!(said, "docs/saboteurs.md is to say:\n{table}\n{}", uncovered());
}

#[test]
fn every_saboteur_has_a_case_and_stands_for_one_thing() {
    let cases: Vec<&str> = CASES.iter().map(|case| case.saboteur).collect();
    assert_eq!(cases, Saboteur::all().map(Saboteur::name).collect::<Vec<_>>());
    let mut standing = Vec::new();
    for (row, covered) in ROWS.iter().chain(&BESIDES) {
        match covered {
            Covered::By(by) => standing.extend_from_slice(by),
            Covered::Not(why) => assert!(!why.is_empty(), "{row}"),
        }
    }
    let distinct: BTreeSet<&str> = standing.iter().copied().collect();
    assert_eq!(distinct.len(), standing.len(), "{standing:?}");
    assert_eq!(distinct, cases.into_iter().collect());
}

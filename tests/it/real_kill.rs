//! The models of the real gateway against the real gateway: hermes-agent 0.13.0 and 0.15.0 were
//! killed 1,757 times (hermes-real-kill.md), and what they lost and whom they woke in each window
//! of a stop is what the models of the two eras must lose and whom they must wake there.
//!
//! What the releases did is written down in `measured`, from that page and from nothing else; the
//! windows are found in the traces of the models (`window`); who is lost in them is read from the
//! matrices (`fate`). The same windows of the core stand beside them, with nothing in them.

mod fate;
mod measured;
mod table;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fate::Fate;
use measured::{Real, Row, rows};
use scenarios::catalogue::Catalogue;
use scenarios::registry::GatewayName;
use sim::explore::{Deaths, Image, Matrix, Search, matrix};
use sim::plan::{InFlight, Plan};
use window::{Landmarks, Window};

/// The gateways of the table, in the order of its columns.
const GATEWAYS: [GatewayName; 3] =
    [GatewayName::HermesE1, GatewayName::HermesE2, GatewayName::Core];

/// The plans whose windows were measured on both releases.
const MEASURED: [&str; 4] = ["none", "bfin", "all", "old"];

/// A plan of the measurements. `drain0` is `old` with no time to drain.
fn plan_of(name: &str) -> Plan {
    let catalogue = Catalogue::embedded().expect("every scenario is good");
    let (file, drain) = match name {
        "drain0" => ("real-old", Some(Duration::ZERO)),
        "all, slow reply" => ("real-all-slow-reply", None),
        "none" => ("real-none", None),
        "bfin" => ("real-bfin", None),
        "all" => ("real-all", None),
        "old" => ("real-old", None),
        other => panic!("no plan is called {other}"),
    };
    let mut plan = catalogue.find(file).expect("it is embedded").scenario().plan.clone();
    plan.settings.drain_timeout = drain.unwrap_or(plan.settings.drain_timeout);
    plan
}

/// One gateway killed everywhere in one plan.
struct Killed {
    matrix: Matrix,
    stop: Landmarks,
}

impl Killed {
    fn new(plan: &str, gateway: GatewayName) -> Killed {
        let plan = plan_of(plan);
        let matrix = matrix(&plan, &*gateway.make(&plan), &Search::new(Deaths::Process));
        let stop = match gateway {
            GatewayName::Core => Landmarks::of_core(&matrix.trace),
            _ => Landmarks::of_hermes(&matrix.trace),
        };
        Killed { matrix, stop }
    }

    /// The kill points of a window, each with what it came to. As in the measurements, requests
    /// that had left the process are lost with it.
    fn fates(&self, window: Window) -> BTreeMap<(u64, Option<u64>), Fate> {
        let Some((after, upto)) = self.stop.range(window) else { return BTreeMap::new() };
        let inside = |image: &Image| {
            let lost = image.death.in_flight == InFlight::Lost;
            image.boot == 1 && lost && after < image.number && image.number <= upto
        };
        let judged = self.matrix.judged.iter().map(|judged| (&judged.deaths[0], judged));
        judged
            .filter(|(image, _)| inside(image))
            .map(|(image, judged)| {
                let fate = Fate::of(&judged.violations, self.matrix.world.script());
                ((image.number, image.torn), fate)
            })
            .collect()
    }

    /// What every kill point of a row's window comes to, and how many there are.
    fn cell(&self, row: &Row) -> Cell {
        if row.window == Window::Unkilled {
            let fate = Fate::of(&self.matrix.unkilled, self.matrix.world.script());
            return Cell { fates: BTreeSet::from([fate.of_sessions(row.sessions)]), points: 0 };
        }
        let fates = self.fates(row.window);
        let points = fates.len();
        Cell { fates: fates.into_values().map(|f| f.of_sessions(row.sessions)).collect(), points }
    }
}

/// What a gateway does in a row's window.
struct Cell {
    /// One fate, if every kill point comes to the same.
    fates: BTreeSet<Fate>,
    points: usize,
}

/// Every gateway in every plan.
fn killed() -> BTreeMap<(&'static str, GatewayName), Killed> {
    let plans: BTreeSet<&str> = rows().iter().map(|row| row.plan).collect();
    let pairs = plans.into_iter().flat_map(|plan| GATEWAYS.map(|gateway| (plan, gateway)));
    pairs.map(|(plan, gateway)| ((plan, gateway), Killed::new(plan, gateway))).collect()
}

#[test]
fn the_models_lose_and_wake_what_the_real_releases_did_in_every_window() {
    let killed = killed();
    let mut table = table::Table::new();
    let mut differing = Vec::new();
    for row in rows() {
        let cells = GATEWAYS.map(|gateway| killed[&(row.plan, gateway)].cell(&row));
        for (real, cell, gateway) in
            [(&row.real_13, &cells[0], GATEWAYS[0]), (&row.real_15, &cells[1], GATEWAYS[1])]
        {
            let expected = match real {
                Real::Did(fate) | Real::NotMeasured(fate) => BTreeSet::from([fate.clone()]),
                Real::NoWindow(_) => BTreeSet::new(),
            };
            if cell.fates != expected {
                let found = table::text(&cell.fates);
                let wanted = table::text(&expected);
                differing.push(format!("{row}: {gateway}: {found} instead of {wanted}"));
            }
            // What was not measured differs from the page, and says why.
            let unmeasured = matches!(real, Real::NotMeasured(_));
            assert!(!unmeasured || row.note.is_some(), "{row}: no explanation");
        }
        let nothing = cells[2].fates.iter().all(Fate::is_nothing);
        assert!(nothing, "{row}: core: {}", table::text(&cells[2].fates));
        table.push(&row, &cells);
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    insta::assert_snapshot!("real_kill", table.to_string());
}

#[test]
fn the_models_lose_the_running_and_the_idle_in_no_other_window() {
    let killed = killed();
    // Of the other two plans only what happens without a kill is known window by window.
    let windows = killed.iter().filter(|((plan, _), _)| MEASURED.contains(plan));
    for ((plan, gateway), killed) in windows {
        for session in ["A", "B", "C", "C0"] {
            let mut told: BTreeSet<u64> = BTreeSet::new();
            for row in rows().iter().filter(|row| row.plan == *plan) {
                let real = match gateway {
                    GatewayName::HermesE1 => row.real_13.fate(),
                    GatewayName::HermesE2 => row.real_15.fate(),
                    _ => None,
                };
                if real.is_some_and(|fate| fate.loses(session)) {
                    told.extend(killed.fates(row.window).keys().map(|(number, _)| number));
                }
            }
            let all = killed.fates(Window::Stop);
            let lost = all.iter().filter(|(_, fate)| fate.loses(session));
            let lost: BTreeSet<u64> = lost.map(|((number, _), _)| *number).collect();
            assert_eq!(lost, told, "{gateway} in {plan} loses {session}");
        }
    }
}

#[test]
fn the_core_breaks_nothing_in_any_of_the_measured_plans() {
    for plan in MEASURED.into_iter().chain(["drain0", "all, slow reply"]) {
        let killed = Killed::new(plan, GatewayName::Core);
        assert_eq!(killed.matrix.unkilled, [], "{plan} without a kill");
        assert!(killed.matrix.judged.len() > 100, "{plan}: hardly anybody was killed");
        for judged in &killed.matrix.judged {
            assert!(judged.violations.is_empty(), "{plan}: {judged:?}");
        }
    }
}

//! A matrix phase by phase: where the kill points were, and where they hurt.

use std::collections::{BTreeMap, BTreeSet};

use comfy_table::Table;
use serde::Serialize;
use sim::explore::Matrix;
use sim::oracle::OracleId;

use super::table;

/// One phase of a matrix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Window {
    /// The phase that the boot was in.
    pub phase: String,
    /// How many kill points are in it.
    pub kill_points: usize,
    /// How many images they made.
    pub images: usize,
    /// For each oracle that convicts, the images in which it does.
    pub violations: BTreeMap<OracleId, usize>,
}

/// The phases of a matrix, in the order in which the run first enters them.
pub fn windows(matrix: &Matrix) -> Vec<Window> {
    let mut order: Vec<&str> = Vec::new();
    let mut found: BTreeMap<&str, (Window, BTreeSet<_>)> = BTreeMap::new();
    for judged in &matrix.judged {
        let (window, points) = found.entry(judged.phase).or_insert_with(|| {
            order.push(judged.phase);
            Default::default()
        });
        points.extend(judged.deaths.first().map(|first| (first.boot, first.number, first.torn)));
        window.images += 1;
        let oracles: BTreeSet<OracleId> = judged.violations.iter().map(|v| v.oracle).collect();
        for oracle in oracles {
            *window.violations.entry(oracle).or_default() += 1;
        }
    }
    order
        .into_iter()
        .map(|phase| {
            let (window, points) = found.remove(phase).expect("it was put in with its order");
            Window { phase: phase.to_owned(), kill_points: points.len(), ..window }
        })
        .collect()
}

/// The phases as a table, with a column for each oracle that convicts.
pub fn table(windows: &[Window], convicting: &BTreeSet<OracleId>) -> Table {
    let mut header = vec!["phase", "kill points", "images"];
    header.extend(convicting.iter().map(|oracle| oracle.name()));
    let mut table = table::new(&header);
    for window in windows {
        let numbers = [window.kill_points, window.images];
        let violated = convicting.iter().map(|o| window.violations.get(o).copied().unwrap_or(0));
        let numbers = numbers.into_iter().chain(violated).map(|number| number.to_string());
        table.add_row([window.phase.clone()].into_iter().chain(numbers));
    }
    table::align_right(&mut table, 1..=header.len() - 1);
    table
}

/// Which phases were really hit, as one line: those that kill points lie in, and those that only a
/// shared commit served.
pub fn coverage(matrix: &Matrix, windows: &[Window]) -> String {
    let hit: Vec<&str> = windows.iter().map(|window| window.phase.as_str()).collect();
    let mut served: BTreeSet<&str> = BTreeSet::new();
    for line in &matrix.trace.lines {
        // A shared commit is labelled `commit[premark+clear]`.
        let Some((_, phases)) = line.label.split_once('[') else { continue };
        served.extend(phases.trim_end_matches(']').split('+'));
    }
    served.retain(|phase| !phase.is_empty() && !hit.contains(phase));
    let served: Vec<&str> = served.into_iter().collect();
    let also = match served.as_slice() {
        [] => String::new(),
        served => format!("; only served by a shared commit: {}", served.join(", ")),
    };
    format!("{} phases were killed in: {}{also}", hit.len(), hit.join(", "))
}

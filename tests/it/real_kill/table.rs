//! The table that people read: a line for each window and plan, real and model side by side.

use std::collections::BTreeSet;
use std::fmt;

use super::Cell;
use super::fate::Fate;
use super::measured::{Real, Row};

const HEAD: [&str; 7] =
    ["window", "real 0.13.0", "hermes-e1", "real 0.15.0", "hermes-e2", "core", "kill points"];

/// The table that people read.
pub(super) struct Table {
    lines: Vec<[String; 7]>,
    notes: Vec<&'static str>,
}

/// What a window's kill points come to: one fate, or all that there are.
pub(super) fn text(fates: &BTreeSet<Fate>) -> String {
    let fates: Vec<String> = fates.iter().map(Fate::to_string).collect();
    if fates.is_empty() { "no such window".to_owned() } else { fates.join(" | ") }
}

impl Table {
    pub(super) fn new() -> Table {
        Table { lines: vec![HEAD.map(str::to_owned)], notes: Vec::new() }
    }

    /// Adds a row with what E1, E2 and the core do in it.
    pub(super) fn push(&mut self, row: &Row, cells: &[Cell; 3]) {
        let real = |real: &Real| match real {
            Real::Did(fate) => fate.to_string(),
            Real::NoWindow(why) => (*why).to_owned(),
            Real::NotMeasured(_) => "not measured".to_owned(),
        };
        let mut name = row.to_string();
        if let Some(note) = row.note {
            self.notes.push(note);
            name.push_str(&format!(" [{}]", self.notes.len()));
        }
        let points = cells.each_ref().map(|cell| cell.points.to_string()).join("/");
        let points = if points == "0/0/0" { "-".to_owned() } else { points };
        let [e1, e2, core] = cells.each_ref().map(|cell| text(&cell.fates));
        self.lines.push([name, real(&row.real_13), e1, real(&row.real_15), e2, core, points]);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| self.lines.iter().map(|line| line[column].len()).max();
        for line in &self.lines {
            let padded = line.iter().enumerate().map(|(column, cell)| {
                format!("{cell:width$}", width = width(column).unwrap_or_default())
            });
            writeln!(f, "| {} |", padded.collect::<Vec<_>>().join(" | "))?;
        }
        writeln!(f)?;
        for (number, note) in self.notes.iter().enumerate() {
            writeln!(f, "[{}] {note}", number + 1)?;
        }
        writeln!(f, "kill points: of hermes-e1, hermes-e2 and core, in that order")
    }
}

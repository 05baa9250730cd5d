//! Everything that a page about a failure shows, as plain values.
//!
//! It is made from a run from the very start, never from what the matrix remembers.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use sim::describe;
use sim::disk::Disk;
use sim::oracle::{OracleId, Violation};
use sim::plan::{KillPlan, Moment, Plan, brief};
use sim::rerun::{Rerun, is_before};
use sim::shrink::{Budget, Parts, Shrunk};
use sim::trace::{Line, Transition};

use super::capsule;
use super::timeline::{Timeline, last_end};

/// Everything that a page about a failure shows.
#[derive(Clone, Debug, Serialize)]
pub struct Exhibit {
    /// The scenario.
    pub scenario: String,
    /// The gateway that is convicted.
    pub gateway: String,
    /// The oracle that convicts it.
    pub oracle: &'static str,
    /// What that oracle demands.
    pub statement: &'static str,
    /// What happened instead.
    pub found: Vec<Found>,
    /// Where it died, if it had to.
    pub places: Vec<String>,
    /// What the plan was shrunk from, if it was.
    pub origin: Option<Origin>,
    /// The plan as TOML.
    pub plan: String,
    /// The story around the death.
    pub timeline: Timeline,
    /// The boot whose death the disk is shown around.
    pub disk_boot: Option<u32>,
    /// The files before and after that death.
    pub disk: Vec<FileRow>,
    /// The line that shows all this again.
    pub replay: String,
}

/// What happened, and what a correct gateway could have held then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// What happened.
    pub what: String,
    /// What a correct gateway could hold, and why that does not explain it.
    pub believed: Vec<String>,
}

/// What a plan was shrunk from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// Where it died then.
    pub places: Vec<String>,
    /// How it was shrunk.
    pub steps: String,
}

/// A file before and after a death.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileRow {
    /// Its path in the state directory.
    pub path: String,
    /// Its length before, in bytes; none if there was no such file.
    pub before: Option<usize>,
    /// Its length after.
    pub after: Option<usize>,
    /// Whether its contents differ.
    pub differs: bool,
}

/// What is being shown.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The name of the scenario.
    pub scenario: &'a str,
    /// The gateway.
    pub gateway: &'a str,
    /// The oracle.
    pub oracle: OracleId,
    /// The plan that was run, with every kill.
    pub plan: &'a Plan,
    /// Where the capsule is.
    pub capsule: &'a Path,
}

impl Exhibit {
    /// What there is to show of a run.
    pub fn new(subject: Subject<'_>, rerun: &Rerun) -> Exhibit {
        let Subject { scenario, gateway, oracle, plan, capsule } = subject;
        let trace = &rerun.witness.trace;
        let scene = rerun.witness.kill.as_ref();
        let in_gap = plan
            .kills
            .last()
            .and_then(|kill| trace.lines.iter().position(|line| is_before(kill, line)));
        let center = in_gap.or(scene.map(|scene| scene.line)).unwrap_or_else(|| last_end(trace));
        let about = rerun.violations.iter().filter(|violation| violation.oracle == oracle);
        Exhibit {
            scenario: scenario.to_owned(),
            gateway: gateway.to_owned(),
            oracle: oracle.name(),
            statement: oracle.statement(),
            found: about.map(Found::of).collect(),
            places: places(plan, rerun),
            origin: None,
            plan: brief(plan),
            timeline: Timeline::around(trace, center),
            disk_boot: scene.and_then(|scene| trace.lines[scene.line].boot),
            disk: scene.map_or(Vec::new(), |scene| compare(&scene.before, &scene.after)),
            replay: capsule::replay_line(capsule),
        }
    }
}

impl Found {
    fn of(violation: &Violation) -> Found {
        Found { what: violation.what.clone(), believed: violation.believed.clone() }
    }
}

impl Origin {
    /// What there is to say of how a plan was shrunk; `rerun` is that of the plan as it was found.
    pub fn new(plan: &Plan, rerun: &Rerun, shrunk: &Shrunk, budget: Budget) -> Origin {
        let steps = format!("{}; {}", went(plan, &shrunk.plan), ended(shrunk, budget));
        Origin { places: places(plan, rerun), steps }
    }
}

/// What a plan was and what it came to.
fn went(from: &Plan, to: &Plan) -> String {
    format!("from {} to {}", Parts::of(from), Parts::of(to))
}

/// Why nothing smaller was looked for.
pub fn ended(shrunk: &Shrunk, budget: Budget) -> String {
    let (runs, most) = (shrunk.runs, budget.runs);
    match shrunk.exhausted {
        true => format!("its budget of {most} runs ended it: there may be a smaller plan"),
        false => format!("{runs} of at most {most} runs: no smaller plan was found"),
    }
}

/// Where each kill of the plan is, and before what.
fn places(plan: &Plan, rerun: &Rerun) -> Vec<String> {
    let lines = &rerun.witness.trace.lines;
    let last = plan.kills.len().checked_sub(1);
    let place = |(index, kill): (usize, &KillPlan)| {
        let line = lines.iter().find(|line| is_before(kill, line) || is_at(kill, line));
        let next = rerun.next.as_ref().filter(|_| Some(index) == last);
        place(kill, line, next)
    };
    plan.kills.iter().enumerate().map(place).collect()
}

/// Whether a line of a trace tells of a kill at a time, or some time after the begin of a boot.
fn is_at(kill: &KillPlan, line: &Line) -> bool {
    let is_then = match kill.moment {
        Moment::At(at) => at == line.at,
        // A boot dies once.
        Moment::After { boot, .. } => line.boot == Some(boot),
        Moment::Before { .. } => false,
    };
    is_then && line.transition == Transition::World && line.text.starts_with("killed")
}

fn place(kill: &KillPlan, line: Option<&Line>, next: Option<&Line>) -> String {
    let boot = line.and_then(|line| line.boot);
    let mut text = match (kill.moment, boot) {
        (Moment::At(at), None) => format!("at {at}, when no process lived"),
        (Moment::At(_), Some(boot)) => format!("boot {boot}"),
        (Moment::After { boot, after }, _) => format!("boot {boot}, {after} after its begin"),
        (Moment::Before { boot, transition, .. }, _) => {
            format!("boot {boot}, in the gap before its transition {transition}")
        }
    };
    if let Some(line) = line {
        let (seconds, ms) = (line.at.0 / 1_000, line.at.0 % 1_000);
        text.push_str(&format!(", phase {}, at {seconds}.{ms:03} s", line.phase));
    }
    if let Moment::Before { torn: Some(torn), .. } = kill.moment {
        text.push_str(&format!(", of whose write {torn} B survive"));
    }
    text.push_str(&format!("; dies: {}", describe::death(&kill.death)));
    if let Some(next) = next {
        let words: Vec<String> =
            next.to_string().split_whitespace().skip(3).map(str::to_owned).collect();
        text.push_str(&format!("; next would have been: {}", words.join(" ")));
    }
    text
}

fn compare(before: &Disk, after: &Disk) -> Vec<FileRow> {
    let mut files: BTreeMap<String, [Option<Vec<u8>>; 2]> = BTreeMap::new();
    for (side, disk) in [before, after].into_iter().enumerate() {
        for (path, bytes) in disk.files() {
            files.entry(path).or_default()[side] = Some(bytes);
        }
    }
    let row = |(path, [before, after]): (String, [Option<Vec<u8>>; 2])| FileRow {
        path,
        differs: before != after,
        before: before.map(|bytes| bytes.len()),
        after: after.map(|bytes| bytes.len()),
    };
    files.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_differ_are_marked_and_the_others_listed() {
        let mut before = Disk::new();
        for name in ["gone", "same"] {
            let fd = before.create_new(name).expect("new");
            before.append(fd, b"text").expect("open");
        }
        let mut after = before.clone();
        after.remove("gone").expect("there");
        let rows = compare(&before, &after);
        let gone = FileRow { path: "gone".into(), before: Some(4), after: None, differs: true };
        assert_eq!(rows[0], gone);
        assert!(!rows[1].differs);
    }
}

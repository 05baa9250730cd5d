//! Where a kill is that is placed at a transition, and where its place is in another plan.
//!
//! The number of a transition changes with everything that comes before it. What stays is what it
//! is: the same kind of thing, asked for in the same words and phase. A few of those are tried.

use super::bench::{Bench, Broken};
use crate::direct::Ran;
use crate::explore::{Deaths, Search, images};
use crate::hub::Keep;
use crate::plan::{DeathKind, DiskChoice, KillPlan, Moment, Plan};
use crate::rerun::is_before;
use crate::time::Ms;
use crate::trace::{Line, Transition};

/// How many places are tried for one kill.
const PLACES: usize = 3;

/// How many images are tried at each place, where one is to be searched for.
const IMAGES: usize = 6;

/// Where a kill is.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    moment: Moment,
    /// When the transition before the gap was.
    pub(super) since: Ms,
    /// When the transition after it was.
    pub(super) at: Ms,
    alike: Alike,
    /// The how many-th of those that are alike it is, from 0, and how many there are.
    rank: usize,
    count: usize,
}

/// What a transition has in common with those that do the same.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Alike {
    boot: Option<u32>,
    phase: &'static str,
    transition: Transition,
    words: Vec<String>,
}

impl Alike {
    fn of(line: &Line) -> Alike {
        let words = line.text.split_whitespace().take(2).map(str::to_owned).collect();
        let Line { boot, phase, transition, .. } = *line;
        Alike { boot, phase, transition, words }
    }
}

/// Where each kill of a plan is that is placed at a transition, in the order of its kills.
pub(super) fn marks(plan: &Plan, bench: &mut Bench<'_>) -> Vec<Option<Mark>> {
    let mark = |index: usize| {
        let kill = &plan.kills[index];
        if !is_placed(kill) || bench.is_spent() {
            return None;
        }
        let lines = bench.run(&without(plan, index), Keep::Trace).kept.trace.lines;
        let place = lines.iter().position(|line| is_before(kill, line))?;
        let line = &lines[place];
        let alike = Alike::of(line);
        let is_alike = |line: &&Line| Alike::of(line) == alike;
        Some(Mark {
            moment: kill.moment,
            since: lines[..place].last().map_or(Ms(0), |line| line.at),
            at: line.at,
            rank: lines[..place].iter().filter(is_alike).count(),
            count: lines.iter().filter(is_alike).count(),
            alike,
        })
    };
    (0..plan.kills.len()).map(mark).collect()
}

fn is_placed(kill: &KillPlan) -> bool {
    matches!(kill.moment, Moment::Before { .. })
}

/// The plan as it is until a kill that is placed at a transition: without that and later ones.
fn without(plan: &Plan, index: usize) -> Plan {
    let kills = plan.kills.iter().enumerate();
    let kills = kills.filter(|(place, kill)| *place < index || !is_placed(kill));
    Plan { kills: kills.map(|(_, kill)| kill.clone()).collect(), ..plan.clone() }
}

/// The plan with its kills where `marks` say that they were in another one, if it then breaks what
/// it shall.
pub(super) fn found_again(
    plan: Plan,
    marks: &[Mark],
    bench: &mut Bench<'_>,
) -> Option<(Plan, Broken)> {
    placed(plan, 0, marks, bench)
}

/// Places the kills from one on, in their order: where a later one is depends on the earlier ones.
fn placed(
    plan: Plan,
    from: usize,
    marks: &[Mark],
    bench: &mut Bench<'_>,
) -> Option<(Plan, Broken)> {
    let Some(index) = (from..plan.kills.len()).find(|index| is_placed(&plan.kills[*index])) else {
        let broken = bench.breaks(&plan)?;
        return Some((plan, broken));
    };
    let kill = &plan.kills[index];
    let mark = marks.iter().find(|mark| mark.moment == kill.moment)?;
    if bench.is_spent() {
        return None;
    }
    let keep = if leaves_a_choice(kill) { Keep::Everything } else { Keep::Trace };
    let ran = bench.run(&without(&plan, index), keep);
    for line in mark.places(&ran.kept.trace.lines) {
        for kill in kills_at(kill, line, &ran) {
            let mut candidate = plan.clone();
            candidate.kills[index] = kill;
            let found = placed(candidate, index + 1, marks, bench);
            if found.is_some() {
                return found;
            }
        }
    }
    None
}

impl Mark {
    /// The lines of another trace before which this kill may belong, the likeliest first.
    fn places<'l>(&self, lines: &'l [Line]) -> Vec<&'l Line> {
        let alike: Vec<&Line> = lines.iter().filter(|line| Alike::of(line) == self.alike).collect();
        let last = alike.len().checked_sub(1);
        let from_end = (self.count - self.rank).min(alike.len());
        let ranks = [Some(self.rank), Some(alike.len() - from_end), Some(0), last];
        let mut places: Vec<usize> = Vec::new();
        for rank in ranks.into_iter().flatten().filter(|rank| *rank < alike.len()) {
            if !places.contains(&rank) {
                places.push(rank);
            }
        }
        places.into_iter().take(PLACES).map(|rank| alike[rank]).collect()
    }
}

/// Whether a death names bytes that only its own run has.
fn leaves_a_choice(kill: &KillPlan) -> bool {
    let torn = matches!(kill.moment, Moment::Before { torn: Some(_), .. });
    torn || matches!(kill.death.kind, DeathKind::Power(DiskChoice::Split(_)))
}

/// The same death before another transition; where it names bytes, deaths that name others.
fn kills_at(kill: &KillPlan, line: &Line, ran: &Ran) -> Vec<KillPlan> {
    let boot = line.boot.unwrap_or_default();
    if !leaves_a_choice(kill) {
        let moment = Moment::Before { boot, transition: line.number, torn: None };
        return vec![KillPlan { moment, ..kill.clone() }];
    }
    let mut snapshots = ran.kept.snapshots.iter();
    let here = snapshots.find(|s| s.boot == boot && s.number == line.number);
    let Some(snapshot) = here else { return Vec::new() };
    let torn = matches!(kill.moment, Moment::Before { torn: Some(_), .. });
    let deaths = if kill.death.kind.is_power_loss() { Deaths::Power } else { Deaths::Process };
    let images = images(snapshot, &Search::new(deaths));
    let fitting = images.into_iter().filter(|image| {
        image.torn.is_some() == torn && image.death.in_flight == kill.death.in_flight
    });
    let kills = fitting.map(|image| KillPlan { down_for: kill.down_for, ..image.to_kill() });
    kills.take(IMAGES).collect()
}

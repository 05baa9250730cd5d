//! What a plan had in store, and how often each of it happened.
//!
//! A fault that never fires tests nothing, and nobody would notice: so each is counted. The counts
//! are for people; no oracle and no fingerprint looks at them.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::{CleanStart, Demotion, Moment, Plan, PollFault, Revocation, StallPlan, StopPlan};
use crate::time::Ms;

/// Something that a plan has in store, by its place in the plan's list of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Planned {
    /// A fault of the disk.
    DiskFault(usize),
    /// A bit that turns over.
    BitRot(usize),
    /// A fault of the platform's sends.
    SendFault(usize),
    /// A fault of its polls.
    PollFault(usize),
    /// A kill.
    Kill(usize),
    /// A request to stop.
    Stop(usize),
    /// A jump of the wall clock.
    ClockJump(usize),
    /// A chat that may have no work done, and a process that finds out.
    Revocation(usize),
    /// A boot that is started clean.
    CleanStart(usize),
    /// An effect that is kept waiting.
    Demotion(usize),
    /// One more process.
    Start(usize),
    /// A process in the place of another one.
    Replacement(usize),
    /// A process that is frozen.
    Stall(usize),
    /// Locks that are lost.
    LostLocks(usize),
    /// A fault of the way to the platform.
    LinkFault(usize),
}

impl Planned {
    /// Everything that a plan has in store, in the order of its lists.
    pub fn all(plan: &Plan) -> Vec<Planned> {
        let list = |count: usize, of: fn(usize) -> Planned| (0..count).map(of);
        let mut all = Vec::new();
        all.extend(list(plan.disk_faults.len(), Planned::DiskFault));
        all.extend(list(plan.bit_rots.len(), Planned::BitRot));
        all.extend(list(plan.platform.faults.len(), Planned::SendFault));
        all.extend(list(plan.platform.poll_faults.len(), Planned::PollFault));
        all.extend(list(plan.kills.len(), Planned::Kill));
        all.extend(list(plan.stops.len(), Planned::Stop));
        all.extend(list(plan.clock_jumps.len(), Planned::ClockJump));
        all.extend(list(plan.revocations.len(), Planned::Revocation));
        all.extend(list(plan.clean_starts.len(), Planned::CleanStart));
        all.extend(list(plan.schedule.demotions.len(), Planned::Demotion));
        all.extend(list(plan.starts.len(), Planned::Start));
        all.extend(list(plan.replacements.len(), Planned::Replacement));
        all.extend(list(plan.stalls.len(), Planned::Stall));
        all.extend(list(plan.lost_locks.len(), Planned::LostLocks));
        all.extend(list(plan.link_faults.len(), Planned::LinkFault));
        all
    }

    /// The list of the plan that it is in, as plans write it, and its place there, from 0.
    pub fn place(self) -> (&'static str, usize) {
        match self {
            Planned::DiskFault(index) => ("disk_fault", index),
            Planned::BitRot(index) => ("bit_rot", index),
            Planned::SendFault(index) => ("platform.fault", index),
            Planned::PollFault(index) => ("platform.poll_fault", index),
            Planned::Kill(index) => ("kill", index),
            Planned::Stop(index) => ("stop", index),
            Planned::ClockJump(index) => ("clock_jump", index),
            Planned::Revocation(index) => ("revoke", index),
            Planned::CleanStart(index) => ("clean", index),
            Planned::Demotion(index) => ("schedule.demote", index),
            Planned::Start(index) => ("start", index),
            Planned::Replacement(index) => ("replace", index),
            Planned::Stall(index) => ("stall", index),
            Planned::LostLocks(index) => ("lost_locks", index),
            Planned::LinkFault(index) => ("link_fault", index),
        }
    }

    /// Its name, as in "stop 2": its list and its place there, from 1.
    pub fn name(self) -> String {
        let (list, index) = self.place();
        format!("{list} {}", index + 1)
    }

    /// What it is, in a few words, as in "`disk_fault` 2 (eio from 3s)".
    pub fn describe(self, plan: &Plan) -> String {
        let (list, index) = self.place();
        format!("`{list}` {} ({})", index + 1, self.what(plan))
    }

    fn what(self, plan: &Plan) -> String {
        match self {
            Planned::DiskFault(index) => disk_fault(plan, index),
            Planned::BitRot(index) => {
                let rot = &plan.bit_rots[index];
                format!("byte {} of {} at {}", rot.byte, rot.path, rot.at)
            }
            Planned::SendFault(index) => {
                let fault = &plan.platform.faults[index];
                let effect = crate::plan::word(&fault.effect);
                format!("{effect} from {} until {}", fault.from, fault.until)
            }
            Planned::PollFault(index) => {
                let PollFault { from, until } = &plan.platform.poll_faults[index];
                format!("from {from} until {until}")
            }
            Planned::Kill(index) => match plan.kills[index].moment {
                Moment::At(at) => format!("at {at}"),
                Moment::After { boot, after } => format!("{after} after boot {boot} began"),
                Moment::Before { boot, transition, .. } => {
                    format!("before transition {transition} of boot {boot}")
                }
            },
            Planned::Stop(index) => stop(plan, index),
            Planned::ClockJump(index) => format!("at {}", plan.clock_jumps[index].at),
            Planned::Revocation(index) => {
                let Revocation { at, chat, .. } = &plan.revocations[index];
                format!("{chat} at {at}")
            }
            Planned::CleanStart(index) => {
                let CleanStart { from, until } = &plan.clean_starts[index];
                format!("from {from} until {until}")
            }
            Planned::Demotion(index) => demotion(plan, index),
            Planned::Start(index) => format!("at {}", plan.starts[index].at),
            Planned::Replacement(index) => format!("at {}", plan.replacements[index].at),
            Planned::Stall(index) => {
                let StallPlan { at, lasts } = &plan.stalls[index];
                format!("at {at} for {lasts}")
            }
            Planned::LostLocks(index) => format!("at {}", plan.lost_locks[index].at),
            Planned::LinkFault(index) => {
                let fault = &plan.link_faults[index];
                format!("{} from {}", crate::plan::word(&fault.effect), fault.from)
            }
        }
    }
}

fn stop(plan: &Plan, index: usize) -> String {
    let StopPlan { at, boot, .. } = &plan.stops[index];
    boot.map_or_else(|| format!("at {at}"), |boot| format!("{at} after boot {boot} began"))
}

fn demotion(plan: &Plan, index: usize) -> String {
    let Demotion { boot, effect, part, by } = &plan.schedule.demotions[index];
    let part = crate::plan::word(part);
    format!("{part} of effect {effect} of boot {boot} by {by}")
}

fn disk_fault(plan: &Plan, index: usize) -> String {
    let fault = &plan.disk_faults[index];
    let mut what = crate::plan::word(&fault.effect);
    if let Some(nth) = fault.nth {
        what.push_str(&format!(", call {nth}"));
    }
    if let Some(verb) = &fault.verb {
        what.push_str(&format!(" of {}", crate::plan::word(verb)));
    }
    if let Some(path) = &fault.path {
        what.push_str(&format!(" on {path}"));
    }
    if let Some(phase) = &fault.phase {
        what.push_str(&format!(" in {phase}"));
    }
    what.push_str(&format!(" from {}", fault.from));
    what
}

/// Something that a plan had in store happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happening {
    /// What.
    pub planned: Planned,
    /// When.
    pub at: Ms,
    /// The boot that lived; none if none did.
    pub boot: Option<u32>,
    /// The phase that it was in.
    pub phase: &'static str,
}

/// How often what a plan had in store happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    counts: BTreeMap<Planned, u64>,
    /// What happened since somebody last asked.
    fresh: Vec<Planned>,
    /// Whether the supervisor gave up.
    given_up: bool,
}

impl Delivered {
    pub(crate) fn note(&mut self, planned: Planned) {
        *self.counts.entry(planned).or_default() += 1;
        self.fresh.push(planned);
    }

    pub(crate) fn note_given_up(&mut self) {
        self.given_up = true;
    }

    /// Whether the supervisor has given up. It is nothing that a plan has in store: whoever never
    /// fails at its start never meets it.
    pub fn given_up(&self) -> bool {
        self.given_up
    }

    /// What happened since the last call.
    pub(crate) fn take_fresh(&mut self) -> Vec<Planned> {
        std::mem::take(&mut self.fresh)
    }

    /// How often something happened.
    pub fn count(&self, planned: Planned) -> u64 {
        self.counts.get(&planned).copied().unwrap_or(0)
    }

    /// Adds one to whatever happened in another run.
    pub(crate) fn add_run(&mut self, other: &Delivered) {
        for planned in other.counts.keys() {
            *self.counts.entry(*planned).or_default() += 1;
        }
    }

    /// Adds what happened in other runs.
    pub(crate) fn add_runs(&mut self, others: &Delivered) {
        for (planned, count) in &others.counts {
            *self.counts.entry(*planned).or_default() += count;
        }
    }

    /// What of a plan did not happen any more after something had.
    pub(crate) fn missing_since(&self, before: &Delivered, plan: &Plan) -> BTreeSet<Planned> {
        let silent = |planned: &Planned| self.count(*planned) == before.count(*planned);
        Planned::all(plan).into_iter().filter(silent).collect()
    }

    /// What of a plan never happened.
    pub fn missing(&self, plan: &Plan) -> Vec<Planned> {
        Planned::all(plan).into_iter().filter(|planned| self.count(*planned) == 0).collect()
    }
}

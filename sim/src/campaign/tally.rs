//! What was planned, by its kind, and in how many plans it happened.
//!
//! A kind of fault that is planned again and again and never happens tests nothing, and nobody
//! would notice.

use std::collections::BTreeMap;

use crate::delivered::{Delivered, Planned};
use crate::plan::{Plan, word};

/// A kind of fault, in words.
pub type Fault = String;

/// For each kind of fault, how many were planned and how many of these happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Fault, (u64, u64)>);

impl Tally {
    /// Counts a plan. Its last `placed` kills are known to have happened.
    pub(super) fn count(&mut self, plan: &Plan, delivered: &Delivered, placed: usize) {
        for planned in Planned::all(plan) {
            let is_placed = matches!(planned, Planned::Kill(index)
                if index + placed >= plan.kills.len());
            let happened = is_placed || delivered.count(planned) > 0;
            let entry = self.0.entry(kind(planned, plan)).or_default();
            entry.0 += 1;
            entry.1 += u64::from(happened);
        }
    }

    /// Adds what another one counted.
    pub fn add(&mut self, other: &Tally) {
        for (fault, (planned, happened)) in &other.0 {
            let entry = self.0.entry(fault.clone()).or_default();
            entry.0 += planned;
            entry.1 += happened;
        }
    }

    /// Each kind with how many were planned and how many happened, in order.
    pub fn counts(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        self.0.iter().map(|(fault, (planned, happened))| (fault.as_str(), *planned, *happened))
    }

    /// The kinds that were planned and never happened.
    pub fn never_delivered(&self) -> Vec<&str> {
        self.counts().filter(|(_, _, happened)| *happened == 0).map(|(fault, ..)| fault).collect()
    }
}

fn kind(planned: Planned, plan: &Plan) -> Fault {
    match planned {
        Planned::DiskFault(index) => format!("disk {}", word(&plan.disk_faults[index].effect)),
        Planned::BitRot(_) => "disk bit-rot".to_owned(),
        Planned::SendFault(index) => format!("send {}", word(&plan.platform.faults[index].effect)),
        Planned::PollFault(_) => "poll fault".to_owned(),
        Planned::Kill(index) if plan.kills[index].death.kind.is_power_loss() => {
            "power loss".to_owned()
        }
        Planned::Kill(_) => "process kill".to_owned(),
        Planned::Stop(index) => format!("signal {}", plan.stops[index].signal),
        Planned::ClockJump(index) if plan.clock_jumps[index].by.0 < 0 => "clock back".to_owned(),
        Planned::ClockJump(_) => "clock forward".to_owned(),
        Planned::Revocation(_) => "access revoked".to_owned(),
        Planned::CleanStart(_) => "clean start".to_owned(),
        Planned::Demotion(index) => {
            format!("late {}", word(&plan.schedule.demotions[index].part))
        }
        Planned::Start(_) => "one more process".to_owned(),
        Planned::Replacement(_) => "process replaced".to_owned(),
        Planned::Stall(_) => "process frozen".to_owned(),
        Planned::LostLocks(_) => "locks lost".to_owned(),
        Planned::LinkFault(index) => format!("link {}", word(&plan.link_faults[index].effect)),
    }
}

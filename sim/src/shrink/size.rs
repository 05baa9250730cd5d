//! How large a plan is: what is compared when one shall be smaller than another.

use std::collections::BTreeSet;
use std::fmt;

use super::times::{roughness, spans};
use super::values::letters;
use crate::plan::{
    DeathKind, DiskChoice, DiskEffect, InFlight, KillPlan, LinkEffect, LinkFault, Moment, Plan,
    points, said,
};

/// What a plan consists of, as people count it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The chats that anybody writes in.
    pub chats: usize,
    /// The messages.
    pub messages: usize,
    /// The requests to stop.
    pub stops: usize,
    /// The kills.
    pub kills: usize,
    /// Everything else that goes wrong or is wished for: with the disk, with sends and polls, with
    /// the network, with other processes, with the wall clock, by the operator.
    pub faults: usize,
}

impl Parts {
    /// What a plan consists of.
    pub fn of(plan: &Plan) -> Parts {
        let chats: BTreeSet<&str> = plan.messages.iter().map(|m| m.chat.0.as_str()).collect();
        let disk = plan.disk_faults.len() + plan.bit_rots.len();
        let platform = plan.platform.faults.len() + plan.platform.poll_faults.len();
        let wishes = plan.revocations.len() + plan.clean_starts.len();
        let processes = plan.starts.len() + plan.replacements.len() + plan.stalls.len();
        let more = processes + plan.lost_locks.len() + plan.link_faults.len();
        Parts {
            chats: chats.len(),
            messages: plan.messages.len(),
            stops: plan.stops.len(),
            kills: plan.kills.len(),
            faults: disk + platform + plan.clock_jumps.len() + wishes + more,
        }
    }

    /// How many things happen in it: messages, stops, kills and faults.
    pub fn events(&self) -> usize {
        self.messages + self.stops + self.kills + self.faults
    }

    fn count(&self) -> usize {
        self.chats + self.events()
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let Parts { chats, messages, .. } = *self;
        let (s, t) = (plural(messages), plural(chats));
        write!(f, "{messages} message{s} in {chats} chat{t}")?;
        let named = [("stop", self.stops), ("kill", self.kills), ("fault", self.faults)];
        for (name, count) in named.into_iter().filter(|(_, count)| *count > 0) {
            write!(f, ", {count} {name}{}", plural(count))?;
        }
        Ok(())
    }
}

/// How large a plan is. The fields count in their order: a part less is worth any number of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size {
    /// How many parts it has.
    parts: usize,
    /// How hard its kills and faults are to write down by hand.
    awkward: usize,
    /// How many values it says that are not what they always are.
    said: usize,
    /// How far its times are from round ones.
    rough: usize,
    /// All its times and numbers together.
    total: u64,
}

impl Size {
    /// How large a plan is.
    pub fn of(plan: &Plan) -> Size {
        let kills: usize = plan.kills.iter().map(awkward).sum();
        let faults = plan.disk_faults.iter().filter(|f| f.effect != DiskEffect::Eio).count();
        let stops = plan.stops.iter().filter(|stop| stop.boot.is_some()).count();
        let links: usize = plan.link_faults.iter().map(crooked).sum();
        let named = letters(plan).into_iter().filter(|(name, letter)| name != letter).count();
        // Looking at times goes by way of changing them: a copy does for both.
        let mut copy = plan.clone();
        let points: Vec<u64> = points(&mut copy).into_iter().map(|at| at.0).collect();
        let spans: Vec<(u64, bool)> =
            spans(&mut copy).into_iter().map(|span| (span.value.0, span.is_said())).collect();
        let said_spans = spans.iter().filter(|(_, said)| *said).map(|(span, _)| *span);
        let rough = points.iter().copied().chain(said_spans).chain([plan.horizon.0]);
        let counts = plan.messages.iter().map(|message| u64::from(message.turn.steps));
        let counts = counts.chain(plan.disk_faults.iter().filter_map(|fault| fault.nth));
        let spans = spans.iter().map(|(span, _)| *span);
        Size {
            parts: Parts::of(plan).count(),
            awkward: kills + faults + links + stops,
            said: said(plan) + named,
            rough: rough.map(roughness).sum(),
            total: points.iter().copied().chain(spans).chain(counts).sum::<u64>() + plan.horizon.0,
        }
    }
}

/// How hard it is to say what a fault of the network does: a cut is one moment, a partition is
/// everything for a while.
fn crooked(fault: &LinkFault) -> usize {
    match fault.effect {
        LinkEffect::Reset => 0,
        LinkEffect::Partition => 1,
        LinkEffect::Loss if fault.per_mille != Some(1_000) => 3,
        _ => 2,
    }
}

fn awkward(kill: &KillPlan) -> usize {
    let moment = match kill.moment {
        Moment::At(_) => 0,
        Moment::After { .. } => 1,
        Moment::Before { torn: None, .. } => 8,
        Moment::Before { torn: Some(_), .. } => 12,
    };
    let kind = match &kill.death.kind {
        DeathKind::Process => 0,
        DeathKind::Power(DiskChoice::Kept | DiskChoice::Lost) => 1,
        DeathKind::Power(DiskChoice::Split(_)) => 4,
    };
    moment + kind + usize::from(kill.death.in_flight == InFlight::Arrives)
}

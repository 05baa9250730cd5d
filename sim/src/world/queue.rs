//! The future: what will happen and when.
//!
//! Events of the same millisecond happen in the order of their ranks, and those of the same rank
//! in the order in which they were put in; that order is the world's choice and nobody else's.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_core::env::Exit;
use gateway_core::message::{Cursor, Outbound};

use super::effect::EffectId;
use super::order::Rank;
use crate::plan::SendFaultEffect;
use crate::time::Ms;

/// Something that will happen. Indices are into the plan or the script.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A user's message reaches the platform.
    Post(usize),
    /// The gateway is asked to stop.
    Stop(usize),
    /// A kill at a time.
    Kill(usize),
    /// The wall clock jumps.
    Jump(usize),
    /// A bit on the disk turns over.
    Rot(usize),
    /// The supervisor starts the process.
    Start,
    /// Somebody starts one more process.
    StartOne(usize),
    /// A process is replaced by another one.
    Replace(usize),
    /// A process is frozen for a while.
    Stall(usize),
    /// Every lock is lost.
    LoseLocks(usize),
    /// Something goes wrong between gateway and platform.
    Link(usize),
    /// It is over.
    LinkOver(usize),
    /// The platform has died: whatever it was asked is forgotten.
    PlatformGone,
    /// The time that the supervisor grants this boot's stop is over.
    BudgetOver(u32),
    /// Whoever has replaced this boot waits no longer for its end.
    PatienceOver(u32),
    /// A process that was frozen when its code had come to its end ends.
    Exit(u32, Exit),
    /// An effect of a boot takes hold.
    Hold(u32, EffectId),
    /// An effect of a boot is answered.
    Complete(u32, EffectId),
    /// A send whose sender is dead reaches the platform.
    LateSend(u32, Arc<Outbound>, Option<SendFaultEffect>),
    /// An acknowledgement whose sender is dead reaches the platform.
    LateAck(u32, Cursor),
}

/// The place of an event in the queue.
pub(crate) type Due = (Ms, Rank, u64);

/// The future.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    events: BTreeMap<Due, Event>,
    next: u64,
}

impl std::hash::Hash for Queue {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        // The running number only orders events; its value is an accident of the past. The rank
        // follows from the event.
        for ((at, ..), event) in &self.events {
            at.hash(state);
            event.hash(state);
        }
    }
}

impl Queue {
    pub(crate) fn push(&mut self, at: Ms, rank: Rank, event: Event) -> Due {
        let due = (at, rank, self.next);
        self.next += 1;
        self.events.insert(due, event);
        due
    }

    pub(crate) fn first(&self) -> Option<(Due, &Event)> {
        self.events.first_key_value().map(|(due, event)| (*due, event))
    }

    pub(crate) fn pop(&mut self) -> Option<(Due, Event)> {
        self.events.pop_first()
    }

    pub(crate) fn remove(&mut self, due: Due) {
        self.events.remove(&due);
    }

    /// Takes out every event that `taken` says yes to, in order.
    pub(crate) fn extract(&mut self, taken: impl Fn(&Event) -> bool) -> Vec<(Due, Event)> {
        let mut out = Vec::new();
        self.events.retain(|due, event| {
            let take = taken(event);
            if take {
                out.push((*due, event.clone()));
            }
            !take
        });
        out
    }
}

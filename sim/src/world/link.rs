//! The way between gateway and platform, as far as the world knows it: which planned faults are
//! at work. What they do to bytes is the network stage's to do.

use super::effect::{Pending, Verb};
use super::queue::Event;
use super::world::World;
use crate::delivered::Planned;
use crate::plan::{LinkEffect, LinkFault};
use crate::time::Ms;

impl World {
    /// Something goes wrong from now on.
    pub(super) fn link_fails(&mut self, index: usize) {
        if self.is_healed() {
            return;
        }
        // A platform dies when it has taken a send, and not before.
        if self.script.plan.link_faults[index].effect != LinkEffect::PlatformDies {
            self.delivered.note(Planned::LinkFault(index));
        }
        let until = self.script.plan.link_ends(index);
        self.links.insert(index);
        self.file(until, Event::LinkOver(index));
    }

    /// It is over.
    pub(super) fn link_recovers(&mut self, index: usize) {
        self.links.remove(&index);
        self.platform.dead_until = self.platform.dead_until.filter(|until| *until > self.now);
    }

    /// The faults that are at work.
    pub fn link_faults(&self) -> impl Iterator<Item = (usize, &LinkFault)> {
        self.links.iter().map(|index| (*index, &self.script.plan.link_faults[*index]))
    }

    /// Until when the platform is dead, if it is.
    pub fn platform_dead_until(&self) -> Option<Ms> {
        self.platform.dead_until
    }

    /// The platform has taken a send; whether it dies of it before it can say so.
    pub(super) fn platform_dies(&mut self) -> bool {
        let deadly = |(index, fault): (usize, &LinkFault)| {
            (fault.effect == LinkEffect::PlatformDies).then_some(index)
        };
        let Some(index) = self.link_faults().find_map(deadly) else { return false };
        if self.platform.dead_until.is_none() {
            self.platform.dead_until = Some(self.script.plan.link_ends(index));
            self.file(self.now, Event::PlatformGone);
            self.delivered.note(Planned::LinkFault(index));
        }
        true
    }

    /// A dead platform answers nobody: what it was asked is gone with its connections, and whoever
    /// asked has to ask again.
    pub(super) fn forget_requests(&mut self) {
        for process in self.processes.values_mut() {
            let asked = |pending: &Pending| {
                matches!(
                    pending.verb,
                    Verb::Poll(_) | Verb::Ack(_) | Verb::Acknowledged | Verb::Send(_)
                )
            };
            for due in
                process.pending.values().filter(|pending| asked(pending)).filter_map(|p| p.due)
            {
                self.queue.remove(due);
            }
            process.pending.retain(|_, pending| !asked(pending));
        }
    }
}

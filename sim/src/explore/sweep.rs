//! Planned events moved, one at a time, to every moment of a run that makes a difference.
//!
//! A plan that is tuned to a race of two milliseconds tests one shape of the code: an error a few
//! milliseconds away survives it. A sweep is a list of plans, each explored as any other plan is.

use gateway_core::env::Gateway;

use super::family::Variant;
use super::moments::around;
use crate::delivered::Planned;
use crate::plan::{Moment, Plan};
use crate::rerun::base;
use crate::time::Ms;

/// Which planned events are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swept {
    /// Requests to stop.
    Stop,
    /// Messages of users.
    Message,
    /// Kills that come at a time.
    Kill,
    /// Where faults begin: of the disk, of sends, of polls and of the way to the platform, bits
    /// that turn over, processes that are frozen, locks that are lost and jumps of the clock. A
    /// fault lasts as long as it did.
    Fault,
}

/// An event of a plan.
#[derive(Clone, Copy)]
enum Event {
    Message(usize),
    Planned(Planned),
}

/// The plans that come of moving each planned event of a kind, one at a time, to every moment of
/// the run of `plan` just before, at and just after a transition.
///
/// Each leaves as much time to settle after its event as the plan does. They are in the order of
/// events and then of moments; none if the plan has no such event.
pub fn sweep(plan: &Plan, gateway: &dyn Gateway, swept: Swept) -> Vec<Variant> {
    let plan = plan.without_probes();
    let events = swept.events(&plan);
    if events.is_empty() {
        return Vec::new();
    }
    let (trace, _) = base(&plan, gateway);
    let healthy = plan.heal_at.unwrap_or(plan.horizon);
    let before = match swept {
        Swept::Stop | Swept::Message => plan.horizon,
        // Nothing of it happens in a healthy world.
        Swept::Kill | Swept::Fault => healthy.min(plan.horizon),
    };
    let moments = around(&trace, before);
    let last = moments.last().copied().unwrap_or_default();
    let variants = events.into_iter().flat_map(|event| {
        let (plan, moments) = (&plan, &moments);
        let was = *at(&mut plan.clone(), event).0;
        let horizon = plan.horizon.plus(last.since(was));
        moments.iter().filter(move |moment| **moment != was).map(move |moment| {
            let moved = Plan { horizon, ..moved(plan, event, was, *moment) };
            let (planned, name) = match event {
                Event::Message(index) => (None, format!("message {}", index + 1)),
                Event::Planned(planned) => (Some(planned), planned.name()),
            };
            Variant { what: format!("{name} moved from {was} to {moment}"), planned, plan: moved }
        })
    });
    variants.collect()
}

impl Swept {
    fn events(self, plan: &Plan) -> Vec<Event> {
        if self == Swept::Message {
            return (0..plan.messages.len()).map(Event::Message).collect();
        }
        let fits = |planned: &Planned| match planned {
            Planned::Stop(_) => self == Swept::Stop,
            Planned::Kill(index) => {
                self == Swept::Kill && matches!(plan.kills[*index].moment, Moment::At(_))
            }
            Planned::DiskFault(_)
            | Planned::BitRot(_)
            | Planned::SendFault(_)
            | Planned::PollFault(_)
            | Planned::LinkFault(_)
            | Planned::Stall(_)
            | Planned::LostLocks(_)
            | Planned::ClockJump(_) => self == Swept::Fault,
            Planned::Revocation(_)
            | Planned::CleanStart(_)
            | Planned::Demotion(_)
            | Planned::Start(_)
            | Planned::Replacement(_) => false,
        };
        Planned::all(plan).into_iter().filter(fits).map(Event::Planned).collect()
    }
}

/// The plan with an event at another time.
fn moved(plan: &Plan, event: Event, was: Ms, to: Ms) -> Plan {
    let mut plan = plan.clone();
    let (at, until) = at(&mut plan, event);
    *at = to;
    if let Some(until) = until {
        *until = to.plus(until.since(was));
    }
    plan
}

/// When an event happens, and when it is over, if the plan says that.
fn at(plan: &mut Plan, event: Event) -> (&mut Ms, Option<&mut Ms>) {
    let planned = match event {
        Event::Message(index) => return (&mut plan.messages[index].at, None),
        Event::Planned(planned) => planned,
    };
    match planned {
        Planned::Stop(index) => (&mut plan.stops[index].at, None),
        Planned::Kill(index) => match &mut plan.kills[index].moment {
            Moment::At(at) => (at, None),
            Moment::After { .. } | Moment::Before { .. } => {
                unreachable!("only kills at a time are moved")
            }
        },
        Planned::DiskFault(index) => {
            let fault = &mut plan.disk_faults[index];
            (&mut fault.from, fault.until.as_mut())
        }
        Planned::BitRot(index) => (&mut plan.bit_rots[index].at, None),
        Planned::SendFault(index) => {
            let fault = &mut plan.platform.faults[index];
            (&mut fault.from, Some(&mut fault.until))
        }
        Planned::PollFault(index) => {
            let fault = &mut plan.platform.poll_faults[index];
            (&mut fault.from, Some(&mut fault.until))
        }
        Planned::LinkFault(index) => {
            let fault = &mut plan.link_faults[index];
            (&mut fault.from, fault.until.as_mut())
        }
        Planned::Stall(index) => (&mut plan.stalls[index].at, None),
        Planned::LostLocks(index) => (&mut plan.lost_locks[index].at, None),
        Planned::ClockJump(index) => (&mut plan.clock_jumps[index].at, None),
        Planned::Revocation(_)
        | Planned::CleanStart(_)
        | Planned::Demotion(_)
        | Planned::Start(_)
        | Planned::Replacement(_) => unreachable!("it is never moved"),
    }
}

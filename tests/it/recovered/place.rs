//! Places to die at, found in the trace of the plan as it is so far, by phase and by what happens
//! there. A place that is not there is an error: a window that nobody is killed in proves nothing.

use std::sync::Arc;

use scenarios::registry::GatewayName;
use sim::direct::run;
use sim::hub::Keep;
use sim::plan::{Death, DeathKind, InFlight, KillPlan, Moment, Plan};
use sim::script::Script;
use sim::trace::{Line, Trace, Transition};
use sim::world::World;

/// How a place is found.
pub(super) type Find<'a> = &'a dyn Fn(&Trace) -> Place;

/// The gap before a transition of a boot.
#[derive(Clone, Copy)]
pub(super) struct Place {
    boot: u32,
    number: u64,
    torn: Option<u64>,
}

/// The first line of a boot that is of a kind.
pub(super) fn first(trace: &Trace, boot: u32, is: impl Fn(&Line) -> bool) -> Place {
    let mut lines = trace.lines.iter().filter(|line| line.boot == Some(boot));
    let line = lines.find(|line| is(line)).expect("the run gets there");
    Place { boot, number: line.number, torn: None }
}

/// The first line of a boot that is in a phase.
pub(super) fn first_in(trace: &Trace, boot: u32, phase: &str) -> Place {
    first(trace, boot, |line| line.phase == phase)
}

/// The first effect that takes hold in a phase of a boot and is called so.
pub(super) fn taken(trace: &Trace, boot: u32, phase: &str, called: &str) -> Place {
    first(trace, boot, |line| {
        let here = line.phase == phase && line.transition == Transition::TakenHold;
        here && line.text.starts_with(called)
    })
}

impl Place {
    /// The line before which it is.
    pub(super) fn line(self, trace: &Trace) -> &Line {
        let here = |line: &&Line| line.boot == Some(self.boot) && line.number == self.number;
        trace.lines.iter().find(here).expect("it was found there")
    }

    /// The place behind the transition.
    pub(super) fn next(self, trace: &Trace) -> Place {
        let next = Place { number: self.number + 1, ..self };
        next.line(trace);
        next
    }

    /// The same place, with the first bytes of the write that is about to take hold.
    pub(super) fn torn_at(self, bytes: u64) -> Place {
        Place { torn: Some(bytes), ..self }
    }
}

/// The plan with one more death of the process, at a place of its run so far.
pub(super) fn killed(plan: &Plan, find: Find<'_>) -> Plan {
    let core = GatewayName::Core.make(plan);
    let world = World::new(Arc::new(Script::new(plan)));
    let Place { boot, number, torn } = find(&run(world, &*core, Keep::Trace).kept.trace);
    let mut plan = plan.clone();
    plan.kills.push(KillPlan {
        moment: Moment::Before { boot, transition: number, torn },
        death: Death { kind: DeathKind::Process, in_flight: InFlight::Lost },
        down_for: None,
        probe: false,
    });
    plan
}

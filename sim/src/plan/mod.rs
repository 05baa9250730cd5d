//! Everything that will be done to the world, decided before the run begins.

mod brief;
mod disk;
mod kill;
#[expect(clippy::module_inception, reason = "the noun of the file is the plan itself")]
mod plan;
mod schedule;

pub(crate) use brief::said;
pub use brief::{brief, brief_table};
pub use disk::{BitRot, DiskEffect, DiskFault, DiskPlan, DiskVerb};
pub use kill::{Death, DeathKind, DiskChoice, InFlight, KillPlan, Moment};
pub(crate) use plan::word;
pub use plan::{
    ClockJump, MessageBody, MessagePlan, Outcome, Plan, PlatformPlan, RestartPolicy, SendFault,
    SendFaultEffect, StopPlan, SupervisorPlan, TurnPlan,
};
pub use schedule::{Demoted, Demotion, SchedulePlan};

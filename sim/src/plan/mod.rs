//! Everything that will be done to the world, decided before the run begins.

mod kill;
#[expect(clippy::module_inception, reason = "the noun of the file is the plan itself")]
mod plan;

pub use kill::{Death, DeathKind, DiskChoice, InFlight, KillPlan, Moment};
pub use plan::{
    ClockJump, DiskError, DiskFault, MessageBody, MessagePlan, Outcome, Plan, PlatformPlan,
    RestartPolicy, SendFault, SendFaultEffect, StopPlan, SupervisorPlan, TurnPlan,
};

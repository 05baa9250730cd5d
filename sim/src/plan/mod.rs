//! Everything that will be done to the world, decided before the run begins.

mod brief;
mod disk;
mod kill;
mod link;
mod message;
mod operator;
#[expect(clippy::module_inception, reason = "the noun of the file is the plan itself")]
mod plan;
mod points;
mod poll;
mod process;
mod schedule;
mod stage;
mod stop;

pub use brief::{brief, brief_part};
pub(crate) use brief::{brief_table, said};
pub use disk::{BitRot, DiskEffect, DiskFault, DiskPlan, DiskVerb};
pub use kill::{Death, DeathKind, DiskChoice, InFlight, KillPlan, Moment};
pub use link::{LinkEffect, LinkFault};
pub use message::{MessageBody, MessagePlan, Outcome, TurnPlan};
pub use operator::{CleanStart, Revocation};
pub(crate) use plan::default_patience;
pub(crate) use plan::word;
pub use plan::{
    ClockJump, Plan, PlatformPlan, RestartPolicy, SendFault, SendFaultEffect, SupervisorPlan,
};
pub(crate) use points::points;
pub use poll::PollFault;
pub use process::{LostLocks, Pids, ReplacementPlan, StallPlan, StartPlan};
pub use schedule::{Demoted, Demotion, SchedulePlan};
pub use stage::Stage;
pub use stop::StopPlan;

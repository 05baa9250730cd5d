//! The world: everything that is not the gateway, as one cloneable value.

mod agent;
mod effect;
mod faults;
mod fence;
mod link;
mod observed;
mod operator;
mod order;
mod platform;
mod process;
mod queue;
mod supervisor;
#[expect(clippy::module_inception, reason = "the noun of the file is the world itself")]
mod world;

pub use effect::{Answer, EffectId, RunId, Verb};
pub use fence::Whom;
pub use queue::Event;
pub(crate) use supervisor::pid_of;
pub use world::{Completed, World, wall_at};

#[cfg(test)]
mod tests;

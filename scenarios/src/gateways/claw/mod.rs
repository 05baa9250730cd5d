//! A second real gateway, openclaw, as a small model: a spool with claims, an index of sessions and
//! a queue of deliveries, and siblings that each miss one thing.

mod deliver;
mod gateway;
mod hub;
mod inbound;
mod live;
mod queue;
mod recovery;
mod sessions;
mod sibling;
mod stop;
mod store;
mod turn;

pub use gateway::Claw;
pub use sibling::Sibling;

//! Small models of a real gateway, hermes-agent: five eras of it, and variants of these.

mod delivery;
mod drain;
mod era;
mod gateway;
mod guard;
mod hub;
mod inbound;
mod index;
mod ledger;
mod live;
mod policy;
mod row;
mod spool;
mod start;
mod stop;
mod store;
mod times;
mod turn;
mod variant;

pub use era::Era;
pub use gateway::Hermes;
pub use variant::Variant;

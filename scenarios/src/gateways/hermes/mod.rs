//! Small models of a real gateway, hermes-agent, before and after the fix of its issue #27856.

mod drain;
mod gateway;
mod hub;
mod inbound;
mod index;
mod live;
mod start;
mod stop;
mod store;
mod times;
mod turn;

pub use gateway::{Era, Hermes};

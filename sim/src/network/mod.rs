//! The network stage: gateways and platform as hosts with real TCP between them.

mod line;
mod link;
mod stage;

pub(crate) use stage::UNDER_WAY;
pub use stage::run;

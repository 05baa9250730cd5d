//! The network stage: gateways and platform as hosts with real TCP between them.

mod line;
mod link;
mod stage;

pub use stage::run;

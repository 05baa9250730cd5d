//! The network stage: gateway and platform as two hosts with real TCP between them.

mod stage;
mod wire;

pub use stage::run;

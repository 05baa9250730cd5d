//! The network stage: gateway and platform as two hosts with real TCP between them.

mod stage;

pub use stage::run;

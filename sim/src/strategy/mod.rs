//! Plans that nobody thought of: the one generator, as proptest strategies.
//!
//! Used by the tests and by the swarm alike. Nothing here shrinks: a failing plan is made small by
//! [`crate::shrink`], which works on plans from anywhere.

mod aimed;
mod classes;
mod disk;
mod draft;
mod fit;
mod frame;
mod need;
mod network;
mod operator;
mod plan;
mod platform;
mod rare;
mod release;
mod settings;
mod strike;
mod supervisor;
mod turn;

pub use aimed::{Aimed, Named, Target, Unnamed, What};
pub use classes::Class;
pub use draft::{Draft, drafts};
pub(crate) use fit::least_stop_budget;
pub use plan::plans;
pub use strike::{Aim, Strike};

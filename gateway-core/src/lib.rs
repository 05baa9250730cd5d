//! A chat gateway core that never loses an active session, whatever kills it.
//!
//! [`Core`] is the gateway; it knows nothing of the world but the [`env::Env`] it is handed at
//! boot. [`real`] is that world made of tokio and the operating system.
#![deny(
    unused_must_use,
    clippy::let_underscore_must_use,
    clippy::unused_result_ok,
    clippy::map_err_ignore
)]

pub mod env;
pub mod message;
pub mod phase;
pub mod real;
pub mod settings;
pub mod wire;

mod backoff;
mod budget;
mod core;
mod error;
mod file_names;
mod fold;
mod halt;
mod journal;
mod live;
mod lock;
mod names;
mod record;
mod recovery;
mod serve;
mod state;
mod stop;
mod tasks;
mod transcript;

pub use crate::core::Core;
pub use crate::error::CommitError;
pub use crate::stop::{Drained, Stop, StopProcedure};

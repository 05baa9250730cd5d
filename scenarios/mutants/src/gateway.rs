//! The copy of the core with one error planted, as a gateway.

use gateway_core::env::{Effect, Env, Exit, Gateway};
use gateway_core::settings::Settings;

use crate::core::Core;
use crate::planted::{self, Planted};

/// The gateway core with one error planted.
pub struct Mutant {
    planted: Planted,
    core: Core,
}

impl Mutant {
    /// The core with these settings and this error.
    pub fn new(planted: Planted, settings: Settings) -> Mutant {
        Mutant { planted, core: Core::new(settings) }
    }
}

impl Gateway for Mutant {
    fn boot(&self, env: Env) -> Effect<Exit> {
        Box::pin(planted::with(self.planted, self.core.boot(env)))
    }
}

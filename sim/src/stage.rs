//! Plays a world on the stage that its plan says.

use gateway_core::env::Gateway;

use crate::direct::Ran;
use crate::hub::Keep;
use crate::plan::Stage;
use crate::world::World;
use crate::{direct, network};

/// Runs a world to its horizon on the stage of its plan.
///
/// # Panics
///
/// If a process lives in the world, or if the plan is for the direct stage and only the network
/// stage can play it.
pub fn run(world: World, gateway: &dyn Gateway, keep: Keep) -> Ran {
    match world.script().plan.stage {
        Stage::Direct => direct::run(world, gateway, keep),
        Stage::Network => network::run(world, gateway, keep),
    }
}

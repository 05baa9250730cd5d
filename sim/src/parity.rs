//! One plan on both stages: whether it comes to the same.
//!
//! On the network stage everything takes a few milliseconds longer, for it has a wire to cross. So
//! times are not compared, nor how many boots and runs it took, which a plan may leave to a
//! millisecond or to the how many-th call: what counts is what users were left with. Each message
//! is settled on both stages or on neither, each chat was given the same notices that settle
//! something, each session changed as often, and the same oracles are broken.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway_core::env::Gateway;

use crate::direct::Ran;
use crate::explore::Outcome;
use crate::hub::Keep;
use crate::oracle::{OracleId, judge};
use crate::plan::{Plan, Stage};
use crate::script::Script;
use crate::stage::run;
use crate::world::World;

/// Plays a plan on a stage.
pub fn play(plan: &Plan, stage: Stage, gateway: &dyn Gateway) -> Ran {
    let plan = Plan { stage, ..plan.clone() };
    run(World::new(Arc::new(Script::new(&plan))), gateway, Keep::Nothing)
}

/// What the run on the network stage came to otherwise than the one on the direct stage; none if
/// nothing.
pub fn difference(direct: &World, network: &World) -> Option<String> {
    let broken = |world: &World| -> BTreeSet<OracleId> {
        judge(world).into_iter().map(|violation| violation.oracle).collect()
    };
    let (here, there) = (broken(direct), broken(network));
    if let Some(oracle) = here.difference(&there).next() {
        return Some(format!("{oracle} is broken on the direct stage only"));
    }
    if let Some(oracle) = there.difference(&here).next() {
        return Some(format!("{oracle} is broken on the network stage only"));
    }
    Outcome::of(direct).difference(&Outcome::of(network))
}

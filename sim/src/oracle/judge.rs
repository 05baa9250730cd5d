//! All oracles over one run.

use super::case::{Case, Violation};
use super::{
    honest_io, liveness, no_false_resume, nothing_lost, reason_true, resumed, same_conversation,
    sends,
};
use crate::world::World;

/// Every violation in a world at its horizon, in the order of oracles.
pub fn judge(world: &World) -> Vec<Violation> {
    let case = Case::new(world);
    let mut violations = Vec::new();
    nothing_lost::judge(&case, &mut violations);
    resumed::judge(&case, &mut violations);
    reason_true::judge(&case, &mut violations);
    same_conversation::judge(&case, &mut violations);
    no_false_resume::judge(&case, &mut violations);
    sends::judge(&case, &mut violations);
    liveness::judge(&case, &mut violations);
    honest_io::judge(&case, &mut violations);
    violations.sort_by_key(|violation| violation.oracle);
    violations
}

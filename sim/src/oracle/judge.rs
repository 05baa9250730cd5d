//! All oracles over one run.

use super::case::{Case, Violation};
use super::id::OracleId;
use super::{
    honest_io, liveness, no_false_resume, nothing_lost, reason_true, resumed, same_conversation,
    sends,
};
use crate::time::Ms;
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
    if let Some(since) = case.ledger.deceived_at() {
        violations.retain(|violation| is_owed_by_the_deceived(&case, since, violation));
    }
    violations.sort_by_key(|violation| violation.oracle);
    violations
}

/// Whether a gateway answers for something although its disk had lied to it: it cannot know what
/// the disk has forgotten, but where it can see that something is gone, it has to say so.
fn is_owed_by_the_deceived(case: &Case<'_>, since: Ms, violation: &Violation) -> bool {
    let loss = matches!(violation.oracle, OracleId::NothingLost | OracleId::HonestIo);
    let told = case.ledger.boots.iter().filter(|boot| boot.ended_at() >= since);
    loss && !told.into_iter().any(|boot| boot.told_of_trouble())
}

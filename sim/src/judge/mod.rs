//! The judge: which statements a run breaks, by what could be seen from outside.

mod belief;
mod chat;
pub mod compare;
mod conversation;
mod ends;
mod evidence;
mod honest_io;
mod replay;
mod resumed;
mod served;
mod table;

pub use evidence::Evidence;

use crate::oracle::{OracleId, Violation};
use crate::script::MessageIndex;
use crate::world::World;
use belief::believed;
use replay::Replay;

/// Every violation in a world at its horizon, in the order of statements.
pub fn judge(world: &World) -> Vec<Violation> {
    let evidence = Evidence::new(world);
    let replay = Replay::of(&evidence);
    let mut unsettled = Vec::new();
    let mut violations = Vec::new();
    for message in evidence.requests() {
        let held = &replay.messages[message].now;
        let settled = held.iter().any(|held| held.is_closed());
        if settled || evidence.settled_at(message).is_some() {
            continue;
        }
        unsettled.push(message);
        // Whoever is the next to live goes on with it.
        let interrupted = resumed::last_interruption(&evidence, message).is_some_and(|boot| {
            let mut later = evidence.boots();
            later.any(|later| (later.ended_at(), later.number) > (boot.ended_at(), boot.number))
        });
        for oracle in [OracleId::NothingLost, OracleId::Resumed] {
            if oracle == OracleId::NothingLost || interrupted {
                let what = left_as(&evidence, message, interrupted);
                let mut violation = evidence.message_violation(oracle, message, what);
                violation.believed = Some(believed(message, held));
                violations.push(violation);
            }
        }
    }
    violations.extend(replay.violations);
    conversation::judge(&evidence, &mut violations);
    chat::judge(&evidence, &mut violations);
    ends::judge(&evidence, &mut violations);
    resumed::judge(&evidence, &mut violations);
    served::judge(&evidence, &mut violations);
    honest_io::judge(&evidence, &unsettled, &mut violations);
    violations.retain(|violation| !evidence.is_forgiven(violation));
    violations.sort_by_key(|violation| violation.oracle);
    compare::compare(world, &violations);
    violations
}

/// How a message was left that nobody answered.
fn left_as(evidence: &Evidence<'_>, message: MessageIndex, interrupted: bool) -> &'static str {
    let facts = &evidence.ledger.messages[message];
    if !facts.produced.is_empty() {
        "its answer was produced and never delivered"
    } else if interrupted {
        "its turn was interrupted and never finished"
    } else if facts.started_at.is_some() {
        "its turn was started and never answered"
    } else if facts.acked_at.is_some() {
        "it was acknowledged to the platform and never started"
    } else {
        "it was never taken from the platform for good"
    }
}

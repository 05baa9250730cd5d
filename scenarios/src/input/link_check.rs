//! What a fault of the network must be to make sense.

use sim::plan::{LinkEffect, Plan};
use sim::time::Ms;

use super::bad_input::BadInput;
use super::document::{Document, Step};

/// Checks the faults of the way between gateway and platform.
///
/// # Errors
///
/// If one of them says too much or too little.
pub(super) fn check(document: &Document<'_>, plan: &Plan) -> Result<(), BadInput> {
    for (index, fault) in plan.link_faults.iter().enumerate() {
        let wrong = |key, problem: &str, remedy: &str| {
            let list = [Step::Key("plan"), Step::Key("link_fault"), Step::Index(index)];
            let place = [list[0], list[1], list[2], Step::Key(key)];
            Err(document.problem(&place, problem, remedy))
        };
        match (fault.effect, fault.until) {
            (LinkEffect::Reset, None) => {}
            (LinkEffect::Reset, Some(_)) => {
                return wrong("until", "a reset is over at once", "leave `until` out");
            }
            (_, None) => {
                let remedy = "write an `until` before `horizon`";
                return wrong("from", "the fault goes on for ever", remedy);
            }
            (_, Some(until)) if until <= fault.from => {
                let remedy = "write an `until` after `from`";
                return wrong("until", "the fault ends before it begins", remedy);
            }
            (_, Some(until)) if until >= plan.horizon => {
                let remedy = "write an `until` before `horizon`, with time enough to settle";
                return wrong("until", "the fault goes on until the horizon", remedy);
            }
            (_, Some(_)) => {}
        }
        if (fault.effect == LinkEffect::Latency) != (fault.delay > Ms(0)) {
            let remedy = "write `delay` with `effect = \"latency\"`, and only there";
            return wrong("effect", "latency needs a `delay`, and nothing else has one", remedy);
        }
        let rate = fault.per_mille.is_some_and(|rate| (1..=1_000).contains(&rate));
        if rate != (fault.effect == LinkEffect::Loss) || (!rate && fault.per_mille.is_some()) {
            let remedy = "write 1 to 1000 with `effect = \"loss\"`, and only there";
            return wrong("effect", "loss needs a `per_mille`, and nothing else has one", remedy);
        }
    }
    Ok(())
}

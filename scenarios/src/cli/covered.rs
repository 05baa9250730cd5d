//! What a swarm has met, and what it should have: as lines of text and as claims of a test report.
//!
//! It judges nothing; it says what was never reached and never delivered.

use sim::coverage::Goal;
use sim::oracle::OracleId;
use sim::plan::Stage;

use crate::campaign::Outcome;
use crate::phases;
use crate::registry::GatewayName;
use crate::report::exhibit::Exhibit;
use crate::report::junit::Claim;
use crate::report::page;

/// The goals that a campaign against a gateway is asked for.
pub(super) fn asked(gateway: GatewayName, stage: Stage) -> impl Iterator<Item = Goal> {
    Goal::of(stage).filter(move |goal| goal.is_asked_of(&phases::of(gateway)))
}

/// What a campaign on a stage should have met and did not.
pub(super) fn uncovered(outcome: &Outcome, gateway: GatewayName, stage: Stage) -> Vec<String> {
    let goals = outcome.goals.missing(stage, phases::of(gateway));
    let goals = goals.map(|goal| format!("goal never reached: {}", goal.name()));
    let faults = outcome.tally.never_delivered();
    let faults = faults.into_iter().map(|fault| format!("planned and never delivered: {fault}"));
    goals.chain(faults).collect()
}

/// Everything that a campaign claims, and whether it holds.
pub(super) fn claims(
    outcome: &Outcome,
    gateway: GatewayName,
    stage: Stage,
    exhibits: &[Exhibit],
) -> Vec<Claim> {
    let mut claims = Vec::new();
    for oracle in OracleId::ALL {
        let exhibit = exhibits.iter().find(|exhibit| exhibit.oracle == oracle.name());
        claims.push(match exhibit {
            None => Claim::holds(oracle.name()),
            Some(exhibit) => {
                let mut page = Vec::new();
                // Memory can always be written to.
                page::write_page(&mut page, exhibit).ok();
                let line = exhibit.found.first().map_or("", |found| found.what.as_str());
                Claim::fails(oracle.name(), line, String::from_utf8_lossy(&page))
            }
        });
    }
    let name = "a plan is the same twice";
    claims.push(match &outcome.diverged {
        None => Claim::holds(name),
        Some(found) => {
            let likely = found.difference.likely_source();
            Claim::fails(name, format!("plan {} diverged", found.number), likely)
        }
    });
    let missing: Vec<Goal> = outcome.goals.missing(stage, phases::of(gateway)).collect();
    claims.extend(asked(gateway, stage).map(|goal| {
        let name = format!("goal: {}", goal.name());
        if missing.contains(&goal) {
            Claim::fails(name, "never reached", goal.about())
        } else {
            Claim::holds(name)
        }
    }));
    claims.extend(outcome.tally.counts().map(|(fault, planned, happened)| {
        let name = format!("delivered: {fault}");
        let numbers = format!("{happened} of {planned} planned");
        if happened == 0 { Claim::fails(name, numbers, "") } else { Claim::holds(name) }
    }));
    claims
}

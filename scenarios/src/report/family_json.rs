//! The object that `--format json` prints of the matrices of many plans that differ in one thing.
//!
//! Its keys and the order of its keys are stable.

use serde::Serialize;
use sim::explore::Family;

use super::json::{Counts, rate, rounded};
use crate::registry::GatewayName;

/// What the matrices of many plans came to.
#[derive(Debug, Serialize)]
pub struct FamilyLine<'a> {
    event: &'a str,
    scenario: &'a str,
    gateway: &'static str,
    varied: &'a str,
    times: u64,
    fired: u64,
    #[serde(flatten)]
    counts: Counts<'a>,
    violated: u64,
    seconds: f64,
    judged_per_second: f64,
    transitions_per_second: f64,
    bounds_hit: u64,
    never_fired: &'a [String],
    left_out: u64,
    recovery_left_out: u64,
}

impl<'a> FamilyLine<'a> {
    /// The object of a family that took `seconds`: how it is called, and what is varied in it.
    pub fn new(
        (event, varied): (&'a str, &'a str),
        scenario: &'a str,
        gateway: GatewayName,
        family: &'a Family,
        seconds: f64,
        never_fired: &'a [String],
    ) -> FamilyLine<'a> {
        let summary = &family.summary;
        FamilyLine {
            event,
            scenario,
            gateway: gateway.name(),
            varied,
            times: family.variants,
            fired: family.fired,
            counts: Counts::of(summary),
            violated: family.violated,
            seconds: rounded(seconds),
            judged_per_second: rate(summary.judged, seconds),
            transitions_per_second: rate(summary.transitions_run, seconds),
            bounds_hit: summary.bounded,
            never_fired,
            left_out: summary.left_out,
            recovery_left_out: summary.recovery_left_out,
        }
    }
}

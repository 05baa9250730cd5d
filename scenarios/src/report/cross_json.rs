//! The objects that `--format json` prints of kills times faults of the network.
//!
//! Their keys and the order of their keys are stable.

use serde::Serialize;
use sim::explore::{Cross, CrossRow};
use sim::plan::LinkEffect;

use super::json::{Counts, rate, rounded};
use crate::registry::GatewayName;

/// What kills times faults of the network came to.
#[derive(Debug, Serialize)]
pub struct CrossLine<'a> {
    event: &'static str,
    scenario: &'a str,
    gateway: &'static str,
    placed: u64,
    delivered: u64,
    felt: u64,
    #[serde(flatten)]
    counts: Counts<'a>,
    seconds: f64,
    judged_per_second: f64,
    transitions_per_second: f64,
    bounds_hit: u64,
    never_fired: &'a [String],
    moments_left_out: u64,
    left_out: u64,
    recovery_left_out: u64,
    as_expected: Option<bool>,
}

impl<'a> CrossLine<'a> {
    /// The object of a cross that took `seconds`. `as_expected` says whether all that its file has
    /// in store came, if that says anything of the gateway.
    pub fn new(
        scenario: &'a str,
        gateway: GatewayName,
        cross: &'a Cross,
        seconds: f64,
        as_expected: Option<bool>,
    ) -> CrossLine<'a> {
        let summary = &cross.summary;
        let total = |of: fn(&CrossRow) -> u64| cross.rows.iter().map(of).sum();
        CrossLine {
            event: "cross",
            scenario,
            gateway: gateway.name(),
            placed: total(|row| row.placed),
            delivered: total(|row| row.delivered),
            felt: total(|row| row.felt),
            counts: Counts::of(summary),
            seconds: rounded(seconds),
            judged_per_second: rate(summary.judged, seconds),
            transitions_per_second: rate(summary.transitions_run, seconds),
            bounds_hit: summary.bounded,
            never_fired: &cross.never_fired,
            moments_left_out: cross.left_out(),
            left_out: summary.left_out,
            recovery_left_out: summary.recovery_left_out,
            as_expected,
        }
    }
}

/// What one effect of a cross came to.
#[derive(Debug, Serialize)]
pub struct CrossRowLine<'a> {
    event: &'static str,
    effect: LinkEffect,
    moments: u64,
    placed: u64,
    delivered: u64,
    felt: u64,
    violated: u64,
    #[serde(flatten)]
    counts: Counts<'a>,
}

impl<'a> CrossRowLine<'a> {
    /// The object of a row.
    pub fn new(row: &'a CrossRow) -> CrossRowLine<'a> {
        CrossRowLine {
            event: "cross_row",
            effect: row.effect,
            moments: row.moments,
            placed: row.placed,
            delivered: row.delivered,
            felt: row.felt,
            violated: row.violated,
            counts: Counts::of(&row.summary),
        }
    }
}

//! A plan run again: the same trace, the same disk, the same verdict, or where they part.

use std::sync::Arc;

use gateway_core::env::Gateway;

use crate::hub::Keep;
use crate::oracle::judge;
use crate::plan::Plan;
use crate::script::Script;
use crate::stage::run;
use crate::trace::{Difference, first_difference};
use crate::world::World;

/// Everything that a run of a plan comes to, as text: its trace, its disk, its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account(String);

impl Account {
    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// A digest of it, to compare many.
    pub fn digest(&self) -> u128 {
        xxhash_rust::xxh3::xxh3_128(self.0.as_bytes())
    }
}

/// Runs a plan from its start and gives account of it. A run that never comes to rest is broken
/// off, and has no verdict.
pub fn account(plan: &Plan, gateway: &dyn Gateway) -> Account {
    let ran = run(World::new(Arc::new(Script::new(plan))), gateway, Keep::Outline);
    let mut text = ran.kept.trace.to_text();
    for (path, bytes) in ran.world.disk().files() {
        let digest = xxhash_rust::xxh3::xxh3_128(&bytes);
        text.push_str(&format!("disk: {path}: {} B, {digest:032x}\n", bytes.len()));
    }
    let violations = if ran.kept.broken_off { Vec::new() } else { judge(&ran.world) };
    for violation in violations {
        text.push_str(&format!("verdict: {}: {}\n", violation.oracle, violation.what));
    }
    Account(text)
}

/// Where two accounts of one plan part; none if they are the same.
pub fn differ(one: &Account, other: &Account) -> Option<Difference> {
    first_difference(one.text(), other.text())
}

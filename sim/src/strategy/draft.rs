//! A plan with the deaths that are still to be placed in it.

use proptest::collection::vec;
use proptest::prelude::*;

use super::classes::{Class, classes};
use super::plan::{let_go, unrestricted};
use super::strike::{Strike, strike};
use crate::plan::Plan;

/// A plan with the deaths that are still to be placed in it, in their order: each one is placed in
/// what the ones before it leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The plan, without kills.
    pub plan: Plan,
    /// The deaths.
    pub strikes: Vec<Strike>,
}

/// Whole plans with their deaths.
pub fn drafts() -> impl Strategy<Value = Draft> {
    (classes(), unrestricted(), vec(strike(), 1..4)).prop_map(|(classes, plan, strikes)| {
        let plan = let_go(classes.restrict(plan));
        let strikes = if classes.has(Class::Deaths) { strikes } else { Vec::new() };
        Draft { plan, strikes }
    })
}

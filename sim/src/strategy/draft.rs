//! A plan with the deaths that are still to be placed in it.

use proptest::collection::vec;
use proptest::prelude::*;

use super::classes::{Class, classes};
use super::frame::Frame;
use super::network::troubles;
use super::plan::unrestricted;
use super::release::let_go;
use super::strike::{Strike, accompanied, strike};
use crate::plan::{Plan, Stage};

/// A plan with the deaths that are still to be placed in it, in their order: each one is placed in
/// what the ones before it leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The plan, without kills.
    pub plan: Plan,
    /// The deaths.
    pub strikes: Vec<Strike>,
}

/// Whole plans for a stage, with their deaths.
pub fn drafts(stage: Stage) -> BoxedStrategy<Draft> {
    match stage {
        Stage::Direct => direct().boxed(),
        Stage::Network => network().boxed(),
    }
}

fn direct() -> impl Strategy<Value = Draft> {
    let frame = Frame(Stage::Direct);
    let drawn = (classes(frame), unrestricted(frame), vec(strike(frame), 1..4));
    drawn.prop_map(move |(classes, plan, strikes)| {
        let plan = let_go(frame, classes.restrict(plan), 0);
        let strikes = if classes.has(Class::Deaths) { strikes } else { Vec::new() };
        Draft { plan, strikes }
    })
}

fn network() -> impl Strategy<Value = Draft> {
    let frame = Frame(Stage::Network);
    let strikes = vec(accompanied(strike(frame)), 1..3);
    let drawn = (classes(frame), unrestricted(frame), troubles(), strikes);
    drawn.prop_map(move |(classes, plan, troubles, mut strikes)| {
        let mut plan = classes.restrict(plan);
        troubles.put_into(&mut plan, classes);
        if !classes.has(Class::Deaths) {
            strikes.clear();
        }
        if !classes.has(Class::Starts) {
            strikes.iter_mut().for_each(|strike| strike.one_more = None);
        }
        let more = strikes.iter().filter(|strike| strike.one_more.is_some()).count();
        Draft { plan: let_go(frame, plan, more), strikes }
    })
}

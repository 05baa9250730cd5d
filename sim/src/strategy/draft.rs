//! A plan with the deaths that are still to be placed in it.

use proptest::collection::vec;
use proptest::prelude::*;

use super::classes::{Class, Classes, classes};
use super::fit::fitted;
use super::frame::Frame;
use super::network::troubles;
use super::plan::unrestricted;
use super::rare::{Rare, rare};
use super::release::{Later, let_go};
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
    let drawn = (classes(frame), unrestricted(frame), rare(frame), vec(strike(frame), 1..4));
    drawn.prop_map(move |(classes, plan, rare, strikes)| {
        finished(frame, classes, classes.restrict(plan), &rare, strikes)
    })
}

fn network() -> impl Strategy<Value = Draft> {
    let frame = Frame(Stage::Network);
    let strikes = vec(accompanied(strike(frame)), 1..3);
    let drawn = (classes(frame), unrestricted(frame), rare(frame), troubles(), strikes);
    drawn.prop_map(move |(classes, plan, rare, troubles, mut strikes)| {
        let mut plan = classes.restrict(plan);
        troubles.put_into(&mut plan, classes);
        if !classes.has(Class::Starts) {
            strikes.iter_mut().for_each(|strike| strike.one_more = None);
        }
        finished(frame, classes, plan, &rare, strikes)
    })
}

/// The whole of what was drawn, made to fit, with the time that it needs.
fn finished(
    frame: Frame,
    classes: Classes,
    mut plan: Plan,
    rare: &Rare,
    mut strikes: Vec<Strike>,
) -> Draft {
    let downs = rare.put_into(frame, &mut plan, classes);
    if !classes.has(Class::Deaths) {
        strikes.clear();
    }
    for (strike, down) in strikes.iter_mut().zip(downs) {
        strike.down_for = down.or(strike.down_for);
    }
    let later = Later {
        processes: strikes.iter().filter(|strike| strike.one_more.is_some()).count(),
        deaths: strikes.iter().map(|strike| strike.down_for).collect(),
    };
    Draft { plan: let_go(frame, fitted(frame, plan), &later), strikes }
}

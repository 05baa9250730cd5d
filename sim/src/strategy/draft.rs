//! A plan with the deaths that are still to be placed in it.

use proptest::collection::vec;
use proptest::prelude::*;

use super::aimed::{Aimed, Aims, Named, aims};
use super::classes::{Class, Classes, classes};
use super::fit::fitted;
use super::frame::Frame;
use super::network::troubles;
use super::plan::unrestricted;
use super::rare::{Rare, rare};
use super::release::{Later, let_go};
use super::strike::{Strike, accompanied, strike};
use crate::plan::{Plan, Stage};
use crate::time::Ms;

/// A plan with the deaths that are still to be placed in it, in their order: each one is placed in
/// what the ones before it leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The plan, without the deaths. What aims at something is somewhere, until it is placed.
    pub plan: Plan,
    /// What of the plan aims at something that the gateway does. They are placed in their order.
    pub aims: Vec<Aimed>,
    /// What of the plan is still to be told what it is about.
    pub names: Vec<Named>,
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
    let drawn = (classes(frame), unrestricted(frame), rare(frame), aims(frame));
    let drawn = (drawn, vec(strike(frame), 1..4));
    drawn.prop_map(move |((classes, plan, rare, aims), strikes)| {
        finished(frame, classes, classes.restrict(plan), (&rare, &aims), strikes)
    })
}

fn network() -> impl Strategy<Value = Draft> {
    let frame = Frame(Stage::Network);
    let strikes = vec(accompanied(strike(frame)), 1..3);
    let drawn = (classes(frame), unrestricted(frame), rare(frame), troubles());
    let drawn = (drawn, aims(frame), strikes);
    drawn.prop_map(move |((classes, plan, rare, troubles), aims, mut strikes)| {
        let mut plan = classes.restrict(plan);
        troubles.put_into(&mut plan, classes);
        if !classes.has(Class::Starts) {
            strikes.iter_mut().for_each(|strike| strike.one_more = None);
        }
        finished(frame, classes, plan, (&rare, &aims), strikes)
    })
}

/// The whole of what was drawn, made to fit, with the time that it needs.
fn finished(
    frame: Frame,
    classes: Classes,
    mut plan: Plan,
    (rare, aims): (&Rare, &Aims),
    mut strikes: Vec<Strike>,
) -> Draft {
    let downs = rare.put_into(frame, &mut plan, classes);
    if !classes.has(Class::Deaths) {
        strikes.clear();
    }
    rare.aim(classes, &mut strikes);
    for (strike, down) in strikes.iter_mut().zip(downs) {
        strike.down_for = down.or(strike.down_for);
    }
    let mut deaths: Vec<Option<Ms>> = strikes.iter().map(|strike| strike.down_for).collect();
    if classes.has(Class::Deaths) {
        deaths.extend(aims.put_into(&mut plan));
    }
    let plan = fitted(frame, plan);
    let (aimed, names) = (aims.of(&plan), aims.names_for(&plan));
    let processes = strikes.iter().filter(|strike| strike.one_more.is_some()).count();
    let later = Later { processes, deaths };
    Draft { plan: let_go(frame, plan, &later), aims: aimed, names, strikes }
}

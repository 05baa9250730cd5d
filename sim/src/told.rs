//! What a trace is told of a transition, before anybody knows whether it happens: the boot may die
//! in the gap before it.

use std::sync::Arc;

use crate::describe::describe_event;
use crate::trace::Transition;
use crate::world::{EffectId, Event, World};

/// What a trace is told of a transition.
pub(crate) struct Told {
    pub(crate) transition: Transition,
    pub(crate) effect: Option<EffectId>,
    pub(crate) label: Arc<str>,
    pub(crate) text: String,
}

impl Told {
    /// A step of the world by itself.
    pub(crate) fn world(text: String) -> Told {
        Told { transition: Transition::World, effect: None, label: Arc::from(""), text }
    }

    /// An event that is due. `label` knows under which span an effect was asked for.
    pub(crate) fn of(
        world: &World,
        event: &Event,
        label: impl Fn(EffectId) -> Option<Arc<str>>,
    ) -> Told {
        let text = describe_event(world, event);
        let (transition, effect) = match event {
            Event::Hold(effect) => (Transition::TakenHold, Some(*effect)),
            Event::Complete(effect) => (Transition::Completed, Some(*effect)),
            _ => (Transition::World, None),
        };
        let label = effect.and_then(label).unwrap_or_else(|| Arc::from(""));
        Told { transition, effect, label, text }
    }
}

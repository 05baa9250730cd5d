//! What a trace is told of a transition, before anybody knows whether it happens: the boot may die
//! in the gap before it.

use std::sync::Arc;

use crate::describe::describe_event;
use crate::trace::Transition;
use crate::world::{EffectId, Event, World};

/// What a trace is told of a transition.
#[derive(Clone)]
pub(crate) struct Told {
    /// The boot that it is a transition of; none if the world moves by itself.
    pub(crate) boot: Option<u32>,
    pub(crate) transition: Transition,
    pub(crate) effect: Option<EffectId>,
    pub(crate) label: Arc<str>,
    pub(crate) text: String,
}

impl Told {
    /// A step of the world by itself.
    pub(crate) fn world(text: String) -> Told {
        let transition = Transition::World;
        Told { boot: None, transition, effect: None, label: Arc::from(""), text }
    }

    /// A step of the world that happens to one boot.
    pub(crate) fn to(boot: u32, text: String) -> Told {
        Told { boot: Some(boot), ..Told::world(text) }
    }

    /// An event that is due, where nobody wants to read of it.
    pub(crate) fn silent(event: &Event) -> Told {
        let boot = match *event {
            Event::Hold(boot, _) | Event::Complete(boot, _) => Some(boot),
            _ => None,
        };
        Told { boot, ..Told::world(String::new()) }
    }

    /// An event that is due. `label` knows under which span an effect was asked for.
    pub(crate) fn of(
        world: &World,
        event: &Event,
        label: impl Fn(u32, EffectId) -> Option<Arc<str>>,
    ) -> Told {
        let text = describe_event(world, event);
        let (transition, boot, effect) = match *event {
            Event::Hold(boot, effect) => (Transition::TakenHold, boot, effect),
            Event::Complete(boot, effect) => (Transition::Completed, boot, effect),
            _ => return Told::world(text),
        };
        let label = label(boot, effect).unwrap_or_else(|| Arc::from(""));
        Told { boot: Some(boot), transition, effect: Some(effect), label, text }
    }
}

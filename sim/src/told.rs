//! What a trace is told of a transition, before anybody knows whether it happens: the boot may die
//! in the gap before it.

use std::sync::Arc;

use crate::describe::describe_event;
use crate::trace::{Topic, Transition};
use crate::world::{EffectId, Event, Verb, World};

/// What a trace is told of a transition.
#[derive(Clone)]
pub(crate) struct Told {
    /// The boot that it is a transition of; none if the world moves by itself.
    pub(crate) boot: Option<u32>,
    pub(crate) transition: Transition,
    pub(crate) topic: Topic,
    pub(crate) effect: Option<EffectId>,
    pub(crate) label: Arc<str>,
    pub(crate) text: String,
}

impl Told {
    /// A step of the world by itself.
    pub(crate) fn world(text: String) -> Told {
        let (transition, topic) = (Transition::World, Topic::Other);
        Told { boot: None, transition, topic, effect: None, label: Arc::from(""), text }
    }

    /// The end of a boot.
    pub(crate) fn end(boot: u32, text: String) -> Told {
        Told { boot: Some(boot), topic: Topic::Process, ..Told::world(text) }
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
            _ => return Told { topic: topic_of_event(event), ..Told::world(text) },
        };
        let topic = world.verb_of(boot, effect).map_or(Topic::Other, topic_of_verb);
        let label = label(boot, effect).unwrap_or_else(|| Arc::from(""));
        Told { boot: Some(boot), transition, topic, effect: Some(effect), label, text }
    }
}

/// What a gateway's request is about.
pub(crate) fn topic_of_verb(verb: &Verb) -> Topic {
    match verb {
        Verb::Poll(_) => Topic::Poll,
        Verb::Ack(_) => Topic::Ack,
        Verb::Send(_) => Topic::Send,
        Verb::OpenRun(_) => Topic::Run,
        Verb::Write(..) => Topic::Write,
        _ => Topic::Other,
    }
}

/// What a step is about that the world takes by itself.
pub(crate) fn topic_of_event(event: &Event) -> Topic {
    match event {
        Event::Stop(_)
        | Event::Kill(_)
        | Event::Start
        | Event::StartOne(_)
        | Event::Replace(_)
        | Event::Stall(_)
        | Event::BudgetOver(_)
        | Event::PatienceOver(_)
        | Event::Exit(..) => Topic::Process,
        Event::Link(_) | Event::LinkOver(_) | Event::PlatformGone => Topic::Way,
        _ => Topic::Other,
    }
}

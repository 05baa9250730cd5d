//! What boots have to do with messages and agents, in a past made by hand.

use std::sync::Arc;

use gateway_core::message::{Cursor, Cut, Entry, SessionId, TurnEvent, TurnRequest};

use super::Past;
use crate::script::{MessageIndex, message_id};
use crate::world::{Answer, Verb};

impl Past {
    /// It is handed all that the platform has up to a message, which is written by then.
    pub(in crate::oracle) fn handed(mut self, message: MessageIndex) -> Past {
        let written = self.world.script().messages[message].at;
        self.world.advance(written);
        self.post();
        let mut inbound = self.world.hand_out(self.boot, Cursor(0));
        inbound.retain(|inbound| inbound.id <= message_id(message));
        self.world.handed(self.boot, &inbound);
        self
    }

    /// The platform takes the acknowledgement of all messages up to this one.
    pub(in crate::oracle) fn acked(mut self, message: MessageIndex) -> Past {
        self.world.acknowledge(Cursor(message_id(message).0));
        self
    }

    /// It asks whether the chat of a message has access, and is told what the plan says.
    pub(in crate::oracle) fn looks_at_access(mut self, message: MessageIndex) -> Past {
        let chat = self.world.script().inbound(message).chat;
        self.world.look_at_access(self.boot, &chat);
        self
    }

    /// It asks for an agent for a message, and gives it all that there is.
    pub(in crate::oracle) fn begins(self, message: MessageIndex) -> Past {
        self.begins_with(message, |_| {})
    }

    /// The same, and the agent is told why the turn was interrupted.
    pub(in crate::oracle) fn resumes(self, message: MessageIndex, why: Cut) -> Past {
        self.begins_with(message, |request| request.resumed = Some(why))
    }

    /// The same in a session of its own.
    pub(in crate::oracle) fn begins_in(self, message: MessageIndex, session: &str) -> Past {
        self.begins_with(message, |request| request.session = SessionId(session.to_owned()))
    }

    /// It asks for an agent, and something about that is special.
    pub(in crate::oracle) fn begins_with(
        mut self,
        message: MessageIndex,
        change: impl FnOnce(&mut TurnRequest),
    ) -> Past {
        let (script, ledger) = (self.world.script(), self.world.ledger());
        let inbound = script.inbound(message);
        let runs = ledger.runs.iter().filter(|run| run.message == Some(message));
        let steps = runs.map(|run| run.steps_acked).max().unwrap_or(0);
        let here = |other: &MessageIndex| {
            script.messages[*other].chat == script.messages[message].chat && *other != message
        };
        let others = (0..script.messages.len()).filter(here);
        let answered = others.filter(|other| ledger.answers(*other).next().is_some());
        let replies = answered.filter_map(|other| ledger.messages[other].produced.last());
        let mut request = TurnRequest {
            session: SessionId(format!("session of {}", inbound.chat)),
            chat: inbound.chat.clone(),
            messages: vec![inbound],
            history: replies.map(|reply| Entry::Reply(reply.clone())).collect(),
            steps_done: (1..=steps).map(|step| script.step_text(message, step)).collect(),
            resumed: None,
        };
        change(&mut request);
        let effect = self.world.request(self.boot, Verb::OpenRun(Arc::new(request)));
        self.opening.insert(self.boot, effect);
        self
    }

    /// The agent that it has asked for is there.
    pub(in crate::oracle) fn seen(mut self) -> Past {
        let effect = self.opening.remove(&self.boot).expect("it has asked for an agent");
        let answer = self.answer_to(self.boot, effect);
        self.world.learned(self.boot, &answer);
        let Answer::Run(Ok(run)) = answer else { panic!("no agent: {answer:?}") };
        self.runs.insert(self.boot, run);
        self
    }

    /// Its agent takes some steps, and each is acknowledged as durable.
    pub(in crate::oracle) fn steps(self, count: u32) -> Past {
        (0..count).fold(self, |past, _| past.step().acks_step())
    }

    /// Its agent takes a step, and nobody has acknowledged that yet.
    pub(in crate::oracle) fn step(self) -> Past {
        self.goes_on(|event| matches!(event, TurnEvent::Step(_)))
    }

    /// It asks for what comes after the step, which is durable.
    pub(in crate::oracle) fn acks_step(mut self) -> Past {
        // Nobody waits: the effect is none.
        self.world.go_on(self.boot, self.runs[&self.boot], 0);
        self
    }

    /// Its agent takes the steps that are left, and replies.
    pub(in crate::oracle) fn produced(mut self) -> Past {
        let (boot, run) = (self.boot, self.runs[&self.boot]);
        while !self.world.processes[&boot].runs[run].produced {
            self = self.goes_on(|event| matches!(event, TurnEvent::Step(_) | TurnEvent::Reply(_)));
        }
        self
    }

    /// Its agent asks for a restart, as the plan says.
    pub(in crate::oracle) fn asks_restart(self) -> Past {
        self.goes_on(|event| matches!(event, TurnEvent::AskedRestart))
    }

    /// It asks its agent to give up.
    pub(in crate::oracle) fn interrupts(mut self) -> Past {
        self.world.interrupt(self.boot, self.runs[&self.boot]);
        self
    }

    /// Its agent obeys.
    pub(in crate::oracle) fn obeys(self) -> Past {
        self.goes_on(|event| matches!(event, TurnEvent::Interrupted))
    }

    /// Its agent kills it, as the plan says.
    pub(in crate::oracle) fn killed_by_turn(mut self, at: u64) -> Past {
        self = self.at(at).acks_step();
        let event = self.world.emit(self.boot, self.runs[&self.boot]);
        assert!(event.is_none(), "it went on: {event:?}");
        self
    }

    fn goes_on(mut self, wanted: impl FnOnce(&TurnEvent) -> bool) -> Past {
        self = self.acks_step();
        let run = self.runs[&self.boot];
        let event = self.world.emit(self.boot, run).expect("the turn kills nobody");
        assert!(wanted(&event), "the plan wants {event:?}");
        self.world.learned(self.boot, &Answer::Turn(run, event));
        self
    }

    /// It serves a message from its handing to the confirmation of its answer, and is quiescent.
    pub(in crate::oracle) fn serves(self, message: MessageIndex) -> Past {
        let begun = self.handed(message).acked(message).begins(message).seen();
        begun.produced().answers(message).confirmed().quiescent()
    }
}

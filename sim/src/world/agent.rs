//! The agent back end: scripted turns that know which of their steps were acknowledged.
//!
//! An agent that goes on after a cut does not repeat a step that it was told is done. What it
//! cannot know, it does again: a gateway that forgets steps makes its agent repeat them.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway_core::env::Superseded;
use gateway_core::message::{Entry, TurnEvent, TurnRequest};

use super::effect::{EffectId, RunId};
use super::queue::Event;
use super::world::World;
use crate::history::Fact;
use crate::ledger::{BarredOpen, End, RunFact, RunIndex};
use crate::plan::{Death, DeathKind, InFlight, Outcome, TurnPlan};
use crate::script::{MessageIndex, message_id};
use crate::time::Ms;

/// How long an agent needs that was woken for nothing.
const IDLE_TURN: Ms = Ms(1_000);

/// An agent of a living process.
#[derive(Clone, Debug)]
pub(crate) struct LiveRun {
    pub(crate) fact: RunIndex,
    pub(crate) message: Option<MessageIndex>,
    attempt: u32,
    /// How many steps are done, given ones included.
    pub(super) steps: u32,
    asked_restart: bool,
    interrupted: bool,
    /// Why the back end has ended it, if it has: it serves another process now.
    ended: Option<Superseded>,
    pub(crate) over: bool,
    /// Whether it came to a final text.
    pub(crate) produced: bool,
    /// What it will do next, while somebody waits for it, and who waits.
    upcoming: Option<(EffectId, Doing)>,
}

#[derive(Clone, Debug)]
enum Doing {
    Event(TurnEvent),
    Kill,
}

impl LiveRun {
    /// What it will do next, for a trace.
    pub(crate) fn upcoming_text(&self) -> String {
        match &self.upcoming {
            Some((_, Doing::Event(event))) => format!("{event:?}"),
            Some((_, Doing::Kill)) => "it kills the process".to_owned(),
            None => "nothing".to_owned(),
        }
    }
}

impl World {
    /// How long it takes until the agent exists.
    pub(crate) fn preparation(&self, request: &TurnRequest) -> Ms {
        let message = request.messages.last().and_then(|message| self.script.message(message.id));
        message.map_or(Ms(0), |message| self.script.messages[message].turn.prepare)
    }

    /// Notes that an agent was asked for.
    pub(crate) fn note_open(&mut self, boot: u32, request: &TurnRequest) {
        let barred = self.script.plan.revocation(&request.chat, self.now).is_some();
        if let Some(chat) = self.script.chat(&request.chat).filter(|_| barred) {
            self.ledger.barred_opens.push(BarredOpen { boot, chat, at: self.now });
        }
        if let Some(message) = self.message_of(request) {
            let now = self.now;
            let facts = Arc::make_mut(&mut self.ledger.messages[message]);
            facts.started_at.get_or_insert(now);
        }
        let chat = self.script.chat(&request.chat).unwrap_or(usize::MAX);
        let (message, resumed) = (self.message_of(request), request.resumed);
        let session = request.session.0.clone();
        self.note(boot, Fact::Asked { chat, message, resumed, session });
    }

    /// The message that a run works on: the one it was given, or whatever its chat still waits
    /// for.
    pub(crate) fn message_of(&self, request: &TurnRequest) -> Option<MessageIndex> {
        match request.messages.last() {
            Some(message) => self.script.message(message.id),
            None => self.oldest_unanswered(self.script.chat(&request.chat)?),
        }
    }

    pub(crate) fn begin_run(&mut self, boot: u32, request: &TurnRequest) -> RunId {
        let message = self.message_of(request);
        let chat = self.script.chat(&request.chat).unwrap_or(usize::MAX);
        // Whoever runs it: two processes must not work on one session either.
        let mut living = self.processes.values().flat_map(|process| &process.runs);
        let overlapped = living.any(|run| {
            let fact = &self.ledger.runs[run.fact];
            !run.over && fact.session == request.session.0
        });
        let steps_given = message.map_or(0, |message| self.steps_in(request, message));
        let attempts = self.ledger.runs.iter().filter(|run| run.message == message).count();
        let fact = RunFact {
            boot,
            chat,
            session: request.session.0.clone(),
            message,
            given_message: !request.messages.is_empty(),
            steps_given,
            turns_given: turns_in(&request.history),
            steps_acked: steps_given,
            resumed: request.resumed,
            asked_at: Ms(self.now.0.saturating_sub(self.preparation(request).0)),
            began_at: self.now,
            over_at: None,
            interrupted_at: None,
            overlapped,
        };
        self.ledger.runs.push(Arc::new(fact));
        let run = LiveRun {
            fact: self.ledger.runs.len() - 1,
            message,
            attempt: u32::try_from(attempts).expect("few attempts") + 1,
            steps: steps_given,
            asked_restart: false,
            interrupted: false,
            ended: None,
            over: false,
            produced: false,
            upcoming: None,
        };
        let runs = &mut self.process_mut(boot).runs;
        runs.push(run);
        runs.len() - 1
    }

    /// How many steps of the turn the request tells as done, from the first on without a gap.
    fn steps_in(&self, request: &TurnRequest, message: MessageIndex) -> u32 {
        let told = |text: &str| {
            request.steps_done.iter().any(|step| step == text)
                || request.history.iter().any(|entry| *entry == Entry::Step(text.to_owned()))
        };
        (1..).take_while(|step| told(&self.script.step_text(message, *step))).count() as u32
    }

    /// Somebody asks for the next thing: the step before it is durable. When it will be there;
    /// none if nothing will come by itself.
    pub(crate) fn go_on(&mut self, boot: u32, run: RunId, effect: EffectId) -> Option<Ms> {
        let script = Arc::clone(&self.script);
        let live = self.process_mut(boot).run_mut(run);
        let (fact, steps, ended) = (live.fact, live.steps, live.ended);
        if ended.is_none() {
            let before = std::mem::replace(
                &mut Arc::make_mut(&mut self.ledger.runs[fact]).steps_acked,
                steps,
            );
            if before < steps {
                self.note(boot, Fact::Stepped(fact, steps));
            }
        }
        let live = self.process_mut(boot).run_mut(run);
        let (delay, doing) = upcoming(&script, live)?;
        live.upcoming = Some((effect, doing));
        Some(delay)
    }

    /// An interrupt reaches an agent.
    pub(crate) fn interrupt(&mut self, boot: u32, run: RunId) {
        let now = self.now;
        let script = Arc::clone(&self.script);
        let fact = self.process_mut(boot).run_mut(run).fact;
        Arc::make_mut(&mut self.ledger.runs[fact]).interrupted_at.get_or_insert(now);
        let process = self.process_mut(boot);
        let live = process.run_mut(run);
        let turn = live.message.map(|message| &script.messages[message].turn);
        if live.over || turn.is_some_and(|turn| turn.ignores_interrupts) {
            return;
        }
        live.interrupted = true;
        let at = now.plus(turn.map_or(Ms(0), |turn| turn.obeys_after));
        // A hanging agent has a waiter and nothing upcoming; a busy one has both.
        let Some(effect) = process.waits_for(run) else { return };
        let due = process.pending_mut(effect).due;
        if due.is_some_and(|due| due.0 <= at) {
            return;
        }
        self.end_with(boot, run, TurnEvent::Interrupted, (effect, at));
    }

    /// An agent ends at a time, and tells whoever waits for it why.
    fn end_with(&mut self, boot: u32, run: RunId, why: TurnEvent, (effect, at): (EffectId, Ms)) {
        let process = self.process_mut(boot);
        let due = process.pending_mut(effect).due;
        process.run_mut(run).upcoming = Some((effect, Doing::Event(why)));
        if let Some(due) = due {
            self.queue.remove(due);
        }
        self.file_effect(at, Event::Complete(boot, effect));
    }

    /// The agents of a process end where they are: they do nothing more.
    pub(super) fn end_runs(&mut self, boot: u32, superseded: Superseded) {
        let now = self.now;
        for run in 0..self.process_mut(boot).runs.len() {
            let process = self.process_mut(boot);
            let live = process.run_mut(run);
            if live.over {
                continue;
            }
            (live.ended, live.over) = (Some(superseded), true);
            let fact = live.fact;
            let waiter = process.waits_for(run);
            Arc::make_mut(&mut self.ledger.runs[fact]).over_at = Some(now);
            if let Some(effect) = waiter {
                self.end_with(boot, run, TurnEvent::Superseded(superseded), (effect, now));
            }
        }
    }

    /// The agent does what it was about to do; none if that took the process down.
    pub(crate) fn emit(&mut self, boot: u32, run: RunId) -> Option<TurnEvent> {
        let now = self.now;
        let process = self.processes.get_mut(&boot).expect("a living process waits");
        let live = process.run_mut(run);
        let (_, doing) = live.upcoming.take().expect("it completes because something is due");
        let event = match doing {
            Doing::Event(event) => event,
            Doing::Kill => {
                let message = live.message.expect("only a planned turn kills");
                let death = Death { kind: DeathKind::Process, in_flight: InFlight::Lost };
                self.die(boot, &death, End::KilledByTurn(message), None);
                return None;
            }
        };
        let fact = live.fact;
        match &event {
            TurnEvent::Step(_) => live.steps += 1,
            TurnEvent::AskedRestart => {
                live.asked_restart = true;
                self.asked_by_agent(boot);
                return Some(event);
            }
            TurnEvent::Reply(text) | TurnEvent::Failed(text) => {
                live.over = true;
                live.produced = true;
                if let Some(message) = live.message {
                    let facts = Arc::make_mut(&mut self.ledger.messages[message]);
                    facts.produced.push(text.clone());
                }
            }
            TurnEvent::Interrupted | TurnEvent::Superseded(_) => live.over = true,
        }
        if live.over {
            Arc::make_mut(&mut self.ledger.runs[fact]).over_at.get_or_insert(now);
        }
        Some(event)
    }
}

/// What an agent will do next and after how long; none if it hangs or is over.
fn upcoming(script: &crate::script::Script, live: &LiveRun) -> Option<(Ms, Doing)> {
    if let Some(superseded) = live.ended {
        return Some((Ms(0), Doing::Event(TurnEvent::Superseded(superseded))));
    }
    if live.over {
        return None;
    }
    let Some(message) = live.message else {
        let text = format!("nothing to go on with (run {})", live.fact + 1);
        return Some((IDLE_TURN, Doing::Event(TurnEvent::Reply(text))));
    };
    let planned = &script.messages[message];
    let turn: &TurnPlan = &planned.turn;
    if live.interrupted {
        return Some((turn.obeys_after, Doing::Event(TurnEvent::Interrupted)));
    }
    let fault_at = turn.at_step.unwrap_or(turn.steps);
    if planned.is_faulty(live.attempt) && live.steps >= fault_at {
        match turn.outcome {
            Outcome::Hang => return None,
            Outcome::Fail => {
                let text = format!("{} failed (run {})", message_id(message), live.fact + 1);
                return Some((turn.step, Doing::Event(TurnEvent::Failed(text))));
            }
            Outcome::KillProcess => return Some((turn.step, Doing::Kill)),
            Outcome::AskRestart if !live.asked_restart => {
                return Some((Ms(0), Doing::Event(TurnEvent::AskedRestart)));
            }
            Outcome::AskRestart | Outcome::Finish => {}
        }
    }
    if live.steps < turn.steps {
        let text = script.step_text(message, live.steps + 1);
        return Some((turn.step, Doing::Event(TurnEvent::Step(text))));
    }
    let text = format!("answer to {} (run {})", message_id(message), live.fact + 1);
    Some((turn.reply, Doing::Event(TurnEvent::Reply(text))))
}

/// How many turns a history tells of. Each has a reply of its own, so that a turn that is told
/// twice does not stand for one that is missing.
fn turns_in(history: &[Entry]) -> u32 {
    let replies = history.iter().filter(|entry| matches!(entry, Entry::Reply(_)));
    let distinct: BTreeSet<&Entry> = replies.collect();
    u32::try_from(distinct.len()).expect("few turns")
}

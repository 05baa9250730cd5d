//! The supervisor and the operator: who starts the process, asks it to stop, and kills it.

use std::sync::Arc;

use gateway_core::env::Exit;

use super::effect::Verb;
use super::process::Process;
use super::queue::Event;
use super::world::World;
use crate::delivered::Planned;
use crate::ledger::{BootFacts, End, StopFacts};
use crate::plan::{Death, DeathKind, InFlight, RestartPolicy};
use crate::time::Ms;

impl World {
    /// The number of the living boot.
    pub fn boot(&self) -> Option<u32> {
        self.process.as_ref().map(|process| process.boot)
    }

    pub(crate) fn start(&mut self) {
        if self.process.is_some() {
            return;
        }
        let number = u32::try_from(self.ledger.boots.len()).expect("few boots") + 1;
        self.process = Some(Process::new(number));
        self.down_for = None;
        self.ledger.boots.push(Arc::new(BootFacts {
            number,
            began_at: self.now,
            ended: None,
            stop: None,
            cut: Vec::new(),
            disk_errors: 0,
            disk_error_at: None,
            disk_sick: None,
            held_back: Ms(0),
            errors: Vec::new(),
        }));
    }

    pub(crate) fn boot_facts(&mut self) -> &mut BootFacts {
        Arc::make_mut(self.ledger.boots.last_mut().expect("a boot lives or has lived"))
    }

    pub(crate) fn ask_to_stop(&mut self, index: usize) {
        let stop = self.script.plan.stops[index].clone();
        let now = self.now;
        let Some(process) = self.process.as_mut() else { return };
        self.delivered.note(Planned::Stop(index));
        process.signals.push_back(stop.signal);
        let boot = process.boot;
        let facts = self.stop_asked();
        if facts.signal.is_none() {
            facts.signal = Some(stop.signal);
            // Whatever an agent had asked for before, this is what the gateway must heed.
            facts.asked_at = now;
            self.down_for = stop.down_for;
            let budget = self.script.plan.supervisor.stop_budget;
            self.file(now.plus(budget), Event::BudgetOver(boot));
        }
        self.settle_waits();
    }

    /// The facts of the stop that the boot is in, from now on if it was in none.
    pub(crate) fn stop_asked(&mut self) -> &mut StopFacts {
        let asked_at = self.now;
        let begun =
            || StopFacts { signal: None, asked_by_agent: false, asked_at, announced_at: None };
        self.boot_facts().stop.get_or_insert_with(begun)
    }

    pub(crate) fn budget_over(&mut self, boot: u32) {
        if self.boot() == Some(boot) {
            let death = Death { kind: DeathKind::Process, in_flight: InFlight::Lost };
            self.die(&death, End::OverBudget, None);
        }
    }

    pub(crate) fn kill_by_plan(&mut self, index: usize) {
        if self.process.is_some() && !self.is_healed() {
            self.delivered.note(Planned::Kill(index));
            let script = std::sync::Arc::clone(&self.script);
            let kill = &script.plan.kills[index];
            self.kill(&kill.death, kill.down_for);
        }
    }

    /// The process dies as a plan or a matrix says.
    pub fn kill(&mut self, death: &Death, down_for: Option<Ms>) {
        let end = if death.kind.is_power_loss() { End::PowerLost } else { End::Killed };
        self.die(death, end, down_for);
    }

    /// The process dies: it and its agents stop at once, and the supervisor sees it.
    pub(crate) fn die(&mut self, death: &Death, end: End, down_for: Option<Ms>) {
        self.bury(end, death.in_flight);
        match &death.kind {
            DeathKind::Process => self.disk.kill(),
            DeathKind::Power(choice) => self.disk.power_loss(choice),
        }
        let delay = down_for.or(self.down_for);
        self.start_again_after(delay);
    }

    /// The process ends by itself.
    pub fn exit(&mut self, exit: Exit) {
        self.bury(End::Exited(exit), InFlight::Lost);
        self.disk.kill();
        let again = match self.script.plan.supervisor.restart {
            RestartPolicy::Always => exit != Exit::Config,
            RestartPolicy::OnFailure => exit != Exit::Config && exit != Exit::Planned,
        };
        if again || self.down_for.is_some() {
            self.start_again_after(self.down_for);
        }
    }

    fn start_again_after(&mut self, delay: Option<Ms>) {
        self.down_for = None;
        let delay = delay.unwrap_or(self.script.plan.supervisor.restart_delay);
        self.file(self.now.plus(delay), Event::Start);
    }

    fn bury(&mut self, end: End, in_flight: InFlight) {
        let Some(process) = self.process.take() else { return };
        let events = self.queue.extract(|event| {
            matches!(event, Event::Hold(_) | Event::Complete(_) | Event::BudgetOver(_))
        });
        if in_flight == InFlight::Arrives {
            for ((at, ..), event) in events {
                let Event::Hold(effect) = event else { continue };
                let pending = &process.pending[&effect];
                match &pending.verb {
                    Verb::Send(outbound) => {
                        let late = Event::LateSend(process.boot, outbound.clone(), pending.fault);
                        self.file(at, late);
                    }
                    Verb::Ack(upto) => {
                        self.file(at, Event::LateAck(*upto));
                    }
                    _ => {}
                }
            }
        }
        // A turn whose last agent here produced nothing was cut, also one that obeyed.
        let produced = |message: usize| {
            let mut runs = process.runs.iter().filter(|run| run.message == Some(message));
            runs.next_back().is_some_and(|run| run.produced)
        };
        let live = process.runs.iter().filter_map(|run| run.message);
        let live = live.filter(|message| !produced(*message));
        let opening = process.pending.values().filter_map(|pending| match &pending.verb {
            Verb::OpenRun(request) if pending.answer.is_none() => self.message_of(request),
            _ => None,
        });
        let mut cut: Vec<usize> = live.chain(opening).collect();
        cut.sort_unstable();
        cut.dedup();
        let now = self.now;
        let facts = self.boot_facts();
        facts.cut = cut;
        facts.ended = Some((now, end));
    }

    /// Whether a request to the platform is under way that a death would find in flight.
    pub fn has_in_flight(&self) -> bool {
        self.process.as_ref().is_some_and(|process| {
            process.pending.values().any(|pending| {
                pending.answer.is_none()
                    && pending.due.is_some()
                    && matches!(pending.verb, Verb::Send(_) | Verb::Ack(_))
            })
        })
    }
}

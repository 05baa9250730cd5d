//! The supervisor and the operator: who starts processes, asks them to stop, and kills them.
//!
//! The supervisor looks after one process: it starts another one when that has ended, and it is
//! the one that stops, kills and stalls of the plan mean. What an operator starts by hand, and what
//! was replaced, is nobody's when it ends; only where the supervisor's process does not live is the
//! youngest of these meant instead.

use std::sync::Arc;

use gateway_core::env::{Exit, Signal};

use super::effect::Verb;
use super::process::{Keeper, Process};
use super::queue::Event;
use super::world::World;
use crate::delivered::Planned;
use crate::history::Fact;
use crate::ledger::{BootFacts, End, StopFacts};
use crate::plan::{Death, DeathKind, InFlight, Moment, Pids, RestartPolicy};
use crate::time::Ms;

/// A process that fails within this has failed at its start.
const AT_ONCE: Ms = Ms(10_000);

/// The number of the first boot's process is one more.
const PIDS_FROM: u32 = 1_000;

/// The number that the operating system gives to the process of a boot.
pub(crate) fn pid_of(boot: u32) -> u32 {
    PIDS_FROM + boot
}

impl World {
    /// Since when a process with a number lives, as the operating system tells it; none if none
    /// does. What the number of a dead one stands for is the plan's to say.
    pub(crate) fn process_started(&self, pid: u32) -> Option<u64> {
        let boot = pid.checked_sub(PIDS_FROM + 1)?;
        let facts = self.ledger.boots.get(boot as usize)?;
        let stranger = self.script.plan.supervisor.pids == Pids::Reused;
        match &facts.ended {
            None => Some(facts.began_at.0),
            Some((at, _)) => stranger.then_some(at.0 + 1),
        }
    }

    /// The number of the living boot; of the oldest, if there are several.
    pub fn boot(&self) -> Option<u32> {
        self.processes.keys().next().copied()
    }

    /// The numbers of all living boots, the oldest first.
    pub fn living(&self) -> Vec<u32> {
        self.processes.keys().copied().collect()
    }

    /// The process that is meant when nobody says which.
    pub(super) fn meant(&self) -> Option<u32> {
        let processes = || self.processes.values().rev();
        let kept = processes().find(|process| process.keeper == Keeper::Supervisor);
        kept.or_else(|| processes().next()).map(|process| process.boot)
    }

    pub(crate) fn start(&mut self) {
        let kept = |process: &Process| process.keeper == Keeper::Supervisor;
        if !self.processes.values().any(kept) {
            self.begin(Keeper::Supervisor);
        }
    }

    pub(super) fn start_one(&mut self, index: usize) {
        self.delivered.note(Planned::Start(index));
        self.begin(Keeper::Operator);
    }

    fn begin(&mut self, keeper: Keeper) {
        let number = u32::try_from(self.ledger.boots.len()).expect("few boots") + 1;
        self.processes.insert(number, Process::new(number, keeper));
        self.ledger.boots.push(Arc::new(BootFacts {
            number,
            began_at: self.now,
            ended: None,
            stop: None,
            cut: Vec::new(),
            disk_errors: 0,
            disk_sick: None,
            slowed: Ms(0),
            slowed_in_stop: Ms(0),
            frozen: None,
            errors: Vec::new(),
        }));
        let clean = self.script.plan.clean_start(self.now);
        self.note(number, Fact::Began { clean });
        self.file_for_boot(number);
    }

    /// Files what the plan has in store for a boot, so long after its begin.
    fn file_for_boot(&mut self, number: u32) {
        let script = Arc::clone(&self.script);
        let stops = script.plan.stops.iter().enumerate();
        for (index, stop) in stops.filter(|(_, stop)| stop.boot == Some(number)) {
            self.file(self.now.plus(stop.at), Event::Stop(index));
        }
        for (index, kill) in script.plan.kills.iter().enumerate() {
            if let Moment::After { boot, after } = kill.moment
                && boot == number
            {
                self.file(self.now.plus(after), Event::Kill(index));
            }
        }
    }

    /// The process that an event of the plan means: a certain boot, or whichever it is about.
    fn meant_by(&self, boot: Option<u32>) -> Option<u32> {
        boot.map_or_else(|| self.meant(), |boot| self.process(boot).map(|process| process.boot))
    }

    pub(crate) fn boot_facts(&mut self, boot: u32) -> &mut BootFacts {
        Arc::make_mut(&mut self.ledger.boots[boot as usize - 1])
    }

    pub(crate) fn ask_to_stop(&mut self, index: usize) {
        let stop = self.script.plan.stops[index].clone();
        let Some(boot) = self.meant_by(stop.boot) else { return };
        self.delivered.note(Planned::Stop(index));
        if self.signal(boot, stop.signal) {
            self.process_mut(boot).down_for = stop.down_for;
            let budget = self.script.plan.supervisor.stop_budget;
            self.file(self.now.plus(budget), Event::BudgetOver(boot));
        }
        self.settle_waits();
    }

    /// Sends a signal to a process; whether it is the first one.
    fn signal(&mut self, boot: u32, signal: Signal) -> bool {
        let now = self.now;
        self.process_mut(boot).signals.push_back(signal);
        let facts = self.stop_asked(boot);
        let first = facts.signal.is_none();
        if first {
            facts.signal = Some(signal);
            // Whatever an agent had asked for before, this is what the gateway must heed.
            facts.asked_at = now;
        }
        first
    }

    /// A new process takes the place of the one that is meant: that one is asked to stop and has
    /// a while for it, but its successor does not wait.
    pub(super) fn replace(&mut self, index: usize) {
        self.delivered.note(Planned::Replacement(index));
        let replacement = self.script.plan.replacements[index].clone();
        if let Some(old) = self.meant() {
            self.process_mut(old).keeper = Keeper::Operator;
            self.signal(old, replacement.signal);
            self.file(self.now.plus(replacement.patience), Event::PatienceOver(old));
        }
        self.begin(Keeper::Supervisor);
        self.settle_waits();
    }

    pub(super) fn patience_over(&mut self, boot: u32) {
        if self.processes.contains_key(&boot) {
            let death = Death { kind: DeathKind::Process, in_flight: InFlight::Lost };
            self.kill(boot, &death, None);
        }
    }

    /// The facts of the stop that a boot is in, from now on if it was in none.
    pub(crate) fn stop_asked(&mut self, boot: u32) -> &mut StopFacts {
        let asked_at = self.now;
        let begun =
            || StopFacts { signal: None, asked_by_agent: false, asked_at, announced_at: None };
        self.boot_facts(boot).stop.get_or_insert_with(begun)
    }

    /// An agent asks for a restart. The gateway may refuse it, and heed the next one that asks: as
    /// long as nothing was announced, the stop may have begun with the latest.
    pub(crate) fn asked_by_agent(&mut self, boot: u32) {
        let now = self.now;
        let facts = self.stop_asked(boot);
        facts.asked_by_agent = true;
        if facts.signal.is_none() && facts.announced_at.is_none() {
            facts.asked_at = now;
        }
    }

    pub(crate) fn budget_over(&mut self, boot: u32) {
        if self.processes.contains_key(&boot) {
            let death = Death { kind: DeathKind::Process, in_flight: InFlight::Lost };
            self.die(boot, &death, End::OverBudget, None);
        }
    }

    pub(crate) fn kill_by_plan(&mut self, index: usize) {
        let script = Arc::clone(&self.script);
        let kill = &script.plan.kills[index];
        let of_boot = match kill.moment {
            Moment::After { boot, .. } => Some(boot),
            Moment::At(_) | Moment::Before { .. } => None,
        };
        let meant = self.meant_by(of_boot).filter(|_| !self.is_healed());
        let Some(boot) = meant else { return };
        self.delivered.note(Planned::Kill(index));
        self.kill(boot, &kill.death, kill.down_for);
    }

    /// A process dies as a plan or a matrix says; with the power every process does.
    pub fn kill(&mut self, boot: u32, death: &Death, down_for: Option<Ms>) {
        let end = if death.kind.is_power_loss() { End::PowerLost } else { End::Killed };
        self.die(boot, death, end, down_for);
    }

    /// A process dies: it and its agents stop at once, and its keeper sees it.
    pub(crate) fn die(&mut self, boot: u32, death: &Death, end: End, down_for: Option<Ms>) {
        match &death.kind {
            DeathKind::Process => {
                let process = self.bury(boot, end, death.in_flight);
                self.start_again_after(&process, down_for);
            }
            DeathKind::Power(choice) => {
                for boot in self.living() {
                    let process = self.bury(boot, end.clone(), death.in_flight);
                    self.start_again_after(&process, down_for);
                }
                self.disk.power_loss(choice);
            }
        }
    }

    /// A process ends by itself, as soon as it is not frozen.
    pub fn exit(&mut self, boot: u32, exit: Exit) {
        let Some(process) = self.process(boot) else { return };
        let (thaws, superseded) = (process.frozen_until, process.superseded);
        if thaws > self.now {
            self.file(thaws, Event::Exit(boot, exit));
            return;
        }
        // Whom the platform serves no more has nobody to deliver to, and what it still knows its
        // successor need not have read: it did not end by its own will, even if it leaves before
        // its agents end.
        let end = match exit {
            Exit::Failed if superseded => End::Superseded,
            exit => End::Exited(exit),
        };
        let process = self.bury(boot, end, InFlight::Lost);
        if self.gives_up(&process, exit) {
            return;
        }
        if exit == Exit::Config && process.keeper == Keeper::Supervisor && self.apply_remedy(boot) {
            let after = self.script.plan.supervisor.remedy_after;
            self.file(self.now.plus(after), Event::Start);
            return;
        }
        let again = match self.script.plan.supervisor.restart {
            RestartPolicy::Always => exit != Exit::Config,
            RestartPolicy::OnFailure => exit != Exit::Config && exit != Exit::Planned,
        };
        if again || process.down_for.is_some() {
            self.start_again_after(&process, None);
        }
    }

    /// Whether the supervisor has seen enough failures, now that one of its processes has ended.
    fn gives_up(&mut self, ended: &Process, exit: Exit) -> bool {
        if ended.keeper != Keeper::Supervisor {
            return false;
        }
        let lived = self.now.since(self.ledger.boot(ended.boot).began_at);
        let at_once = exit == Exit::Failed && lived < AT_ONCE;
        self.failed_starts = if at_once { self.failed_starts + 1 } else { 0 };
        let limit = self.script.plan.supervisor.start_limit;
        let gives_up = limit.is_some_and(|limit| at_once && self.failed_starts >= limit);
        if gives_up {
            self.delivered.note_given_up();
        }
        gives_up
    }

    /// The supervisor starts another process in the place of its own.
    fn start_again_after(&mut self, dead: &Process, down_for: Option<Ms>) {
        if dead.keeper == Keeper::Supervisor {
            let usual = self.script.plan.supervisor.restart_delay;
            let delay = down_for.or(dead.down_for).unwrap_or(usual);
            self.file(self.now.plus(delay), Event::Start);
        }
    }

    /// Takes a process out of the world with everything that is only its own.
    fn bury(&mut self, boot: u32, end: End, in_flight: InFlight) -> Process {
        let cut = self.cut_by_end_of(boot);
        self.note_end(boot);
        let process = self.processes.remove(&boot).expect("who dies has lived");
        if self.processes.is_empty() {
            self.disk.kill();
        } else {
            self.disk.kill_one(&process.open);
        }
        let events = self.queue.extract(|event| match event {
            Event::Hold(of, _) | Event::Complete(of, _) => *of == boot,
            Event::BudgetOver(of) | Event::PatienceOver(of) | Event::Exit(of, _) => *of == boot,
            _ => false,
        });
        if in_flight == InFlight::Arrives {
            for ((at, ..), event) in events {
                let Event::Hold(_, effect) = event else { continue };
                let pending = &process.pending[&effect];
                match &pending.verb {
                    Verb::Send(outbound) => {
                        let late = Event::LateSend(boot, outbound.clone(), pending.fault);
                        self.file(at, late);
                    }
                    Verb::Ack(upto) => {
                        self.file(at, Event::LateAck(boot, *upto));
                    }
                    _ => {}
                }
            }
        }
        let (now, facts) = (self.now, self.boot_facts(boot));
        // Who was superseded had ended before, unless it has something worse to tell.
        let told = matches!(end, End::Panicked(_) | End::NeverIdle);
        if facts.ended.is_none() {
            facts.cut = cut;
        }
        if facts.ended.is_none() || told {
            facts.ended = Some((now, end));
        }
        process
    }

    /// Notes the end of a process, once: who was superseded had ended before.
    pub(super) fn note_end(&mut self, boot: u32) {
        if self.ledger.boot(boot).ended.is_none() {
            let quiescent = self.process_mut(boot).quiescent;
            self.note(boot, Fact::Ended { quiescent });
        }
    }

    /// The turns that are cut if a process ends now.
    pub(super) fn cut_by_end_of(&self, boot: u32) -> Vec<usize> {
        let process = &self.processes[&boot];
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
        cut
    }

    /// Whether a request of a process to the platform is under way that its death would find in
    /// flight; with the power every process dies, and any of them may have one.
    pub fn has_in_flight(&self) -> bool {
        self.processes.values().any(|process| {
            process.pending.values().any(|pending| {
                pending.answer.is_none()
                    && pending.due.is_some()
                    && matches!(pending.verb, Verb::Send(_) | Verb::Ack(_))
            })
        })
    }
}

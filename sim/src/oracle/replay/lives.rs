//! How boots begin, are told to stop, come to rest and end, and what the next one may find then.

use gateway_core::env::{Exit, Signal};
use gateway_core::message::Cut;

use super::{Boot, Replay};
use crate::ledger::End;
use crate::oracle::OracleId;
use crate::oracle::belief::{Belief, News, Turn, Why, merged};
use crate::oracle::table;
use crate::time::Ms;

impl Replay<'_> {
    pub(super) fn boot(&mut self, boot: u32) -> &mut Boot {
        self.boots.get_mut(&boot).expect("it began")
    }

    pub(super) fn began(&mut self, boot: u32, at: Ms, clean: Option<usize>) {
        let fresh = Boot {
            from: at,
            quiescent_at: at,
            reasons: Vec::new(),
            signalled: false,
            stops_for_sure: false,
            spoiled: false,
            clean,
            lives: true,
        };
        self.boots.insert(boot, fresh);
        if let Some(wish) = clean {
            self.wished.entry(wish).or_insert(self.handed);
        }
        self.start_clean();
    }

    /// Whoever was started clean may drop what earlier boots were handed, until that was granted.
    pub(super) fn start_clean(&mut self) {
        let wished = self.boots.iter().filter(|(_, boot)| boot.lives);
        let wished = wished.filter_map(|(number, boot)| Some((*number, boot.clean?)));
        let wished: Vec<u32> = wished
            .filter(|(_, wish)| !self.granted.contains(wish))
            .map(|(number, _)| number)
            .collect();
        for boot in wished {
            for message in 0..self.handed {
                self.learn(boot, message, News::CleanStart);
            }
        }
    }

    pub(super) fn signalled(&mut self, boot: u32, signal: Signal) {
        let reason = match signal {
            Signal::Stop => Cut::Shutdown,
            Signal::Restart => Cut::Restart,
        };
        if !std::mem::replace(&mut self.boot(boot).signalled, true) {
            self.stops(boot, reason);
        }
    }

    pub(super) fn stops(&mut self, boot: u32, reason: Cut) {
        let reasons = &mut self.boot(boot).reasons;
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }

    pub(super) fn quiescent(&mut self, boot: u32, at: Ms) {
        let alone = self.boots.values().filter(|boot| boot.lives).count() == 1;
        let known = self.boots.get_mut(&boot).expect("it began");
        known.quiescent_at = at;
        known.stops_for_sure |= known.signalled && !known.spoiled;
        if alone {
            self.granted.extend(known.clean);
        }
        let boots = &self.boots;
        let is_its = |by: u32| by == boot || boots.get(&by).is_none_or(|boot| !boot.lives);
        self.unrecorded.retain(|message| {
            let held = &mut self.messages[*message];
            let its = is_its(held.by);
            if its {
                held.had_its_chance(boot);
            }
            !its || !held.is_recorded()
        });
        let sessions = self.sessions.iter_mut().filter(|held| is_its(held.by));
        sessions.for_each(|held| held.had_its_chance(boot));
        self.check_interrupts(boot, at);
    }

    /// The agent of a turn that its user has stopped is asked to give up.
    pub(super) fn check_interrupts(&mut self, boot: u32, at: Ms) {
        for index in self.seen.clone() {
            let run = &self.evidence.ledger.runs[index];
            let works = run.boot == boot && run.over_at.is_none_or(|over| over > at);
            let Some(message) = run.message.filter(|_| works) else { continue };
            let held = &self.messages[message].now;
            let withdrawn = held.iter().all(|held| *held == Belief::Closed(Why::Withdrawn));
            if withdrawn && run.interrupted_at.is_none_or(|asked| asked > at) {
                let what =
                    format!("its agent goes on in boot {boot} though its user had stopped it");
                let held = self.messages[message].now.clone();
                self.forbid(message, &held, &[(OracleId::NoFalseResume, what)]);
            }
        }
    }

    pub(super) fn ended(&mut self, boot: u32, at: Ms, quiescent: bool) {
        let causes = self.causes(boot);
        self.boot(boot).lives = false;
        // Whoever serves beside it keeps what it holds.
        let lives = |by: &u32| self.boots.get(by).is_some_and(|other| other.lives);
        let beside: Vec<bool> = self.messages.iter().map(|held| lives(&held.by)).collect();
        let free = self.may_begin();
        for message in 0..self.handed {
            let circumstances = self.at(boot, at, message);
            let interrupted = |held: &Belief| match *held {
                Belief::Open(turn) if turn.boot == boot => {
                    causes.iter().map(|cause| table::interrupted(turn, *cause, at)).collect()
                }
                other => vec![other],
            };
            if beside[message] {
                self.messages[message].goes_on_without(boot, interrupted);
                continue;
            }
            // An attempt is counted before its agent is asked for.
            let attempted = |held: &Belief| match *held {
                Belief::Open(turn) if turn.boot != boot && !quiescent && free[message] => {
                    let begun = Turn { boot, ..turn };
                    let causes = causes.iter();
                    causes.map(|cause| table::interrupted(begun, *cause, at)).collect()
                }
                _ => Vec::new(),
            };
            let durable = &self.messages[message].durable;
            let found = durable.iter().flat_map(|held| {
                let decided = table::decided(*held, &circumstances);
                let mut found: Vec<Belief> = decided.collect();
                found.extend(attempted(held));
                found.extend(interrupted(held));
                found
            });
            let found = merged(found, self.evidence.script.plan.settings.suspend_after.max(1));
            let begun = |held: &Belief| matches!(held, Belief::Open(turn) if turn.boot > 0);
            self.left_begun += u64::from(found.iter().any(begun));
            let crashed = |held: &Belief| matches!(held, Belief::Open(turn) if turn.deaths > 0);
            if found.iter().any(crashed) {
                self.crashed.insert(message);
            }
            self.messages[message].die(found);
            self.unrecorded.remove(&message);
        }
        for held in &mut self.sessions {
            if !self.boots.get(&held.by).is_some_and(|other| other.lives) {
                held.die(held.durable.clone());
            }
        }
        self.boots.values_mut().filter(|other| other.lives).for_each(|other| other.from = at);
        self.start_clean();
    }

    /// Why the turns that the end of a boot interrupted were interrupted, as the next one finds it:
    /// one reason, or either of several.
    pub(super) fn causes(&self, boot: u32) -> Vec<Cut> {
        let known = &self.boots[&boot];
        let ended = self.evidence.ledger.boot(boot).ended.as_ref().map(|(_, end)| end);
        let by_itself = match ended {
            Some(End::Exited(Exit::Planned)) => Some(Cut::Shutdown),
            Some(End::Exited(Exit::Restart)) => Some(Cut::Restart),
            _ => None,
        };
        let mut causes = known.reasons.clone();
        if causes.is_empty() {
            causes.extend(by_itself);
        }
        if causes.is_empty() || (by_itself.is_none() && !known.stops_for_sure) {
            causes.push(Cut::Crash);
        }
        causes
    }

    /// Whether nothing of its chat may be in the way of a message.
    pub(super) fn may_begin(&self) -> Vec<bool> {
        let mut free = vec![true; self.sessions.len()];
        let messages = self.evidence.script.messages.iter().zip(&self.messages);
        let messages = messages.enumerate();
        messages
            .map(|(index, (message, held))| {
                let may_begin = free[message.chat];
                let done = held.durable.iter().any(|held| {
                    matches!(held, Belief::Owed(_) | Belief::Closed(_) | Belief::Produced { .. })
                });
                let forgotten = self.evidence.may_be_forgotten(index);
                free[message.chat] &= done || forgotten || !message.body.is_request();
                may_begin
            })
            .collect()
    }
}

//! One history that explains everything: the beliefs about every message and session, entry by
//! entry, filtered by the table. Where none is left, no history explains what happened.

use std::collections::{BTreeMap, BTreeSet};

use gateway_core::env::{Exit, Signal};
use gateway_core::message::{Cut, Kind, Notice};

use super::belief::{Belief, Held, News, Session, SessionNews, Turn, Why, believed, merged};
use super::evidence::Evidence;
use super::table::{self, At, Forbidden};
use crate::history::{Entry, Fact};
use crate::ledger::{Delivery, End, RunIndex, SendFact};
use crate::oracle::{OracleId, Violation};
use crate::script::{ChatIndex, MessageIndex};
use crate::time::Ms;

/// The beliefs at the end of a history, and what no belief explains.
pub(super) struct Replay<'w> {
    evidence: &'w Evidence<'w>,
    pub(super) messages: Vec<Held<Belief, News>>,
    sessions: Vec<Held<Session, SessionNews>>,
    boots: BTreeMap<u32, Boot>,
    /// The messages of which something was learned and not recorded.
    unrecorded: BTreeSet<MessageIndex>,
    /// The runs that a boot got hold of.
    seen: BTreeSet<RunIndex>,
    /// Behind the last message that the platform need not deliver again.
    acked: usize,
    /// Behind the last message that any boot was handed.
    handed: usize,
    /// When each of them was first handed to a boot.
    handed_at: Vec<Ms>,
    /// How many turns boots have left that the next one may go on with, one after the other.
    pub(super) left_begun: u64,
    /// The turns that a crash may have been counted for.
    pub(super) crashed: BTreeSet<MessageIndex>,
    /// The wishes to start clean that a boot was started with, and what had been handed by then.
    wished: BTreeMap<usize, usize>,
    /// Those that were granted for sure.
    granted: BTreeSet<usize>,
    pub(super) violations: Vec<Violation>,
}

/// A boot that lives, or has.
struct Boot {
    /// From when on it can go on with what another one left.
    from: Ms,
    /// When it was quiescent last, or began.
    quiescent_at: Ms,
    /// Why it stops, as far as it was told.
    reasons: Vec<Cut>,
    /// Whether a signal told it so.
    signalled: bool,
    /// Whether the next boot must find that it stopped for these reasons.
    stops_for_sure: bool,
    /// Whether the disk has failed since it was told to stop.
    spoiled: bool,
    /// The wish to start clean that it was started with.
    clean: Option<usize>,
    lives: bool,
}

impl<'w> Replay<'w> {
    /// Replays the history of a world.
    pub(super) fn of(evidence: &'w Evidence<'w>) -> Replay<'w> {
        let script = evidence.script;
        let mut replay = Replay {
            evidence,
            messages: vec![Held::new(Belief::Unseen); script.messages.len()],
            sessions: vec![Held::new(Session::default()); script.chats.len()],
            boots: BTreeMap::new(),
            unrecorded: BTreeSet::new(),
            seen: BTreeSet::new(),
            acked: 0,
            handed: 0,
            handed_at: Vec::new(),
            left_begun: 0,
            crashed: BTreeSet::new(),
            wished: BTreeMap::new(),
            granted: BTreeSet::new(),
            violations: Vec::new(),
        };
        for entry in evidence.ledger.history.entries() {
            // Nobody outside listens to a boot that another one has superseded.
            if entry.boot == 0 || replay.boots.get(&entry.boot).is_none_or(|boot| boot.lives) {
                replay.follow(entry);
            }
        }
        replay
    }

    fn follow(&mut self, entry: &Entry) {
        let (at, boot) = (entry.at, entry.boot);
        let runs = &self.evidence.ledger.runs;
        match &entry.fact {
            Fact::Began { clean } => self.began(boot, at, *clean),
            Fact::Handed { from, upto } => self.handed(boot, at, *from, *upto),
            Fact::Acked { upto } => self.acked(*upto),
            Fact::Barred(chat) => {
                for message in self.requests_of(*chat, self.handed) {
                    self.learn(boot, message, News::Barred);
                }
            }
            Fact::Asked { chat, message, resumed, session } => {
                self.run_in(boot, *chat, session);
                match message {
                    Some(message) => {
                        let quiescent_at = self.boots[&boot].quiescent_at;
                        let circumstances = self.at(boot, at, *message);
                        let row = |held| match table::run(held, *resumed, &circumstances)? {
                            Belief::Open(turn) => {
                                let earliest =
                                    quiescent_at.max(turn.alive.0).max(circumstances.came.1);
                                let alive = (earliest, at);
                                Ok(Belief::Open(Turn { alive, ..turn }))
                            }
                            other => Ok(other),
                        };
                        let before = self.messages[*message].now.clone();
                        let begun = |held| {
                            let seen = Turn { seen: true, ..Turn::default() };
                            let turn = if let Belief::Open(turn) = held { turn } else { seen };
                            Belief::Open(Turn { boot, cause: None, told: *resumed, ..turn })
                        };
                        self.output(boot, *message, &row, begun);
                        self.messages[*message].record();
                        self.settle_cause(
                            *message,
                            before.into_iter().filter(|held| row(*held).is_ok()),
                        );
                    }
                    None => {
                        let what =
                            format!("an agent was started in boot {boot} with nothing to do");
                        let oracle = OracleId::NoFalseResume;
                        let violation = self.evidence.chat_violation(oracle, *chat, what);
                        self.violations.push(violation);
                    }
                }
            }
            Fact::Seen(run) => {
                self.seen.insert(*run);
                self.learn_of_run(boot, *run, News::Agent(boot));
            }
            Fact::Step(run, steps) => self.learn_of_run(boot, *run, News::Steps(boot, *steps, at)),
            Fact::Stepped(run, acked) => {
                let Some(message) = runs[*run].message else { return };
                self.messages[message].act(|held| match held {
                    Belief::Open(turn) => turn.boot == boot && turn.steps >= *acked,
                    _ => true,
                });
            }
            Fact::Produced(run) => self.learn_of_run(boot, *run, News::Produced(boot)),
            Fact::Left(send) => self.left(boot, at, &self.evidence.ledger.sends[*send]),
            Fact::Confirmed(send) => self.confirmed(boot, &self.evidence.ledger.sends[*send]),
            Fact::Signal(signal) => self.signalled(boot, *signal),
            Fact::AskedRestart => self.stops(boot, Cut::Restart),
            Fact::Quiescent => self.quiescent(boot, at),
            Fact::DiskFailed => {
                self.unrecorded.iter().for_each(|message| self.messages[*message].spoil());
                self.sessions.iter_mut().for_each(Held::spoil);
                let boot = self.boot(boot);
                boot.spoiled = !boot.reasons.is_empty();
            }
            Fact::Alarm => {}
            Fact::Ended { quiescent } => self.ended(boot, at, *quiescent),
        }
    }

    fn boot(&mut self, boot: u32) -> &mut Boot {
        self.boots.get_mut(&boot).expect("it began")
    }

    fn began(&mut self, boot: u32, at: Ms, clean: Option<usize>) {
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
    fn start_clean(&mut self) {
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

    fn handed(&mut self, boot: u32, at: Ms, from: MessageIndex, upto: MessageIndex) {
        let script = self.evidence.script;
        self.handed = self.handed.max(upto);
        self.handed_at.resize(self.handed, at);
        for message in from..upto {
            let chat = script.messages[message].chat;
            if script.messages[message].body.is_request() {
                self.learn(boot, message, News::Handed);
                continue;
            }
            for earlier in self.requests_of(chat, message) {
                self.learn(boot, earlier, News::Withdrawn);
            }
            if self.evidence.is_reset(message) {
                self.sessions[chat].learn(boot, SessionNews::Reset(message));
            }
        }
    }

    /// The platform will not deliver again: what was handed is known for sure.
    fn acked(&mut self, upto: MessageIndex) {
        let script = self.evidence.script;
        for message in std::mem::replace(&mut self.acked, upto)..upto {
            if script.messages[message].body.is_request() {
                self.messages[message].act(|held| *held != Belief::Unseen);
                continue;
            }
            let chat = script.messages[message].chat;
            for earlier in self.requests_of(chat, message) {
                let heeded = |held: &Belief| !matches!(held, Belief::Unseen | Belief::Open(_));
                self.messages[earlier].act(heeded);
            }
            if self.evidence.is_reset(message) {
                self.sessions[chat].act(|held| held.anew > message);
            }
        }
    }

    fn run_in(&mut self, boot: u32, chat: ChatIndex, session: &str) {
        let Some(held) = self.sessions.get_mut(chat) else { return };
        let fits: Vec<Session> = held.now.iter().filter_map(|held| held.run_in(session)).collect();
        if fits.is_empty() {
            let what = format!("boot {boot} ran an agent in a session that the chat is not in");
            let violation = self.evidence.chat_violation(OracleId::SameConversation, chat, what);
            self.violations.push(violation);
            let forced = Session { current: Some(session.to_owned()), ..Session::default() };
            self.sessions[chat] = Held::new(forced);
            return;
        }
        held.explained_by(boot, fits);
        held.record();
    }

    fn left(&mut self, boot: u32, at: Ms, send: &SendFact) {
        let taken = send.taken.map(|taken| &self.evidence.ledger.deliveries[taken]);
        let seen = taken.is_some_and(|taken| taken.visible);
        match send.kind {
            Kind::Answer { .. } | Kind::Copy { .. } => {
                let Some(message) = self.at_home(send.chat, send.answers) else { return };
                let circumstances = self.at(boot, at, message);
                let is_copy = matches!(send.kind, Kind::Copy { .. });
                let row = |held| table::answer(held, is_copy, &circumstances);
                if seen {
                    let sent = |_| Belief::Produced { by: boot, sent: true };
                    self.output(boot, message, row, sent);
                } else {
                    self.learn(boot, message, News::Sent);
                }
                let produced = |held: &Belief| !matches!(held, Belief::Unseen | Belief::Open(_));
                self.messages[message].act(produced);
            }
            Kind::Notice { notice: Notice::Stopping, .. } => {
                let boot = self.boot(boot);
                if boot.reasons.is_empty() {
                    boot.reasons.push(Cut::Restart);
                }
                boot.stops_for_sure = true;
            }
            Kind::Notice { notice: Notice::Resuming | Notice::Interrupted, .. } => {
                if let Some(chat) = send.chat.filter(|_| seen && !self.has_unfinished(send.chat)) {
                    let what = format!("{:?} in boot {boot} with nothing unfinished", send.kind);
                    let oracle = OracleId::NoFalseResume;
                    self.violations.push(self.evidence.chat_violation(oracle, chat, what));
                }
            }
            Kind::Notice { notice, .. } => {
                let Some(message) = self.at_home(send.chat, send.about) else { return };
                let circumstances = self.at(boot, at, message);
                let row = |held| table::close(held, notice, &circumstances);
                if seen {
                    self.output(boot, message, row, |held| held);
                    self.messages[message]
                        .act(|held| matches!(held, Belief::Owed(_) | Belief::Closed(_)));
                } else {
                    // Nobody sees it, so that nobody is convicted for it; whoever may rightly send
                    // it may have decided so.
                    let held = &self.messages[message].now;
                    let decided = held.iter().filter_map(|held| row(*held).ok());
                    let either = held.iter().copied().chain(decided).collect();
                    self.messages[message].explained_by(boot, either);
                    self.unrecorded.insert(message);
                }
                if notice == Notice::Suspended {
                    self.may_begin_anew(boot, send.chat, message);
                }
            }
        }
    }

    /// The message that a send to a chat is about, if that is its chat.
    fn at_home(
        &self,
        chat: Option<ChatIndex>,
        message: Option<MessageIndex>,
    ) -> Option<MessageIndex> {
        message.filter(|message| Some(self.evidence.script.messages[*message].chat) == chat)
    }

    /// The platform says that it has taken something: that, or what it had taken before under the
    /// same key. If that was something else, the sender is wrong to believe that it is there.
    fn confirmed(&mut self, boot: u32, send: &SendFact) {
        let (message, news) = match send.kind {
            Kind::Answer { .. } | Kind::Copy { .. } => (send.answers, News::Answered),
            Kind::Notice { notice, .. } => (send.about, News::Told(notice)),
        };
        let evidence = self.evidence;
        let is_it = |delivery: &Delivery| {
            let same = match send.kind {
                Kind::Answer { .. } | Kind::Copy { .. } => delivery.answers == send.answers,
                Kind::Notice { notice, .. } => {
                    delivery.notice() == Some(notice) && evidence.about(delivery) == send.about
                }
            };
            delivery.visible && delivery.chat == send.chat && same
        };
        let is_there = evidence.ledger.deliveries.iter().any(is_it);
        if let Some(message) = self.at_home(send.chat, message).filter(|_| is_there) {
            self.learn(boot, message, news);
        }
    }

    fn signalled(&mut self, boot: u32, signal: Signal) {
        let reason = match signal {
            Signal::Stop => Cut::Shutdown,
            Signal::Restart => Cut::Restart,
        };
        if !std::mem::replace(&mut self.boot(boot).signalled, true) {
            self.stops(boot, reason);
        }
    }

    fn stops(&mut self, boot: u32, reason: Cut) {
        let reasons = &mut self.boot(boot).reasons;
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }

    fn quiescent(&mut self, boot: u32, at: Ms) {
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
    fn check_interrupts(&mut self, boot: u32, at: Ms) {
        for index in self.seen.clone() {
            let run = &self.evidence.ledger.runs[index];
            let works = run.boot == boot && run.over_at.is_none_or(|over| over > at);
            let Some(message) = run.message.filter(|_| works) else { continue };
            let held = &self.messages[message].now;
            let withdrawn = held.iter().all(|held| *held == Belief::Closed(Why::Withdrawn));
            if withdrawn && run.interrupted_at.is_none_or(|asked| asked > at) {
                let what =
                    format!("its agent goes on in boot {boot} though its user had stopped it");
                self.forbid(message, (OracleId::NoFalseResume, what));
            }
        }
    }

    fn ended(&mut self, boot: u32, at: Ms, quiescent: bool) {
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
    fn causes(&self, boot: u32) -> Vec<Cut> {
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
    fn may_begin(&self) -> Vec<bool> {
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

    /// A suspension may begin the chat anew.
    fn may_begin_anew(&mut self, boot: u32, chat: Option<ChatIndex>, by: MessageIndex) {
        if let Some(chat) = chat {
            self.sessions[chat].learn(boot, SessionNews::MayBeReset(by));
        }
    }

    /// One crash or stop has one cause: if only one explains why a turn goes on as it does, no other
    /// turn that the same boot has left was interrupted by another.
    fn settle_cause(&mut self, message: MessageIndex, explained_by: impl Iterator<Item = Belief>) {
        let causes: BTreeSet<Option<(u32, Cut)>> = { explained_by }
            .map(|held| match held {
                Belief::Open(Turn { boot, cause: Some(cause), several: false, .. }) => {
                    Some((boot, cause))
                }
                _ => None,
            })
            .collect();
        let mut causes = causes.into_iter();
        let (Some(Some((boot, cause))), None) = (causes.next(), causes.next()) else { return };
        let fits = |held: &Belief| match *held {
            Belief::Open(turn) if turn.boot == boot && !turn.several => {
                turn.cause.is_none_or(|other| other == cause)
            }
            _ => true,
        };
        let others = self.messages.iter_mut().enumerate().filter(|(other, _)| *other != message);
        others.for_each(|(_, held)| held.act(fits));
    }

    fn has_unfinished(&self, chat: Option<ChatIndex>) -> bool {
        let Some(chat) = chat else { return true };
        let open = |held: &Belief| !held.is_closed() && *held != Belief::Unseen;
        let mut messages = self.requests_of(chat, self.handed);
        messages.any(|message| self.messages[message].now.iter().any(open))
    }

    fn learn_of_run(&mut self, boot: u32, run: RunIndex, news: News) {
        if let Some(message) = self.evidence.ledger.runs[run].message {
            self.learn(boot, message, news);
        }
    }

    fn learn(&mut self, boot: u32, message: MessageIndex, news: News) {
        self.messages[message].learn(boot, news);
        self.unrecorded.insert(message);
    }

    /// Whether a message may have been given up rightly, and its chat is still to be told.
    pub(super) fn may_be_given_up(&self, message: MessageIndex) -> bool {
        let Some((boot, known)) = self.boots.iter().next_back() else { return false };
        let circumstances = self.at(*boot, known.quiescent_at.max(known.from), message);
        let held = &self.messages[message].now;
        held.iter().any(|held| {
            let owed = matches!(held, Belief::Owed(Notice::Stale | Notice::Suspended));
            owed || table::decided(*held, &circumstances).next().is_some()
        })
    }

    /// What a boot does for all to see: the beliefs that do not explain it are given up. If none
    /// is left, the first of them says why, and the history goes on as if it had been allowed.
    fn output(
        &mut self,
        boot: u32,
        message: MessageIndex,
        row: impl Fn(Belief) -> Result<Belief, Forbidden>,
        as_if_allowed: impl Fn(Belief) -> Belief,
    ) {
        let held = self.messages[message].now.clone();
        let (fits, forbidden): (Vec<_>, Vec<_>) =
            held.iter().map(|held| row(*held)).partition(Result::is_ok);
        let mut fits: Vec<Belief> = fits.into_iter().filter_map(Result::ok).collect();
        if fits.is_empty() {
            // The one that supposes the least is told.
            if let Some(first) = forbidden.into_iter().find_map(Result::err) {
                self.forbid(message, first);
            }
            fits.extend(held.iter().map(|held| as_if_allowed(*held)));
        }
        self.messages[message].explained_by(boot, fits);
        self.unrecorded.insert(message);
    }

    fn forbid(&mut self, message: MessageIndex, (oracle, what): Forbidden) {
        let held = &self.messages[message].now;
        let mut violation = self.evidence.message_violation(oracle, message, what);
        violation.believed = Some(believed(message, held));
        if !self.violations.contains(&violation) {
            self.violations.push(violation);
        }
    }

    fn at(&self, boot: u32, at: Ms, message: MessageIndex) -> At<'w> {
        let script = self.evidence.script;
        let from = self.boots.get(&boot).map_or(at, |boot| boot.from);
        let (body, written) = (script.messages[message].body, script.messages[message].at);
        let came = (written, self.handed_at.get(message).copied().unwrap_or(written));
        let clean = self.boots.get(&boot).and_then(|boot| boot.clean);
        let anew = |wish: usize| {
            let mut handed = self.evidence.ledger.messages[message].handed_to.iter();
            handed.any(|boot| self.boots.get(boot).is_some_and(|boot| boot.clean == Some(wish)))
        };
        let is_clean = clean.is_some_and(|wish| message < self.wished[&wish] && !anew(wish));
        At { boot, from, at, plan: &script.plan, body, came, is_clean }
    }

    /// The requests of a chat up to a place of the script, exclusively.
    fn requests_of(
        &self,
        chat: ChatIndex,
        upto: MessageIndex,
    ) -> impl Iterator<Item = MessageIndex> + use<'w> {
        let messages = self.evidence.script.messages[..upto].iter().enumerate();
        let here = messages.filter(move |(_, message)| message.chat == chat);
        here.filter(|(_, message)| message.body.is_request()).map(|(index, _)| index)
    }
}

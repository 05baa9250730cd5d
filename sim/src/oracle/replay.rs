//! One history that explains everything: the beliefs about every message and session, entry by
//! entry, filtered by the table. Where none is left, no history explains what happened.

use std::collections::{BTreeMap, BTreeSet};

use gateway_core::message::{Cut, Notice};

use super::belief::{Belief, Held, News, Session, SessionNews};
use super::evidence::Evidence;
use super::table::{self, At};
use crate::history::{Entry, Fact};
use crate::ledger::RunIndex;
use crate::oracle::Violation;
use crate::script::{ChatIndex, MessageIndex};
use crate::time::Ms;

mod lives;
mod outputs;

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
        for entry in evidence.entries.iter().copied() {
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
                self.asked(boot, at, *chat, *message, *resumed);
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
            Fact::Alarm | Fact::Rested => {}
            Fact::Ended { quiescent } => self.ended(boot, at, *quiescent),
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

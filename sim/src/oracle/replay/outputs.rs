//! What boots do for all to see, held against the table: the beliefs that do not explain it are
//! given up.

use std::collections::BTreeSet;

use gateway_core::message::{Cut, Kind, Notice};

use super::Replay;
use crate::ledger::{Delivery, SendFact};
use crate::oracle::OracleId;
use crate::oracle::belief::{Belief, Held, News, Session, SessionNews, Turn};
use crate::oracle::table::{self, Forbidden};
use crate::script::{ChatIndex, MessageIndex};
use crate::time::Ms;

impl Replay<'_> {
    /// An agent is asked for.
    pub(super) fn asked(
        &mut self,
        boot: u32,
        at: Ms,
        chat: ChatIndex,
        message: Option<MessageIndex>,
        resumed: Option<Cut>,
    ) {
        let Some(message) = message else {
            let what = format!("an agent was started in boot {boot} with nothing to do");
            let violation = self.evidence.chat_violation(OracleId::NoFalseResume, chat, what);
            self.violations.push(violation);
            return;
        };
        let circumstances = self.at(boot, at, message);
        // What it notes of that it may have noted since it was quiescent last and knew the message.
        let earliest = self.boots[&boot].quiescent_at.max(circumstances.came.1);
        let row = |held| match table::run(held, resumed, &circumstances)? {
            Belief::Open(turn) => {
                let alive = (earliest.max(turn.alive.0), at);
                Ok(Belief::Open(Turn { alive, ..turn }))
            }
            other => Ok(other),
        };
        let begun = |held| {
            let seen = Turn { seen: true, ..Turn::default() };
            let turn = if let Belief::Open(turn) = held { turn } else { seen };
            Belief::Open(Turn { boot, cause: None, told: resumed, ..turn })
        };
        let before = self.messages[message].now.clone();
        self.output(boot, message, row, begun);
        self.messages[message].record();
        self.settle_cause(message, before.into_iter().filter(|held| row(*held).is_ok()));
    }

    pub(super) fn run_in(&mut self, boot: u32, chat: ChatIndex, session: &str) {
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

    pub(super) fn left(&mut self, boot: u32, at: Ms, send: &SendFact) {
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
    pub(super) fn at_home(
        &self,
        chat: Option<ChatIndex>,
        message: Option<MessageIndex>,
    ) -> Option<MessageIndex> {
        message.filter(|message| Some(self.evidence.script.messages[*message].chat) == chat)
    }

    /// The platform says that it has taken something: that, or what it had taken before under the
    /// same key. If that was something else, the sender is wrong to believe that it is there.
    pub(super) fn confirmed(&mut self, boot: u32, send: &SendFact) {
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

    /// One crash or stop has one cause: if only one explains why a turn goes on as it does, no
    /// other turn that the same boot has left was interrupted by another.
    pub(super) fn settle_cause(
        &mut self,
        message: MessageIndex,
        explained_by: impl Iterator<Item = Belief>,
    ) {
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

    pub(super) fn has_unfinished(&self, chat: Option<ChatIndex>) -> bool {
        let Some(chat) = chat else { return true };
        let open = |held: &Belief| !held.is_closed() && *held != Belief::Unseen;
        let mut messages = self.requests_of(chat, self.handed);
        messages.any(|message| self.messages[message].now.iter().any(open))
    }

    /// A suspension may begin the chat anew.
    pub(super) fn may_begin_anew(&mut self, boot: u32, chat: Option<ChatIndex>, by: MessageIndex) {
        if let Some(chat) = chat {
            self.sessions[chat].learn(boot, SessionNews::MayBeReset(by));
        }
    }

    /// What a boot does for all to see: the beliefs that do not explain it are given up. If none
    /// is left, the first of them says why, and the history goes on as if it had been allowed.
    pub(super) fn output(
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
            let forbidden: Vec<Forbidden> = forbidden.into_iter().filter_map(Result::err).collect();
            self.forbid(message, &held, &forbidden);
            fits.extend(held.iter().map(|held| as_if_allowed(*held)));
        }
        self.messages[message].explained_by(boot, fits);
        self.unrecorded.insert(message);
    }

    /// No history explains it: what each belief says against it. The one that supposes the least
    /// names the statement.
    pub(super) fn forbid(
        &mut self,
        message: MessageIndex,
        held: &[Belief],
        forbidden: &[Forbidden],
    ) {
        let Some((oracle, what)) = forbidden.first() else { return };
        let mut violation = self.evidence.message_violation(*oracle, message, what);
        let each = held.iter().zip(forbidden);
        violation.believed = each.map(|(held, (_, why))| format!("{held}: {why}")).collect();
        if !self.violations.contains(&violation) {
            self.violations.push(violation);
        }
    }
}

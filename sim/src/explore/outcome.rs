//! What a run came to, as far as killing recovery must not change it: answers, notices by kind,
//! and sessions; no times and no attempts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gateway_core::message::Notice;

use crate::ledger::{BootFacts, Delivery, Ledger, RunFact};
use crate::oracle::Case;
use crate::plan::MessageBody;
use crate::script::{ChatIndex, MessageIndex};
use crate::world::World;

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The messages that were answered, taken back by their users, or whose turns were rightly
    /// suspended: killing recovery is a death like others, and may be the one too many. Those too
    /// whose chat lost its access, jobs that may come too late, and what a clean start may drop:
    /// later is another matter then.
    pub settled: BTreeSet<MessageIndex>,
    /// The notices that settle something for a chat.
    pub notices: BTreeSet<(ChatIndex, Notice)>,
    /// How the session of a chat changed, and did not change, otherwise than its user asked.
    pub sessions: Sessions,
    /// Whether the disk had lied: what it has forgotten no recovery can know.
    pub deceived: bool,
}

/// How the sessions of chats changed, and did not change, otherwise than their users asked.
///
/// Whether an agent ran before a reset is not compared: a message that its user takes back may
/// have had a run or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sessions {
    /// How often it changed between two resets.
    pub changes: BTreeMap<ChatIndex, usize>,
    /// Where it outlived a reset.
    pub outlived: BTreeSet<ChatIndex>,
}

impl Sessions {
    /// Of runs, each with its chat, the number of resets before its message, and its session.
    fn of<'r>(runs: impl Iterator<Item = (ChatIndex, usize, &'r str)>) -> Sessions {
        let mut names: BTreeMap<(ChatIndex, &str), BTreeSet<usize>> = BTreeMap::new();
        let mut between: BTreeMap<(ChatIndex, usize), BTreeSet<&str>> = BTreeMap::new();
        for (chat, resets, session) in runs {
            names.entry((chat, session)).or_default().insert(resets);
            between.entry((chat, resets)).or_default().insert(session);
        }
        let mut sessions = Sessions::default();
        for ((chat, _), names) in between.iter().filter(|(_, names)| names.len() > 1) {
            *sessions.changes.entry(*chat).or_default() += names.len() - 1;
        }
        let outlived = names.iter().filter(|(_, resets)| resets.len() > 1);
        sessions.outlived = outlived.map(|((chat, _), _)| *chat).collect();
        sessions
    }
}

/// How many resets of its chat come before the message of a run, or before the run if it was for
/// none.
fn resets_before(case: &Case<'_>, run: &RunFact) -> usize {
    let messages = case.script.messages.iter().enumerate();
    let resets = messages.filter(|(index, message)| {
        message.chat == run.chat
            && message.body == MessageBody::Reset
            && run.message.map_or(message.at <= run.asked_at, |of| *index < of)
    });
    resets.count()
}

/// Whether a notice is one that every recovery must give alike. `Stopping` tells of stops;
/// `Resuming` and `Interrupted` tell of deaths, of which a killed recovery has one more, and a turn
/// that it finished has none left to tell of. They are NO-FALSE-RESUME's to judge.
/// `Dropped` tells of a wish of the operator, which only some of the boots may be started with.
fn counts(notice: Notice) -> bool {
    match notice {
        Notice::Stopping | Notice::Resuming | Notice::Interrupted | Notice::Dropped => false,
        Notice::Suspended | Notice::Stale | Notice::Refused => true,
    }
}

impl Outcome {
    /// What the run that ended in `world` came to.
    pub fn of(world: &World) -> Outcome {
        let ledger = world.ledger();
        let deliveries = || ledger.deliveries.iter().filter(|delivery| delivery.visible);
        let case = Case::new(world);
        let suspended = |delivery: &Delivery| {
            let message = case.about(delivery)?;
            let rightly = delivery.notice() == Some(Notice::Suspended)
                && case.may_be_suspended(message, delivery.at);
            rightly.then_some(message)
        };
        let withdrawn = case.texts().filter(|message| case.withdrawal(*message).is_some());
        let settled = deliveries().filter_map(|d| d.answers.or_else(|| suspended(d)));
        let timed = |message: usize| {
            case.may_be_barred(message)
                || case.may_be_missed(message)
                || case.may_be_dropped(message)
        };
        let of_time = case.texts().filter(|message| timed(*message));
        let settled = settled.chain(withdrawn).chain(of_time).collect();
        let about_timed = |delivery: &Delivery| case.about(delivery).is_some_and(timed);
        let notices = deliveries()
            .filter(|delivery| suspended(delivery).is_none() && !about_timed(delivery))
            .filter_map(|delivery| Some((delivery.chat?, delivery.notice()?)))
            .filter(|(_, notice)| counts(*notice))
            .collect();
        let runs = ledger.runs.iter();
        let runs = runs.map(|run| (run.chat, resets_before(&case, run), run.session.as_str()));
        let sessions = Sessions::of(runs);
        let deceived = ledger.deceived_at().is_some();
        Outcome { settled, notices, sessions, deceived }
    }

    /// What a run whose recovery was killed came to otherwise than this one, whose was not; none
    /// if nothing.
    pub fn difference(&self, killed: &Outcome) -> Option<String> {
        if self.deceived || killed.deceived {
            return None;
        }
        let (without, with) = (self.settled.len(), killed.settled.len());
        if self.settled != killed.settled {
            return Some(format!("{with} messages settled instead of {without}"));
        }
        if let Some((chat, notice)) = self.notices.difference(&killed.notices).next() {
            return Some(format!("chat number {chat} was not told {notice:?}"));
        }
        if let Some((chat, notice)) = killed.notices.difference(&self.notices).next() {
            return Some(format!("chat number {chat} was told {notice:?}"));
        }
        (self.sessions != killed.sessions).then(|| "a chat has another session".to_owned())
    }
}

/// Whether a death of a boot lies in a recovery: in a boot after a first one, up to the moment at
/// which its last cut turn is dispatched, and before any turn begins that was never cut. A death
/// later than that cuts new work, and may be told.
///
/// `seen` is what is remembered of the boot when it dies, `end` what is if it is left alone.
pub(crate) fn in_recovery(boot: u32, seen: &Ledger, end: &Ledger) -> bool {
    let was_cut = |run: &RunFact| {
        let had_ended = |other: &&Arc<BootFacts>| {
            other.number != boot && (other.ended_at(), other.number) < (run.asked_at, boot)
        };
        let mut earlier = end.boots.iter().filter(had_ended);
        run.message.is_some_and(|message| earlier.any(|other| other.cut.contains(&message)))
    };
    let here = |runs: &[Arc<RunFact>], cut: bool| {
        let runs = runs.iter().filter(|run| run.boot == boot);
        runs.filter(|run| was_cut(run) == cut).count()
    };
    here(&seen.runs, false) == 0 && here(&seen.runs, true) < here(&end.runs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(runs: &[(ChatIndex, usize, &str)]) -> Sessions {
        Sessions::of(runs.iter().copied())
    }

    #[test]
    fn a_session_may_change_at_a_reset_whether_or_not_an_agent_ran_before_it() {
        assert_eq!(sessions(&[(0, 0, "old"), (0, 1, "new")]), sessions(&[(0, 1, "new")]));
    }

    #[test]
    fn a_session_that_changes_by_itself_is_told_from_one_that_does_not() {
        let changed = sessions(&[(0, 1, "one"), (0, 1, "two"), (1, 0, "three")]);
        assert_eq!(changed.changes, BTreeMap::from([(0, 1)]));
        assert_ne!(changed, sessions(&[(0, 1, "one"), (0, 1, "one"), (1, 0, "three")]));
    }

    #[test]
    fn a_session_that_outlives_a_reset_is_told_from_one_that_does_not() {
        let outlived = sessions(&[(0, 0, "old"), (0, 1, "old")]);
        assert_eq!(outlived.outlived, BTreeSet::from([0]));
        assert_ne!(outlived, sessions(&[(0, 0, "old"), (0, 1, "new")]));
    }
}

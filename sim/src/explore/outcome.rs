//! What a run came to, as far as killing recovery must not change it: answers, notices by kind,
//! and sessions; no times and no attempts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gateway_core::message::{ChatId, Notice};

use crate::delivered::{Delivered, Planned};
use crate::ledger::{BootFacts, Ledger, RunFact};
use crate::oracle::Judgement;
use crate::plan::MessageBody;
use crate::script::{ChatIndex, MessageIndex, Script, message_id};
use crate::world::World;

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The messages of which nothing is owed any more. Killing recovery is a crash like others: it
    /// may be the one too many, or take so long that a turn is stale. So it makes no difference
    /// whether a message was answered or its chat was told why not.
    pub settled: BTreeSet<MessageIndex>,
    /// The notices that end the wait of a chat and name no message.
    pub notices: BTreeSet<(ChatId, Notice)>,
    /// How the session of a chat changed, and did not change, otherwise than its user asked.
    pub sessions: Sessions,
    /// Whether the disk had lied: what it has forgotten no recovery can know.
    pub deceived: bool,
    /// What the plan had in store that did not come in this run.
    pub missed: BTreeSet<Planned>,
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
fn resets_before(script: &Script, run: &RunFact) -> usize {
    let messages = script.messages.iter().enumerate();
    let resets = messages.filter(|(index, message)| {
        message.chat == run.chat
            && message.body == MessageBody::Reset
            && run.message.map_or(message.at <= run.asked_at, |of| *index < of)
    });
    resets.count()
}

impl Outcome {
    /// What the run that ended in `world` came to.
    pub fn of(world: &World) -> Outcome {
        Outcome::judged(world, &Judgement::of(world))
    }

    /// The same of a run that has been judged.
    pub fn judged(world: &World, judgement: &Judgement) -> Outcome {
        let (script, ledger) = (world.script(), world.ledger());
        // `Stopping` tells of stops; `Resuming` and `Interrupted` tell of crashes, of which a
        // killed recovery has one more.
        let ends = [Notice::Suspended, Notice::Stale, Notice::Refused];
        let unnamed = ledger.deliveries.iter().filter(|d| d.visible && world.about(d).is_none());
        let notices = unnamed.filter_map(|delivery| {
            let notice = delivery.notice().filter(|notice| ends.contains(notice))?;
            Some((script.chats.get(delivery.chat?)?.clone(), notice))
        });
        let runs = ledger.runs.iter();
        let runs = runs.map(|run| (run.chat, resets_before(script, run), run.session.as_str()));
        Outcome {
            settled: judgement.settled.clone(),
            notices: notices.collect(),
            sessions: Sessions::of(runs),
            deceived: ledger.deceptions().next().is_some(),
            missed: world.delivered().missing(&script.plan).into_iter().collect(),
        }
    }

    /// What a run whose recovery was killed came to otherwise than this one, whose was not; none
    /// if nothing.
    pub fn difference(&self, killed: &Outcome) -> Option<String> {
        self.difference_after(&Delivered::default(), killed)
    }

    /// The same for two runs in which all this had come before they parted.
    pub(super) fn difference_after(&self, before: &Delivered, killed: &Outcome) -> Option<String> {
        let came_in_both = || {
            let missed = |outcome: &Outcome| -> Vec<Planned> {
                let missed = outcome.missed.iter().copied();
                missed.filter(|planned| before.count(*planned) == 0).collect()
            };
            missed(self) == missed(killed)
        };
        // Where a planned event hit one of the two and nobody in the other, two worlds would be
        // compared and not two recoveries.
        self.differs(killed).filter(|_| !self.deceived && !killed.deceived && came_in_both())
    }

    fn differs(&self, killed: &Outcome) -> Option<String> {
        if let Some(message) = self.settled.difference(&killed.settled).next() {
            let message = message_id(*message);
            return Some(format!("{message} was never settled; without the kill it was"));
        }
        if let Some(message) = killed.settled.difference(&self.settled).next() {
            let message = message_id(*message);
            return Some(format!("{message} was settled; without the kill it never was"));
        }
        if let Some((chat, notice)) = self.notices.difference(&killed.notices).next() {
            return Some(format!("chat {chat} was not told {notice:?}; without the kill it was"));
        }
        if let Some((chat, notice)) = killed.notices.difference(&self.notices).next() {
            return Some(format!("chat {chat} was told {notice:?}; without the kill it was not"));
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

    const STOP: Planned = Planned::Stop(0);

    fn outcome(settled: &[MessageIndex], missed: &[Planned]) -> Outcome {
        Outcome {
            settled: settled.iter().copied().collect(),
            notices: BTreeSet::new(),
            sessions: Sessions::default(),
            deceived: false,
            missed: missed.iter().copied().collect(),
        }
    }

    #[test]
    fn a_message_that_only_one_of_two_runs_settled_is_told() {
        let (one, none) = (outcome(&[0], &[]), outcome(&[], &[]));
        assert_eq!(one.difference(&one), None);
        let said = none.difference(&one).expect("one is settled");
        assert_eq!(said, "m1 was settled; without the kill it never was");
        let said = one.difference(&none).expect("one is settled");
        assert_eq!(said, "m1 was never settled; without the kill it was");
    }

    #[test]
    fn runs_of_which_a_planned_event_missed_one_are_not_compared() {
        let (met, missed) = (outcome(&[0], &[]), outcome(&[], &[STOP]));
        assert_eq!(met.difference(&missed), None);
        assert_eq!(missed.difference(&met), None);
        // It had come before they parted, and what one cache knows of it makes no difference.
        let mut before = Delivered::default();
        before.note(STOP);
        assert!(met.difference_after(&before, &missed).is_some());
    }

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

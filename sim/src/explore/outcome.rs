//! What a run came to, as far as killing recovery must not change it: answers, notices by kind,
//! and sessions; no times and no attempts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gateway_core::message::{ChatId, Notice};

use crate::delivered::{Delivered, Planned};
use crate::ledger::{BootFacts, Delivery, Ledger, RunFact};
use crate::oracle::Case;
use crate::plan::MessageBody;
use crate::script::{ChatIndex, MessageIndex, message_id};
use crate::world::World;

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The messages of which nothing is owed any more, and by what. Killing recovery is a death
    /// like others: it may be the one too many, or take so long that a turn is stale. So it makes
    /// no difference which of these it is.
    pub settled: BTreeMap<MessageIndex, Settled>,
    /// The other notices that settle something for a chat, each with the message it is about.
    pub notices: BTreeMap<(ChatId, Notice), Option<MessageIndex>>,
    /// How the session of a chat changed, and did not change, otherwise than its user asked.
    pub sessions: Sessions,
    /// Whether the disk had lied: what it has forgotten no recovery can know.
    pub deceived: bool,
    /// What the plan had in store that did not come in this run.
    pub missed: BTreeSet<Planned>,
}

/// Why nothing is owed for a message any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It was answered.
    Answered,
    /// Its chat was told that it will not be: `Suspended`, rightly, or `Stale`.
    Told(Notice),
    /// Its user took it back.
    Withdrawn,
    /// Its chat lost its access, it is a job that may come too late, or a clean start may drop it:
    /// later is another matter then.
    Waived,
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
        let (script, ledger) = (world.script(), world.ledger());
        let deliveries = || ledger.deliveries.iter().filter(|delivery| delivery.visible);
        let case = Case::new(world);
        let told = |delivery: &Delivery| {
            let (message, notice) = (case.about(delivery)?, delivery.notice()?);
            let rightly = match notice {
                Notice::Suspended => case.may_be_suspended(message, delivery.at),
                Notice::Stale => true,
                _ => false,
            };
            rightly.then_some((message, Settled::Told(notice)))
        };
        let timed = |message: &MessageIndex| {
            case.may_be_barred(*message)
                || case.may_be_missed(*message)
                || case.may_be_dropped(*message)
        };
        let waived = case.texts().filter(timed).map(|message| (message, Settled::Waived));
        let withdrawn = case.texts().filter(|message| case.withdrawal(*message).is_some());
        let withdrawn = withdrawn.map(|message| (message, Settled::Withdrawn));
        let answered = deliveries().filter_map(|d| Some((d.answers?, Settled::Answered)));
        // What comes later here weighs more.
        let settled = waived.chain(withdrawn).chain(deliveries().filter_map(told)).chain(answered);
        let settled = settled.collect();
        let about_timed = |delivery: &Delivery| case.about(delivery).is_some_and(|m| timed(&m));
        let notices = deliveries()
            .filter(|delivery| told(delivery).is_none() && !about_timed(delivery))
            .filter_map(|delivery| {
                let key = (script.chats.get(delivery.chat?)?.clone(), delivery.notice()?);
                Some((key, case.about(delivery)))
            })
            .filter(|((_, notice), _)| counts(*notice))
            .collect();
        let runs = ledger.runs.iter();
        let runs = runs.map(|run| (run.chat, resets_before(&case, run), run.session.as_str()));
        let sessions = Sessions::of(runs);
        let deceived = ledger.deceived_at().is_some();
        let missed = world.delivered().missing(&script.plan).into_iter().collect();
        Outcome { settled, notices, sessions, deceived, missed }
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
        fn only<'o, K: Ord, V>(
            one: &'o BTreeMap<K, V>,
            other: &BTreeMap<K, V>,
        ) -> Option<(&'o K, &'o V)> {
            one.iter().find(|(key, _)| !other.contains_key(key))
        }
        if let Some((message, how)) = only(&self.settled, &killed.settled) {
            let (message, how) = (message_id(*message), how.words());
            return Some(format!("{message} was never settled; without the kill it {how}"));
        }
        if let Some((message, how)) = only(&killed.settled, &self.settled) {
            let (message, how) = (message_id(*message), how.words());
            return Some(format!("{message} {how}; without the kill it was never settled"));
        }
        let notice = |(chat, notice): &(ChatId, Notice), about: &Option<MessageIndex>| {
            let about = about.map_or(String::new(), |about| format!(" ({})", message_id(about)));
            (chat.clone(), format!("{notice:?}{about}"))
        };
        if let Some((key, about)) = only(&self.notices, &killed.notices) {
            let (chat, notice) = notice(key, about);
            return Some(format!("chat {chat} was not told {notice}; without the kill it was"));
        }
        if let Some((key, about)) = only(&killed.notices, &self.notices) {
            let (chat, notice) = notice(key, about);
            return Some(format!("chat {chat} was told {notice}; without the kill it was not"));
        }
        (self.sessions != killed.sessions).then(|| "a chat has another session".to_owned())
    }
}

impl Settled {
    /// What became of the message, to be said after its name.
    fn words(self) -> String {
        match self {
            Settled::Answered => "was answered".to_owned(),
            Settled::Told(notice) => format!("was ended by the notice {notice:?}"),
            Settled::Withdrawn => "was taken back by its user".to_owned(),
            Settled::Waived => "need not be answered".to_owned(),
        }
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

    fn outcome(settled: &[(MessageIndex, Settled)], missed: &[Planned]) -> Outcome {
        Outcome {
            settled: settled.iter().copied().collect(),
            notices: BTreeMap::new(),
            sessions: Sessions::default(),
            deceived: false,
            missed: missed.iter().copied().collect(),
        }
    }

    #[test]
    fn it_makes_no_difference_what_settles_a_message() {
        let how = [Settled::Answered, Settled::Told(Notice::Suspended)];
        let [one, other] = how.map(|how| outcome(&[(0, how)], &[]));
        assert_eq!(one.difference(&other), None);
        let none = outcome(&[], &[]);
        let said = none.difference(&other).expect("one is settled");
        assert_eq!(
            said,
            "m1 was ended by the notice Suspended; without the kill it was never settled"
        );
    }

    #[test]
    fn runs_of_which_a_planned_event_missed_one_are_not_compared() {
        let (met, missed) = (outcome(&[(0, Settled::Answered)], &[]), outcome(&[], &[STOP]));
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

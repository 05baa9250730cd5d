//! What a run came to, as far as killing recovery must not change it: answers, notices by kind,
//! and sessions; no times and no attempts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gateway_core::message::Notice;

use crate::ledger::{Delivery, Ledger, RunFact};
use crate::oracle::Case;
use crate::script::{ChatIndex, MessageIndex};
use crate::world::World;

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The messages that were answered, taken back by their users, or whose turns were rightly
    /// suspended: killing recovery is a death like others, and may be the one too many.
    pub settled: BTreeSet<MessageIndex>,
    /// The notices that settle something for a chat.
    pub notices: BTreeSet<(ChatIndex, Notice)>,
    /// How often the session of a chat changed.
    pub changes: BTreeMap<ChatIndex, usize>,
    /// Whether the disk had lied: what it has forgotten no recovery can know.
    pub deceived: bool,
}

/// Whether a notice is one that every recovery must give alike. `Stopping` tells of stops;
/// `Resuming` and `Interrupted` tell of deaths, of which a killed recovery has one more, and a turn
/// that it finished has none left to tell of. They are NO-FALSE-RESUME's to judge.
fn counts(notice: Notice) -> bool {
    match notice {
        Notice::Stopping | Notice::Resuming | Notice::Interrupted => false,
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
        let settled = settled.chain(withdrawn).collect();
        let notices = deliveries()
            .filter(|delivery| suspended(delivery).is_none())
            .filter_map(|delivery| Some((delivery.chat?, delivery.notice()?)))
            .filter(|(_, notice)| counts(*notice))
            .collect();
        let mut sessions: BTreeMap<ChatIndex, BTreeSet<&str>> = BTreeMap::new();
        for run in &ledger.runs {
            sessions.entry(run.chat).or_default().insert(&run.session);
        }
        // A chat that never had a run has no session to compare.
        let changes = sessions.into_iter().map(|(chat, names)| (chat, names.len() - 1));
        let changes = changes.filter(|(_, changes)| *changes > 0).collect();
        let deceived = ledger.deceived_at().is_some();
        Outcome { settled, notices, changes, deceived }
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
        (self.changes != killed.changes).then(|| "a chat has another session".to_owned())
    }
}

/// Whether a death of a boot lies in a recovery: in a boot after a first one, up to the moment at
/// which its last cut turn is dispatched, and before any turn begins that was never cut. A death
/// later than that cuts new work, and may be told.
///
/// `seen` is what is remembered of the boot when it dies, `end` what is if it is left alone.
pub(crate) fn in_recovery(boot: u32, seen: &Ledger, end: &Ledger) -> bool {
    let was_cut = |run: &RunFact| {
        let earlier = &end.boots[..boot as usize - 1];
        run.message.is_some_and(|message| earlier.iter().any(|b| b.cut.contains(&message)))
    };
    let here = |runs: &[Arc<RunFact>], cut: bool| {
        let runs = runs.iter().filter(|run| run.boot == boot);
        runs.filter(|run| was_cut(run) == cut).count()
    };
    here(&seen.runs, false) == 0 && here(&seen.runs, true) < here(&end.runs, true)
}

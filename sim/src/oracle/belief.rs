//! What a correct gateway may hold about a message, about a chat's session, and what of that it
//! must find again after a crash.

use std::collections::BTreeMap;
use std::fmt;

use gateway_core::message::{Cut, Notice};

use crate::script::MessageIndex;
use crate::time::Ms;

/// What a gateway may hold about one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Belief {
    /// It does not know the message.
    Unseen,
    /// The message waits, or an agent works on it, or did when a boot ended.
    Open(Turn),
    /// The agent has produced the answer in a boot; it may have been sent.
    Produced { by: u32, sent: bool },
    /// It was decided that the chat is told why there is no answer.
    Owed(Notice),
    /// Nothing is owed any more.
    Closed(Why),
}

/// A message that has no answer yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    /// The boot that last began it; 0 if it only waits.
    pub(super) boot: u32,
    /// Whether an agent was there for it, in any boot.
    pub(super) seen: bool,
    /// How many of its steps are acknowledged.
    pub(super) steps: u32,
    /// How many boots in a row crashed under it without an acknowledged step.
    pub(super) deaths: u32,
    /// Why it was interrupted last.
    pub(super) cause: Option<Cut>,
    /// Why it had been interrupted, as the boot has told its agent.
    pub(super) told: Option<Cut>,
    /// The last sign of life that a gateway may have noted: no earlier, and no later.
    pub(super) alive: (Ms, Ms),
    /// Whether an answer of an earlier run may have been sent.
    pub(super) sent: bool,
    /// Whether other boots than that one may have begun it.
    pub(super) several: bool,
}

/// Why nothing is owed any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// The platform has the answer.
    Answered,
    /// The chat was told.
    Told(Notice),
    /// The user stopped or reset the chat.
    Withdrawn,
    /// The chat lost its access.
    Barred,
    /// The operator started clean.
    Dropped,
}

impl Belief {
    pub(super) fn is_closed(self) -> bool {
        matches!(self, Belief::Closed(_))
    }
}

/// What a boot learned about a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum News {
    /// It was handed it.
    Handed,
    /// Its user stopped or reset the chat after it.
    Withdrawn,
    /// Its chat has no access.
    Barred,
    /// The operator starts clean.
    CleanStart,
    /// An agent is there for it, in this boot.
    Agent(u32),
    /// So many of its steps are done, in this boot at this time.
    Steps(u32, u32, Ms),
    /// Its answer is there, in this boot.
    Produced(u32),
    /// The platform has its answer.
    Answered,
    /// Its chat was told.
    Told(Notice),
    /// Its answer may have been sent.
    Sent,
}

/// What a boot learned about the session of a chat.
#[derive(Clone, Copy, Debug)]
pub(super) enum SessionNews {
    /// Its user reset it by a message.
    Reset(MessageIndex),
    /// The suspension of a message may have reset it.
    MayBeReset(MessageIndex),
}

impl Learned<Session> for SessionNews {
    fn applied_to(&self, held: &Session) -> Vec<Session> {
        match *self {
            SessionNews::Reset(by) if held.anew <= by => vec![held.reset(by)],
            SessionNews::MayBeReset(by) if held.anew <= by => vec![held.clone(), held.reset(by)],
            _ => vec![held.clone()],
        }
    }
}

/// What a gateway may hold about the session of a chat.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Session {
    /// The session that the chat is in; none before its first run and after a reset.
    pub(super) current: Option<String>,
    /// Those that it must never come back to.
    pub(super) left: Vec<String>,
    /// Behind the latest message that the chat began anew for.
    pub(super) anew: MessageIndex,
}

impl Session {
    /// The chat begins anew, for the sake of a message.
    fn reset(&self, message: MessageIndex) -> Session {
        let left = self.left.iter().chain(&self.current).cloned().collect();
        Session { current: None, left, anew: message + 1 }
    }

    /// The chat after a run in a session; none if it may not be in it.
    pub(super) fn run_in(&self, session: &str) -> Option<Session> {
        let fits = match &self.current {
            Some(current) => current == session,
            None => !self.left.iter().any(|left| left == session),
        };
        let current = Some(session.to_owned());
        fits.then(|| Session { current, ..self.clone() })
    }
}

/// Something that a boot learned, as it changes what it holds. Learning it twice changes nothing.
pub(super) trait Learned<T> {
    fn applied_to(&self, belief: &T) -> Vec<T>;
}

/// What the living boot may go by, and what the next one may find.
///
/// Between learning something and having its chance to record it, a boot may go by it or not yet,
/// and so may the next one.
#[derive(Clone, Debug)]
pub(super) struct Held<T, L> {
    /// What the living boot may go by.
    pub(super) now: Vec<T>,
    /// What the next boot may find.
    pub(super) durable: Vec<T>,
    /// What boots learned since they had their chance.
    learned: Vec<Pending<L>>,
    /// The boot that learned or did something last.
    pub(super) by: u32,
    /// Whether the disk has failed since: then quiescence is no chance to have recorded it.
    spoiled: bool,
}

/// Something that a boot has learned and had no chance to record.
#[derive(Clone, Debug)]
struct Pending<L> {
    boot: u32,
    fact: L,
    spoiled: bool,
}

impl<T: Clone + Ord, L: Learned<T> + Clone> Held<T, L> {
    pub(super) fn new(belief: T) -> Held<T, L> {
        let (now, durable) = (vec![belief.clone()], vec![belief]);
        Held { now, durable, learned: Vec::new(), by: 0, spoiled: false }
    }

    /// A boot learns something.
    pub(super) fn learn(&mut self, boot: u32, fact: L) {
        let changes_nothing = |held: &T| fact.applied_to(held) == [held.clone()];
        if self.learned.is_empty() && self.now.iter().all(changes_nothing) {
            return;
        }
        let next = applied(&fact, &self.now);
        self.by = boot;
        self.learned.push(Pending { boot, fact, spoiled: false });
        self.now = sorted(self.now.iter().cloned().chain(next).collect());
        self.durable = sorted(self.durable.iter().chain(&self.now).cloned().collect());
    }

    /// A boot acted on something that it had learned: from now on that is what it goes by, and what
    /// the next boot finds.
    pub(super) fn act(&mut self, goes_by_it: impl Fn(&T) -> bool) {
        for held in [&mut self.now, &mut self.durable] {
            if held.iter().any(&goes_by_it) {
                held.retain(&goes_by_it);
            }
        }
    }

    /// What a boot did is explained by some of what it may have gone by. What it had learned by
    /// then it may still have to take in.
    pub(super) fn explained_by(&mut self, boot: u32, explanations: Vec<T>) {
        self.by = boot;
        self.now = explanations;
        for pending in &self.learned {
            let next = applied(&pending.fact, &self.now);
            self.now = sorted(self.now.iter().cloned().chain(next).collect());
        }
        self.now = sorted(std::mem::take(&mut self.now));
        self.durable = sorted(self.durable.iter().chain(&self.now).cloned().collect());
    }

    /// The next boot finds no less than what the living one goes by.
    pub(super) fn record(&mut self) {
        self.durable.clone_from(&self.now);
        self.spoiled = false;
    }

    /// The disk has failed: what the next boot finds of all this is open.
    pub(super) fn spoil(&mut self) {
        self.learned.iter_mut().for_each(|pending| pending.spoiled = true);
        self.spoiled |= !self.learned.is_empty() || self.durable != self.now;
    }

    /// A boot had its chance to take in everything that it has learned, and to record it unless its
    /// disk has failed after that.
    pub(super) fn had_its_chance(&mut self, boot: u32) {
        let (its, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.learned).into_iter().partition(|one| one.boot == boot);
        self.learned = others;
        for pending in &its {
            self.now = applied(&pending.fact, &self.now);
            if !pending.spoiled {
                self.durable = applied(&pending.fact, &self.durable);
            }
        }
        self.now = sorted(std::mem::take(&mut self.now));
        if self.spoiled {
            self.durable = sorted(self.durable.iter().chain(&self.now).cloned().collect());
        } else {
            self.record();
        }
    }

    /// Whether everything was recorded.
    pub(super) fn is_recorded(&self) -> bool {
        self.learned.is_empty() && !self.spoiled
    }

    /// A boot is gone, and another one lives that goes by this.
    pub(super) fn goes_on_without(&mut self, boot: u32, found: impl Fn(&T) -> Vec<T>) {
        self.learned.retain(|pending| pending.boot != boot);
        self.now = sorted(self.now.iter().flat_map(&found).collect());
        self.durable = sorted(self.durable.iter().flat_map(&found).collect());
    }

    /// The living boot is gone, and this is what the next one may find.
    pub(super) fn die(&mut self, found: Vec<T>) {
        self.durable = sorted(found);
        self.now.clone_from(&self.durable);
        self.learned.clear();
        self.spoiled = false;
    }
}

fn applied<T, L: Learned<T>>(fact: &L, beliefs: &[T]) -> Vec<T> {
    beliefs.iter().flat_map(|held| fact.applied_to(held)).collect()
}

/// Beliefs about a message that differ only in which past boot began its turn, and when, are one:
/// it may have been alive when either says. Crashes beyond `enough` are as good as `enough`.
pub(super) fn merged(beliefs: impl Iterator<Item = Belief>, enough: u32) -> Vec<Belief> {
    let mut turns: BTreeMap<Turn, Turn> = BTreeMap::new();
    let mut others = Vec::new();
    for belief in beliefs {
        let Belief::Open(turn) = belief else {
            others.push(belief);
            continue;
        };
        let turn = Turn { deaths: turn.deaths.min(enough), ..turn };
        let (boot, alive) = (turn.boot.min(1), (Ms(0), Ms(0)));
        let key = Turn { boot, alive, told: None, several: false, ..turn };
        let one = turns.entry(key).or_insert(turn);
        one.several |= turn.several || one.boot != turn.boot;
        one.boot = one.boot.max(turn.boot);
        one.alive = (one.alive.0.min(turn.alive.0), one.alive.1.max(turn.alive.1));
    }
    others.extend(turns.into_values().map(Belief::Open));
    others
}

fn sorted<T: Ord>(mut beliefs: Vec<T>) -> Vec<T> {
    beliefs.sort_unstable();
    beliefs.dedup();
    beliefs
}

/// What is believed, for a failure page.
impl fmt::Display for Belief {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Belief::Unseen => f.write_str("unknown to the gateway"),
            Belief::Open(Turn { boot: 0, .. }) => f.write_str("queued"),
            Belief::Open(turn) => {
                let Turn { boot, seen, steps, deaths, cause, .. } = turn;
                let how = if *seen { "begun" } else { "begun, and no agent was there" };
                write!(
                    f,
                    "{how} in boot {boot}, {steps} steps acknowledged, {deaths} crashes in a "
                )?;
                match cause {
                    Some(cause) => write!(f, "row, interrupted by {cause:?}"),
                    None => f.write_str("row, not interrupted"),
                }
            }
            Belief::Produced { by, sent } => {
                write!(f, "answer produced in boot {by}")?;
                f.write_str(if *sent { ", perhaps delivered" } else { ", not sent" })
            }
            Belief::Owed(notice) => write!(f, "{notice:?} decided, its chat not told for sure"),
            Belief::Closed(why) => write!(f, "closed: {why:?}"),
        }
    }
}

//! The table: what a correct gateway may do about a message, by what it holds about it.
//!
//! This is the whole specification of the statements that it names, and nothing else convicts for
//! them. Each row says what comes of an output, or which statement forbids it and why. Durations
//! are the plan's settings; the table has none of its own.

use gateway_core::message::{Cut, Notice};

use super::belief::{Belief, Learned, News, Turn, Why};
use crate::oracle::OracleId;
use crate::plan::{MessageBody, Plan};
use crate::time::Ms;

/// What a row forbids: the statement that it breaks, and why.
pub(super) type Forbidden = (OracleId, String);

/// The circumstances of an output.
pub(super) struct At<'p> {
    /// The boot whose output it is.
    pub(super) boot: u32,
    /// From when on that boot could go on with what it found.
    pub(super) from: Ms,
    /// When the output left.
    pub(super) at: Ms,
    /// The settings.
    pub(super) plan: &'p Plan,
    /// What kind of message it is about.
    pub(super) body: MessageBody,
    /// When that was written, and when a gateway was first handed it.
    pub(super) came: (Ms, Ms),
    /// Whether the boot was started clean, and none that was has been handed that message.
    pub(super) is_clean: bool,
}

/// An agent is asked for, and told why the turn was interrupted.
pub(super) fn run(belief: Belief, resumed: Option<Cut>, at: &At<'_>) -> Result<Belief, Forbidden> {
    let begun = |turn: Turn| {
        let told = if turn.boot == at.boot { resumed.or(turn.told) } else { resumed };
        Belief::Open(Turn { boot: at.boot, cause: None, told, several: false, ..turn })
    };
    match belief {
        Belief::Open(turn) if turn.boot == at.boot && may_be_told_again(&turn, resumed) => {
            Ok(begun(turn))
        }
        Belief::Open(_) if at.is_clean => {
            let what = format!("went on in boot {} though that was started clean", at.boot);
            Err((OracleId::NoFalseResume, what))
        }
        Belief::Open(turn) if turn.deaths >= at.suspend_after() => {
            let what = format!("run again after {} crashes in a row under it", turn.deaths);
            Err((OracleId::StuckLoopEnds, what))
        }
        Belief::Open(turn) if turn.seen && at.youngest(&turn) > at.window() => {
            let what = format!("went on by itself in boot {} though it was stale", at.boot);
            Err((OracleId::Resumed, what))
        }
        Belief::Open(turn) if !told_truly(&turn, resumed) => {
            let (cause, told) = (word(turn.cause), word(resumed));
            let what = format!("interrupted by {cause}, and told {told} in boot {}", at.boot);
            Err((OracleId::ReasonTrue, what))
        }
        Belief::Open(turn) => Ok(begun(turn)),
        Belief::Unseen => Ok(begun(Turn::default())),
        Belief::Produced { .. } => {
            let what =
                format!("an agent was started in boot {} though its answer was there", at.boot);
            Err((OracleId::NoFalseResume, what))
        }
        Belief::Owed(Notice::Stale) => {
            Err((OracleId::Resumed, format!("went on in boot {} though it was stale", at.boot)))
        }
        Belief::Owed(Notice::Suspended) => {
            let what = format!("run again in boot {} though it was suspended", at.boot);
            Err((OracleId::StuckLoopEnds, what))
        }
        Belief::Owed(_) | Belief::Closed(_) => {
            let what = format!("an agent was started in boot {} though it was over", at.boot);
            Err((OracleId::NoFalseResume, what))
        }
    }
}

/// An answer is sent, perhaps labelled as a copy.
pub(super) fn answer(belief: Belief, is_copy: bool, at: &At<'_>) -> Result<Belief, Forbidden> {
    match belief {
        Belief::Produced { by, sent: false } if is_copy && by == at.boot => {
            let what = "called a copy though nothing was sent before".to_owned();
            Err((OracleId::NoSilentDuplicate, what))
        }
        Belief::Open(turn) if is_copy && turn.boot == at.boot && !turn.sent => {
            let what = "called a copy though nothing was sent before".to_owned();
            Err((OracleId::NoSilentDuplicate, what))
        }
        Belief::Produced { by, .. } => Ok(Belief::Produced { by, sent: true }),
        Belief::Unseen | Belief::Open(_) => Ok(Belief::Produced { by: at.boot, sent: true }),
        Belief::Closed(Why::Answered) => {
            let what = format!("sent again in boot {} though it was known to be there", at.boot);
            Err((OracleId::NoSilentDuplicate, what))
        }
        Belief::Closed(Why::Withdrawn) => {
            let what = format!("answered in boot {} though its user had stopped it", at.boot);
            Err((OracleId::NoFalseResume, what))
        }
        Belief::Owed(_) | Belief::Closed(_) => {
            let what = format!("answered in boot {} though it was over", at.boot);
            Err((OracleId::NoFalseResume, what))
        }
    }
}

/// A chat is told why there is no answer.
pub(super) fn close(belief: Belief, notice: Notice, at: &At<'_>) -> Result<Belief, Forbidden> {
    match belief {
        Belief::Owed(owed) if owed == notice => Ok(belief),
        // Whoever tells of a message knows it.
        Belief::Unseen => close(Belief::Open(Turn::default()), notice, at),
        Belief::Open(turn) => match notice {
            Notice::Suspended if may_be_suspended(&turn, at) => Ok(Belief::Owed(notice)),
            Notice::Suspended => {
                let what = format!("suspended after {} crashes in a row under it", turn.deaths);
                Err((OracleId::Resumed, what))
            }
            Notice::Stale if may_be_stale(&turn, at) => Ok(Belief::Owed(notice)),
            Notice::Stale if turn.seen => {
                Err((OracleId::Resumed, "told that it is stale, and it was fresh".to_owned()))
            }
            _ => {
                let what = format!("told {notice:?} though it had only waited");
                Err((OracleId::NothingLost, what))
            }
        },
        Belief::Produced { .. } if notice != Notice::Dropped => {
            let what = format!("told {notice:?} though its answer was there");
            Err((OracleId::NothingLost, what))
        }
        Belief::Produced { .. } | Belief::Owed(_) | Belief::Closed(_) => {
            let what = format!("told {notice:?} in boot {} with nothing unfinished", at.boot);
            Err((OracleId::NoFalseResume, what))
        }
    }
}

/// What a boot may have decided, and nobody was told yet.
pub(super) fn decided(belief: Belief, at: &At<'_>) -> impl Iterator<Item = Belief> {
    let decisions = [Notice::Suspended, Notice::Stale].into_iter();
    decisions.filter_map(move |notice| match belief {
        Belief::Open(_) => close(belief, notice, at).ok(),
        _ => None,
    })
}

/// A boot crashed, or was stopped, under a turn that it had begun.
pub(super) fn interrupted(turn: Turn, by: Cut, at: Ms) -> Belief {
    let deaths = turn.deaths + u32::from(by == Cut::Crash);
    let alive = (turn.alive.0, at);
    Belief::Open(Turn { cause: Some(by), told: None, several: false, deaths, alive, ..turn })
}

impl Learned<Belief> for News {
    /// What a gateway holds that has taken in what it learned.
    fn applied_to(&self, held: &Belief) -> Vec<Belief> {
        let turn_of = |boot: u32| match *held {
            Belief::Open(turn) if turn.boot == boot => Some(turn),
            _ => None,
        };
        let next = match *self {
            News::Handed if *held == Belief::Unseen => Some(Belief::Open(Turn::default())),
            News::Withdrawn => return withdrawn(held),
            News::Barred => return excused(held, Notice::Refused, Why::Barred),
            News::CleanStart => return excused(held, Notice::Dropped, Why::Dropped),
            News::Agent(boot) => {
                turn_of(boot).map(|turn| Belief::Open(Turn { seen: true, ..turn }))
            }
            News::Steps(boot, steps, at) => {
                let turn = turn_of(boot).filter(|turn| turn.steps < steps);
                let alive = (at, at);
                turn.map(|turn| Belief::Open(Turn { seen: true, steps, deaths: 0, alive, ..turn }))
            }
            News::Produced(boot) => {
                turn_of(boot).map(|turn| Belief::Produced { by: boot, sent: turn.sent })
            }
            News::Sent => match *held {
                Belief::Produced { by, .. } => Some(Belief::Produced { by, sent: true }),
                _ => None,
            },
            News::Answered => match held {
                Belief::Produced { .. } => Some(Belief::Closed(Why::Answered)),
                _ => None,
            },
            News::Told(notice) if *held == Belief::Owed(notice) => {
                Some(Belief::Closed(Why::Told(notice)))
            }
            News::Handed | News::Told(_) => None,
        };
        vec![next.unwrap_or(*held)]
    }
}

/// The user took a message back. What is produced is still owed: it was asked for before.
fn withdrawn(held: &Belief) -> Vec<Belief> {
    let closed = Belief::Closed(Why::Withdrawn);
    match held {
        Belief::Unseen | Belief::Open(_) => vec![closed],
        Belief::Produced { .. } | Belief::Owed(_) => vec![*held, closed],
        Belief::Closed(_) => vec![*held],
    }
}

/// Somebody allowed a gateway to leave a message undone, and to say so or not.
fn excused(held: &Belief, notice: Notice, why: Why) -> Vec<Belief> {
    match held {
        Belief::Closed(_) => vec![*held],
        _ => vec![*held, Belief::Owed(notice), Belief::Closed(why)],
    }
}

fn word(resumed: Option<Cut>) -> String {
    resumed.map_or("nothing".to_owned(), |told| format!("{told:?}"))
}

/// Whether the agent is told why its turn was interrupted. One that no agent ever saw may be told
/// either way, and one that only waited was not interrupted.
fn told_truly(turn: &Turn, resumed: Option<Cut>) -> bool {
    resumed == turn.cause || (!turn.seen && resumed.is_none())
}

/// Whether the agent of a turn may be told this by the boot that has told it something before.
fn may_be_told_again(turn: &Turn, resumed: Option<Cut>) -> bool {
    resumed.is_none() || resumed == turn.told
}

fn may_be_suspended(turn: &Turn, at: &At<'_>) -> bool {
    turn.boot != at.boot && turn.deaths >= at.suspend_after()
}

/// A turn is stale by the time since an agent was last at work on it, a job also by the time that
/// it has waited for one.
fn may_be_stale(turn: &Turn, at: &At<'_>) -> bool {
    let found = turn.seen && turn.boot != at.boot && at.oldest(turn.alive) >= at.window();
    let waited = at.body == MessageBody::Job && !turn.seen;
    let (written, handed) = at.came;
    let age = at.oldest((written, written)).max(at.oldest((handed, handed)));
    found || (waited && age >= at.window())
}

impl At<'_> {
    fn suspend_after(&self) -> u32 {
        self.plan.settings.suspend_after.max(1)
    }

    /// For how long a turn is fresh, in milliseconds.
    fn window(&self) -> i64 {
        let window = match self.body {
            MessageBody::Job => self.plan.settings.job_window,
            _ => self.plan.settings.resume_window,
        };
        i64::try_from(window.as_millis()).unwrap_or(i64::MAX)
    }

    /// The age of a turn by the wall clock, as far as it favours going on with it.
    fn youngest(&self, turn: &Turn) -> i64 {
        let (first, _) = self.plan.wall_between(self.from, self.at);
        let (_, last) = self.plan.wall_between(turn.alive.0, turn.alive.1);
        first.since(last)
    }

    /// The same as far as it favours giving up, of something that happened between two times.
    fn oldest(&self, (earliest, latest): (Ms, Ms)) -> i64 {
        let (_, last) = self.plan.wall_between(self.from, self.at);
        let (first, _) = self.plan.wall_between(earliest, latest);
        last.since(first)
    }
}

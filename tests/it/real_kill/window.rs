//! The windows of a stop, found in the trace of a forward run: in which phase something was saved,
//! when the first agent replied, when the platform took it. Never by the number of a transition.
//!
//! A window is what lies behind one landmark up to and including another: a kill point is the gap
//! *before* its transition, and what becomes visible does so *with* it.

use sim::trace::{Line, Trace, Transition};

/// A stretch of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Window {
    /// Before and inside notify, and before anything is marked.
    BeforeMarks,
    /// The first mark is being made.
    FirstMark,
    /// The first mark is visible, the second is not.
    SecondMark,
    /// Everything is marked that ever will be, and no turn has ended yet.
    NobodyFinished,
    /// The first reply was taken by the platform, and the drain is not over.
    Replied,
    /// The first answer is computed, and its mark not taken back.
    Computed,
    /// Its mark is taken back, and its end not noted.
    Cleared,
    /// Its end is noted, and its reply not taken.
    Noted,
    /// The time is up, and nobody is marked again yet.
    FirstRemark,
    /// The first is marked again, the second is not.
    SecondRemark,
    /// Everybody who still runs is marked again.
    Remarked,
    /// Every reply is taken, and there is no receipt.
    DrainOver,
    /// There is a receipt.
    Receipt,
    /// The stop up to its receipt, or to its end if there is none.
    Unsealed,
    /// The whole stop.
    Stop,
    /// Nobody is killed.
    Unkilled,
}

/// What happens in a stop, by the numbers of transitions of the first boot.
pub(super) struct Landmarks {
    asked: u64,
    told: u64,
    marks: Vec<u64>,
    replied: Option<u64>,
    cleared: Option<u64>,
    noted: Option<u64>,
    taken: Vec<u64>,
    gave_up: Option<u64>,
    remarks: Vec<u64>,
    receipt: Option<u64>,
    exit: u64,
}

/// The lines of the first boot from the request to stop on.
struct Lines<'t>(Vec<&'t Line>);

impl Lines<'_> {
    fn of(trace: &Trace) -> Lines<'_> {
        let boot = trace.lines.iter().filter(|line| line.boot == Some(1));
        let asked = |line: &&Line| line.text.starts_with("the supervisor asks to");
        Lines(boot.skip_while(|line| !asked(line)).collect())
    }

    fn numbers(&self, is: impl Fn(&Line) -> bool) -> Vec<u64> {
        self.0.iter().filter(|line| is(line)).map(|line| line.number).collect()
    }

    fn first(&self, is: impl Fn(&Line) -> bool) -> Option<u64> {
        self.numbers(is).first().copied()
    }

    fn first_after(&self, after: Option<u64>, is: impl Fn(&Line) -> bool) -> Option<u64> {
        let after = after?;
        self.first(|line| line.number > after && is(line))
    }

    /// What both kinds of gateway have in common.
    fn landmarks(&self, saves: fn(&Line) -> bool, gives_up: &str) -> Landmarks {
        let last = |phase: &str| self.numbers(|line| line.phase == phase).last().copied();
        Landmarks {
            asked: self.0.first().expect("somebody asks for a stop").number,
            told: last("notify").expect("somebody is told of it"),
            marks: self.numbers(|line| saves(line) && line.phase == "premark"),
            replied: self.first(|line| line.text.contains("-> Reply(")),
            cleared: None,
            noted: None,
            taken: self.numbers(|line| holds(line) && line.text.starts_with("send answer")),
            gave_up: self.first(|line| line.phase == gives_up),
            remarks: self.numbers(|line| saves(line) && line.phase == "remark"),
            receipt: None,
            exit: self.0.last().expect("the stop ends").number,
        }
    }
}

fn holds(line: &Line) -> bool {
    line.transition == Transition::TakenHold
}

/// Whether a line makes a change of the real index visible.
fn renames(line: &Line) -> bool {
    holds(line) && line.text.ends_with("-> sessions.json")
}

/// Whether a line makes a commit of the core durable.
fn syncs(line: &Line) -> bool {
    holds(line) && line.text.starts_with("sync-data journal-")
}

impl Landmarks {
    /// Those of a model of the real gateway.
    pub(super) fn of_hermes(trace: &Trace) -> Landmarks {
        let lines = Lines::of(trace);
        let mut found = lines.landmarks(renames, "remark");
        // A turn that ends takes its mark back, if it has one, then notes its end: a save each.
        let marked = !found.marks.is_empty();
        found.cleared = lines.first_after(found.replied.filter(|_| marked), renames);
        found.noted = lines.first_after(found.cleared.or(found.replied), renames);
        found.receipt = lines.first(|line| holds(line) && line.text == "create clean_shutdown");
        found
    }

    /// Those of the core: one commit marks everybody, and the end of a turn is one commit too.
    pub(super) fn of_core(trace: &Trace) -> Landmarks {
        let lines = Lines::of(trace);
        let mut found = lines.landmarks(syncs, "interrupt");
        found.cleared = lines.first_after(found.replied, syncs);
        found.noted = found.taken.first().copied();
        found.receipt = lines.first(|line| syncs(line) && line.phase == "seal");
        found
    }

    /// A window as what is behind one transition, up to and including another; none if this stop
    /// has no such window.
    pub(super) fn range(&self, window: Window) -> Option<(u64, u64)> {
        let first_mark = self.marks.first().copied();
        let (first_taken, last_taken) = (self.taken.first().copied(), self.taken.last().copied());
        let first_remark = self.remarks.first().copied();
        let before = |number: Option<u64>| number.map(|number| number - 1);
        let marked = self.marks.last().copied().unwrap_or(self.told).max(self.told);
        let (after, upto) = match window {
            Window::BeforeMarks => (self.asked, self.told),
            // The real gateway marks after it has told everybody, the core before it tells anybody.
            Window::FirstMark if first_mark? < self.told => (self.asked, first_mark?),
            Window::FirstMark => (self.told, first_mark?),
            Window::SecondMark => (first_mark?, *self.marks.get(1)?),
            Window::NobodyFinished => (marked, self.replied.or(self.gave_up)?),
            Window::Replied => (first_taken?, self.gave_up?),
            Window::Computed => (self.replied?, self.cleared.or(self.noted)?),
            Window::Cleared => (self.cleared.or(self.replied)?, self.noted?),
            Window::Noted => (self.noted?, first_taken?),
            Window::FirstRemark => (before(self.gave_up)?, first_remark?),
            Window::SecondRemark => (first_remark?, *self.remarks.get(1)?),
            Window::Remarked => (*self.remarks.last()?, self.exit),
            Window::DrainOver => (last_taken?, self.receipt?),
            Window::Receipt => (self.receipt?, self.exit),
            Window::Unsealed => (self.asked, self.receipt.unwrap_or(self.exit)),
            Window::Stop => (self.asked, self.exit),
            Window::Unkilled => return None,
        };
        (after < upto).then_some((after, upto))
    }
}

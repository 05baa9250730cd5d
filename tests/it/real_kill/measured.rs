//! What the real releases did, window by window, as hermes-real-kill.md has it. The page tells
//! three stories that overlap: of the running sessions A and B, window by window; of sentinels
//! that are older than the sweep, which are lost at every kill point; of the idle session C, which
//! is woken wherever there is no receipt. A row here says all three of every session.

use std::fmt;

use super::MEASURED;
use super::fate::{Fate, fate};
use super::window::Window;

/// What a release did in a window.
pub(super) enum Real {
    /// Measured: at every kill point the same.
    Did(Fate),
    /// It has no such window.
    NoWindow(&'static str),
    /// The page does not tell this window from its neighbour; what follows from how it defines its
    /// words. The row says why.
    NotMeasured(Fate),
}

impl Real {
    /// What is expected to happen, if there is such a window.
    pub(super) fn fate(&self) -> Option<&Fate> {
        match self {
            Real::Did(fate) | Real::NotMeasured(fate) => Some(fate),
            Real::NoWindow(_) => None,
        }
    }
}

/// One window in one plan.
pub(super) struct Row {
    /// What the page calls it.
    pub(super) name: &'static str,
    /// The plan.
    pub(super) plan: &'static str,
    /// Where it is.
    pub(super) window: Window,
    /// The sessions it is about; all if none is named.
    pub(super) sessions: &'static [&'static str],
    /// What 0.13.0 did.
    pub(super) real_13: Real,
    /// What 0.15.0 did.
    pub(super) real_15: Real,
    /// What has to be said about it.
    pub(super) note: Option<&'static str>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.plan)
    }
}

/// Who is lost and woken in a plan before anything that a release does about it: `old` and
/// `drain0` have no session at work that the sweep sees, the others all but A and D0.
fn unmarked(plan: &str) -> Real {
    Real::Did(if plan == "old" { fate("A B D D0", "", "C") } else { fate("A D0", "", "C") })
}

/// Who is lost and woken where every agent is marked: sentinels are not.
fn marked(plan: &str) -> Real {
    Real::Did(if plan == "old" { fate("D D0", "", "C") } else { fate("D0", "", "C") })
}

/// The same where only the first mark, that of A, is visible.
fn half_marked(plan: &str) -> Real {
    Real::Did(if plan == "old" { fate("B D D0", "", "C") } else { fate("D0", "", "C") })
}

fn no_premark() -> Real {
    Real::NoWindow("no premark")
}

fn did(lost: &str, answers: &str, woken: &str) -> Real {
    Real::Did(fate(lost, answers, woken))
}

fn row(name: &'static str, plan: &'static str, window: Window, real: (Real, Real)) -> Row {
    let (real_13, real_15) = real;
    Row { name, plan, window, sessions: &[], real_13, real_15, note: None }
}

/// Every row, in the order of the page.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(MEASURED.map(|plan| {
        let name = "before and inside notify, before mark 1";
        row(name, plan, Window::BeforeMarks, (unmarked(plan), unmarked(plan)))
    }));
    rows.extend(MEASURED.map(|plan| {
        let name = "inside mark 1 (A), until its rename is visible";
        row(name, plan, Window::FirstMark, (no_premark(), unmarked(plan)))
    }));
    rows.extend(MEASURED.map(|plan| {
        let name = "after mark 1, inside mark 2 (B), until its rename is visible";
        row(name, plan, Window::SecondMark, (no_premark(), half_marked(plan)))
    }));
    rows.extend(MEASURED.map(|plan| {
        let name = "drain, nobody finished yet";
        row(name, plan, Window::NobodyFinished, (unmarked(plan), marked(plan)))
    }));
    rows.extend(finishing());
    rows.extend(remarking());
    rows.extend(whole_stops());
    rows.extend(unkilled());
    rows
}

/// Turns that end in the drain.
fn finishing() -> Vec<Row> {
    let noted = || Real::NotMeasured(fate("D0", "", "C"));
    let name = "drain, B finished and replied";
    let replied = (did("A D0", "", "B C"), did("D0", "", "B C"));
    let replied = row(name, "bfin", Window::Replied, replied);
    let name = "drain, a turn finishing: answer computed, mark not yet cleared";
    let computed = (did("D0", "A", "C"), did("D0", "", "C"));
    let mut computed = row(name, "all", Window::Computed, computed);
    computed.note = Some(
        "0.13.0 has no mark to clear: for it this window and the next are one, and so they are \
         for its model. The page says of it \"A lost (answer lost)\", then \"answer lost\".",
    );
    let name = "drain, a turn finishing: mark cleared, reply not sent";
    let cleared = (did("D0", "A", "C"), did("D0", "A", "C"));
    let cleared = row(name, "all", Window::Cleared, cleared);
    let name = "drain, a turn finishing: its end noted, reply not sent";
    let mut noted = row(name, "all", Window::Noted, (noted(), noted()));
    noted.note = Some(
        "The page does not tell this stretch from the one before. The end of a turn touches its \
         session, so that the sweep sees it again and the next boot resumes it; what is resumed \
         is not lost as the page has it, although the computed answer is.",
    );
    let mut rows = vec![replied, computed, cleared, noted];
    // B is young enough for the sweep, whatever becomes of its mark.
    let windows = [Window::Computed, Window::Cleared, Window::Noted];
    rows.extend(windows.map(|window| {
        let name = match window {
            Window::Computed => "drain, B finishing: answer computed, mark not yet cleared",
            Window::Cleared => "drain, B finishing: mark cleared, reply not sent",
            _ => "drain, B finishing: its end noted, reply not sent",
        };
        row(name, "bfin", window, (unmarked("bfin"), marked("bfin")))
    }));
    rows
}

/// The marks of a drain that timed out.
fn remarking() -> Vec<Row> {
    let mut rows = Vec::new();
    for plan in ["none", "bfin", "old"] {
        let name = "re-mark after time-out, until A's own mark is visible";
        let (era_13, era_15) = (unmarked(plan), marked(plan));
        let mut first = row(name, plan, Window::FirstRemark, (era_13, era_15));
        if plan == "bfin" {
            // B has been answered by then, and is woken for it.
            (first.real_13, first.real_15) = (did("A D0", "", "B C"), did("D0", "", "B C"));
        }
        rows.push(first);
    }
    rows.extend(["none", "old"].map(|plan| {
        let name = "re-mark after time-out, until B's own mark is visible";
        row(name, plan, Window::SecondRemark, (half_marked(plan), marked(plan)))
    }));
    rows.extend(["none", "old"].map(|plan| {
        let name = "after the re-mark";
        row(name, plan, Window::Remarked, (marked(plan), marked(plan)))
    }));
    rows
}

/// What is true of a stop from its beginning to its end, or to its receipt.
fn whole_stops() -> Vec<Row> {
    let mut rows = Vec::new();
    let about = |row, sessions| Row { sessions, ..row };
    for plan in ["none", "bfin", "old"] {
        let name = "sentinels older than 120 s: every kill point of the stop";
        let sentinels = || if plan == "old" { did("D D0", "", "") } else { did("D0", "", "") };
        let row = row(name, plan, Window::Stop, (sentinels(), sentinels()));
        rows.push(about(row, &["D", "D0"]));
    }
    for plan in MEASURED {
        let name = "idle for 60 s (C) or 600 s (C0): every kill point without a receipt";
        let idle = || did("", "", "C");
        rows.push(about(row(name, plan, Window::Unsealed, (idle(), idle())), &["C", "C0"]));
    }
    let everybody = || did("", "", "A B C D D0");
    let name = "good drain over, receipt not yet written";
    rows.push(row(name, "all", Window::DrainOver, (everybody(), everybody())));
    let nothing = || did("", "", "");
    rows.push(row("after the receipt", "all", Window::Receipt, (nothing(), nothing())));
    rows
}

/// What happens without any kill.
fn unkilled() -> Vec<Row> {
    let name = "without any kill";
    let both = |plan, lost, answers, woken| {
        let real = (did(lost, answers, woken), did(lost, answers, woken));
        row(name, plan, Window::Unkilled, real)
    };
    let mut drain0 = both("drain0", "D D0", "", "C");
    drain0.real_13 = Real::NotMeasured(fate("D D0", "", "C"));
    drain0.note = Some(
        "drain0 was measured on 0.15.0 only. 0.13.0 marks whoever runs after a drain of no time \
         as after any other that timed out.",
    );
    vec![
        both("none", "D0", "", "C"),
        both("bfin", "D0", "", "B C"),
        both("old", "D D0", "", "C"),
        drain0,
        both("all", "", "", ""),
        both("all, slow reply", "", "D D0", ""),
    ]
}

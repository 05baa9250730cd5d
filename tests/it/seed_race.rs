//! The race that the project began with (R001, #27856): a gateway is told to restart, and killed
//! while it waits for work that is older than the recency sweep of its next boot.
//!
//! Where exactly the two eras lose that work, that the core loses it nowhere, and that "nowhere"
//! means every transition of its stop and of its recovery. Nothing is looked up by the number of a
//! transition: every window is found in the trace.

mod coverage;
mod rerun;

use std::collections::BTreeSet;

use scenarios::catalogue::Catalogue;
use scenarios::registry::GatewayName;
use sim::explore::{Deaths, Judged, Matrix, Search, matrix};
use sim::oracle::OracleId;
use sim::plan::{InFlight, Plan};
use sim::time::Ms;
use sim::trace::{Line, Transition};

/// The scenario.
const SEED: &str = "027856-killed-in-drain";

/// The long turn's message, which is the first one, in a chat that is the first of all.
const LONG: usize = 0;

/// How far back the sweep of the real releases sees (lifecycle section 6).
const SWEEP: Ms = Ms(120_000);

fn plan_of(name: &str) -> Plan {
    let catalogue = Catalogue::embedded().expect("every scenario is good");
    catalogue.find(name).expect("it is embedded").scenario().plan.clone()
}

fn matrix_of(name: &str, gateway: GatewayName, deaths: Deaths) -> Matrix {
    let plan = plan_of(name);
    matrix(&plan, &*gateway.make(&plan), &Search::new(deaths))
}

/// The number of the first transition of `boot` that is of a kind, in a phase if one is named, and
/// says so, behind another one.
fn number(matrix: &Matrix, (boot, after): (u32, u64), is: impl Fn(&Line) -> bool) -> u64 {
    let lines = matrix.trace.lines.iter().filter(|line| line.boot == Some(boot));
    let mut behind = lines.filter(|line| line.number > after);
    behind.find(|line| is(line)).expect("the run gets there").number
}

/// Whether a line lets the real index become visible.
fn saves(line: &Line) -> bool {
    line.transition == Transition::TakenHold && line.text.ends_with("-> sessions.json")
}

/// Which of the two statements about lost work an image breaks for the long turn.
fn broken(judged: &Judged) -> (bool, bool) {
    let breaks = |oracle| {
        let mut violations = judged.violations.iter();
        violations.any(|v| v.oracle == oracle && v.message == Some(LONG))
    };
    (breaks(OracleId::NothingLost), breaks(OracleId::Resumed))
}

/// The landmarks in the life of the long turn in a forward run of one era.
struct Landmarks {
    /// When its session was noted in the index for the first and, while it runs, only time.
    noted_at: Ms,
    /// The transitions at which its message is acknowledged, asked and taken.
    acked: (u64, u64),
    /// The transition at which its session is visible in the index.
    noted: u64,
    /// The transition at which its mark is visible in the index.
    marked: u64,
}

impl Landmarks {
    /// `phase` is the one in which the era marks.
    fn of(matrix: &Matrix, phase: &str) -> Landmarks {
        let is_ack = |line: &Line| line.text.starts_with("ack up to 1");
        let asked = number(matrix, (1, 0), is_ack);
        let noted = number(matrix, (1, asked), saves);
        // Marks are made in the order of chats, one save each: the first is the long turn's.
        let marked = number(matrix, (1, noted), |line| saves(line) && line.phase == phase);
        let line = matrix.trace.lines.iter().find(|line| line.number == noted);
        let noted_at = line.expect("just found").at;
        Landmarks { noted_at, acked: (asked, number(matrix, (1, asked), is_ack)), noted, marked }
    }

    /// Whether the next boot's sweep comes too late for the long turn.
    fn outside_the_sweep(&self, judged: &Judged, restart_delay: Ms) -> bool {
        judged.at.plus(restart_delay).since(self.noted_at) > SWEEP
    }

    /// Whether the message is acknowledged and its session not yet in the index (the real K1).
    fn in_the_sliver(&self, judged: &Judged) -> bool {
        let image = &judged.deaths[0];
        let (asked, taken) = self.acked;
        let acked = match image.death.in_flight {
            InFlight::Lost => image.number > taken,
            InFlight::Arrives => image.number > asked,
        };
        acked && image.number <= self.noted
    }
}

/// Checks every image of the first boot against the landmarks, and says in which phases the long
/// turn is lost for good.
fn phases_lost(matrix: &Matrix, marks: &Landmarks) -> BTreeSet<&'static str> {
    let delay = plan_of(SEED).supervisor.restart_delay;
    let mut phases = BTreeSet::new();
    let mut slivers = 0;
    for judged in matrix.judged.iter().filter(|judged| judged.deaths[0].boot == 1) {
        let image = &judged.deaths[0];
        let lost = marks.outside_the_sweep(judged, delay) && image.number <= marks.marked;
        let sliver = marks.in_the_sliver(judged);
        assert_eq!(
            broken(judged),
            (lost || sliver, lost),
            "NOTHING-LOST and RESUMED before transition {} in {} at {:?}, {image:?}",
            image.number,
            judged.phase,
            judged.at,
        );
        slivers += u32::from(sliver);
        if lost {
            phases.insert(judged.phase);
        }
    }
    assert!(slivers > 0, "nobody was killed between the acknowledgement and the first save");
    phases
}

#[test]
fn the_older_era_loses_the_long_turn_until_the_mark_after_the_drain_and_nowhere_after() {
    let matrix = matrix_of(SEED, GatewayName::HermesE1, Deaths::Process);
    let marks = Landmarks::of(&matrix, "remark");
    let phases = phases_lost(&matrix, &marks);
    assert_eq!(phases, BTreeSet::from(["running", "notify", "drain", "remark"]));

    // In the next boot the mark stands until the resumed turn is over and takes it away. From then
    // on its answer is in memory only, until the end of the turn is noted and the sweep sees it
    // again: the window "mark cleared, reply not sent" of the real releases, not the race.
    let replies = |line: &Line| line.text.contains("-> Reply(\"answer to m1 ");
    let replied = number(&matrix, (2, 0), replies);
    let cleared = number(&matrix, (2, replied), saves);
    let noted = number(&matrix, (2, cleared), saves);
    let mut later = 0;
    for judged in matrix.judged.iter().filter(|judged| judged.deaths[0].boot > 1) {
        let image = &judged.deaths[0];
        let in_memory_only = image.boot == 2 && image.number > cleared && image.number <= noted;
        let found = broken(judged);
        assert_eq!(found, (in_memory_only, in_memory_only), "{image:?} in {}", judged.phase);
        later += 1;
    }
    assert!(later > 0, "no later boot was killed");
}

#[test]
fn the_newer_era_loses_the_long_turn_until_its_premark_and_not_in_the_drain() {
    let matrix = matrix_of(SEED, GatewayName::HermesE2, Deaths::Process);
    let marks = Landmarks::of(&matrix, "premark");
    let phases = phases_lost(&matrix, &marks);
    assert_eq!(phases, BTreeSet::from(["running", "notify", "premark"]));
    assert!(matrix.judged.iter().any(|judged| judged.phase == "drain"), "nobody died in the drain");
    for judged in matrix.judged.iter().filter(|judged| judged.deaths[0].boot > 1) {
        assert_eq!(broken(judged), (false, false), "{:?} in {}", judged.deaths[0], judged.phase);
    }
}

#[test]
fn nobody_loses_the_long_turn_if_nobody_is_killed() {
    for gateway in [GatewayName::HermesE1, GatewayName::HermesE2, GatewayName::Core] {
        let matrix = matrix_of(SEED, gateway, Deaths::Process);
        let mut lost = matrix.unkilled.iter().filter(|violation| {
            matches!(violation.oracle, OracleId::NothingLost | OracleId::Resumed)
        });
        assert_eq!(lost.next(), None, "{gateway}");
    }
}

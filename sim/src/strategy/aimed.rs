//! Events that are still to be placed: within milliseconds of something that the gateway does.
//!
//! When it does that is known only once it has run. So an aim says at what, and how far along; a
//! campaign runs the plan without the event and moves the event there. The same goes for what
//! faults of the disk are about: phases and files are those that the gateway under test has shown.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::frame::Frame;
use crate::plan::{Death, DeathKind, DiskChoice, InFlight, KillPlan, Moment, Plan};
use crate::time::Ms;

/// How far from its target something is placed at most, in milliseconds.
const NEAR: i64 = 5;

/// An event of a plan that is still to be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aimed {
    /// Which.
    pub what: What,
    /// What it aims at.
    pub target: Target,
    /// How far along that it is placed: 0 is the first of the targets, `u16::MAX` the last.
    pub place: u16,
    /// How many milliseconds later.
    pub shift: i64,
    /// Whether its time is said from the begin of the boot that it hits.
    pub of_boot: bool,
}

/// An event of a plan, by its place in the list of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A message.
    Message(usize),
    /// A request to stop.
    Stop(usize),
    /// A kill at a time.
    Kill(usize),
    /// A fault of the disk begins.
    DiskFault(usize),
    /// A fault of sends begins.
    SendFault(usize),
    /// A fault of polls begins.
    PollFault(usize),
}

/// What an event aims at: some of the transitions of a boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Any.
    Anything,
    /// Those of something that is sent.
    Send,
    /// Those of an agent that is begun.
    TurnBegin,
    /// Those of a write.
    Write,
    /// The same, of a boot that was asked to stop.
    WriteInStop,
    /// Those in one of the phases that the gateway has.
    Phase(u16),
}

/// A fault of the disk, or a bit that turns over, that is still to be told what it is about: a
/// call of the disk that the gateway has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// Which.
    pub what: Unnamed,
    /// How far along the calls that it may be about.
    pub place: u16,
    /// Whether it is about the file of that call.
    pub file: bool,
    /// Whether it is about the phase.
    pub phase: bool,
}

/// What can be about a file, by its place in the list of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unnamed {
    /// A fault of the disk.
    DiskFault(usize),
    /// A bit that turns over.
    BitRot(usize),
}

/// Aims that are drawn before the plan is whole: which of its events they are of shows then.
#[derive(Clone, Debug)]
pub(super) struct Aims {
    aims: Option<Vec<(u8, u16, Aimed)>>,
    names: Vec<(u16, bool, bool)>,
    kill: Option<(DeathKind, Ms, Option<Ms>)>,
}

pub(super) fn aims(frame: Frame) -> impl Strategy<Value = Aims> {
    let odds = if frame.is_network() { 0.2 } else { 0.5 };
    let aims = option::weighted(odds, vec((0..10_u8, any::<u16>(), aimed()), 1..3));
    let (file, phase) = (prop::bool::weighted(0.4), prop::bool::weighted(0.35));
    let names = vec((any::<u16>(), file, phase), 3);
    let kinds = [DiskChoice::Kept, DiskChoice::Lost].map(DeathKind::Power);
    let kinds = kinds.into_iter().chain([DeathKind::Process]).collect::<Vec<_>>();
    let down_for = option::weighted(0.2, frame.span(1_000, 0..90));
    let kill = option::weighted(0.25, (select(kinds), frame.span(500, 2..560), down_for));
    (aims, names, kill).prop_map(|(aims, names, kill)| Aims { aims, names, kill })
}

fn aimed() -> impl Strategy<Value = Aimed> {
    let target = prop_oneof![
        2 => Just(Target::Anything),
        3 => Just(Target::Send),
        3 => Just(Target::TurnBegin),
        1 => Just(Target::Write),
        3 => Just(Target::WriteInStop),
        2 => any::<u16>().prop_map(Target::Phase),
    ];
    let near = prop_oneof![1 => Just(0), 1 => Just(-1), 3 => -NEAR..=NEAR];
    (target, any::<u16>(), near, prop::bool::weighted(0.4)).prop_map(
        |(target, place, shift, of_boot)| Aimed {
            what: What::Message(0),
            target,
            place,
            shift,
            of_boot,
        },
    )
}

impl Aims {
    /// Puts a kill at a time into a plan, if one was drawn; how long it keeps the process down.
    pub(super) fn put_into(&self, plan: &mut Plan) -> Option<Option<Ms>> {
        let (kind, at, down_for) = self.kill.clone()?;
        let death = Death { kind, in_flight: InFlight::Lost };
        plan.kills.push(KillPlan { moment: Moment::At(at), death, down_for, probe: false });
        Some(down_for)
    }

    /// The aims at what a plan has, each of its events once.
    pub(super) fn of(&self, plan: &Plan) -> Vec<Aimed> {
        let mut aims: Vec<Aimed> = Vec::new();
        for (kind, which, aimed) in self.aims.iter().flatten() {
            let Some(what) = what(*kind, *which, plan) else { continue };
            if aims.iter().all(|other| other.what != what) {
                aims.push(Aimed { what, ..*aimed });
            }
        }
        aims
    }

    /// What faults of the disk and bits of a plan are still to be told.
    pub(super) fn names_for(&self, plan: &Plan) -> Vec<Named> {
        let faults = (0..plan.disk_faults.len()).map(Unnamed::DiskFault);
        let drawn = faults.zip(&self.names).filter(|(_, (_, file, phase))| *file || *phase);
        let faults = drawn.map(|(what, (place, file, phase))| Named {
            what,
            place: *place,
            file: *file,
            phase: *phase,
        });
        let rots = (0..plan.bit_rots.len()).map(Unnamed::BitRot).zip(self.names.iter().rev());
        let rots =
            rots.map(|(what, (place, ..))| Named { what, place: *place, file: true, phase: false });
        faults.chain(rots).collect()
    }
}

/// An event of a plan: mostly a stop or a message.
fn what(kind: u8, which: u16, plan: &Plan) -> Option<What> {
    let pick = |len: usize| (len > 0).then(|| usize::from(which) % len.max(1));
    match kind {
        0..=2 => pick(plan.stops.len()).map(What::Stop),
        3 | 4 => pick(plan.messages.len()).map(What::Message),
        5 | 6 => pick(plan.kills.len()).map(What::Kill),
        7 => pick(plan.disk_faults.len()).map(What::DiskFault),
        8 => pick(plan.platform.faults.len()).map(What::SendFault),
        _ => pick(plan.platform.poll_faults.len()).map(What::PollFault),
    }
}

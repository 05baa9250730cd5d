//! Eras of the real gateway with one thing otherwise, by name: what a particular build did, a fix
//! that made a new bug, or a sibling that never had the fix.
//!
//! They are permanent. Each is convicted by a scenario that its era survives, or survives better.

use super::era::Era;
use super::policy::{
    Abandoned, Autostart, Backlog, Cap, Claiming, Closing, Deadline, Drain, Freshness, Gate,
    Interrupted, Lines, Note, Offline, Offset, Policies, Remark, Replay, Restart, Resumed, Rowless,
    Sending, Startup, Unclean, Workers, Zone,
};

macro_rules! variants {
    ($($(#[doc = $doc:literal])+ $variant:ident, $era:ident, $name:literal, $about:literal,
        { $($field:ident: $value:expr),+ };)+) => {
        /// An era with one thing otherwise.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Variant {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Variant {
            /// Every variant, in order.
            pub const ALL: &[Variant] = &[$(Variant::$variant),+];

            /// Its name, as everybody writes it: the era's, and what it does.
            pub fn name(self) -> &'static str {
                match self {
                    $(Variant::$variant => $name,)+
                }
            }

            /// What is otherwise, in one line, with the races that come of it.
            pub fn about(self) -> &'static str {
                match self {
                    $(Variant::$variant => $about,)+
                }
            }

            /// The era in which everything else is as it was.
            pub fn era(self) -> Era {
                match self {
                    $(Variant::$variant => Era::$era,)+
                }
            }

            /// What it does.
            pub(super) fn policies(self) -> Policies {
                let base = self.era().policies();
                match self {
                    $(Variant::$variant => Policies { $($field: $value,)+ ..base },)+
                }
            }
        }
    };
}

variants! {
    /// Before the receipt (#8299).
    NoReceipt, E0, "hermes-e0-no-receipt",
    "hermes-e0 before #8299: no receipt, and no conclusion from its absence",
    { unclean: Unclean::Nothing };
    /// Before #51976.
    JobAfterTurn, E0, "hermes-e0-offset-after-turn",
    "hermes-e0: what it was given is due until its turn is over (R040)",
    { offset: Offset::AfterTurn };
    /// Before #12332.
    MarksDrainStart, E1, "hermes-e1-marks-drain-start",
    "hermes-e1: after a drain that timed out it marks whoever was at work when it began (R004)",
    { remark: Remark::DrainStart };
    /// Before #54138.
    SwallowsEnded, E1, "hermes-e1-swallows-ended",
    "hermes-e1: its stop ends the rows of idle sessions, and messages to them are swallowed (R064)",
    { closing: Closing::EndsAndSwallows };
    /// Before #8460.
    NeverTold, E1, "hermes-e1-never-told",
    "hermes-e1: a resumed agent is not told that it was cut (R042)",
    { note: Note::Never };
    /// Before #46088.
    LinesAfterSend, E1, "hermes-e1-lines-after-send",
    "hermes-e1: what was said is written when the platform has the reply (R086)",
    { lines: Lines::AfterSend };
    /// Before #18896.
    InterruptClears, E2, "hermes-e2-interrupt-clears",
    "hermes-e2: a turn that obeys its interrupt counts as finished, and its mark goes (R015)",
    { interrupted: Interrupted::Finished };
    /// Before #12875.
    RestartCancelled, E2, "hermes-e2-restart-cancelled",
    "hermes-e2: the stop cancels the task that restarts, so that it exits with 0 (R024)",
    { restart: Restart::Cancelled };
    /// Before #103191.
    StartupExitsZero, E2, "hermes-e2-startup-exits-zero",
    "hermes-e2: asked to restart while it starts, it exits with 0 (R026)",
    { startup: Startup::ExitsZero };
    /// Before #42675.
    StayStopped, E2, "hermes-e2-stays-stopped",
    "hermes-e2: it takes its last stop for what its operator wants of the next start (R027)",
    { autostart: Autostart::UnlessStopped };
    /// Before #53107.
    AwaitsWorkers, E2, "hermes-e2-awaits-workers",
    "hermes-e2: its process does not end before its agents do (R036)",
    { workers: Workers::Awaited };
    /// Before #66892.
    FrozenDrain, E2, "hermes-e2-frozen-drain",
    "hermes-e2: the time of its drain is kept by the loop that waits in it (R034)",
    { deadline: Deadline::Frozen };
    /// Before #58818.
    JoinStarves, E2, "hermes-e2-join-starves",
    "hermes-e2: its stop holds the loop that would send what it waits for (R038)",
    { sending: Sending::BehindStop };
    /// Before #54878.
    DeadSlot, E2, "hermes-e2-dead-slot",
    "hermes-e2: what a user stops leaves a slot that looks busy (R065, R097)",
    { abandoned: Abandoned::Dead };
    /// Before the rescan on reconnect.
    SkipsOffline, E2, "hermes-e2-skips-offline",
    "hermes-e2: what belongs to a platform that is offline at boot is never resumed (R063)",
    { offline: Offline::Skipped };
    /// Before #60432.
    InterruptReports, E2, "hermes-e2-interrupt-reports",
    "hermes-e2: of a turn that a stop interrupts it says that it is done (R108)",
    { interrupted: Interrupted::Reported };
    /// What #87040 describes.
    DropsBacklog, E2, "hermes-e2-drops-backlog",
    "hermes-e2: what came while it was down is dropped, lest it be answered twice (R082)",
    { backlog: Backlog::Dropped };
    /// Before #59383.
    DropsLateJobs, E2, "hermes-e2-drops-late-jobs",
    "hermes-e2: a job that was due two minutes before a boot never runs (R110)",
    { backlog: Backlog::LateJobsDropped };
    /// Before #11940.
    OffsetLeftBehind, E2, "hermes-e2-offset-left-behind",
    "hermes-e2: the platform's offset moves with the next messages, not in a stop (R044, R045)",
    { offset: Offset::WithNextBatch };
    /// What #92408 describes.
    OffsetAfterTurn, E2, "hermes-e2-offset-after-turn",
    "hermes-e2: the platform's offset moves when a turn is over, and copies are not known (R092)",
    { offset: Offset::AfterTurn };
    /// Before #45456.
    ClaimsLate, E2, "hermes-e2-claims-late",
    "hermes-e2: a resumed turn claims its slot when its task runs, and there is no gate (R052)",
    { claim: Claiming::InTask, gate: Gate::Absent };
    /// Before #46074.
    NoGate, E2, "hermes-e2-no-gate",
    "hermes-e2 before #46074: messages are taken before anything is resumed (R053)",
    { gate: Gate::Absent };
    /// The fix #46074 as it first was.
    GateWaits, E2, "hermes-e2-gate-waits",
    "hermes-e2 with #46074: nobody is served before every resumed turn is over (R054)",
    { gate: Gate::UntilResumed };
    /// The fix #56264.
    FreshnessGate, E2, "hermes-e2-freshness-gate",
    "hermes-e2 with #56264: a session whose mark is older than the window begins anew (R058)",
    { freshness: Freshness::Resets };
    /// Before #16802.
    NoteByRow, E2, "hermes-e2-note-by-row",
    "hermes-e2: a resumed agent is told of its cut only if its transcript is young (R059)",
    { note: Note::ByRow };
    /// Before #78347 and #57056.
    ResumeReports, E2, "hermes-e2-resume-reports",
    "hermes-e2: a resumed turn says that it is back, and that counts as its end (R060, R061)",
    { resumed: Resumed::Reports };
    /// Before #54442.
    PrunesEnded, E2, "hermes-e2-prunes-ended",
    "hermes-e2: its stop ends the rows of idle sessions, and the next boot drops them (R066, R068)",
    { closing: Closing::EndsAndPrunes };
    /// Before #27709.
    MixedZones, E2, "hermes-e2-mixed-zones",
    "hermes-e2: marks are written in one time zone and compared in another (R072)",
    { zone: Zone::Mixed };
    /// Before #113233.
    QueueOfOne, E2, "hermes-e2-queue-of-one",
    "hermes-e2: one message may wait behind a turn, and the next is dropped in silence (R075)",
    { cap: Cap::One };
    /// What #12563 describes.
    RowMissing, E2, "hermes-e2-row-missing",
    "hermes-e2: a session that could not be created has no transcript either (R095)",
    { rowless: Rowless::Skipped };
    /// The fix #54066.
    ZeroDrain, E2, "hermes-e2-zero-drain",
    "hermes-e2 with #54066: its stop waits for nobody, whatever is configured (R021)",
    { drain: Drain::Zero };
    /// Before #105270.
    SpoolSkipped, E3, "hermes-e3-spool-skipped",
    "hermes-e3: files of messages name a chat, their reader looks for a session (R077)",
    { replay: Replay::Skipped };
    /// Before #84131.
    SpoolLast, E3, "hermes-e3-spool-last",
    "hermes-e3: files of messages are replayed behind whatever came since (R079)",
    { replay: Replay::AfterNewer };
    /// Before #95217.
    SpoolAsText, E3, "hermes-e3-spool-as-text",
    "hermes-e3: files of messages become lines of the transcript that nobody answers (R080)",
    { replay: Replay::AsText };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_is_named_after_its_era_and_differs_from_it() {
        for variant in Variant::ALL {
            let era = format!("hermes-{:?}", variant.era()).to_lowercase();
            assert!(variant.name().starts_with(&era), "{}", variant.name());
            assert!(variant.about().starts_with(&era), "{}", variant.about());
            assert_ne!(variant.policies(), variant.era().policies(), "{}", variant.name());
        }
    }
}

//! Where each saboteur is convicted, by which oracle, and by the death of whom.

use sim::explore::{Deaths, Judged, Search};
use sim::oracle::OracleId;
use sim::plan::DeathKind;

/// One message, answered within seconds: enough for most of them.
pub(super) const ONE_TURN: &str = r#"
horizon = "1m"
settings = { lock_patience = "0s" }
supervisor = { pids = "reused" }

[[message]]
at = "1s"
chat = "a"
turn = { steps = 1, step = "1s" }
"#;

/// Two turns are cut by a restart. The next boot is told to stop before it has let the second one
/// go on, so that what cut that one is known by the older mark alone.
pub(super) const CUT_TWICE: &str = r#"
horizon = "5m"

[settings]
drain_timeout = "5s"
resume_stagger = "20s"

[[message]]
at = "1s"
chat = "a"
turn = { steps = 2, step = "30s" }

[[message]]
at = "2s"
chat = "b"
turn = { steps = 2, step = "30s" }

[[stop]]
at = "10s"
signal = "restart"

[[stop]]
at = "25s"
signal = "stop"
"#;

/// Every sync fails for a while, so that a new journal has to be prepared more than once.
pub(super) const FAILS_AGAIN: &str = r#"
horizon = "5m"

[[message]]
at = "10s"
chat = "a"
turn = { steps = 2, step = "10s" }

[[disk_fault]]
effect = "eio-drops-dirty"
from = "20s"
until = "30s"
"#;

/// The least that has to die for a saboteur to be convicted: where less dies, it must not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dies {
    /// The plan alone convicts it.
    Nobody,
    /// The process.
    Process,
    /// The power.
    Power,
    /// The process, and the power in the boot that follows.
    ProcessThenPower,
}

impl Dies {
    /// Everything, the least first.
    pub(super) const ALL: [Dies; 4] =
        [Dies::Nobody, Dies::Process, Dies::Power, Dies::ProcessThenPower];

    /// As the table has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Dies::Nobody => "nobody",
            Dies::Process => "process",
            Dies::Power => "power",
            Dies::ProcessThenPower => "process, then power",
        }
    }

    /// What has to be tried to find it, and everything less.
    pub(super) fn search(self) -> Search {
        match self {
            Dies::Nobody | Dies::Process => Search::new(Deaths::Process),
            Dies::Power => Search::new(Deaths::Both),
            Dies::ProcessThenPower => Search::new(Deaths::Both).twice(),
        }
    }

    /// Whether it is what died in an image.
    pub(super) fn is(self, judged: &Judged) -> bool {
        let powers: Vec<bool> = judged
            .deaths
            .iter()
            .map(|image| matches!(image.death.kind, DeathKind::Power(_)))
            .collect();
        match self {
            Dies::Nobody => false,
            Dies::Process => powers == [false],
            Dies::Power => powers == [true],
            Dies::ProcessThenPower => powers == [false, true],
        }
    }
}

/// Where a saboteur is convicted, and by which oracle.
pub(super) struct Case {
    pub(super) saboteur: &'static str,
    /// A scenario of the catalogue, `one-turn`, `cut-twice` or `fails-again`.
    pub(super) plan: &'static str,
    pub(super) dies: Dies,
    pub(super) oracle: OracleId,
}

const fn case(saboteur: &'static str, plan: &'static str, dies: Dies, oracle: OracleId) -> Case {
    Case { saboteur, plan, dies, oracle }
}

use Dies::{Nobody, Power, Process, ProcessThenPower};
use OracleId::{
    HonestIo, IdempotentRecovery, NoSilentDuplicate, NothingLost, Quiescence, ReasonTrue, Resumed,
    SameConversation,
};

/// One for each saboteur, in their order.
pub(super) const CASES: [Case; 25] = [
    case("core-no-sync-before-rename", "one-turn", Power, NothingLost),
    case("core-rename-before-sync", "one-turn", Power, NothingLost),
    case("core-no-directory-sync", "one-turn", Power, HonestIo),
    case("core-append-without-sync", "one-turn", Power, HonestIo),
    case("core-syncs-wrong-object", "one-turn", Power, HonestIo),
    case("core-syncs-nothing", "one-turn", Power, HonestIo),
    case("core-appends-buffered", "one-turn", Process, NothingLost),
    case("core-dispatch-before-durable", "one-turn", Process, NothingLost),
    case("core-rename-copies", "027856-killed-in-drain", Process, Resumed),
    case("core-rewrites-in-place", "027856-killed-in-drain", Process, IdempotentRecovery),
    case("core-old-journal-removed-first", "disk-full-while-serving", Process, NothingLost),
    case("core-sync-error-ignored", "disk-forgets-a-failed-sync", Nobody, HonestIo),
    case("core-sync-error-retried", "disk-forgets-a-failed-sync", Power, NothingLost),
    case("core-write-error-swallowed", "disk-full-while-serving", Nobody, HonestIo),
    case("core-stale-draft-reused", "027856-killed-in-drain", Process, NothingLost),
    case("core-stale-draft-read", "journal-compacted-on-a-slow-disk", Process, NothingLost),
    case("core-stale-draft-kept", "fails-again", Nobody, NothingLost),
    case("core-recovery-not-synced", "one-turn", ProcessThenPower, NoSilentDuplicate),
    case("core-broken-lines-skipped", "bit-rots-before-acknowledged-work", Nobody, NothingLost),
    case("core-older-marks-cleared", "cut-twice", Nobody, ReasonTrue),
    case("core-transcripts-late", "long-conversation", Power, SameConversation),
    case("core-transcripts-not-synced", "long-conversation", Power, SameConversation),
    case("core-transcript-names-not-synced", "long-conversation", Power, SameConversation),
    case("core-lock-by-existence", "one-turn", Process, Quiescence),
    case("core-lock-by-number", "one-turn", Process, Quiescence),
];

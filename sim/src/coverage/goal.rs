//! The places that a campaign must have been to, by name.
//!
//! Each goes back to a window in which a real gateway lost something, or to a promise of the disk
//! that a gateway may rely on by mistake. The names are stable: CI asks for them.

use std::collections::BTreeSet;

macro_rules! goals {
    ($($(#[doc = $about:literal])+ $goal:ident = $name:literal,)+) => {
        /// A place that a campaign must have been to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Goal {
            $($(#[doc = $about])+ $goal,)+
        }

        impl Goal {
            /// Every goal, in order.
            pub const ALL: &[Goal] = &[$(Goal::$goal),+];

            /// Its name, as everybody writes it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Goal::$goal => $name,)+
                }
            }

            /// What has to happen, in a sentence.
            pub fn about(self) -> &'static str {
                match self {
                    $(Goal::$goal => concat!($($about),+),)+
                }
            }
        }
    };
}

goals! {
    /// A boot dies while its stop marks what is unfinished.
    KilledInPremark = "killed-in-premark",
    /// A boot dies while it tells the chats that it stops.
    KilledInNotify = "killed-in-notify",
    /// A boot dies while it waits for turns to finish.
    KilledInDrain = "killed-in-drain",
    /// A boot dies after its drain and before anything of its clearing is on its way.
    KilledBetweenDrainAndClear = "killed-between-drain-and-clear",
    /// A boot dies while it takes its marks back.
    KilledInClear = "killed-in-clear",
    /// A boot dies while it writes its receipt.
    KilledInSeal = "killed-in-seal",
    /// A boot dies after its receipt and before its exit.
    KilledInRelease = "killed-in-release",
    /// A boot dies in its stop, and the next one before its last cut turn goes on.
    TwoKillsInOneStop = "two-kills-in-one-stop",
    /// A boot dies before its last cut turn goes on.
    RecoveryKilled = "recovery-killed",
    /// Two boots in a row do.
    RecoveryKilledTwice = "recovery-killed-twice",
    /// A write is cut by a death.
    WriteTorn = "write-torn",
    /// The power goes, and part of what was not synced survives.
    PowerLostInParts = "power-lost-in-parts",
    /// The power goes in a stop.
    PowerLostInStop = "power-lost-in-stop",
    /// The power goes in a recovery.
    PowerLostInRecovery = "power-lost-in-recovery",
    /// The power takes what a dead process wrote and a living one has read.
    RolledBackAfterKill = "rolled-back-after-kill",
    /// A request arrives after the death of its sender.
    RequestArrivedLate = "request-arrived-late",
    /// A sync fails while a stop marks.
    SyncFailedUnderPremark = "sync-failed-under-premark",
    /// A write or a sync fails in a stop behind its marks.
    DiskFailedInStop = "disk-failed-in-stop",
    /// The disk is full or read-only in a stop.
    DiskFullInStop = "disk-full-in-stop",
    /// The disk fails in a recovery.
    DiskFailedInRecovery = "disk-failed-in-recovery",
    /// A flush is no flush, and then the power goes.
    FlushLiedAndPowerLost = "flush-lied-and-power-lost",
    /// The wall clock goes back during a drain.
    ClockBackInDrain = "clock-back-in-drain",
    /// The wall clock jumps while no process lives.
    ClockJumpedWhileDown = "clock-jumped-while-down",
    /// A send goes wrong in a stop.
    SendFailedInStop = "send-failed-in-stop",
    /// A second signal comes in a stop.
    SecondSignal = "second-signal",
    /// A user writes in a stop.
    MessageInStop = "message-in-stop",
    /// A turn finishes in a stop.
    TurnFinishedInStop = "turn-finished-in-stop",
    /// A turn outlives its boot's stop.
    TurnCutByStop = "turn-cut-by-stop",
    /// A user stops or resets a chat whose turn is cut, while no process lives or in a recovery.
    UserBeatRecovery = "user-beat-recovery",
    /// A turn is resumed and finishes.
    ResumedAndFinished = "resumed-and-finished",
    /// A turn is suspended.
    Suspended = "suspended",
    /// A turn asks for a restart and is answered.
    RestartAskedByTurn = "restart-asked-by-turn",
    /// A copy is sent of an answer that may have arrived.
    CopySent = "copy-sent",
    /// A turn that was begun is refused, because its chat lost its access.
    RefusedAfterBegin = "refused-after-begin",
    /// A job is finished in a stop.
    JobFinishedInStop = "job-finished-in-stop",
    /// A job that never began is reported as missed.
    JobMissed = "job-missed",
    /// A clean start drops something, and its chat is told.
    DroppedByCleanStart = "dropped-by-clean-start",
    /// A boot dies that was started clean, and the next one is started with the same wish.
    CleanStartKilled = "clean-start-killed",
    /// A turn is cut by a stop that nobody is to be told of.
    CutUnannounced = "cut-unannounced",
    /// The platform cannot be asked for messages in a recovery.
    OfflineInRecovery = "offline-in-recovery",
    /// An effect is overtaken by everything else.
    EffectDemoted = "effect-demoted",
}

/// A set of goals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Goals(BTreeSet<Goal>);

impl Goals {
    /// Adds what was met.
    pub fn add(&mut self, met: impl IntoIterator<Item = Goal>) {
        self.0.extend(met);
    }

    /// Every goal that was met.
    pub fn met(&self) -> impl Iterator<Item = Goal> {
        self.0.iter().copied()
    }

    /// Every goal that was not.
    pub fn missing(&self) -> impl Iterator<Item = Goal> {
        Goal::ALL.iter().copied().filter(|goal| !self.0.contains(goal))
    }
}

//! The places that a campaign must have been to, by name.
//!
//! Each goes back to a window in which a real gateway lost something, or to a promise of the disk
//! that a gateway may rely on by mistake. The names are stable: CI asks for them.

use std::collections::BTreeSet;

use super::phases::Phases;
use crate::plan::Stage;

macro_rules! goals {
    ($($stage:ident { $($(#[doc = $about:literal])+ $goal:ident = $name:literal,)+ })+) => {
        /// A place that a campaign must have been to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Goal {
            $($($(#[doc = $about])+ $goal,)+)+
        }

        impl Goal {
            /// Every goal, in order.
            pub const ALL: &[Goal] = &[$($(Goal::$goal),+),+];

            /// The stage on which campaigns are asked for it.
            pub fn stage(self) -> Stage {
                match self {
                    $($(Goal::$goal)|+ => Stage::$stage,)+
                }
            }

            /// Its name, as everybody writes it.
            pub fn name(self) -> &'static str {
                match self {
                    $($(Goal::$goal => $name,)+)+
                }
            }

            /// What has to happen, in a sentence.
            pub fn about(self) -> &'static str {
                match self {
                    $($(Goal::$goal => concat!($($about),+),)+)+
                }
            }
        }
    };
}

goals! {
    Direct {
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
        /// A user stops or resets a chat whose turn is cut, while no process lives or in a
        /// recovery.
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
        /// A fault of the disk hits a call because of the phase that it was made in.
        FaultOfAPhase = "fault-of-a-phase",
        /// A boot dies while it appends to a conversation that it or another one had kept before.
        KilledInLaterAppend = "killed-in-later-append",
        /// A stop comes within 5 ms of a send.
        StopBesideSend = "stop-beside-send",
        /// A stop comes within 5 ms of the begin of a turn.
        StopBesideTurn = "stop-beside-turn",
        /// A second signal comes within 5 ms of a write that marks what is unfinished.
        StopBesidePremark = "stop-beside-premark",
        /// An agent begins to exist while a stop marks what is unfinished.
        TurnBegunInPremark = "turn-begun-in-premark",
        /// A user writes within 5 ms of a send.
        MessageBesideSend = "message-beside-send",
        /// A user writes within 5 ms of a request to stop.
        MessageBesideStop = "message-beside-stop",
        /// A kill at a time comes within 5 ms of the begin of a turn.
        KillBesideTurn = "kill-beside-turn",
        /// Nobody lives for longer than a cut turn goes on by itself.
        DownBeyondWindow = "down-beyond-window",
        /// A turn is suspended after another number of deaths than the usual three.
        SuspendedNotAtThree = "suspended-not-at-three",
        /// More than a hundred chats have a turn at work at a time.
        ManyChatsAtWork = "many-chats-at-work",
        /// Something is sent by a gateway whose disk takes a second or more for each call.
        SlowDisk = "slow-disk",
        /// A turn gets to its 66th step.
        TurnOfManySteps = "turn-of-many-steps",
    }

    Network {
        /// Two processes live at a time.
        TwoProcesses = "two-processes",
        /// Two processes begin in the same millisecond.
        StartedAtOnce = "started-at-once",
        /// A process begins while another one drains, and that one still finishes a turn.
        TakeoverInDrain = "takeover-in-drain",
        /// A process that had waited for the end of another one goes on with what that cut.
        SuccessorWentOn = "successor-went-on",
        /// A process is told to stop while it waits for another one to end.
        StoppedWhileWaiting = "stopped-while-waiting",
        /// A process waits for another one to end until it gives up.
        GaveUpWaiting = "gave-up-waiting",
        /// A process that is replaced does not end in time and is killed.
        ReplacedAndKilled = "replaced-and-killed",
        /// A process is replaced while it is frozen.
        ReplacedWhileFrozen = "replaced-while-frozen",
        /// A process is frozen in its stop.
        FrozenInStop = "frozen-in-stop",
        /// A process thaws after another one has sent something.
        WokeAfterAnotherServed = "woke-after-another-served",
        /// A process is refused by everybody, because another one has taken its place.
        Superseded = "superseded",
        /// A process dies and another one lives on.
        DiedBesideAnother = "died-beside-another",
        /// The power takes two processes at a time.
        PowerLostByTwo = "power-lost-by-two",
        /// A process begins when a stranger has the number of a dead one.
        NumberUsedAgain = "number-used-again",
        /// The supervisor gives up.
        SupervisorGaveUp = "supervisor-gave-up",
        /// Nothing passes between gateway and platform, either way.
        LinkPartitioned = "link-partitioned",
        /// The platform does not hear a gateway.
        LinkDeaf = "link-deaf",
        /// A gateway does not hear the platform.
        LinkMute = "link-mute",
        /// What is under way is held up, and then arrives all at once.
        LinkHeld = "link-held",
        /// What is under way takes longer.
        LinkSlow = "link-slow",
        /// Segments are lost with their connections.
        LinkLossy = "link-lossy",
        /// Connections are cut.
        LinkReset = "link-reset",
        /// The platform takes a send and dies.
        PlatformDied = "platform-died",
        /// A link fails in a stop.
        LinkFailedInStop = "link-failed-in-stop",
        /// A link fails in a recovery.
        LinkFailedInRecovery = "link-failed-in-recovery",
        /// A link fails while two processes live.
        LinkFailedForTwo = "link-failed-for-two",
        /// A link is silent for so long that its ends give it up, and a process outlives that.
        SilenceOutlived = "silence-outlived",
        /// A send is taken, its answer is lost with the link, and the same process sends a copy.
        AnswerLostWithLink = "answer-lost-with-link",
    }
}

impl Goal {
    /// The goals that a campaign on a stage is asked for. What both stages can meet is asked for
    /// on the direct stage, where a plan costs next to nothing.
    pub fn of(stage: Stage) -> impl Iterator<Item = Goal> {
        Goal::ALL.iter().copied().filter(move |goal| goal.stage() == stage)
    }

    /// Whether a gateway with such phases can meet it: one that has no premark is not asked what
    /// happens in it.
    pub fn is_asked_of(self, phases: &Phases) -> bool {
        let needed: &[&[&str]] = match self {
            Goal::KilledInPremark
            | Goal::SyncFailedUnderPremark
            | Goal::StopBesidePremark
            | Goal::TurnBegunInPremark => &[phases.premark],
            Goal::KilledInNotify => &[phases.notify],
            Goal::KilledInDrain | Goal::ClockBackInDrain => &[phases.drain],
            Goal::KilledBetweenDrainAndClear => &[phases.settle, phases.clear],
            Goal::KilledInClear => &[phases.clear],
            Goal::KilledInSeal => &[phases.seal],
            Goal::KilledInRelease => &[phases.release],
            Goal::KilledInLaterAppend => &[phases.histories],
            _ => return true,
        };
        needed.iter().any(|names| !names.is_empty())
    }
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

    /// Every goal of a stage that was not, of those that a gateway with such phases is asked for.
    pub fn missing(&self, stage: Stage, phases: Phases) -> impl Iterator<Item = Goal> {
        let asked = Goal::of(stage).filter(move |goal| goal.is_asked_of(&phases));
        asked.filter(|goal| !self.0.contains(goal))
    }
}

//! What a start does where the eras differ (lifecycle section 4).

/// What a boot that finds no receipt believes (4 step 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Unclean {
    /// Nothing: before #8299 there was no receipt to miss.
    Nothing,
    /// Whatever was touched within two minutes is suspended: its next message begins anew (E0).
    Suspends,
    /// Whatever was touched within two minutes is flagged, to be resumed (E1 to E3).
    Flags,
    /// Whatever has the mark of a running turn is resumed, or its reply sent again (E4).
    Marked,
}

/// What a boot does with the files of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Replay {
    /// They come before whatever came since.
    InOrder,
    /// They come after it (R079).
    AfterNewer,
    /// They are skipped, because their chat is not what their reader looks for (R077).
    Skipped,
    /// They become lines of the transcript, and nobody answers (R080).
    AsText,
}

/// For how long a boot holds messages back (4 steps 7 and 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Gate {
    /// Not at all (R053).
    Absent,
    /// Until every resumed turn is dispatched.
    UntilDispatched,
    /// Until every resumed turn is over (#46074, R054).
    UntilResumed,
    /// The same, but not longer than thirty seconds.
    Capped,
}

/// When a resumed turn claims its slot (4 step 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Claiming {
    /// Before its task is spawned.
    BeforeSpawn,
    /// Somewhere in its task (R052).
    InTask,
}

/// What a boot does with turns of a platform that it cannot reach yet (4 steps 9 and 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Offline {
    /// It resumes them as well: what they say waits.
    Resumed,
    /// It skips them, and never comes back to them (R063).
    Skipped,
}

/// What a resumed turn is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Resumed {
    /// It goes on with the work.
    Works,
    /// It says that it is back, which counts as success (R060, R061).
    Reports,
}

/// When a resumed agent is told that it was cut (5, recovery note).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Note {
    /// Whenever it is resumed.
    ByMark,
    /// If the last line of its transcript is young enough (R059).
    ByRow,
    /// Never (R042).
    Never,
}

/// What keeps a gateway from restarting itself for ever (4 step 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Guard {
    /// Nothing.
    Absent,
    /// After three boots in a row nobody is resumed; boots in the future are in any row (R073).
    Chained,
    /// The same, but boots in the future are in no row.
    Bounded,
}

/// How a process ends that is asked to restart while it starts (3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Startup {
    /// As at any other time.
    AsAsked,
    /// With exit code 0, as if it should stay down (R026).
    ExitsZero,
}

/// Whether a process that was stopped starts again when it is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Autostart {
    /// It does.
    Always,
    /// It finds that it was stopped, and ends (R027).
    UnlessStopped,
}

/// Who is asked whether a chat may still use the gateway (2 step 2, 4 step 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Access {
    /// Whoever brings a message.
    Inbound,
    /// A boot that resumes a turn as well (since #23778, R062).
    InboundAndResumed,
}

//! What a stop does where the eras differ (lifecycle section 3).

/// Who is flagged before the drain (3.2 step 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Premark {
    /// Nobody: #27856 (E0 and E1).
    Nobody,
    /// Everybody with an agent, one by one (since #28576).
    Agents,
}

/// Who is flagged after a drain that timed out (3.2 step 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Remark {
    /// Nobody: there was no such flag before #12301 (E0).
    Nobody,
    /// Whoever was at work when the drain began, those that have finished included (R004).
    DrainStart,
    /// Whoever still is at work (since #12332).
    Running,
}

/// Whether a stop writes what the agents of its drain's start had only in memory (3.2 step 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Flush {
    /// No.
    Nothing,
    /// Yes (since #50312).
    DrainStart,
}

/// How long a stop waits for turns (6, `restart_drain_timeout`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Drain {
    /// As long as the operator says.
    Configured,
    /// Not at all: the default since #54066 (R021).
    Zero,
}

/// What keeps the time of a drain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Deadline {
    /// A clock that goes on whatever happens.
    Kept,
    /// The loop that waits for the turns itself, which is stuck behind them (R034).
    Frozen,
}

/// What a stop does with replies that are to be sent while it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Sending {
    /// They are sent.
    Free,
    /// They are sent by the loop that the stop holds while it waits for their senders (R038).
    BehindStop,
}

/// Whether a restart waits for running turns before its stop begins (3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum AfterTurn {
    /// No.
    Stops,
    /// Yes, and refuses idle chats meanwhile (#77184, R033).
    Waits,
}

/// Whether something outside the stop ends it when it does not (#66892).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Watchdog {
    /// Nothing.
    Absent,
    /// The process is ended sixty seconds after the drain should have been over.
    Exits,
}

/// What becomes of agents that still work when the stop is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Workers {
    /// They end with the process.
    Abandoned,
    /// The process does not end before they do (R036).
    Awaited,
}

/// What the cleanup of a stop does to the rows of idle sessions (3.2 step 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Closing {
    /// Nothing.
    Keeps,
    /// It ends them, and no boot looks: messages are routed there and swallowed (R064).
    EndsAndSwallows,
    /// It ends them, and the next boot forgets their routes (R066, R068).
    EndsAndPrunes,
}

/// How the task that restarts the process fares in its own stop (3.2 step 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Restart {
    /// It lives to see the end.
    Kept,
    /// It is cancelled with the others, and its exit code is lost (R024).
    Cancelled,
}

/// How long a stop waits for jobs (6, `cron_drain_timeout`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum JobDrain {
    /// As long as for turns that somebody waits for.
    LikeTurns,
    /// At least thirty seconds (#82161), whatever the supervisor allows (R020).
    Floor,
}

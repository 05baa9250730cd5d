//! What serving messages does where the eras differ (lifecycle section 2).

/// Whether the start of a turn is durable (2 step 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum TurnMark {
    /// No.
    Absent,
    /// A token in the index from the start of the turn until its reply is in the ledger (E4).
    Exact,
}

/// When the request of a turn reaches the transcript (R083).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Request {
    /// With the reply.
    WithReply,
    /// Before the agent is asked for.
    AtStart,
}

/// What a turn that obeyed its interrupt is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Interrupted {
    /// A turn that was cut.
    Cut,
    /// An ordinary one with an empty result, whose flag goes (R015).
    Finished,
    /// One that has succeeded, of which the agent says so (R108).
    Reported,
}

/// Until when a turn is in the running map (2 step 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Slot {
    /// Until its reply is computed (#92589).
    UntilReply,
    /// Until its reply is sent (E4).
    UntilSent,
}

/// When the lines of a turn reach the transcript (2 step 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Lines {
    /// Before its reply is sent.
    BeforeSend,
    /// When the platform has its reply (R086).
    AfterSend,
}

/// What a user's stop leaves of the slot that the turn had (2 step 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Abandoned {
    /// Nothing.
    Free,
    /// A slot that looks busy, with nobody in it (R065, R097).
    Dead,
}

/// How replies are sent (2 step 12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Delivery {
    /// Once, with no record of it.
    Once,
    /// With a row around the send, and again at boot as if for the first time (E3).
    Ledger,
    /// The same, but what is sent again says that it may be a copy, and its turn is not resumed
    /// as well (E4).
    LedgerOfCopies,
}

/// What becomes of messages that wait behind a turn in a stop (2 step 13, 3.2 step 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Queue {
    /// They are dropped when the turn ends.
    Dropped,
    /// One is taken from the queue when the turn ends, and dropped (R074); the others are written
    /// to files before the process ends (#73020).
    Spooled,
}

/// How many messages may wait behind a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Cap {
    /// Any number.
    None,
    /// One; the next is dropped as if it had been queued (R075).
    One,
}

/// When the platform's offset moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Offset {
    /// As soon as messages are in memory.
    AtReceipt,
    /// With the next messages: a stop leaves it behind (R044).
    WithNextBatch,
    /// When a message's turn is over (R092).
    AfterTurn,
}

/// What a session is whose first save failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Rowless {
    /// A session like others.
    Written,
    /// One whose transcript is never written (R095).
    Skipped,
}

/// What becomes of a flag that is too old to resume by itself (5, mark older than 1 h).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Freshness {
    /// It stays, and with it the conversation.
    Ignored,
    /// The next message begins a new session (#56264, R058).
    Resets,
}

/// In which time zone flags are written, and in which compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Zone {
    /// In one.
    One,
    /// In two, two hours apart (R072).
    Mixed,
}

/// What is taken of messages that came while no process lived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateways::hermes) enum Backlog {
    /// All of them.
    Taken,
    /// Not the jobs that were due more than two minutes ago (R110).
    LateJobsDropped,
    /// None, so that nothing is answered twice (R082).
    Dropped,
}

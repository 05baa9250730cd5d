//! The siblings of the model: each misses one thing, and a race of the collection says what came
//! of it.
//!
//! They are permanent, as the mutants are. The model itself is the one that misses nothing of
//! this.

/// The model, or the one thing that a sibling of it misses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sibling {
    /// Nothing: the model itself.
    Fixed,
    /// R114.
    ForcedStopUnmarked,
    /// R115.
    AdmissionCleanedEarly,
    /// R116.
    OnlyTasksCounted,
    /// R117.
    DrainBeyondBudget,
    /// R118.
    NeverReset,
    /// R119.
    ClaimOutlivesOwner,
    /// R120.
    ClaimStranded,
    /// R122.
    ResumedUndelivered,
    /// R123.
    FollowUpsInMemory,
    /// R124.
    RequesterDropped,
    /// R125.
    ParcelRemovedFirst,
    /// R126.
    WakesSwallowed,
    /// R128.
    SentOnlyInMemory,
    /// R129.
    StartedNeverReplayed,
    /// R091, R130.
    TwoRecoverers,
    /// R092, R132, R144.
    NothingRemembered,
    /// R133.
    SessionLockSurvives,
    /// R135.
    RequesterWaitedFor,
    /// R136.
    ResumedWaitedFor,
    /// R137.
    DeadRowsWaitedFor,
    /// R138, R028.
    IndexWrittenInPlace,
    /// R139.
    IndexFromNothing,
    /// R140.
    PrunedWithoutEntry,
    /// R141.
    LockReleasedMidTurn,
    /// R143.
    EmptyFileUnreadable,
    /// R082.
    BacklogDropped,
    /// R027.
    StopRemembered,
    /// R075.
    SpoolLimited,
    /// R086.
    DeliveredBeforeRecorded,
    /// R095.
    SessionNotCreated,
    /// R097.
    FinaliserBreaks,
    /// R108.
    InterruptedReported,
    /// R079.
    SpoolReplayedBackwards,
    /// R039, R041.
    RequesterInterrupted,
    /// R029.
    LateWriter,
    /// R038.
    StopJoinsDelivery,
    /// R112.
    WaitingNotWoken,
    /// R107.
    ClaimRemovesRow,
    /// R110.
    LateDropped,
}

impl Sibling {
    /// The model and its siblings, in order.
    pub const ALL: [Sibling; 40] = [
        Sibling::Fixed,
        Sibling::ForcedStopUnmarked,
        Sibling::AdmissionCleanedEarly,
        Sibling::OnlyTasksCounted,
        Sibling::DrainBeyondBudget,
        Sibling::NeverReset,
        Sibling::ClaimOutlivesOwner,
        Sibling::ClaimStranded,
        Sibling::ResumedUndelivered,
        Sibling::FollowUpsInMemory,
        Sibling::RequesterDropped,
        Sibling::ParcelRemovedFirst,
        Sibling::WakesSwallowed,
        Sibling::SentOnlyInMemory,
        Sibling::StartedNeverReplayed,
        Sibling::TwoRecoverers,
        Sibling::NothingRemembered,
        Sibling::SessionLockSurvives,
        Sibling::RequesterWaitedFor,
        Sibling::ResumedWaitedFor,
        Sibling::DeadRowsWaitedFor,
        Sibling::IndexWrittenInPlace,
        Sibling::IndexFromNothing,
        Sibling::PrunedWithoutEntry,
        Sibling::LockReleasedMidTurn,
        Sibling::EmptyFileUnreadable,
        Sibling::BacklogDropped,
        Sibling::StopRemembered,
        Sibling::SpoolLimited,
        Sibling::DeliveredBeforeRecorded,
        Sibling::SessionNotCreated,
        Sibling::FinaliserBreaks,
        Sibling::InterruptedReported,
        Sibling::SpoolReplayedBackwards,
        Sibling::RequesterInterrupted,
        Sibling::LateWriter,
        Sibling::StopJoinsDelivery,
        Sibling::WaitingNotWoken,
        Sibling::ClaimRemovesRow,
        Sibling::LateDropped,
    ];

    /// Its name, as everybody writes it.
    pub fn name(self) -> &'static str {
        self.said().0
    }

    /// What it is, in one line.
    pub fn about(self) -> &'static str {
        self.said().1
    }

    fn said(self) -> (&'static str, &'static str) {
        let index = Sibling::ALL.iter().position(|sibling| *sibling == self);
        SAID[index.expect("every sibling is listed")]
    }
}

/// Name and description of each, in the order of [`Sibling::ALL`].
const SAID: [(&str, &str); 40] = [
    ("claw", "model of openclaw as its reports want it: the races of its siblings are fixed"),
    (
        "claw-forced-stop-unmarked",
        "a stop marks only on its polite way out, and recovery believes marks",
    ),
    (
        "claw-admission-cleaned-early",
        "the list that a stop looks at forgets a turn when its agent begins",
    ),
    (
        "claw-only-tasks-counted",
        "the drain waits for deliveries only, and recovery refuses a turn cut in its steps",
    ),
    (
        "claw-drain-beyond-budget",
        "the drain is as long as the operator wants, whatever the supervisor grants",
    ),
    ("claw-never-reset", "a session that was at work at a death stays at work for ever"),
    ("claw-claim-outlives-owner", "a claim of a dead boot stands at the head of the one queue"),
    ("claw-claim-stranded", "recovery takes up the session and not its message"),
    ("claw-resumed-undelivered", "a turn that goes on answers into its transcript only"),
    (
        "claw-follow-ups-in-memory",
        "what comes behind a turn waits in memory, what comes in a drain is refused",
    ),
    ("claw-requester-dropped", "the turn that asked for a restart counts as done at once"),
    ("claw-parcel-removed-first", "an answer leaves the outbox before it is sent, once"),
    ("claw-wakes-swallowed", "a turn uses up what waits behind it and shows it to nobody"),
    ("claw-sent-only-in-memory", "what was delivered is noted when the stop is over"),
    ("claw-started-never-replayed", "an answer that had begun to leave is never sent again"),
    ("claw-two-recoverers", "an answer that waits is delivered, and its message is answered again"),
    (
        "claw-nothing-remembered",
        "the place in the stream moves when all is answered, and messages are not told apart",
    ),
    ("claw-session-lock-survives", "the lock of a session is believed although its owner is dead"),
    (
        "claw-requester-waited-for",
        "a turn that asked for the restart is waited for without the budget",
    ),
    ("claw-resumed-waited-for", "a turn that goes on is waited for without the budget"),
    (
        "claw-dead-rows-waited-for",
        "the rows of a boot that was cut are waited for by the next stop",
    ),
    (
        "claw-index-written-in-place",
        "the index is emptied before it is written, and what cannot be read is empty",
    ),
    (
        "claw-index-from-nothing",
        "an index that cannot be read is begun anew beside its transcripts",
    ),
    ("claw-pruned-without-entry", "what waits for a chat that is not in the index is pruned"),
    ("claw-lock-released-mid-turn", "the session is free again as soon as its agent works"),
    (
        "claw-empty-file-unreadable",
        "a transcript is rewritten in place, and an empty one never loads",
    ),
    ("claw-backlog-dropped", "a boot skips what was written before it began"),
    ("claw-stop-remembered", "a stop is taken for a wish to stay down"),
    ("claw-spool-limited", "what does not fit into the spool is dropped"),
    ("claw-delivered-before-recorded", "a reply is in the transcript only after it was delivered"),
    (
        "claw-session-not-created",
        "a session that could not be saved is used all the same, and by nobody else",
    ),
    ("claw-finaliser-breaks", "a turn that was interrupted never gives its chat back"),
    ("claw-interrupted-reported", "a turn that was interrupted reports that it is done"),
    ("claw-spool-replayed-backwards", "what waited is answered from its end"),
    (
        "claw-requester-interrupted",
        "a turn that asks for a restart is cut by it, each time it goes on",
    ),
    (
        "claw-late-writer",
        "a worker that ends in a stop writes the index back as it was when it began",
    ),
    (
        "claw-stop-joins-delivery",
        "a stop waits for a delivery that waits for the stop, and drops it",
    ),
    ("claw-waiting-not-woken", "what waited at a death is stored, and nobody is woken for it"),
    ("claw-claim-removes-row", "a message leaves the spool when its turn begins"),
    ("claw-late-dropped", "what waited for more than two minutes is dropped at boot"),
];

//! The eras of the real gateway, as presets of its policies (lifecycle section 0).
//!
//! Each is the one before it with what changed. A policy that no era has belongs to a variant.

use super::policy::{
    Abandoned, Access, AfterTurn, Autostart, Backlog, Cap, Claiming, Closing, Deadline, Delivery,
    Drain, Flush, Freshness, Gate, Guard, Interrupted, JobDrain, Lines, Note, Offline, Offset,
    Policies, Premark, Queue, Remark, Replay, Request, Restart, Resumed, Rowless, Sending, Slot,
    Startup, TurnMark, Unclean, Watchdog, Workers, Zone,
};

/// Which release the model follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Era {
    /// April: no flag at all; a boot without a receipt suspends whatever was touched lately.
    E0,
    /// 0.13.0, before the fix of #27856: a mark is written only after a drain that timed out.
    E1,
    /// 0.15.0, after it: marks before the drain, one by one, and cleared after a good drain.
    E2,
    /// July and August: a ledger of deliveries, files for what waits, a wait before a restart.
    E3,
    /// September: the mark of a turn is durable from its start, and nobody guesses any more.
    E4,
}

impl Era {
    /// What it does.
    pub(super) fn policies(self) -> Policies {
        match self {
            Era::E0 => FIRST,
            Era::E1 => Policies { unclean: Unclean::Flags, remark: Remark::Running, ..FIRST },
            Era::E2 => Policies {
                premark: Premark::Agents,
                flush: Flush::DrainStart,
                access: Access::InboundAndResumed,
                ..Era::E1.policies()
            },
            Era::E3 => Policies {
                after_turn: AfterTurn::Waits,
                job_drain: JobDrain::Floor,
                watchdog: Watchdog::Exits,
                delivery: Delivery::Ledger,
                queue: Queue::Spooled,
                gate: Gate::Capped,
                guard: Guard::Chained,
                ..Era::E2.policies()
            },
            Era::E4 => Policies {
                unclean: Unclean::Marked,
                turn_mark: TurnMark::Exact,
                request: Request::AtStart,
                slot: Slot::UntilSent,
                delivery: Delivery::LedgerOfCopies,
                guard: Guard::Bounded,
                ..Era::E3.policies()
            },
        }
    }
}

/// E0, from which the others are told.
const FIRST: Policies = Policies {
    unclean: Unclean::Suspends,
    premark: Premark::Nobody,
    remark: Remark::Nobody,
    flush: Flush::Nothing,
    drain: Drain::Configured,
    job_drain: JobDrain::LikeTurns,
    deadline: Deadline::Kept,
    sending: Sending::Free,
    after_turn: AfterTurn::Stops,
    watchdog: Watchdog::Absent,
    workers: Workers::Abandoned,
    turn_mark: TurnMark::Absent,
    request: Request::WithReply,
    interrupted: Interrupted::Cut,
    slot: Slot::UntilReply,
    lines: Lines::BeforeSend,
    abandoned: Abandoned::Free,
    delivery: Delivery::Once,
    queue: Queue::Dropped,
    cap: Cap::None,
    replay: Replay::InOrder,
    offset: Offset::AtReceipt,
    backlog: Backlog::Taken,
    gate: Gate::UntilDispatched,
    claim: Claiming::BeforeSpawn,
    offline: Offline::Resumed,
    access: Access::Inbound,
    resumed: Resumed::Works,
    note: Note::ByMark,
    guard: Guard::Absent,
    freshness: Freshness::Ignored,
    zone: Zone::One,
    closing: Closing::Keeps,
    rowless: Rowless::Written,
    restart: Restart::Kept,
    startup: Startup::AsAsked,
    autostart: Autostart::Always,
};

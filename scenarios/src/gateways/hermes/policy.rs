//! What the real gateway does where its eras and its siblings differ, one enum for each question.
//!
//! Each cites the line of the lifecycle reference that it stands for, or the race that it is the
//! cause of. Nothing here decides anything: the modules that do ask for their policy.

mod boot;
mod serve;
mod stop;

pub(super) use boot::{
    Access, Autostart, Claiming, Gate, Guard, Note, Offline, Replay, Resumed, Startup, Unclean,
};
pub(super) use serve::{
    Abandoned, Backlog, Cap, Delivery, Freshness, Interrupted, Lines, Offset, Queue, Request,
    Rowless, Slot, TurnMark, Zone,
};
pub(super) use stop::{
    AfterTurn, Closing, Deadline, Drain, Flush, JobDrain, Premark, Remark, Restart, Sending,
    Watchdog, Workers,
};

/// Everything in which one release differs from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policies {
    pub(super) unclean: Unclean,
    pub(super) premark: Premark,
    pub(super) remark: Remark,
    pub(super) flush: Flush,
    pub(super) drain: Drain,
    pub(super) job_drain: JobDrain,
    pub(super) deadline: Deadline,
    pub(super) sending: Sending,
    pub(super) after_turn: AfterTurn,
    pub(super) watchdog: Watchdog,
    pub(super) workers: Workers,
    pub(super) turn_mark: TurnMark,
    pub(super) request: Request,
    pub(super) interrupted: Interrupted,
    pub(super) slot: Slot,
    pub(super) lines: Lines,
    pub(super) abandoned: Abandoned,
    pub(super) delivery: Delivery,
    pub(super) queue: Queue,
    pub(super) cap: Cap,
    pub(super) replay: Replay,
    pub(super) offset: Offset,
    pub(super) backlog: Backlog,
    pub(super) gate: Gate,
    pub(super) claim: Claiming,
    pub(super) offline: Offline,
    pub(super) access: Access,
    pub(super) resumed: Resumed,
    pub(super) note: Note,
    pub(super) guard: Guard,
    pub(super) freshness: Freshness,
    pub(super) zone: Zone,
    pub(super) closing: Closing,
    pub(super) rowless: Rowless,
    pub(super) restart: Restart,
    pub(super) startup: Startup,
    pub(super) autostart: Autostart,
}

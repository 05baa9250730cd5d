//! What a gateway can ask of the world, and what it is answered.

use std::sync::Arc;

use gateway_core::env::{FenceError, OpenError, PollError, SendError, Signal, Token};
use gateway_core::message::{Cursor, Inbound, Outbound, TurnEvent, TurnRequest};

use super::fence::Whom;
use super::queue::Due;
use crate::disk::Fd;
use crate::plan::SendFaultEffect;

/// The number of an effect within its boot.
pub type EffectId = u64;

/// A run of an agent within its boot.
pub type RunId = usize;

/// What a gateway asks.
#[derive(Clone, Debug)]
pub enum Verb {
    /// Create a file.
    CreateNew(String),
    /// Open a file.
    Open(String),
    /// Rename.
    Rename(String, String),
    /// Give a file a second name.
    Link(String, String),
    /// Remove a name.
    Remove(String),
    /// Create a directory.
    Mkdir(String),
    /// Remove a directory.
    RemoveDir(String),
    /// List a directory.
    List(String),
    /// Sync a directory.
    SyncDir(String),
    /// Write at an offset, or at the end.
    Write(Fd, Option<u64>, Arc<[u8]>),
    /// Read a file.
    Read(Fd),
    /// Set a length.
    Truncate(Fd, u64),
    /// Sync contents and metadata.
    SyncFile(Fd),
    /// Sync contents.
    SyncData(Fd),
    /// Take a lock.
    TryLock(Fd),
    /// Give a lock up.
    Unlock(Fd),
    /// Ask to be the only one that is served.
    Fence(Whom, Token),
    /// Wait for messages.
    Poll(Cursor),
    /// Acknowledge messages.
    Ack(Cursor),
    /// Ask up to where messages were acknowledged.
    Acknowledged,
    /// Send a message.
    Send(Arc<Outbound>),
    /// Start an agent.
    OpenRun(Arc<TurnRequest>),
    /// Wait for an agent.
    Next(RunId),
    /// Interrupt an agent.
    Interrupt(RunId),
    /// Wait for a signal.
    Signal,
}

/// What a gateway is answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Done, or an errno.
    Done(Result<(), i32>),
    /// An open file, or an errno.
    File(Result<Fd, i32>),
    /// Contents, or an errno.
    Bytes(Result<Vec<u8>, i32>),
    /// Names, or an errno.
    Names(Result<Vec<String>, i32>),
    /// Whether the lock was free, or an errno.
    Locked(Result<bool, i32>),
    /// Whether nobody else is served from now on.
    Admitted(Result<(), FenceError>),
    /// Messages.
    Messages(Result<Vec<Inbound>, PollError>),
    /// Whether an acknowledgement arrived.
    Acked(Result<(), PollError>),
    /// Up to where messages were acknowledged.
    Acknowledged(Result<Cursor, PollError>),
    /// Whether a message arrived.
    Sent(Result<(), SendError>),
    /// A run.
    Run(Result<RunId, OpenError>),
    /// What an agent did.
    Turn(RunId, TurnEvent),
    /// The interrupt arrived.
    Interrupted,
    /// A signal.
    Signal(Signal),
}

impl Answer {
    /// The errno of a call of the disk that failed.
    pub(super) fn errno(&self) -> Option<i32> {
        match self {
            Answer::Done(result) => result.as_ref().err(),
            Answer::File(result) => result.as_ref().err(),
            Answer::Bytes(result) => result.as_ref().err(),
            Answer::Names(result) => result.as_ref().err(),
            Answer::Locked(result) => result.as_ref().err(),
            _ => None,
        }
        .copied()
    }
}

impl Verb {
    /// The open file that it is about.
    pub(crate) fn fd(&self) -> Option<Fd> {
        match self {
            Verb::Write(fd, ..)
            | Verb::Read(fd)
            | Verb::Truncate(fd, _)
            | Verb::SyncFile(fd)
            | Verb::SyncData(fd)
            | Verb::TryLock(fd)
            | Verb::Unlock(fd) => Some(*fd),
            _ => None,
        }
    }
}

/// An effect that was requested and is not answered yet.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) verb: Verb,
    /// The phase of the boot when it was asked for.
    pub(crate) phase: &'static str,
    /// There from the moment it took hold.
    pub(crate) answer: Option<Answer>,
    /// Its next event; none while it waits for something that has no time yet.
    pub(crate) due: Option<Due>,
    /// The planned fault that hits it.
    pub(crate) fault: Option<SendFaultEffect>,
    /// Whether its answer is an error that is planned for the disk.
    pub(crate) spoiled: bool,
}

impl Pending {
    /// Whether it only waits for something to happen.
    pub(crate) fn is_wait(&self) -> bool {
        match self.verb {
            // A lock that is held is asked for again and again.
            Verb::Poll(_) | Verb::Signal | Verb::TryLock(_) => true,
            // An agent that hangs, and a send that nobody will ever answer.
            Verb::Next(_) | Verb::Send(_) => self.due.is_none(),
            _ => false,
        }
    }
}

//! The seam: everything a gateway may touch, handed to it at boot.
//!
//! A gateway that keeps to its [`Env`] can be run by the real operating system and by a simulator
//! alike, without a line of it changed. Each asynchronous verb is one *effect*: the request leaves
//! when the verb is **called**, takes hold at some later moment, and its answer arrives after
//! that. Dropping the future cancels nothing; only the answer is thrown away.
//!
//! What is never here: a monotonic clock and timers (they are plain `tokio::time`, which every
//! stage controls), threads, and any way for a gateway to learn that it is being simulated.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use crate::message::{ChatId, Cursor, Inbound, Outbound, TurnEvent, TurnRequest};

/// A boxed future that owns what it needs, so that it may be spawned or kept.
pub type Effect<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// Everything a gateway may touch.
#[derive(Clone)]
pub struct Env {
    /// The state directory.
    pub fs: Arc<dyn Fs>,
    /// The wall clock, which may jump either way.
    pub clock: Arc<dyn Clock>,
    /// The chat platform.
    pub platform: Arc<dyn Platform>,
    /// The agent back end.
    pub agent: Arc<dyn Agent>,
    /// What the operating system tells this process.
    pub signals: Arc<dyn Signals>,
    /// The processes of this machine.
    pub processes: Arc<dyn Processes>,
    /// Where identifiers come from.
    pub entropy: Arc<dyn Entropy>,
    /// Who may have work done.
    pub access: Arc<dyn Access>,
    /// How this boot is to begin.
    pub launch: Launch,
}

/// A program that serves chats: the thing under test.
///
/// ```
/// use gateway_core::env::{Effect, Env, Exit, Gateway};
///
/// /// Waits for a signal and serves nobody.
/// struct Deaf;
///
/// impl Gateway for Deaf {
///     fn boot(&self, env: Env) -> Effect<Exit> {
///         Box::pin(async move {
///             env.signals.next().await;
///             Exit::Planned
///         })
///     }
/// }
/// ```
pub trait Gateway: Send + Sync {
    /// Runs one life of the process, from its start until it exits by itself.
    ///
    /// Everything it spawns dies with it. It is called once for each boot, and each boot gets an
    /// [`Env`] of its own.
    fn boot(&self, env: Env) -> Effect<Exit>;
}

/// How an operator wants a boot to begin.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Launch {
    /// With everything that earlier boots have left unfinished.
    Recover,
    /// Without it: what is unfinished is dropped, and conversations are kept. The name tells one
    /// wish from the next. A supervisor starts a process again as it was started before; a boot
    /// that finds its wish granted by an earlier one recovers.
    Clean(String),
}

/// How a process ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Exit {
    /// Asked to stop, and stopped.
    Planned,
    /// Asked to restart: the supervisor is to start it again.
    Restart,
    /// The configuration or the state directory cannot be served; starting again will not help.
    Config,
    /// Anything else.
    Failed,
}

impl Exit {
    /// The exit code that tells the supervisor: 0, 75, 78 or 1 (`sysexits.h` has 75 as
    /// `EX_TEMPFAIL` and 78 as `EX_CONFIG`).
    pub fn code(self) -> u8 {
        match self {
            Exit::Planned => 0,
            Exit::Restart => 75,
            Exit::Config => 78,
            Exit::Failed => 1,
        }
    }
}

/// The state directory: a small POSIX file system, by paths relative to its root.
///
/// Paths use `/`, never begin with it, and never climb out of the root by `..`. The root is `""`,
/// which is the same as `.`. Every error carries the raw errno of the operating system
/// (`io::Error::raw_os_error`), so that code may rely on it.
pub trait Fs: Send + Sync {
    /// Creates a file that must not exist and opens it for reading and writing, mode 0600.
    fn create_new(&self, path: &str) -> Effect<io::Result<Arc<dyn File>>>;
    /// Opens a file that must exist, for reading and writing.
    fn open(&self, path: &str) -> Effect<io::Result<Arc<dyn File>>>;
    /// Atomically puts `from` in the place of `to`.
    fn rename(&self, from: &str, to: &str) -> Effect<io::Result<()>>;
    /// Gives a file a second name, which must not be there yet.
    fn link(&self, from: &str, to: &str) -> Effect<io::Result<()>>;
    /// Removes a file's name; the file lives on while it is open or has another.
    fn remove(&self, path: &str) -> Effect<io::Result<()>>;
    /// Creates one directory, mode 0700.
    fn mkdir(&self, path: &str) -> Effect<io::Result<()>>;
    /// Removes an empty directory.
    fn remove_dir(&self, path: &str) -> Effect<io::Result<()>>;
    /// The names in a directory, sorted by their bytes.
    fn list(&self, path: &str) -> Effect<io::Result<Vec<String>>>;
    /// Makes the names in a directory durable.
    fn sync_dir(&self, path: &str) -> Effect<io::Result<()>>;
    /// The path as an operator would type it, for messages.
    fn display(&self, path: &str) -> String;
}

/// An open file. It is closed, and its lock released, when the last handle to it is dropped.
pub trait File: Send + Sync {
    /// Writes all of `bytes` at the end of the file, wherever that is by then.
    fn append(&self, bytes: Vec<u8>) -> Effect<io::Result<()>>;
    /// Writes all of `bytes` at `offset` (in bytes).
    fn write_at(&self, offset: u64, bytes: Vec<u8>) -> Effect<io::Result<()>>;
    /// Reads the whole file from its beginning.
    fn read(&self) -> Effect<io::Result<Vec<u8>>>;
    /// Sets the length, in bytes.
    fn truncate(&self, len: u64) -> Effect<io::Result<()>>;
    /// Makes contents and metadata durable. It does not make the file's *name* durable.
    fn sync_file(&self) -> Effect<io::Result<()>>;
    /// Makes contents, and the length needed to read them, durable.
    fn sync_data(&self) -> Effect<io::Result<()>>;
    /// Takes the advisory lock of the file; `false` if another process holds it. The lock dies
    /// with the process that holds it.
    fn try_lock(&self) -> Effect<io::Result<bool>>;
    /// Gives the advisory lock up.
    fn unlock(&self) -> Effect<io::Result<()>>;
}

/// Milliseconds since the Unix epoch, by the wall clock.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct UnixMs(pub i64);

impl UnixMs {
    /// Milliseconds from `earlier` to this; negative if the clock went back.
    pub fn since(self, earlier: UnixMs) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The wall clock. No safety property may rest on it: it jumps both ways.
pub trait Clock: Send + Sync {
    /// The time it shows.
    fn now(&self) -> UnixMs;
}

/// By what a boot is told from every other one: a fencing token.
///
/// Whoever has admitted a token refuses everybody who came with a lower one, or with none. So a
/// process that was taken for dead, and wakes when another has taken its place, changes nothing
/// any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Token {
    /// The number of the boot. Only a higher one than every other is admitted.
    pub boot: u64,
    /// Drawn by the process for itself: two that came to the same number are not the same.
    pub nonce: u64,
}

/// Another boot has taken this one's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("boot {by} has taken over")]
pub struct Superseded {
    /// The number of that boot.
    pub by: u64,
}

/// A boot was not admitted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum FenceError {
    /// A boot with this number or a higher one was admitted before.
    #[error(transparent)]
    Superseded(#[from] Superseded),
    /// Nobody answered; asking again is always safe.
    #[error("no answer: {0}")]
    Unanswered(String),
}

/// A chat platform, seen from a gateway.
///
/// A gateway that never asks to be admitted is served like any other, until another one is
/// admitted.
pub trait Platform: Send + Sync {
    /// Whether the platform recognises a second send with the same key and shows it to nobody.
    fn honours_keys(&self) -> bool;
    /// Admits this gateway as the boot of a token, and from then on refuses every other one. A
    /// token that was admitted last is admitted again.
    fn fence(&self, token: Token) -> Effect<Result<(), FenceError>>;
    /// Waits until there is a message after `after` and returns all of them in order, oldest
    /// first. A message is delivered again until it is acknowledged.
    fn poll(&self, after: Cursor) -> Effect<Result<Vec<Inbound>, PollError>>;
    /// Tells the platform that every message up to `upto` needs no further delivery.
    fn ack(&self, upto: Cursor) -> Effect<Result<(), PollError>>;
    /// Up to where the platform was told that nothing needs further delivery, by any gateway.
    fn acknowledged(&self) -> Effect<Result<Cursor, PollError>>;
    /// Sends a message to a chat.
    fn send(&self, outbound: Outbound) -> Effect<Result<(), SendError>>;
}

/// The platform was not asked for messages, or not told that they were taken.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PollError {
    /// It did not answer; asking again is always safe.
    #[error("platform did not answer: {0}")]
    Unanswered(String),
    /// It refuses this boot for good.
    #[error("platform refuses this boot: {0}")]
    Superseded(#[from] Superseded),
}

/// A message could not be sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SendError {
    /// The platform did not take it: sending again cannot duplicate anything.
    #[error("platform did not take the message: {0}")]
    NotTaken(String),
    /// The platform may have taken it: sending again may show it twice.
    #[error("platform may have taken the message: {0}")]
    Unknown(String),
    /// The platform did not take it, and will take nothing more from this boot.
    #[error("platform refuses this boot: {0}")]
    Superseded(#[from] Superseded),
}

/// The agent back end.
pub trait Agent: Send + Sync {
    /// Admits this gateway as the boot of a token, as [`Platform::fence`] does. The runs of every
    /// other one end: they do nothing more, and whoever waits for one is told why.
    fn fence(&self, token: Token) -> Effect<Result<(), FenceError>>;
    /// Prepares an agent for one turn of a session (this may take long) and starts it.
    ///
    /// # Errors
    ///
    /// If there is no agent for this turn, or none for this boot any more.
    fn open(&self, request: TurnRequest) -> Effect<Result<Arc<dyn Run>, OpenError>>;
}

/// An agent could not be had.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum OpenError {
    /// This turn fails for good: this is what the user is to be told.
    #[error("{0}")]
    Failed(String),
    /// The back end serves another boot: it says nothing about the turn.
    #[error(transparent)]
    Superseded(#[from] Superseded),
}

/// An agent at work on one turn. It ends with the process that started it.
pub trait Run: Send + Sync {
    /// The next thing the agent did.
    ///
    /// Asking acknowledges that the step before it is durable: the agent will not do it again.
    /// After [`TurnEvent::Reply`], [`TurnEvent::Failed`], [`TurnEvent::Interrupted`] or
    /// [`TurnEvent::Superseded`] the run is over and nothing more comes.
    fn next(&self) -> Effect<TurnEvent>;
    /// Asks the agent to give up soon. Whether and when it obeys shows in [`Run::next`].
    fn interrupt(&self) -> Effect<()>;
}

/// What a supervisor or an operator asks of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    /// Stop, and stay down as far as this process is concerned (SIGTERM, SIGINT). A second one
    /// means: do not wait any longer.
    Stop,
    /// Stop in order to be started again (SIGUSR1).
    Restart,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Signal::Stop => "stop",
            Signal::Restart => "restart",
        })
    }
}

/// What the operating system tells this process.
pub trait Signals: Send + Sync {
    /// Waits for the next signal. None is lost between two calls.
    fn next(&self) -> Effect<Signal>;
}

/// A process of this machine. Numbers are used again; number and start together are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct ProcessId {
    /// Its number.
    pub pid: u32,
    /// When it was started, in units and from a beginning that only the operating system knows:
    /// fit to be compared for equality.
    pub started: u64,
}

/// The processes of this machine, as far as anybody may look at them without asking.
pub trait Processes: Send + Sync {
    /// This process.
    fn own(&self) -> ProcessId;
    /// When the process with a number was started; none if no such process lives, or nobody can
    /// tell.
    fn started(&self, pid: u32) -> Option<u64>;
}

/// A source of identifiers.
pub trait Entropy: Send + Sync {
    /// Sixty-four bits that nobody drew before.
    fn next_u64(&self) -> u64;
}

/// Who may have work done for them, as the operator wants it at this moment.
///
/// A look, like the one at the clock: its answer may be another one each time. Whoever was allowed
/// to write a message need not be allowed to have its turn run after a restart.
pub trait Access: Send + Sync {
    /// Whether work may be done for a chat now.
    fn allows(&self, chat: &ChatId) -> bool;
}

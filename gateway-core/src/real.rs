//! The world as it is: an [`Env`] made of tokio and the operating system.
//!
//! The only module of this crate that touches a file system, a clock, a socket, a signal or a
//! source of chance. The agent and who may use it come from whoever embeds the gateway, and so does
//! the chat platform, unless it is one that speaks the wire of [`crate::wire`]: see [`platform`].
//! Each verb hands its request to the operating system when it is called, as [`crate::env`]
//! demands; files are private to their owner.
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this is where the operating system is handed to the gateway"
)]

mod disk;

use std::fs::{DirBuilder, File as OsFile};
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::net::TcpStream;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

use self::disk::OsFs;
use crate::env::{
    Access, Agent, Clock, Effect, Entropy, Env, Fs, Launch, Platform, ProcessId, Processes, Signal,
    Signals, UnixMs,
};
use crate::message::ChatId;
use crate::wire::{Caller, Client};

/// The variable that names a wish to start clean.
const CLEAN_START: &str = "GATEWAY_CLEAN_START";

/// The whole world: a state directory, and what the embedder brings. Called within a tokio
/// runtime with its drivers enabled.
///
/// # Errors
///
/// If the directory cannot be created, or the system has no signals or random numbers to give.
pub fn env(
    root: impl Into<PathBuf>,
    platform: Arc<dyn Platform>,
    agent: Arc<dyn Agent>,
    access: Arc<dyn Access>,
    launch: Launch,
) -> io::Result<Env> {
    let (fs, clock, signals, entropy) = (fs(root)?, clock(), signals()?, entropy()?);
    let processes = processes();
    Ok(Env { fs, clock, platform, agent, signals, processes, entropy, access, launch })
}

/// The state directory at `root`, which is created, mode 0700, if it is not there.
///
/// # Errors
///
/// If it cannot be created.
pub fn fs(root: impl Into<PathBuf>) -> io::Result<Arc<dyn Fs>> {
    let root = root.into();
    DirBuilder::new().recursive(true).mode(0o700).create(&root)?;
    // The directory's own name has to outlive a power loss like everything in it.
    if let Some(parent) = root.parent() {
        let here = Path::new(".");
        OsFile::open(if parent == Path::new("") { here } else { parent })?.sync_all()?;
    }
    Ok(Arc::new(OsFs { root }))
}

/// A chat platform behind a TCP port: the `platform` of [`env()`]. `caller.peer` is its address, as
/// `host:port`; a name is looked up again for each connection. Called within a tokio runtime, which
/// keeps it connected for as long as it is in use.
///
/// It can be used at once, whether or not the platform is up.
///
/// ```no_run
/// use gateway_core::env::{Agent, Env};
/// use gateway_core::real;
/// use gateway_core::wire::{Caller, Keys, Limits};
/// use std::sync::Arc;
///
/// /// Everything that a gateway touches, of a platform that honours keys.
/// fn world(agent: Arc<dyn Agent>) -> std::io::Result<Env> {
///     let platform = real::platform(Caller {
///         who: "gateway-1".to_owned(),
///         peer: "chat.example.org:7400".to_owned(),
///         keys: Keys::Honoured,
///         limits: Limits::standard(),
///     });
///     real::env("/var/lib/gateway", platform, agent, real::everybody(), real::launch())
/// }
/// ```
pub fn platform(caller: Caller) -> Arc<dyn Platform> {
    let address = caller.peer.clone();
    let dial = move || {
        let address = address.clone();
        async move {
            let stream = TcpStream::connect(address).await?;
            // A frame is written at once, and nobody is to wait for one more.
            stream.set_nodelay(true)?;
            Ok(stream)
        }
    };
    let (client, connected) = Client::new(caller, dial);
    tokio::spawn(connected);
    Arc::new(client)
}

/// The system's wall clock.
pub fn clock() -> Arc<dyn Clock> {
    Arc::new(OsClock)
}

/// SIGTERM and SIGINT as stop, SIGUSR1 as restart. Called within a tokio runtime.
///
/// # Errors
///
/// If a handler cannot be installed.
pub fn signals() -> io::Result<Arc<dyn Signals>> {
    let streams = Streams {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
        restart: signal(SignalKind::user_defined1())?,
    };
    Ok(Arc::new(OsSignals { streams: Arc::new(tokio::sync::Mutex::new(streams)) }))
}

/// The processes of this machine. What lives is read from `/proc`, as Linux has it; where there is
/// none, no process is known but this one.
pub fn processes() -> Arc<dyn Processes> {
    Arc::new(OsProcesses)
}

/// The system's random numbers.
///
/// # Errors
///
/// If the system has none.
pub fn entropy() -> io::Result<Arc<dyn Entropy>> {
    Ok(Arc::new(OsEntropy { source: Mutex::new(OsFile::open("/dev/urandom")?) }))
}

/// What the operator has put into the environment of this process: the variable
/// `GATEWAY_CLEAN_START` names a wish to start clean, for example by its date.
///
/// The name may stay where it is: it is granted once. For the next clean start it takes another.
pub fn launch() -> Launch {
    match std::env::var(CLEAN_START) {
        Ok(wish) if !wish.is_empty() => Launch::Clean(wish),
        _ => Launch::Recover,
    }
}

/// For a gateway that whoever reaches it may use.
pub fn everybody() -> Arc<dyn Access> {
    Arc::new(Everybody)
}

struct OsClock;

impl Clock for OsClock {
    fn now(&self) -> UnixMs {
        let milliseconds =
            |length: std::time::Duration| i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        // A clock before 1970 is wrong, but it is what the system says.
        UnixMs(match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => milliseconds(since),
            Err(before) => -milliseconds(before.duration()),
        })
    }
}

struct Streams {
    terminate: Stream,
    interrupt: Stream,
    restart: Stream,
}

struct OsSignals {
    streams: Arc<tokio::sync::Mutex<Streams>>,
}

impl Signals for OsSignals {
    fn next(&self) -> Effect<Signal> {
        let streams = Arc::clone(&self.streams);
        Box::pin(async move {
            let Streams { terminate, interrupt, restart } = &mut *streams.lock().await;
            tokio::select! {
                biased;
                _ = terminate.recv() => Signal::Stop,
                _ = interrupt.recv() => Signal::Stop,
                _ = restart.recv() => Signal::Restart,
            }
        })
    }
}

struct OsProcesses;

impl Processes for OsProcesses {
    fn own(&self) -> ProcessId {
        let pid = std::process::id();
        ProcessId { pid, started: self.started(pid).unwrap_or(0) }
    }

    fn started(&self, pid: u32) -> Option<u64> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        started(&stat)
    }
}

/// When a process was started, in ticks since the machine was, as its line in `/proc` says. The
/// name of its program may hold anything, so fields are counted from behind it. A process that is
/// dead and not yet buried has a line too, and does not live.
fn started(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

struct OsEntropy {
    source: Mutex<OsFile>,
}

impl Entropy for OsEntropy {
    fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        let mut source = self.source.lock().expect("nobody panics while reading entropy");
        source.read_exact(&mut bytes).expect("the system's random numbers do not end");
        u64::from_ne_bytes(bytes)
    }
}

struct Everybody;

impl Access for Everybody {
    fn allows(&self, _: &ChatId) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_process_is_read_from_behind_its_name() {
        let stat = |state: &str| {
            format!("7 (a) S 1) {state} 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20\n")
        };
        assert_eq!(started(&stat("S")), Some(4242));
        assert_eq!(started(&stat("Z")), None, "it is dead");
        assert_eq!(started("7 (a) S 1"), None);
    }

    #[test]
    fn a_process_finds_itself_among_the_living() {
        let processes = processes();
        let own = processes.own();
        assert_eq!(own.pid, std::process::id());
        assert_eq!(processes.started(own.pid).unwrap_or(0), own.started);
        assert_eq!(processes.started(u32::MAX), None);
    }
}

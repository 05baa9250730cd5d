//! The world as it is: an [`Env`] made of tokio and the operating system.
//!
//! The only file of this crate that touches a file system, a clock, a socket, a signal or a
//! source of chance. The agent and who may use it come from whoever embeds the gateway, and so does
//! the chat platform, unless it is one that speaks the wire of [`crate::wire`]: see [`platform`].
//! Each verb hands its request to the operating system when it is called, as [`crate::env`]
//! demands; files are private to their owner.
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this is where the operating system is handed to the gateway"
)]

use std::fs::{DirBuilder, File as OsFile, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{FlockOperation, Mode, OFlags, flock, fsync, open};
use tokio::net::TcpStream;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

use crate::env::{
    Access, Agent, Clock, Effect, Entropy, Env, File, Fs, Launch, Platform, ProcessId, Processes,
    Signal, Signals, UnixMs,
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
///     real::env("/var/lib/gateway", platform, agent)
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

/// Runs a system call beside the runtime, beginning now.
fn call<T: Send + 'static>(
    call: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Effect<io::Result<T>> {
    let running = tokio::task::spawn_blocking(call);
    Box::pin(async move { running.await.unwrap_or_else(|lost| Err(io::Error::other(lost))) })
}

struct OsFs {
    root: PathBuf,
}

impl OsFs {
    /// Where a path is. The root goes by `.`, so that nothing can remove or replace it.
    fn at(&self, path: &str) -> PathBuf {
        self.root.join(if path.is_empty() { "." } else { path })
    }
}

impl Fs for OsFs {
    fn create_new(&self, path: &str) -> Effect<io::Result<Arc<dyn File>>> {
        let path = self.at(path);
        call(move || {
            let mut options = OpenOptions::new();
            let file = options.read(true).write(true).create_new(true).mode(0o600).open(&path)?;
            handle(file, &path)
        })
    }

    fn open(&self, path: &str) -> Effect<io::Result<Arc<dyn File>>> {
        let path = self.at(path);
        call(move || handle(OpenOptions::new().read(true).write(true).open(&path)?, &path))
    }

    fn rename(&self, from: &str, to: &str) -> Effect<io::Result<()>> {
        let (from, to) = (self.at(from), self.at(to));
        call(move || std::fs::rename(from, to))
    }

    fn link(&self, from: &str, to: &str) -> Effect<io::Result<()>> {
        let (from, to) = (self.at(from), self.at(to));
        call(move || std::fs::hard_link(from, to))
    }

    fn remove(&self, path: &str) -> Effect<io::Result<()>> {
        let path = self.at(path);
        call(move || std::fs::remove_file(path))
    }

    fn mkdir(&self, path: &str) -> Effect<io::Result<()>> {
        let path = self.at(path);
        call(move || DirBuilder::new().mode(0o700).create(path))
    }

    fn remove_dir(&self, path: &str) -> Effect<io::Result<()>> {
        let path = self.at(path);
        call(move || std::fs::remove_dir(path))
    }

    fn list(&self, path: &str) -> Effect<io::Result<Vec<String>>> {
        let path = self.at(path);
        call(move || {
            let mut names = Vec::new();
            for entry in std::fs::read_dir(path)? {
                let name = entry?.file_name().into_string();
                names.push(name.or(Err(io::Error::from(io::ErrorKind::InvalidData)))?);
            }
            names.sort();
            Ok(names)
        })
    }

    fn sync_dir(&self, path: &str) -> Effect<io::Result<()>> {
        let path = self.at(path);
        // A file would be synced just as well, and its name would not be.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        call(move || Ok(fsync(open(path, flags, Mode::empty())?)?))
    }

    fn display(&self, path: &str) -> String {
        self.root.join(path).display().to_string()
    }
}

/// Two descriptors of one file: the kernel ignores offsets on one that appends.
fn handle(file: OsFile, path: &Path) -> io::Result<Arc<dyn File>> {
    let tail = OpenOptions::new().append(true).open(path)?;
    Ok(Arc::new(Handle(Arc::new(Descriptors { file, tail }))))
}

struct Handle(Arc<Descriptors>);

struct Descriptors {
    file: OsFile,
    tail: OsFile,
}

impl Handle {
    fn call<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&Descriptors) -> io::Result<T> + Send + 'static,
    ) -> Effect<io::Result<T>> {
        let descriptors = Arc::clone(&self.0);
        call(move || verb(&descriptors))
    }
}

impl File for Handle {
    fn append(&self, bytes: Vec<u8>) -> Effect<io::Result<()>> {
        self.call(move |to| (&to.tail).write_all(&bytes))
    }

    fn write_at(&self, offset: u64, bytes: Vec<u8>) -> Effect<io::Result<()>> {
        self.call(move |to| to.file.write_all_at(&bytes, offset))
    }

    fn read(&self) -> Effect<io::Result<Vec<u8>>> {
        self.call(|from| {
            let length = usize::try_from(from.file.metadata()?.len()).map_err(io::Error::other)?;
            let mut bytes = vec![0; length];
            from.file.read_exact_at(&mut bytes, 0)?;
            Ok(bytes)
        })
    }

    fn truncate(&self, len: u64) -> Effect<io::Result<()>> {
        self.call(move |to| to.file.set_len(len))
    }

    fn sync_file(&self) -> Effect<io::Result<()>> {
        self.call(|to| to.file.sync_all())
    }

    fn sync_data(&self) -> Effect<io::Result<()>> {
        self.call(|to| to.file.sync_data())
    }

    fn try_lock(&self) -> Effect<io::Result<bool>> {
        self.call(|to| match flock(&to.file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
            Err(errno) => Err(errno.into()),
        })
    }

    fn unlock(&self) -> Effect<io::Result<()>> {
        self.call(|to| Ok(flock(&to.file, FlockOperation::Unlock)?))
    }
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

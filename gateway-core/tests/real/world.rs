//! A world around the real disk: users who write, an agent that answers, and a disk that can be
//! full.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use gateway_core::Core;
use gateway_core::env::{
    Agent, Effect, Env, Exit, File, Fs, Gateway as _, Platform, PollError, Run, SendError, Signal,
    Signals, UnixMs,
};
use gateway_core::message::{
    Body, ChatId, Cursor, Entry, Inbound, Kind, MessageId, Outbound, TurnEvent, TurnRequest,
};
use gateway_core::real;
use gateway_core::settings::Settings;

/// What users do, and what is seen of the gateway from outside.
#[derive(Default)]
pub struct Users {
    /// How many chats there are.
    pub chats: u64,
    /// How many messages are written in all, in turn to each chat. With the last answer the
    /// gateway is asked to stop; at once if nobody writes.
    pub messages: u64,
    /// Up to where the platform was told that nothing more is needed.
    pub acked: AtomicU64,
    /// The answers that were sent.
    pub answers: AtomicU64,
    /// How many entries of history the agents were given at most.
    pub history: AtomicU64,
    /// Whether the disk is full.
    pub full: AtomicBool,
    /// How many steps are yet to come before the disk is full, for a while.
    pub steps_until_full: AtomicU64,
    /// The largest that a file of the state directory was when somebody looked.
    pub largest: AtomicU64,
    stop: tokio::sync::Notify,
}

impl Users {
    /// Users who write so many messages, in turn to so many chats.
    pub fn who_write(messages: u64, chats: u64) -> Arc<Users> {
        let (acked, steps_until_full) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
        Arc::new(Users { chats, messages, acked, steps_until_full, ..Users::default() })
    }

    fn inbound(&self, number: u64) -> Inbound {
        let chat = ChatId(format!("c{}", number % self.chats));
        let (id, sent_at) = (MessageId(number), UnixMs(0));
        Inbound { id, chat, sent_at, body: Body::Text(format!("message {number}")) }
    }
}

/// The same users as everything that a gateway may touch.
#[derive(Clone)]
struct Seen(Arc<Users>);

impl Platform for Seen {
    fn honours_keys(&self) -> bool {
        true
    }

    fn poll(&self, after: Cursor) -> Effect<Result<Vec<Inbound>, PollError>> {
        let users = &self.0;
        if users.answers.load(Ordering::Relaxed) >= users.messages {
            users.stop.notify_one();
        }
        // One message for each chat at a time, so that they are not all queued at once.
        let upto = users.messages.min(after.0 + users.chats.max(1));
        let waits = after.0 >= upto;
        let messages = (after.0 + 1..=upto).map(|number| users.inbound(number)).collect();
        Box::pin(async move {
            if waits {
                std::future::pending::<()>().await;
            }
            Ok(messages)
        })
    }

    fn ack(&self, upto: Cursor) -> Effect<Result<(), PollError>> {
        self.0.acked.fetch_max(upto.0, Ordering::Relaxed);
        Box::pin(async { Ok(()) })
    }

    fn acknowledged(&self) -> Effect<Result<Cursor, PollError>> {
        let upto = Cursor(self.0.acked.load(Ordering::Relaxed));
        Box::pin(async move { Ok(upto) })
    }

    fn send(&self, outbound: Outbound) -> Effect<Result<(), SendError>> {
        if matches!(outbound.kind, Kind::Answer { .. }) {
            let answers = self.0.answers.fetch_add(1, Ordering::Relaxed) + 1;
            if answers == self.0.messages {
                self.0.stop.notify_one();
            }
        }
        Box::pin(async { Ok(()) })
    }
}

impl Agent for Seen {
    fn open(&self, request: TurnRequest) -> Effect<Result<Arc<dyn Run>, String>> {
        let entries = request.history.len() as u64;
        self.0.history.fetch_max(entries, Ordering::Relaxed);
        let whole = request.history.iter().filter(|entry| matches!(entry, Entry::Reply(_)));
        assert!(entries.is_multiple_of(3) && whole.count() as u64 * 3 == entries, "{request:?}");
        let text = format!("answer to {:?}", request.messages[0].body);
        let run = Work { users: Arc::clone(&self.0), text, asked: AtomicBool::new(false) };
        Box::pin(async { Ok(Arc::new(run) as Arc<dyn Run>) })
    }
}

/// One step, then the answer.
struct Work {
    users: Arc<Users>,
    text: String,
    asked: AtomicBool,
}

impl Run for Work {
    fn next(&self) -> Effect<TurnEvent> {
        let users = Arc::clone(&self.users);
        let event = if self.asked.swap(true, Ordering::Relaxed) {
            TurnEvent::Reply(self.text.clone())
        } else {
            TurnEvent::Step("a step".to_owned())
        };
        Box::pin(async move {
            if users.steps_until_full.fetch_sub(1, Ordering::Relaxed) == 1 {
                users.full.store(true, Ordering::Relaxed);
                tokio::spawn(async move {
                    tokio::time::sleep(std::time::Duration::from_secs(20)).await;
                    users.full.store(false, Ordering::Relaxed);
                });
            }
            event
        })
    }

    fn interrupt(&self) -> Effect<()> {
        Box::pin(async {})
    }
}

impl Signals for Seen {
    fn next(&self) -> Effect<Signal> {
        let users = Arc::clone(&self.0);
        Box::pin(async move {
            users.stop.notified().await;
            Signal::Stop
        })
    }
}

/// The real disk, which takes nothing while it is full.
struct Disk {
    fs: Arc<dyn Fs>,
    users: Arc<Users>,
}

struct DiskFile {
    file: Arc<dyn File>,
    users: Arc<Users>,
}

/// What a full disk says.
fn full<T: Send + 'static>(users: &Users) -> Option<Effect<io::Result<T>>> {
    let no_space = || io::Error::from_raw_os_error(28);
    let is_full = users.full.load(Ordering::Relaxed);
    is_full.then(|| Box::pin(async move { Err(no_space()) }) as Effect<io::Result<T>>)
}

impl Disk {
    fn file(&self, file: Effect<io::Result<Arc<dyn File>>>) -> Effect<io::Result<Arc<dyn File>>> {
        let users = Arc::clone(&self.users);
        Box::pin(
            async move { Ok(Arc::new(DiskFile { file: file.await?, users }) as Arc<dyn File>) },
        )
    }
}

impl Fs for Disk {
    fn create_new(&self, path: &str) -> Effect<io::Result<Arc<dyn File>>> {
        full(&self.users).unwrap_or_else(|| self.file(self.fs.create_new(path)))
    }
    fn open(&self, path: &str) -> Effect<io::Result<Arc<dyn File>>> {
        self.file(self.fs.open(path))
    }
    fn rename(&self, from: &str, to: &str) -> Effect<io::Result<()>> {
        self.fs.rename(from, to)
    }
    fn link(&self, from: &str, to: &str) -> Effect<io::Result<()>> {
        self.fs.link(from, to)
    }
    fn remove(&self, path: &str) -> Effect<io::Result<()>> {
        self.fs.remove(path)
    }
    fn remove_dir(&self, path: &str) -> Effect<io::Result<()>> {
        self.fs.remove_dir(path)
    }
    fn mkdir(&self, path: &str) -> Effect<io::Result<()>> {
        full(&self.users).unwrap_or_else(|| self.fs.mkdir(path))
    }
    fn list(&self, path: &str) -> Effect<io::Result<Vec<String>>> {
        self.fs.list(path)
    }
    fn sync_dir(&self, path: &str) -> Effect<io::Result<()>> {
        self.fs.sync_dir(path)
    }
    fn display(&self, path: &str) -> String {
        self.fs.display(path)
    }
}

impl File for DiskFile {
    fn append(&self, bytes: Vec<u8>) -> Effect<io::Result<()>> {
        full(&self.users).unwrap_or_else(|| self.file.append(bytes))
    }
    fn write_at(&self, offset: u64, bytes: Vec<u8>) -> Effect<io::Result<()>> {
        full(&self.users).unwrap_or_else(|| self.file.write_at(offset, bytes))
    }
    fn read(&self) -> Effect<io::Result<Vec<u8>>> {
        self.file.read()
    }
    fn truncate(&self, len: u64) -> Effect<io::Result<()>> {
        self.file.truncate(len)
    }
    fn sync_file(&self) -> Effect<io::Result<()>> {
        self.file.sync_file()
    }
    fn sync_data(&self) -> Effect<io::Result<()>> {
        // As good a moment as any to see how large a journal grows.
        let (length, users) = (self.file.read(), Arc::clone(&self.users));
        let synced = self.file.sync_data();
        Box::pin(async move {
            users.largest.fetch_max(length.await?.len() as u64, Ordering::Relaxed);
            synced.await
        })
    }
    fn try_lock(&self) -> Effect<io::Result<bool>> {
        self.file.try_lock()
    }
    fn unlock(&self) -> Effect<io::Result<()>> {
        self.file.unlock()
    }
}

/// One boot, among these users, and what it told the operator.
pub async fn boot(root: &Path, users: &Arc<Users>, settings: Settings) -> (Exit, String) {
    let seen = Arc::new(Seen(Arc::clone(users)));
    let fs = real::fs(root).expect("a temporary directory can be used");
    let env = Env {
        fs: Arc::new(Disk { fs, users: Arc::clone(users) }),
        clock: real::clock(),
        platform: seen.clone(),
        agent: seen.clone(),
        signals: seen,
        entropy: real::entropy().expect("the system has random numbers"),
    };
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let exit = Core::new(settings).boot(env).await;
    drop(guard);
    let bytes = log.0.lock().expect("nobody panicked while logging").clone();
    (exit, String::from_utf8(bytes).expect("a log is text"))
}

/// An operator's log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panicked while logging").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

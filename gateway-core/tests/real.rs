//! The gateway over the real file system: what it refuses, and that it leaves it alone.
#![expect(
    clippy::disallowed_methods,
    reason = "what the gateway left on the disk is looked at from outside"
)]

use std::path::Path;
use std::sync::{Arc, Mutex};

use gateway_core::Core;
use gateway_core::env::{
    Agent, Effect, Env, Exit, Gateway as _, Platform, PollError, Run, SendError, Signal, Signals,
};
use gateway_core::message::{Cursor, Inbound, Outbound, TurnRequest};
use gateway_core::real;
use gateway_core::settings::Settings;

/// A platform where nobody writes and an agent that nobody asks. The first poll, which says that
/// the gateway serves, asks it to stop.
struct Nobody(Arc<tokio::sync::Notify>);

impl Platform for Nobody {
    fn honours_keys(&self) -> bool {
        false
    }
    fn poll(&self, _after: Cursor) -> Effect<Result<Vec<Inbound>, PollError>> {
        self.0.notify_one();
        Box::pin(std::future::pending())
    }
    fn ack(&self, _upto: Cursor) -> Effect<Result<(), PollError>> {
        Box::pin(async { Ok(()) })
    }
    fn send(&self, _outbound: Outbound) -> Effect<Result<(), SendError>> {
        Box::pin(async { Ok(()) })
    }
}

impl Agent for Nobody {
    fn open(&self, _request: TurnRequest) -> Effect<Result<Arc<dyn Run>, String>> {
        Box::pin(async { Err("nobody is here".to_owned()) })
    }
}

/// Signals that come from the platform above.
struct Hand(Arc<tokio::sync::Notify>);

impl Signals for Hand {
    fn next(&self) -> Effect<Signal> {
        let notify = Arc::clone(&self.0);
        Box::pin(async move {
            notify.notified().await;
            Signal::Stop
        })
    }
}

/// One boot, which is asked to stop as soon as it serves.
async fn boot(root: &Path, settings: Settings) -> Exit {
    let stop = Arc::new(tokio::sync::Notify::new());
    let nobody = Arc::new(Nobody(Arc::clone(&stop)));
    let env = Env {
        fs: real::fs(root).expect("a temporary directory can be used"),
        clock: real::clock(),
        platform: Arc::clone(&nobody) as Arc<dyn Platform>,
        agent: nobody,
        signals: Arc::new(Hand(stop)),
        entropy: real::entropy().expect("the system has random numbers"),
    };
    Core::new(settings).boot(env).await
}

/// The same, and what it told the operator.
async fn boot_logged(root: &Path) -> (Exit, String) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let exit = boot(root, Settings::standard()).await;
    drop(guard);
    let bytes = log.0.lock().expect("nobody panicked while logging").clone();
    (exit, String::from_utf8(bytes).expect("a log is text"))
}

/// An operator's log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panicked while logging").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn read(root: &Path) -> Vec<u8> {
    std::fs::read(root.join("journal")).expect("a boot has created it")
}

fn write(root: &Path, bytes: &[u8]) {
    std::fs::write(root.join("journal"), bytes).expect("the directory is writable");
}

#[tokio::test]
async fn an_idle_gateway_boots_again_and_again() {
    let root = tempfile::tempdir().expect("a temporary directory");
    for _ in 0..3 {
        assert_eq!(boot(root.path(), Settings::standard()).await, Exit::Planned);
    }
    assert!(String::from_utf8(read(root.path())).expect("text").contains("sealed"));
}

#[tokio::test]
async fn files_are_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let root = tempfile::tempdir().expect("a temporary directory");
    boot(root.path(), Settings::standard()).await;
    for name in ["journal", "lock"] {
        let meta = std::fs::metadata(root.path().join(name)).expect("a boot has created it");
        assert_eq!(meta.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_second_gateway_is_refused_and_changes_nothing() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let fs = real::fs(root.path()).expect("a temporary directory can be used");
    let lock = fs.create_new("lock").await.expect("it is not there yet");
    assert!(lock.try_lock().await.expect("it can be locked"));
    let (exit, log) = boot_logged(root.path()).await;
    assert_eq!(exit, Exit::Failed);
    let path = root.path().join("lock").display().to_string();
    assert!(log.contains("ERROR") && log.contains(&path), "{log}");
    assert_eq!(fs.list("").await.expect("it is there"), ["lock"]);
    // Its holder is gone, the file is not: that means nothing.
    drop(lock);
    assert_eq!(boot(root.path(), Settings::standard()).await, Exit::Planned);
}

#[tokio::test]
async fn a_file_lives_on_by_its_second_name() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let fs = real::fs(root.path()).expect("a temporary directory can be used");
    let file = fs.create_new("a").await.expect("it is not there yet");
    fs.mkdir("d").await.expect("it is not there yet");
    fs.link("a", "d/b").await.expect("it is not there yet");
    fs.remove("a").await.expect("it is there");
    file.append(b"text".to_vec()).await.expect("it is open");
    let again = fs.open("d/b").await.expect("it is there");
    assert_eq!(again.read().await.expect("it is open"), b"text");
}

#[tokio::test]
async fn errors_carry_their_errno_and_the_root_stays() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let fs = real::fs(root.path()).expect("a temporary directory can be used");
    let errno = |result: std::io::Result<()>| result.expect_err("it fails").raw_os_error();
    fs.create_new("a").await.expect("it is not there yet");
    assert_eq!(errno(fs.link("a", "a").await), Some(17), "EEXIST");
    assert_eq!(errno(fs.link("", "b").await), Some(1), "EPERM");
    assert_eq!(errno(fs.remove_dir("a").await), Some(20), "ENOTDIR");
    assert_eq!(errno(fs.sync_dir("a").await), Some(20), "ENOTDIR");
    fs.remove("a").await.expect("it is there");
    assert_eq!(errno(fs.remove_dir("").await), Some(22), "EINVAL");
    fs.sync_dir("").await.expect("the root is there");
    fs.mkdir("d").await.expect("it is not there yet");
    fs.remove_dir("d").await.expect("it is empty");
    assert!(fs.list("").await.expect("the root is there").is_empty());
}

#[tokio::test]
async fn a_torn_tail_is_cut_and_reported() {
    let root = tempfile::tempdir().expect("a temporary directory");
    boot(root.path(), Settings::standard()).await;
    let good = read(root.path());
    let mut torn = good.clone();
    torn.extend_from_slice(&good[good.len() - 20..good.len() - 1]);
    torn.extend_from_slice(&[0; 100]);
    write(root.path(), &torn);
    let (exit, log) = boot_logged(root.path()).await;
    assert_eq!(exit, Exit::Planned);
    let path = root.path().join("journal").display().to_string();
    assert!(log.contains("WARN") && log.contains(&path) && log.contains("119"), "{log}");
    let after = read(root.path());
    assert!(after.starts_with(&good) && !after.contains(&0));
}

#[tokio::test]
async fn damage_in_the_middle_is_refused_and_kept() {
    let root = tempfile::tempdir().expect("a temporary directory");
    boot(root.path(), Settings::standard()).await;
    boot(root.path(), Settings::standard()).await;
    let mut bytes = read(root.path());
    for index in [0, 40] {
        bytes[index] ^= 1;
        write(root.path(), &bytes);
        let (exit, log) = boot_logged(root.path()).await;
        assert_eq!(exit, Exit::Config);
        let path = root.path().join("journal").display().to_string();
        assert!(log.contains("ERROR") && log.contains(&path), "{log}");
        assert_eq!(read(root.path()), bytes);
        bytes[index] ^= 1;
    }
}

#[tokio::test]
async fn a_budget_without_a_drain_is_refused() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let stop_budget = std::time::Duration::from_secs(15);
    let settings = Settings { stop_budget, ..Settings::standard() };
    assert_eq!(boot(root.path(), settings).await, Exit::Config);
    assert_eq!(std::fs::read_dir(root.path()).expect("it is there").count(), 0);
}

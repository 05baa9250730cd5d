//! One boot on the real disk, and what it told the operator.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use gateway_core::Core;
use gateway_core::env::{Exit, Gateway as _};
use gateway_core::settings::Settings;

use super::users::{Users, env};

/// One boot, among these users, and its log.
pub(crate) async fn boot(root: &Path, users: &Arc<Users>, settings: Settings) -> (Exit, String) {
    let env = env(root, users).expect("a temporary directory can be used");
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

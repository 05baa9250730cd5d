//! A network in memory: connections that are dialled and served.
//!
//! Every task of it is watched: a panic in one of them fails the test.

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateway_core::wire::{Caller, Client, Keys, Limits, serve};
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::board::{Board, port};

/// The tasks of a test.
#[derive(Clone, Default)]
pub(crate) struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl Tasks {
    /// Runs something beside the test.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.lock().expect("nobody panics while spawning").spawn(task);
    }

    /// Waits until all are done and passes a panic of any of them on.
    pub(crate) async fn join(self) {
        loop {
            let next = {
                let mut tasks = self.0.lock().expect("nobody panics while spawning");
                std::mem::take(&mut *tasks)
            };
            if next.is_empty() {
                return;
            }
            next.join_all().await;
        }
    }
}

/// Runs a test in a time that jumps. One that waits for ever fails.
pub(crate) fn on_a_paused_clock<T>(test: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build();
    runtime.expect("a runtime without any driver but time").block_on(in_time(test))
}

/// Waits, and fails rather than wait for ever: hours of a paused clock are over at once.
async fn in_time<T>(wait: impl Future<Output = T>) -> T {
    let hours = Duration::from_secs(2 * 3600);
    tokio::time::timeout(hours, wait).await.expect("it comes to an end")
}

/// Who calls in these tests.
pub(crate) fn caller(limits: Limits) -> Caller {
    let (who, peer) = ("gateway".to_owned(), "board".to_owned());
    Caller { who, peer, keys: Keys::Ignored, limits }
}

/// A client whose connections are handed, one after the other, to whoever plays the platform.
pub(crate) fn dialled(
    tasks: &Tasks,
    caller: Caller,
    buffer: usize,
) -> (Client, mpsc::UnboundedReceiver<DuplexStream>) {
    let (dialled, accepted) = mpsc::unbounded_channel();
    let dial = move || {
        let (near, far) = tokio::io::duplex(buffer);
        let lost = |_| io::Error::from(io::ErrorKind::ConnectionRefused);
        std::future::ready(dialled.send(far).map(|()| near).map_err(lost))
    };
    let (client, connected) = Client::new(caller, dial);
    tasks.spawn(connected);
    (client, accepted)
}

/// Serves a board on one connection.
pub(crate) fn board_on(
    stream: DuplexStream,
    board: &Arc<Board>,
    limits: Limits,
) -> impl Future<Output = ()> + Send + 'static {
    let platform = port(board);
    async move { serve(stream, "gateway", limits, |_| Ok(platform)).await }
}

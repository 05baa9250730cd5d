//! What every task of one boot of the marks-only gateway shares.
//!
//! Marks have one lock, held across the replacement of their file; accepting a message holds it
//! too, so that a premark sees a message either before or after. The lock of the memory is never
//! held while anything waits.

use std::io;
use std::sync::{Mutex, MutexGuard};

use gateway_core::env::{Env, Signal};
use gateway_core::message::{Inbound, MessageId, SessionId};
use gateway_core::settings::Settings;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use super::live::Live;
use super::marks::{BootId, Marks};
use super::store::{Found, Store};

/// What every task of one boot shares.
pub(super) struct Hub {
    pub(super) settings: Settings,
    pub(super) env: Env,
    pub(super) store: Store,
    pub(super) boot: BootId,
    /// The last message that an earlier boot accepted.
    pub(super) accepted: MessageId,
    pub(super) marks: tokio::sync::Mutex<MarkBook>,
    live: Mutex<Live>,
    ended: watch::Sender<()>,
    asked: UnboundedSender<Signal>,
}

/// The marks, as they are in their file.
pub(super) struct MarkBook {
    pub(super) marks: Marks,
    /// Whether this boot's stop has marked what it found. From then on a message is marked
    /// before it is accepted.
    pub(super) premarked: bool,
}

impl MarkBook {
    /// Replaces the marks, in the file and then here. Nothing is written if nothing changes.
    pub(super) async fn replace(&mut self, store: &Store, marks: Marks) -> io::Result<()> {
        if marks != self.marks {
            store.replace_marks(&marks).await?;
            self.marks = marks;
        }
        Ok(())
    }
}

impl Hub {
    pub(super) fn new(
        settings: Settings,
        env: Env,
        store: Store,
        found: Found,
        asked: UnboundedSender<Signal>,
    ) -> Hub {
        let boot = BootId(env.entropy.next_u64());
        let marks = tokio::sync::Mutex::new(MarkBook { marks: found.marks, premarked: false });
        let live = Mutex::new(Live::default());
        let ended = watch::Sender::new(());
        Hub { settings, env, store, boot, accepted: found.accepted, marks, live, ended, asked }
    }

    /// The memory of this boot.
    pub(super) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().expect("nothing panics with the memory of the boot")
    }

    /// A change of the memory that ends a turn: whoever waits for one looks again.
    pub(super) fn end(&self, change: impl FnOnce(&mut Live)) {
        change(&mut self.live());
        self.ended.send_replace(());
    }

    /// Waits until what `over` looks for in the memory is so.
    pub(super) async fn until(&self, over: impl Fn(&Live) -> bool) {
        let mut ended = self.ended.subscribe();
        let waited = ended.wait_for(|()| over(&self.live())).await;
        waited.expect("the hub itself keeps the sender");
    }

    /// A new session id.
    pub(super) fn new_session(&self) -> SessionId {
        SessionId(format!("{:016x}", self.env.entropy.next_u64()))
    }

    /// A restart that was asked for from within.
    pub(super) fn ask_restart(&self) {
        if self.asked.send(Signal::Restart).is_err() {
            tracing::debug!("a restart was asked for when the stop was over");
        }
    }

    /// Removes the marks that earlier boots left of a message that is answered now.
    pub(super) async fn answered(&self, message: &Inbound) -> io::Result<()> {
        let mut book = self.marks.lock().await;
        let marks = book.marks.without_older(self.boot, message.id);
        book.replace(&self.store, marks).await
    }
}

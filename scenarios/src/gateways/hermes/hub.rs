//! What every task of one boot of the model shares.
//!
//! The index and its save are one slice under one lock, as they are in the real code, which saves
//! on its event loop. The lock of the memory is never held while anything waits.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use gateway_core::env::{Env, Signal, UnixMs};
use gateway_core::message::{ChatId, Cursor, Kind, MessageId, Outbound, SessionId};
use gateway_core::settings::Settings;
use tokio::sync::mpsc::UnboundedSender;

use super::index::Index;
use super::ledger::Ledger;
use super::live::Live;
use super::policy::{Drain, Offset, Policies, Zone};
use super::store::{LEDGER, Store};
use super::times::ZONE_MS;

/// What every task of one boot shares.
pub(super) struct Hub {
    pub(super) policies: Policies,
    pub(super) settings: Settings,
    pub(super) env: Env,
    pub(super) store: Store,
    index: tokio::sync::Mutex<Index>,
    ledger: tokio::sync::Mutex<Ledger>,
    live: Mutex<Live>,
    /// When this boot began.
    pub(super) began_at: UnixMs,
    asked: UnboundedSender<Signal>,
}

impl Hub {
    pub(super) fn new(
        policies: Policies,
        settings: Settings,
        env: Env,
        asked: UnboundedSender<Signal>,
    ) -> Hub {
        let store = Store::new(env.fs.clone());
        let index = tokio::sync::Mutex::new(Index::default());
        let ledger = tokio::sync::Mutex::new(Ledger::default());
        let live = Mutex::new(Live::new(policies.queue, policies.cap));
        let began_at = env.clock.now();
        Hub { policies, settings, env, store, index, ledger, live, began_at, asked }
    }

    /// The memory of this boot.
    pub(super) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().expect("nothing panics with the memory of the boot")
    }

    /// How long a stop waits for turns.
    pub(super) fn drain_timeout(&self) -> Duration {
        match self.policies.drain {
            Drain::Configured => self.settings.drain_timeout,
            Drain::Zero => Duration::ZERO,
        }
    }

    /// How old a flag may be, in milliseconds.
    pub(super) fn window_ms(&self) -> i64 {
        i64::try_from(self.settings.resume_window.as_millis()).unwrap_or(i64::MAX)
    }

    /// The time that is written into a flag.
    pub(super) fn flag_time(&self) -> UnixMs {
        let now = self.env.clock.now();
        match self.policies.zone {
            Zone::One => now,
            Zone::Mixed => UnixMs(now.0 - ZONE_MS),
        }
    }

    /// Reads the index from its file, once per boot.
    pub(super) async fn load_index(&self) {
        let mut index = self.index.lock().await;
        *index = self.store.load_index().await;
    }

    /// Reads the ledger from its file, once per boot.
    pub(super) async fn load_ledger(&self) {
        let mut ledger = self.ledger.lock().await;
        *ledger = self.store.load(LEDGER).await;
    }

    /// Changes the index and saves it whole. The change stays in memory even if the save fails,
    /// as it does in the real code.
    pub(super) async fn save<T>(
        &self,
        change: impl FnOnce(&mut Index) -> T,
    ) -> (T, std::io::Result<()>) {
        let mut index = self.index.lock().await;
        let answer = change(&mut index);
        let saved = self.store.save_index(&index).await;
        (answer, saved)
    }

    /// Changes the index, and saves it only if the change says that there was one.
    pub(super) async fn save_if(
        &self,
        change: impl FnOnce(&mut Index) -> bool,
    ) -> std::io::Result<()> {
        let mut index = self.index.lock().await;
        if change(&mut index) { self.store.save_index(&index).await } else { Ok(()) }
    }

    /// Looks something up in the index.
    pub(super) async fn look<T>(&self, read: impl FnOnce(&Index) -> T) -> T {
        read(&*self.index.lock().await)
    }

    /// Changes the ledger and saves it whole. A row that cannot be written protects nothing, and
    /// nobody is told.
    pub(super) async fn note<T>(&self, change: impl FnOnce(&mut Ledger) -> T) -> T {
        let mut ledger = self.ledger.lock().await;
        let answer = change(&mut ledger);
        if let Err(error) = self.store.replace(LEDGER, &*ledger).await {
            tracing::debug!(%error, "the ledger could not be saved");
        }
        answer
    }

    /// Looks something up in the ledger.
    pub(super) async fn owed<T>(&self, read: impl FnOnce(&Ledger) -> T) -> T {
        read(&*self.ledger.lock().await)
    }

    /// Sends once; whether the platform took it. The key is new for every send: the real gateway
    /// knew no idempotency.
    pub(super) async fn send(&self, chat: &ChatId, kind: Kind, text: &str) -> bool {
        let key = format!("{:016x}", self.env.entropy.next_u64());
        let outbound = Outbound { chat: chat.clone(), key, kind, text: text.to_owned() };
        let sent = self.env.platform.send(outbound).await;
        if let Err(error) = &sent {
            tracing::warn!(%chat, %error, "send failed, the message is dropped");
        }
        sent.is_ok()
    }

    /// Moves the platform's offset.
    pub(super) async fn acknowledge(&self, upto: Cursor) {
        if let Err(error) = self.env.platform.ack(upto).await {
            tracing::warn!(%error, "the offset could not be moved");
        }
    }

    /// A message needs no more work: where the offset waits for that, it moves.
    pub(super) async fn done_with(&self, message: MessageId) {
        if self.policies.offset == Offset::AfterTurn {
            let upto = self.live().done_with(message);
            self.acknowledge(upto).await;
        }
    }

    /// A new session id.
    pub(super) fn new_session(&self) -> SessionId {
        SessionId(format!("{:016x}", self.env.entropy.next_u64()))
    }

    /// A restart that was asked for from within (3.1).
    pub(super) fn ask_restart(&self) {
        if self.asked.send(Signal::Restart).is_err() {
            tracing::debug!("a restart was asked for when the stop was over");
        }
    }
}

//! What every task of one boot of the model shares.
//!
//! The index and its save are one slice under one lock, as they are in the real code, which saves
//! on its event loop. The lock of the memory is never held while anything waits.

use std::sync::{Mutex, MutexGuard};

use gateway_core::env::{Env, Signal};
use gateway_core::message::{ChatId, Kind, Outbound, SessionId};
use gateway_core::settings::Settings;
use tokio::sync::mpsc::UnboundedSender;

use super::gateway::Era;
use super::index::Index;
use super::live::Live;
use super::store::Store;

/// What every task of one boot shares.
pub(super) struct Hub {
    pub(super) era: Era,
    pub(super) settings: Settings,
    pub(super) env: Env,
    pub(super) store: Store,
    index: tokio::sync::Mutex<Index>,
    live: Mutex<Live>,
    asked: UnboundedSender<Signal>,
}

impl Hub {
    pub(super) fn new(
        era: Era,
        settings: Settings,
        env: Env,
        asked: UnboundedSender<Signal>,
    ) -> Hub {
        let store = Store::new(env.fs.clone());
        let index = tokio::sync::Mutex::new(Index::default());
        Hub { era, settings, env, store, index, live: Mutex::new(Live::new()), asked }
    }

    /// The memory of this boot.
    pub(super) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().expect("nothing panics with the memory of the boot")
    }

    /// Reads the index from its file, once per boot.
    pub(super) async fn load_index(&self) {
        let mut index = self.index.lock().await;
        *index = self.store.load_index().await;
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

    /// Sends once. The key is new for every send: the real gateway knew no idempotency. What the
    /// platform did not take is dropped after a line in the log.
    pub(super) async fn send(&self, chat: &ChatId, kind: Kind, text: &str) {
        let key = format!("{:016x}", self.env.entropy.next_u64());
        let outbound = Outbound { chat: chat.clone(), key, kind, text: text.to_owned() };
        if let Err(error) = self.env.platform.send(outbound).await {
            tracing::warn!(%chat, %error, "send failed, the message is dropped");
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

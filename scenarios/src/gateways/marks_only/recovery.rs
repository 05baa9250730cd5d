//! Recovery: what the marks say is done, and nothing else is believed.

use std::io;
use std::sync::Arc;

use gateway_core::env::{Env, File, Signal};
use gateway_core::settings::Settings;
use tokio::sync::mpsc::UnboundedSender;

use super::hub::Hub;
use super::live::{Job, Origin};
use super::store::Store;
use super::turn;

/// Opens the store and starts what the marks of earlier stops say is unfinished.
pub(super) async fn recover(
    settings: Settings,
    env: Env,
    lock: Arc<dyn File>,
    asked: UnboundedSender<Signal>,
) -> io::Result<Arc<Hub>> {
    let (store, mut found) = Store::open(env.fs.clone(), lock).await?;
    let work = found.marks.work();
    // A message of a stop was marked before it was accepted. If a death came in between, the
    // platform delivers it again, and it must be recognised when its mark is long gone.
    let before = found.accepted;
    for mark in work.iter().filter(|mark| mark.message.id > before) {
        store.accept(&mark.message).await?;
        found.accepted = mark.message.id;
    }
    let hub = Arc::new(Hub::new(settings, env, store, found, asked));
    for mark in work {
        let chat = mark.message.chat.clone();
        let job = Job { message: mark.message, origin: Origin::Mark(mark.work) };
        if hub.live().enqueue(job) {
            tokio::spawn(turn::serve(hub.clone(), chat));
        }
    }
    Ok(hub)
}

//! One at a time for whoever changes the names in the state directory and syncs it.
//!
//! A sync that fails may drop what others did to the same directory, and theirs would then be a
//! success that it is not. So nobody changes a name that must be durable while somebody else has
//! yet to sync one.

use tokio::sync::{Mutex, MutexGuard};

/// The names in the state directory.
pub(crate) struct Names(Mutex<()>);

impl Names {
    /// Nobody changes them.
    pub(crate) fn new() -> Names {
        Names(Mutex::new(()))
    }

    /// Waits until nobody else changes them; nobody will for as long as the answer is kept.
    pub(crate) async fn alone(&self) -> MutexGuard<'_, ()> {
        self.0.lock().await
    }
}

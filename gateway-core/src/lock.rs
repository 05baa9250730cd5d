//! One gateway for one state directory.
//!
//! The lock is the kernel's and dies with its holder. That the file exists means nothing, and it
//! is never removed: a name that comes and goes could be locked twice. Who finds it held waits
//! for a while: the holder may be about to end, as where one process takes another's place.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::env::{File, Fs};
use crate::error::{BootError, failed};

/// The lock's name in the state directory.
pub(crate) const NAME: &str = "lock";

/// The pause before a lock that was held is tried again. It doubles: most holders end at once or
/// drain for long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest such pause: nobody is served in it.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Takes the lock, which is held for as long as the file is open.
///
/// # Errors
///
/// If a live process holds it and does not let go for as long as `patience`, or the file system
/// refuses.
pub(crate) async fn take(fs: &dyn Fs, patience: Duration) -> Result<Arc<dyn File>, BootError> {
    let file = match fs.open(NAME).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            match fs.create_new(NAME).await {
                // Another gateway was faster to create it; the lock decides between the two.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs.open(NAME).await,
                created => created,
            }
        }
        opened => opened,
    };
    let file = file.map_err(failed(fs, "open lock", NAME))?;
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    while !file.try_lock().await.map_err(failed(fs, "take lock", NAME))? {
        let left = patience.saturating_sub(began.elapsed());
        if left.is_zero() {
            return Err(BootError::Held { path: fs.display(NAME), patience });
        }
        if pause == FIRST_PAUSE {
            tracing::info!("another gateway holds the lock; it may take {patience:?} to let go");
        }
        sleep(pause.min(left)).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
    Ok(file)
}

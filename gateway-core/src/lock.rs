//! One gateway for one state directory.
//!
//! The lock is the kernel's and dies with its holder. That the file exists means nothing, and it
//! is never removed: a name that comes and goes could be locked twice.

use std::io;
use std::sync::Arc;

use crate::env::{File, Fs};
use crate::error::{BootError, failed};

/// The lock's name in the state directory.
pub(crate) const NAME: &str = "lock";

/// Takes the lock, which is held for as long as the file is open.
///
/// # Errors
///
/// If a live process holds it, or the file system refuses.
pub(crate) async fn take(fs: &dyn Fs) -> Result<Arc<dyn File>, BootError> {
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
    if file.try_lock().await.map_err(failed(fs, "take lock", NAME))? {
        Ok(file)
    } else {
        Err(BootError::Held { path: fs.display(NAME) })
    }
}

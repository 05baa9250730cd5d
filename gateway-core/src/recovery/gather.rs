//! Reads what the last boot left behind.
//!
//! It only reads. What it found may not even be durable: a dead process cannot tell whether its
//! last sync went through, and the kernel may show what is on no disk. So the journal is never
//! written again by this boot; everything in it goes into a new one before anybody relies on it.
//! Damage is refused and left as it is.

use std::io;

use crate::env::Fs;
use crate::error::{BootError, failed};
use crate::journal::{NAME, Refusal, Replay, Torn, replay};
use crate::state::State;

/// Reads the journal, if there is one.
///
/// # Errors
///
/// If the journal is damaged or too new, or the file system refuses.
pub(crate) async fn gather(fs: &dyn Fs) -> Result<State, BootError> {
    let file = match fs.open(NAME).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::new()),
        opened => opened.map_err(failed(fs, "open journal", NAME))?,
    };
    let bytes = file.read().await.map_err(failed(fs, "read journal", NAME))?;
    let path = fs.display(NAME);
    match replay(&bytes) {
        Ok(Replay { state, torn }) => {
            if let Some(Torn { offset, len }) = torn {
                tracing::warn!(
                    path,
                    offset,
                    bytes = len,
                    "journal {path}: its end is torn, and what was never acknowledged is dropped"
                );
            }
            Ok(state)
        }
        Err(Refusal::Newer { version }) => Err(BootError::Newer { path, version }),
        Err(Refusal::Damage { offset, what, part }) => {
            Err(BootError::Corrupt { path, offset, what, part })
        }
    }
}

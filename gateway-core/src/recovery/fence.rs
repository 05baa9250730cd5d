//! Takes the place of every earlier boot, before anything is read of what they have left.
//!
//! The lock keeps two gateways apart as long as it works. It does not if somebody removes its file,
//! or if the file system forgets who holds it; and then a process that was frozen wakes beside its
//! successor. So each boot has a number, and platform and agent back end refuse every boot but the
//! one with the highest. What is read after that holds everything that an earlier boot has told to
//! anybody: it made it durable first, and nobody listens to it any more.
//!
//! It waits for platform and back end, however long they take: a boot that went on without them
//! would do a second time what another one may still be doing.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::gather::Found;
use crate::env::{Effect, Env, FenceError, Superseded, Token};
use crate::error::BootError;
use crate::settings::Settings;

/// The pause before somebody who did not answer is asked again. It doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest such pause: nobody is served in it.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The number of this boot, now that no other one is listened to.
///
/// # Errors
///
/// If the file system refuses.
pub(super) async fn fence(env: &Env, settings: &Settings) -> Result<u64, BootError> {
    let nonce = env.entropy.next_u64();
    let mut boot = Found::look(&*env.fs).await?.latest() + 1;
    loop {
        let token = Token { boot, nonce };
        let admitted = admitted(token, env, settings).await;
        let Err(Superseded { by }) = admitted else { return Ok(boot) };
        // It died before its journal had a name, or it lives and is superseded now.
        tracing::info!("boot {by} has been there before and is not in the state directory");
        boot = by.max(boot) + 1;
    }
}

async fn admitted(token: Token, env: &Env, settings: &Settings) -> Result<(), Superseded> {
    // First the platform: whatever an agent that is cut off here makes its gateway do, nobody
    // hears of it.
    ask("platform", settings, || env.platform.fence(token)).await?;
    ask("agent back end", settings, || env.agent.fence(token)).await
}

/// Asks until somebody answers.
async fn ask(
    whom: &str,
    settings: &Settings,
    fence: impl Fn() -> Effect<Result<(), FenceError>>,
) -> Result<(), Superseded> {
    let mut pause = FIRST_PAUSE;
    loop {
        match timeout(settings.send_timeout, fence()).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(FenceError::Superseded(superseded))) => return Err(superseded),
            Ok(Err(FenceError::Unanswered(error))) => {
                tracing::warn!("the {whom} has not admitted this boot yet: {error}");
            }
            Err(_) => {
                tracing::warn!("the {whom} has not admitted this boot yet: no answer in time")
            }
        }
        sleep(pause).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
}

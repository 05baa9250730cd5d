//! Stops of the core with a step left out, or two of them swapped.
//!
//! They are made of the core's own public steps and of nothing else.

use std::future::Future;
use std::sync::Arc;

use gateway_core::env::Exit;
use gateway_core::{CommitError, Drained, Stop, StopProcedure};

/// The designed stop without its premark.
pub(super) fn no_premark() -> StopProcedure {
    procedure(|stop| async move {
        stop.notify().await;
        from_the_drain_on(&stop).await
    })
}

/// The designed stop with premark and notify swapped.
pub(super) fn premark_after_notify() -> StopProcedure {
    procedure(|stop| async move {
        stop.notify().await;
        stop.premark().await?;
        from_the_drain_on(&stop).await
    })
}

fn procedure<F>(steps: impl Fn(Stop) -> F + Send + Sync + 'static) -> StopProcedure
where
    F: Future<Output = Result<Exit, CommitError>> + Send + 'static,
{
    Arc::new(move |stop| {
        let steps = steps(stop);
        Box::pin(async move { steps.await.unwrap_or(Exit::Failed) })
    })
}

/// The rest of the stop, as it is designed.
async fn from_the_drain_on(stop: &Stop) -> Result<Exit, CommitError> {
    if stop.drain().await == Drained::CutShort {
        stop.interrupt().await;
        stop.flush().await?;
    }
    stop.clear().await?;
    stop.seal().await?;
    Ok(stop.release().await)
}

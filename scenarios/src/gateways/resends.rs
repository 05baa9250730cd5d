//! A gateway that sends again whenever it was not told that something was taken, as if it then
//! could not have been.
//!
//! Everything but sending is that of the gateway it is made of.

use std::sync::Arc;
use std::time::Duration;

use gateway_core::env::{
    Effect, Env, Exit, FenceError, Gateway, Platform, PollError, SendError, Token,
};
use gateway_core::message::{Cursor, Inbound, Outbound};

/// The pause before something is sent again.
const PAUSE: Duration = Duration::from_millis(500);

/// A gateway that sends again blindly.
pub struct Resends<G>(pub G);

impl<G: Gateway> Gateway for Resends<G> {
    fn boot(&self, env: Env) -> Effect<Exit> {
        let platform = Arc::new(Blind(Arc::clone(&env.platform)));
        self.0.boot(Env { platform, ..env })
    }
}

struct Blind(Arc<dyn Platform>);

impl Platform for Blind {
    fn honours_keys(&self) -> bool {
        self.0.honours_keys()
    }

    fn fence(&self, token: Token) -> Effect<Result<(), FenceError>> {
        self.0.fence(token)
    }

    fn poll(&self, after: Cursor) -> Effect<Result<Vec<Inbound>, PollError>> {
        self.0.poll(after)
    }

    fn ack(&self, upto: Cursor) -> Effect<Result<(), PollError>> {
        self.0.ack(upto)
    }

    fn acknowledged(&self) -> Effect<Result<Cursor, PollError>> {
        self.0.acknowledged()
    }

    fn send(&self, outbound: Outbound) -> Effect<Result<(), SendError>> {
        let (platform, sent) = (Arc::clone(&self.0), self.0.send(outbound.clone()));
        Box::pin(async move {
            let mut answer = sent.await;
            while let Err(SendError::Unknown(_)) = answer {
                tokio::time::sleep(PAUSE).await;
                answer = platform.send(outbound.clone()).await;
            }
            answer
        })
    }
}

//! When a gateway asks to be the only one that is served: in time, too late or never.
//!
//! Everything else is that of the gateway it is made of. A lock that works hides the difference.

use std::sync::{Arc, Mutex, PoisonError};

use gateway_core::env::{
    Agent, Effect, Env, Exit, FenceError, Gateway, OpenError, Platform, PollError, Run, SendError,
    Token,
};
use gateway_core::message::{Cursor, Inbound, Outbound, TurnRequest};

/// When it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asks {
    /// Before it reads what the boot before it had left.
    First,
    /// Never.
    Never,
    /// When it has something else to ask, and has read what the boot before it had left.
    Late,
}

/// A gateway that asks too late or never.
pub struct Unfenced<G>(pub G, pub Asks);

impl<G: Gateway> Gateway for Unfenced<G> {
    fn boot(&self, env: Env) -> Effect<Exit> {
        let Unfenced(gateway, asks) = self;
        if *asks == Asks::First {
            return gateway.boot(env);
        }
        let platform = Around::new(&env.platform, *asks);
        let agent = Around::new(&env.agent, *asks);
        gateway.boot(Env { platform: Arc::new(platform), agent: Arc::new(agent), ..env })
    }
}

/// Somebody who is told late or never who asks.
struct Around<T: ?Sized> {
    inner: Arc<T>,
    asks: Asks,
    token: Arc<Mutex<Option<Token>>>,
}

impl<T: ?Sized> Around<T> {
    fn new(inner: &Arc<T>, asks: Asks) -> Around<T> {
        Around { inner: Arc::clone(inner), asks, token: Arc::default() }
    }

    /// Keeps the token back.
    fn keep(&self, token: Token) -> Effect<Result<(), FenceError>> {
        if self.asks == Asks::Late {
            *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
        }
        Box::pin(async { Ok(()) })
    }

    /// Asks with the token that was kept back, if there is one, and keeps it if nobody answers.
    fn ask(&self, fence: impl FnOnce(&T, Token) -> Effect<Result<(), FenceError>>) -> Effect<()> {
        let kept = Arc::clone(&self.token);
        let token = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        let asked = token.map(|token| (token, fence(&self.inner, token)));
        Box::pin(async move {
            let Some((token, asked)) = asked else { return };
            if let Err(FenceError::Unanswered(error)) = asked.await {
                tracing::warn!("asked, and nobody answered: {error}");
                *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
            }
        })
    }
}

impl Platform for Around<dyn Platform> {
    fn honours_keys(&self) -> bool {
        self.inner.honours_keys()
    }

    fn fence(&self, token: Token) -> Effect<Result<(), FenceError>> {
        self.keep(token)
    }

    fn poll(&self, after: Cursor) -> Effect<Result<Vec<Inbound>, PollError>> {
        self.inner.poll(after)
    }

    fn ack(&self, upto: Cursor) -> Effect<Result<(), PollError>> {
        self.inner.ack(upto)
    }

    fn acknowledged(&self) -> Effect<Result<Cursor, PollError>> {
        let (asked, inner) = (self.ask(|inner, token| inner.fence(token)), Arc::clone(&self.inner));
        Box::pin(async move {
            asked.await;
            inner.acknowledged().await
        })
    }

    fn send(&self, outbound: Outbound) -> Effect<Result<(), SendError>> {
        self.inner.send(outbound)
    }
}

impl Agent for Around<dyn Agent> {
    fn fence(&self, token: Token) -> Effect<Result<(), FenceError>> {
        self.keep(token)
    }

    fn open(&self, request: TurnRequest) -> Effect<Result<Arc<dyn Run>, OpenError>> {
        let (asked, inner) = (self.ask(|inner, token| inner.fence(token)), Arc::clone(&self.inner));
        Box::pin(async move {
            asked.await;
            inner.open(request).await
        })
    }
}

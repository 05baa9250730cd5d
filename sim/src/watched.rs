//! The platform as a gateway sees it, with somebody who notes what leaves and what is learned.
//!
//! It is the same on both stages: what is between it and the world may be a network or nothing. It
//! changes no request and no answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use gateway_core::env::{Effect, Env, FenceError, Platform, PollError, SendError, Token};
use gateway_core::message::{Cursor, Inbound, Outbound};

use crate::hub::Hub;
use crate::seam;
use crate::world::World;

/// The Env of one boot that meets its platform without a network in between.
pub(crate) fn env(hub: &Arc<Hub>, boot: u32) -> Env {
    let env = seam::env(hub, boot);
    Env { platform: Arc::new(Watched::new(Arc::clone(&env.platform), hub, boot)), ..env }
}

/// The platform as a gateway sees it.
pub(crate) struct Watched {
    platform: Arc<dyn Platform>,
    hub: Arc<Hub>,
    boot: u32,
}

impl Watched {
    pub(crate) fn new(platform: Arc<dyn Platform>, hub: &Arc<Hub>, boot: u32) -> Watched {
        Watched { platform, hub: Arc::clone(hub), boot }
    }

    /// A request that its boot is at work with until it is answered.
    fn work<T: 'static>(
        &self,
        answer: Effect<T>,
        learn: impl FnOnce(&mut World, u32, &T) + Send + Unpin + 'static,
    ) -> Effect<T> {
        self.hub.look(self.boot, |world| world.request_opened(self.boot));
        self.watch(answer, true, learn)
    }

    fn watch<T: 'static>(
        &self,
        answer: Effect<T>,
        is_work: bool,
        learn: impl FnOnce(&mut World, u32, &T) + Send + Unpin + 'static,
    ) -> Effect<T> {
        let (hub, boot) = (Arc::clone(&self.hub), self.boot);
        Box::pin(Asked { answer, hub, boot, is_work, learn: Some(learn) })
    }
}

/// A request on its way.
struct Asked<T, F> {
    answer: Effect<T>,
    hub: Arc<Hub>,
    boot: u32,
    /// Whether its boot is at work while it is open.
    is_work: bool,
    learn: Option<F>,
}

impl<T, F: FnOnce(&mut World, u32, &T) + Unpin> Future for Asked<T, F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let asked = &mut *self;
        let Poll::Ready(answer) = asked.answer.as_mut().poll(cx) else { return Poll::Pending };
        let boot = asked.boot;
        if let Some(learn) = asked.learn.take() {
            asked.hub.look(boot, |world| learn(world, boot, &answer));
        }
        asked.close();
        Poll::Ready(answer)
    }
}

impl<T, F> Asked<T, F> {
    fn close(&mut self) {
        if std::mem::take(&mut self.is_work) {
            self.hub.look(self.boot, |world| world.request_closed(self.boot));
        }
    }
}

impl<T, F> Drop for Asked<T, F> {
    fn drop(&mut self) {
        self.close();
    }
}

impl Platform for Watched {
    fn honours_keys(&self) -> bool {
        self.platform.honours_keys()
    }

    fn fence(&self, token: Token) -> Effect<Result<(), FenceError>> {
        self.work(self.platform.fence(token), |_, _, _| {})
    }

    fn poll(&self, after: Cursor) -> Effect<Result<Vec<Inbound>, PollError>> {
        self.watch(self.platform.poll(after), false, |world, boot, answer| {
            if let Ok(messages) = answer {
                world.handed(boot, messages);
            }
        })
    }

    fn ack(&self, upto: Cursor) -> Effect<Result<(), PollError>> {
        self.work(self.platform.ack(upto), |_, _, _| {})
    }

    fn acknowledged(&self) -> Effect<Result<Cursor, PollError>> {
        self.work(self.platform.acknowledged(), |_, _, _| {})
    }

    fn send(&self, outbound: Outbound) -> Effect<Result<(), SendError>> {
        let answer = self.platform.send(outbound.clone());
        let send = self.hub.look(self.boot, |world| world.left(self.boot, &outbound));
        self.work(answer, move |world, boot, answer| {
            if let (Ok(()), Some(send)) = (answer, send) {
                world.confirmed(boot, send);
            }
        })
    }
}

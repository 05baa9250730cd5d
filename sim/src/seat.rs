//! The place of one boot at the hub: its questions that are not answered yet, and who waits.
//!
//! It moves nothing. Once its boot is dead it is over: nothing is heard and nothing arrives.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::world::{Answer, EffectId};

/// The place of one boot at the hub.
#[derive(Default)]
pub(crate) struct Seat {
    slots: BTreeMap<EffectId, Slot>,
    labels: BTreeMap<EffectId, Arc<str>>,
    over: bool,
    root: Option<Waker>,
}

enum Slot {
    Waiting(Option<Waker>),
    Ready(Answer),
}

impl Seat {
    /// Whether its boot is over, one way or the other.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Its boot is over.
    pub(crate) fn finish(&mut self) {
        self.over = true;
        self.slots.clear();
        if let Some(root) = self.root.take() {
            root.wake();
        }
    }

    /// A question was asked, in a span if anybody wants to know.
    pub(crate) fn asked(&mut self, effect: EffectId, label: Option<Arc<str>>) {
        if let Some(label) = label {
            self.labels.insert(effect, label);
        }
        self.slots.insert(effect, Slot::Waiting(None));
    }

    /// The span in which an effect was asked for.
    pub(crate) fn label(&self, effect: EffectId) -> Option<Arc<str>> {
        self.labels.get(&effect).cloned()
    }

    /// The answer is there; who waits for it, if anybody does already.
    pub(crate) fn answered(&mut self, effect: EffectId, answer: Answer) -> Option<Waker> {
        self.labels.remove(&effect);
        match std::mem::replace(self.slots.get_mut(&effect)?, Slot::Ready(answer)) {
            Slot::Waiting(waker) => waker,
            Slot::Ready(_) => None,
        }
    }

    /// The answer to an effect, once it is there.
    pub(crate) fn poll_answer(&mut self, effect: EffectId, cx: &mut Context<'_>) -> Poll<Answer> {
        match self.slots.get_mut(&effect) {
            Some(Slot::Ready(_)) => match self.slots.remove(&effect) {
                Some(Slot::Ready(answer)) => Poll::Ready(answer),
                _ => unreachable!("just seen"),
            },
            Some(Slot::Waiting(waker)) => {
                *waker = Some(cx.waker().clone());
                Poll::Pending
            }
            None => Poll::Pending,
        }
    }

    /// Nobody waits for an effect any more.
    pub(crate) fn forget(&mut self, effect: EffectId) {
        self.slots.remove(&effect);
    }

    /// Waits until its boot is over.
    pub(crate) fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.over {
            return Poll::Ready(());
        }
        self.root = Some(cx.waker().clone());
        Poll::Pending
    }
}

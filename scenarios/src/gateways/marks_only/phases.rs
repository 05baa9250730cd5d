//! Phases that several chats are in at once: open from the first that enters to the last that
//! leaves.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Mutex;

use gateway_core::phase;
use tracing::{Instrument as _, Span};

use super::step::Step;

/// The phases that are open, with the number of those that are in them.
#[derive(Default)]
pub(super) struct Phases(Mutex<BTreeMap<Step, (usize, Span)>>);

impl Phases {
    /// Runs what belongs to a step within the step's phase.
    pub(super) async fn within<T>(&self, step: Step, work: impl Future<Output = T>) -> T {
        let span = self.enter(step);
        let done = work.instrument(span).await;
        self.leave(step);
        done
    }

    fn enter(&self, step: Step) -> Span {
        let mut open = self.0.lock().expect("nothing panics with the phases");
        let (inside, span) = open.entry(step).or_insert_with(|| (0, span(step)));
        *inside += 1;
        span.clone()
    }

    fn leave(&self, step: Step) {
        let mut open = self.0.lock().expect("nothing panics with the phases");
        let (inside, _) = open.get_mut(&step).expect("who leaves has entered");
        *inside -= 1;
        if *inside == 0 {
            open.remove(&step);
        }
    }
}

fn span(step: Step) -> Span {
    match step {
        Step::Premark => phase!("premark"),
        Step::Notify => phase!("notify"),
        Step::Drain => phase!("drain"),
        Step::Clear => phase!("clear"),
        Step::Release => phase!("release"),
    }
}

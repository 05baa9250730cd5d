//! Lets the cut turns go on, one after the other.
//!
//! A pause between two of them keeps a boot with many from falling over itself. With very many,
//! several go on after each pause: nobody is to wait for a quarter of an hour. Suspects come last
//! and one at a time: the next one only when the one before has ended, because a death between
//! its first step and its end would otherwise count against a bystander. It never runs a turn
//! itself; the chats' workers do.

use std::sync::Arc;

use tokio::sync::oneshot;
use tracing::Span;

use super::decide::{Company, Resume};
use crate::live::{Live, Ticket};
use crate::serve;

/// No boot makes more pauses than this: with the standard stagger, one minute of them.
const MOST_PAUSES: usize = 600;

/// Dispatches `resumes` in order, until the last one is dispatched or a stop begins.
pub(crate) async fn dispatch(live: Arc<Live>, resumes: Vec<Resume>) {
    tokio::select! {
        biased;
        _ = live.halt.begun() => {}
        () = all(&live, resumes) => {}
    }
}

async fn all(live: &Arc<Live>, resumes: Vec<Resume>) {
    let mut leaving: Vec<oneshot::Receiver<()>> = Vec::with_capacity(resumes.len());
    let mut alone: Vec<oneshot::Receiver<()>> = Vec::new();
    let at_once = resumes.len().div_ceil(MOST_PAUSES);
    let stagger = live.settings.resume_stagger;
    // How many have had their turn since the first one that was dispatched.
    let mut begun = 0_usize;
    for resume in resumes {
        let is_pause = begun.is_multiple_of(at_once) || resume.company == Company::Alone;
        if begun > 0 && is_pause && !stagger.is_zero() {
            tokio::time::sleep(stagger).await;
        }
        if resume.company == Company::Alone {
            all_done(&mut leaving).await;
            all_done(&mut alone).await;
        }
        // Its user may have stopped it while it waited.
        if live.state().unfinished(&resume.chat, resume.turn).is_none() {
            begun += usize::from(begun > 0);
            continue;
        }
        begun += 1;
        let (dispatched, has_left) = oneshot::channel();
        let (ended, has_ended) = oneshot::channel();
        let Resume { chat, turn, reason, company } = resume;
        let ticket = Ticket { turn, reason, span: Span::current(), dispatched, ended };
        live.workers.permit(&chat, ticket);
        serve::kick(live, &chat);
        leaving.push(has_left);
        if company == Company::Alone {
            alone.push(has_ended);
        }
    }
    all_done(&mut leaving).await;
}

/// Waits until the other ends are gone, and forgets them.
async fn all_done(waiting: &mut Vec<oneshot::Receiver<()>>) {
    for other_end in waiting.drain(..) {
        let is_gone = other_end.await.is_err();
        debug_assert!(is_gone, "nothing is ever sent, and the answer is that nothing can be");
    }
}

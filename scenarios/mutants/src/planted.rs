//! Which errors can be planted, and which of them the code that runs now has.
//!
//! The copy of the core asks [`is`] wherever an error may be planted. The answer is that of the
//! gateway whose code is running: its boot, and every task that it spawns, is a [`Carried`] future,
//! which says so for exactly as long as it is being polled and then restores what was said before.
//! So any number of mutants may run beside each other, in turns on one thread or on several, and
//! each is asked for its own error only. Between two polls nothing is planted.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// An error that can be planted into the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Planted {
    /// An acknowledged step does not end the row of deaths.
    StepsKeepDeaths,
    /// Each boot tells of lost messages, though none is.
    FalseAlarm,
    /// What is added to a transcript that is there already is not synced.
    TranscriptUnsynced,
    /// A transcript is inherited with what an earlier boot has not recorded of it.
    TranscriptUncut,
    /// A turn is as old as it was when a boot first found it.
    AgedWhenFound,
    /// A reset leaves the chat its session.
    ResetKeepsSession,
    /// A reset is forgotten when the process ends.
    ResetForgotten,
    /// The agent of a turn that its user has stopped is not interrupted.
    StopInterruptsNobody,
    /// A stop by the user is acknowledged, and the turn goes on.
    StopKeepsTurn,
    /// Recovery delivers what it owes to one chat before it looks at the next.
    RecoveryInTurn,
    /// A prompt that failed is run again before the chat's next message.
    FailedAgain,
    /// No turn is ever too old to go on.
    AgeIgnored,
    /// A turn is taken up again without a record of it.
    AttemptsUncounted,
    /// What is committed to the journal is written and not synced.
    CommitsUnsynced,
    /// A turn that no agent has taken on grows stale.
    UnseenStale,
    /// That an agent has taken a turn on is never recorded.
    NobodySeen,
}

impl Planted {
    /// Every error, in order.
    pub const ALL: [Planted; 16] = [
        Planted::StepsKeepDeaths,
        Planted::FalseAlarm,
        Planted::TranscriptUnsynced,
        Planted::TranscriptUncut,
        Planted::AgedWhenFound,
        Planted::ResetKeepsSession,
        Planted::ResetForgotten,
        Planted::StopInterruptsNobody,
        Planted::StopKeepsTurn,
        Planted::RecoveryInTurn,
        Planted::FailedAgain,
        Planted::AgeIgnored,
        Planted::AttemptsUncounted,
        Planted::CommitsUnsynced,
        Planted::UnseenStale,
        Planted::NobodySeen,
    ];

    /// The name of the core that has it, as everybody writes it.
    pub fn name(self) -> &'static str {
        match self {
            Planted::StepsKeepDeaths => "core-steps-keep-deaths",
            Planted::FalseAlarm => "core-false-alarm",
            Planted::TranscriptUnsynced => "core-transcript-unsynced",
            Planted::TranscriptUncut => "core-transcript-uncut",
            Planted::AgedWhenFound => "core-aged-when-found",
            Planted::ResetKeepsSession => "core-reset-keeps-session",
            Planted::ResetForgotten => "core-reset-forgotten",
            Planted::StopInterruptsNobody => "core-stop-interrupts-nobody",
            Planted::StopKeepsTurn => "core-stop-keeps-turn",
            Planted::RecoveryInTurn => "core-recovery-in-turn",
            Planted::FailedAgain => "core-failed-again",
            Planted::AgeIgnored => "core-age-ignored",
            Planted::AttemptsUncounted => "core-attempts-uncounted",
            Planted::CommitsUnsynced => "core-commits-unsynced",
            Planted::UnseenStale => "core-unseen-stale",
            Planted::NobodySeen => "core-nobody-seen",
        }
    }

    /// What is wrong with it, in one line.
    pub fn about(self) -> &'static str {
        match self {
            Planted::StepsKeepDeaths => "core: a step does not end the row of deaths under a turn",
            Planted::FalseAlarm => "core: each boot tells of lost messages, though none is",
            Planted::TranscriptUnsynced => {
                "core: what is added to a transcript that is there already is not synced"
            }
            Planted::TranscriptUncut => {
                "core: a transcript is inherited with what nobody has recorded of it"
            }
            Planted::AgedWhenFound => "core: a turn is as old as it was when a boot first found it",
            Planted::ResetKeepsSession => "core: a reset leaves the chat its session",
            Planted::ResetForgotten => "core: a reset is forgotten when the process ends",
            Planted::StopInterruptsNobody => {
                "core: the agent of a turn that its user has stopped is not interrupted"
            }
            Planted::StopKeepsTurn => "core: a user's stop is acknowledged, and the turn goes on",
            Planted::RecoveryInTurn => {
                "core: recovery delivers what it owes to one chat before it looks at the next"
            }
            Planted::FailedAgain => {
                "core: a prompt that failed is run again before the chat's next message"
            }
            Planted::AgeIgnored => "core: no turn is ever too old to go on by itself",
            Planted::AttemptsUncounted => "core: a turn is taken up again without a record of it",
            Planted::CommitsUnsynced => "core: what is committed is written and not synced",
            Planted::UnseenStale => "core: a turn that no agent has taken on grows stale",
            Planted::NobodySeen => "core: that an agent has taken a turn on is never recorded",
        }
    }
}

thread_local! {
    static NOW: Cell<Option<Planted>> = const { Cell::new(None) };
}

/// Whether the code that runs now has this error.
pub(crate) fn is(planted: Planted) -> bool {
    NOW.get() == Some(planted)
}

/// A future of a gateway with an error, and of nobody else.
pub(crate) struct Carried<F: ?Sized> {
    planted: Option<Planted>,
    future: Pin<Box<F>>,
}

/// A future that has an error whenever it runs.
pub(crate) fn with<F: Future>(planted: Planted, future: F) -> Carried<F> {
    Carried { planted: Some(planted), future: Box::pin(future) }
}

/// A future that has the error of whoever makes it: a task of a boot has that of the boot.
pub(crate) fn inherited<F: Future>(future: F) -> Carried<F> {
    Carried { planted: NOW.get(), future: Box::pin(future) }
}

impl<F: Future + ?Sized> Future for Carried<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _restored = Restored(NOW.replace(self.planted));
        self.future.as_mut().poll(context)
    }
}

/// Restores what was planted before, however a poll ends.
struct Restored(Option<Planted>);

impl Drop for Restored {
    fn drop(&mut self) {
        NOW.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn poll<F: Future>(future: &mut Carried<F>) -> Poll<F::Output> {
        Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn an_error_is_planted_while_its_gateway_runs_and_in_what_it_spawns() {
        let mut spawned = None;
        let mut boot = with(Planted::FalseAlarm, async {
            assert!(is(Planted::FalseAlarm) && !is(Planted::AgeIgnored));
            // Another gateway, polled from within.
            let mut other = with(Planted::AgeIgnored, async { is(Planted::AgeIgnored) });
            assert_eq!(poll(&mut other), Poll::Ready(true));
            spawned = Some(inherited(async { is(Planted::FalseAlarm) }));
            is(Planted::FalseAlarm)
        });
        assert_eq!(poll(&mut boot), Poll::Ready(true));
        drop(boot);
        assert!(Planted::ALL.into_iter().all(|planted| !is(planted)));
        assert_eq!(poll(&mut spawned.expect("it was spawned")), Poll::Ready(true));
        assert_eq!(poll(&mut inherited(async { is(Planted::FalseAlarm) })), Poll::Ready(false));
    }

    #[test]
    fn every_error_is_planted_somewhere_under_its_own_name() {
        for (at, planted) in Planted::ALL.into_iter().enumerate() {
            assert_eq!(planted as usize, at, "{planted:?} is out of order");
            let (name, mut edits) = (format!("{planted:?}"), crate::edits::EDITS.iter());
            let asks = |text: &str| {
                let rest = text.strip_prefix(name.as_str());
                rest.is_some_and(|rest| !rest.starts_with(|char: char| char.is_alphanumeric()))
            };
            assert!(edits.any(|edit| edit.changed.split('$').skip(1).any(asks)), "{name}");
        }
    }
}

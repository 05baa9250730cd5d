//! How long a stop may drain: the arithmetic of the supervisor's patience.
//!
//! Pure. It never measures time; it says, before anything is served, what the settings allow.

use std::time::Duration;

use crate::settings::Settings;

/// A drain that was cut to less than this is no drain: turns could not even be told about it.
pub(crate) const FLOOR: Duration = Duration::from_secs(1);

/// How long the parts of a stop may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    /// How long running turns are waited for.
    pub(crate) drain: Duration,
    /// How long running jobs are.
    pub(crate) job_drain: Duration,
    /// How long after its begin the drain is over, even if what came before it was slow.
    pub(crate) drain_end: Duration,
    /// How long after its begin a stop writes no more transcripts.
    pub(crate) flush_end: Duration,
    /// How long after its begin a stop no longer waits for the platform to take what was sent.
    pub(crate) settle_end: Duration,
    /// How long after its begin a stop leaves whatever is left to its marks.
    pub(crate) last_call: Duration,
}

/// The settings leave no time to drain.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "plan the stop: stop_budget {budget:?} less notify_timeout, interrupt_grace and stop_reserve \
     leaves {left:?} of the {wanted:?} drain_timeout or job_drain_timeout asks for, and the floor \
     is {FLOOR:?}; raise \
     stop_budget or lower the others"
)]
pub(crate) struct BudgetError {
    budget: Duration,
    wanted: Duration,
    left: Duration,
}

/// Fits a stop into the supervisor's budget.
///
/// # Errors
///
/// If the drain would have to be cut to less than [`FLOOR`], or the rest alone does not fit.
pub(crate) fn plan(settings: &Settings) -> Result<Budget, BudgetError> {
    let budget = settings.stop_budget;
    let wanted = settings.drain_timeout.max(settings.job_drain_timeout);
    let rest = settings
        .notify_timeout
        .saturating_add(settings.interrupt_grace)
        .saturating_add(settings.stop_reserve);
    let left = budget.saturating_sub(rest);
    if rest > budget || (wanted > left && left < FLOOR) {
        return Err(BudgetError { budget, wanted, left });
    }
    let quarter = settings.stop_reserve / 4;
    Ok(Budget {
        drain: settings.drain_timeout.min(left),
        job_drain: settings.job_drain_timeout.min(left),
        drain_end: budget - settings.interrupt_grace - settings.stop_reserve,
        flush_end: budget - 2 * quarter,
        settle_end: budget - quarter - quarter / 2,
        last_call: budget - quarter,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(drain_ms: u64, budget_ms: u64) -> Settings {
        Settings {
            drain_timeout: Duration::from_millis(drain_ms),
            job_drain_timeout: Duration::ZERO,
            stop_budget: Duration::from_millis(budget_ms),
            notify_timeout: Duration::from_secs(1),
            interrupt_grace: Duration::from_secs(1),
            stop_reserve: Duration::from_secs(2),
            ..Settings::standard()
        }
    }

    #[test]
    fn the_standard_settings_fit_as_they_are() {
        let settings = Settings::standard();
        let budget = plan(&settings).expect("the standard fits");
        assert_eq!(budget.drain, settings.drain_timeout);
    }

    #[test]
    fn a_drain_longer_than_the_budget_allows_is_shortened() {
        let budget = plan(&settings(60_000, 10_000)).expect("six seconds are left");
        assert_eq!(budget.drain, Duration::from_secs(6));
        assert_eq!(budget.drain_end, Duration::from_secs(7));
        assert_eq!(budget.last_call, Duration::from_millis(9500));
    }

    #[test]
    fn jobs_have_a_drain_of_their_own_within_the_same_budget() {
        let jobs = |ms| Duration::from_millis(ms);
        let with = |ms| Settings { job_drain_timeout: jobs(ms), ..settings(0, 10_000) };
        let budget = plan(&with(60_000)).expect("six seconds are left");
        assert_eq!((budget.drain, budget.job_drain), (Duration::ZERO, jobs(6_000)));
        let tight = Settings { stop_budget: jobs(4_500), ..with(60_000) };
        assert!(plan(&tight).is_err());
    }

    #[test]
    fn less_than_the_floor_is_refused() {
        assert!(plan(&settings(60_000, 5_000)).is_ok());
        assert!(plan(&settings(60_000, 4_999)).is_err());
    }

    #[test]
    fn a_short_drain_that_was_asked_for_is_no_shortening() {
        assert_eq!(plan(&settings(0, 4_000)).expect("fits").drain, Duration::ZERO);
        assert!(plan(&settings(500, 4_600)).is_ok());
        assert!(plan(&settings(0, 3_999)).is_err());
    }
}

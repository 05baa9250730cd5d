//! The restart-loop guard: too many boots in a row that had somebody to resume, and nobody is
//! resumed any more (lifecycle section 4, step 9).
//!
//! A pure function of the times of those boots. It never looks at what the boots were for.

use gateway_core::env::UnixMs;

use super::policy::Guard;

/// How many boots in a row are too many.
const BOOTS: usize = 3;

/// How far apart two boots in a row may be, in milliseconds.
const GAP_MS: i64 = 300_000;

/// How many boots are remembered.
pub(super) const KEPT: usize = 50;

/// Whether the last of some boots, which are in the order in which they happened, is one too many.
pub(super) fn trips(guard: Guard, boots: &[UnixMs]) -> bool {
    let chained = |pair: &[UnixMs]| {
        let gap = pair[1].since(pair[0]);
        match guard {
            Guard::Absent => false,
            // After the clock went back, an older boot lies in the future, at any distance.
            Guard::Chained => gap <= GAP_MS,
            Guard::Bounded => gap.abs() <= GAP_MS,
        }
    };
    let row = boots.windows(2).rev().take_while(|pair| chained(pair)).count() + 1;
    row >= BOOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boots(seconds: &[i64]) -> Vec<UnixMs> {
        seconds.iter().map(|second| UnixMs(second * 1_000)).collect()
    }

    #[test]
    fn the_third_boot_in_a_row_is_one_too_many() {
        let near = boots(&[0, 60, 120]);
        assert!(!trips(Guard::Chained, &near[..2]));
        assert!(trips(Guard::Chained, &near));
        assert!(!trips(Guard::Chained, &boots(&[0, 60, 361])));
        assert!(!trips(Guard::Absent, &near));
    }

    #[test]
    fn a_clock_that_went_back_trips_only_the_guard_that_has_no_bound() {
        let back = boots(&[10_000, 10_060, 3_000]);
        assert!(trips(Guard::Chained, &back));
        assert!(!trips(Guard::Bounded, &back));
    }
}

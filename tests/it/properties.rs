//! Properties over plans that nobody wrote: whatever is planned and wherever it dies, the core
//! loses nothing; and the harness tells the same story twice.

use gateway_core::Core;
use gateway_core::env::Gateway;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use sim::explore::{Deaths, Search, matrix};
use sim::plan::{Plan, brief};
use sim::shrink::{Budget, shrink};
use sim::strategy::plans;
use sim::witness::witness;

/// What a failure shows: the first finding, shrunk to a plan that can be saved as a scenario.
fn story(plan: &Plan) -> Option<String> {
    let make = |plan: &Plan| -> Box<dyn Gateway> { Box::new(Core::new(plan.gateway_settings())) };
    let matrix = matrix(plan, &*make(plan), &Search::new(Deaths::Both));
    let (oracle, finding) = matrix.findings.iter().next()?;
    let shrunk = shrink(&finding.plan, &make, *oracle, Budget::COMMAND, &mut |_| ());
    let plan = shrunk.map_or(finding.plan.clone(), |shrunk| shrunk.plan);
    Some(format!("{oracle}: {}\n\n{}", finding.violation.what, brief(&plan)))
}

/// The same plans in every run of the tests: a test must not fail today because of a plan that it
/// did not try yesterday. `PROPTEST_CASES` tries more of them. Proptest does not shrink: the plan
/// with its deaths is what has to become small, and that is the shrinker's.
fn config() -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(27_856);
    ProptestConfig { cases: 96, max_shrink_iters: 0, rng_seed, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// Every kill point of every plan: in premark, in drain, in clear and everywhere else.
    #[test]
    fn no_active_session_is_ever_lost(plan in plans()) {
        let found = story(&plan);
        prop_assert!(found.is_none(), "{}", found.unwrap_or_default());
    }

    /// The second run of a plan, on a thread of its own, writes the same trace.
    #[test]
    fn a_plan_tells_the_same_story_on_any_thread(plan in plans()) {
        let tell = |plan: &Plan| {
            let core = Core::new(plan.gateway_settings());
            witness(plan, &core).trace.to_text()
        };
        let here = tell(&plan);
        let there = std::thread::scope(|scope| scope.spawn(|| tell(&plan)).join());
        prop_assert_eq!(here, there.expect("it does not panic here either"));
    }

    /// A plan survives being written down.
    #[test]
    fn a_plan_reads_back_as_it_was_written(plan in plans()) {
        let text = toml::to_string(&plan).expect("a plan is plain data");
        let back: Plan = toml::from_str(&text).expect("its own text");
        prop_assert_eq!(plan, back);
    }
}

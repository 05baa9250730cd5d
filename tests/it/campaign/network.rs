//! Random plans for the network stage: each is one that a file may hold, and whoever is broken in a
//! way that only several processes or a failing network show is found out by them alone.

use scenarios::input::File;
use scenarios::registry::GatewayName;
use scenarios::report::capsule;
use sim::campaign::{attempt, draft};
use sim::oracle::OracleId;
use sim::plan::{Plan, Stage};

use super::{Named, SEED};

fn drawn(stage: Stage) -> impl Iterator<Item = Plan> {
    (0..300).map(move |number| draft(SEED, number, stage).plan)
}

#[test]
fn every_plan_that_is_drawn_for_a_stage_is_one_that_a_file_may_hold() {
    for (number, plan) in Stage::ALL.into_iter().flat_map(drawn).enumerate() {
        let text = capsule::wrap("core", Vec::new(), &plan, None).to_toml();
        if let Err(error) = File::parse("drawn.toml", &text) {
            panic!("plan {number}: {error}\n{text}");
        }
    }
}

/// Who is broken where two processes live or the network fails, which plan of the seed shows it,
/// and by which oracle.
const CONVICTED: [(&str, u64, OracleId); 5] = [
    ("core-resends-blindly", 98, OracleId::NoSilentDuplicate),
    ("core-lock-by-number", 21, OracleId::OneAgent),
    ("core-lock-by-existence", 1, OracleId::NothingLost),
    ("core-unfenced", 19, OracleId::OneAgent),
    ("core-fences-late", 27, OracleId::NothingLost),
];

#[test]
fn who_trusts_a_lock_or_takes_silence_for_a_refusal_is_found_out_by_random_plans() {
    for (name, number, oracle) in CONVICTED {
        let gateway = name.parse().expect("a gateway");
        let tried = attempt(&draft(SEED, number, Stage::Network), &mut Named(gateway));
        let broken: Vec<OracleId> = tried.violations.iter().map(|one| one.oracle).collect();
        assert!(broken.contains(&oracle), "{name} in plan {number}: {broken:?}");
    }
}

#[test]
fn the_core_comes_through_random_plans_over_a_network() {
    for number in 0..12 {
        let tried = attempt(&draft(SEED, number, Stage::Network), &mut Named(GatewayName::Core));
        assert!(tried.passed(), "plan {number}: {:?}", tried.violations);
    }
}

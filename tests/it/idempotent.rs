//! What the comparison of a killed recovery with one that was left alone calls a difference, and
//! what it does not.

use scenarios::registry::GatewayName;
use sim::explore::{Deaths, Matrix, Search, matrix};
use sim::oracle::OracleId;
use sim::plan::Plan;

/// One turn, killed by the plan, and a machine that stays down for longer than `resume_window`.
const TWO_HOURS_DOWN: &str = r#"
horizon = "6h"

[[message]]
at = "10s"
chat = "a"
turn = { steps = 2, step = "60s" }

[[kill]]
at = "30s"
kind = "process"
down_for = "2h"
"#;

fn killed_twice(text: &str, gateway: GatewayName) -> Matrix {
    let plan: Plan = toml::from_str(text).expect("a plan");
    matrix(&plan, &*gateway.make(&plan), &Search::new(Deaths::Process).twice())
}

#[test]
fn a_turn_that_is_suspended_for_one_death_more_is_no_other_outcome_than_a_stale_one() {
    let matrix = killed_twice(TWO_HOURS_DOWN, GatewayName::Core);
    assert!(matrix.summary.is_clean(), "{:#?}", matrix.findings);
    assert!(matrix.judged.iter().any(|judged| judged.deaths.len() == 2));
}

#[test]
fn a_difference_names_its_message() {
    let plan = "horizon = \"10m\"\n[[message]]\nat = \"10s\"\nchat = \"a\"\n\
                turn = { steps = 2, step = \"20s\" }\n";
    let naive: GatewayName = "core-rewrites-in-place".parse().expect("a saboteur");
    let matrix = killed_twice(plan, naive);
    let what = &matrix.findings[&OracleId::IdempotentRecovery].violation.what;
    assert_eq!(what, "m1 was never settled; without the kill it was");
}

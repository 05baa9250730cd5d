//! A plan as a scenario file that somebody may keep: only its story is still to be told.

use sim::plan::{Plan, Stage, brief_part};

use crate::expectation::Expectation;
use crate::registry::GatewayName;

/// The text of a scenario file.
pub fn scenario(
    gateway: GatewayName,
    expectation: &Expectation,
    source: &str,
    plan: &Plan,
) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let expected = match expectation {
        Expectation::Acquitted => quoted("acquitted"),
        Expectation::Convicted(oracles) => {
            let names: Vec<String> = oracles.iter().map(|oracle| quoted(oracle.name())).collect();
            format!("[{}]", names.join(", "))
        }
    };
    format!(
        "story = \"TODO: what happens to whom, in a few sentences.\"\nsource = {}\n\
         category = \"regression\"\nstage = \"{}\"\n\n[expect]\n{gateway} = {expected}\n\n{}",
        quoted(source),
        plan.stage.name(),
        // The stage is said once.
        brief_part(&Plan { stage: Stage::Direct, ..plan.clone() }),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sim::oracle::OracleId;

    use super::*;
    use crate::input::File;

    #[test]
    fn it_is_read_as_a_scenario() {
        let text =
            "horizon = \"1m\"\nmessage = [{ at = \"1s\", chat = \"a\", turn = { steps = 2 } }]";
        let plan: Plan = toml::from_str(text).expect("a plan");
        let expected = Expectation::Convicted(BTreeSet::from([OracleId::NothingLost]));
        let text = scenario(GatewayName::HermesE1, &expected, "somebody's \"bug\"", &plan);
        let file = File::parse("x.toml", &text).expect("a scenario");
        assert_eq!(file.scenario().plan, plan);
        assert_eq!(file.scenario().expect[&GatewayName::HermesE1], expected);
    }
}

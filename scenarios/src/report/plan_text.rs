//! A plan as people want to read it: what it leaves as it always is, is left out.

use gateway_core::settings::Settings;
use serde::Serialize;
use sim::plan::{Plan, PlatformPlan, SupervisorPlan, TurnPlan};
use toml::{Table, Value};

/// The plan as TOML, without what has its default value. It reads back as the same plan.
pub fn brief(plan: &Plan) -> String {
    let mut table = as_table(plan);
    prune(&mut table, "settings", &as_table(&Settings::standard()));
    prune(&mut table, "platform", &as_table(&PlatformPlan::default()));
    prune(&mut table, "supervisor", &as_table(&SupervisorPlan::default()));
    if plan.seed == 0 {
        table.remove("seed");
    }
    let turn = as_table(&TurnPlan::default());
    if let Some(Value::Array(messages)) = table.get_mut("message") {
        for message in messages {
            if let Value::Table(message) = message {
                prune(message, "turn", &turn);
            }
        }
    }
    toml::to_string(&table).expect("a table is TOML")
}

fn as_table(value: &impl Serialize) -> Table {
    Table::try_from(value).expect("a part of a plan is a table")
}

/// Removes from the table under `key` what is as in `default`, and the table if nothing is left.
fn prune(table: &mut Table, key: &str, default: &Table) {
    let Some(Value::Table(inner)) = table.get_mut(key) else { return };
    inner.retain(|key, value| default.get(key) != Some(value));
    if inner.is_empty() {
        table.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_said_is_said_again() {
        let text = "horizon = \"1m\"\n\n[[message]]\nat = \"1s\"\nchat = \"a\"\n";
        let plan: Plan = toml::from_str(text).expect("a plan");
        assert_eq!(brief(&plan), text);
    }

    #[test]
    fn every_embedded_plan_reads_back_as_it_was() {
        let catalogue = crate::catalogue::Catalogue::embedded().expect("all are good");
        for scenario in catalogue.scenarios() {
            let text = brief(&scenario.plan);
            let plan: Plan = toml::from_str(&text).expect("its own text");
            assert_eq!(plan, scenario.plan, "{}", scenario.name);
        }
    }
}

//! A plan as people want to read it: what it leaves as it always is, is left out.

use gateway_core::settings::Settings;
use serde::Serialize;
use toml::{Table, Value};

use super::plan::{Plan, PlatformPlan, SupervisorPlan, TurnPlan};

/// The plan as TOML, without what has its default value. It reads back as the same plan.
pub fn brief(plan: &Plan) -> String {
    toml::to_string(&brief_table(plan)).expect("a table is TOML")
}

/// The same as a table, to be put into a larger one.
pub fn brief_table(plan: &Plan) -> Table {
    let mut table = as_table(plan);
    prune(&mut table, "settings", &as_table(&Settings::standard()));
    prune(&mut table, "platform", &as_table(&PlatformPlan::default()));
    prune(&mut table, "supervisor", &as_table(&SupervisorPlan::default()));
    if plan.seed == 0 {
        table.remove("seed");
    }
    let turn = as_table(&TurnPlan::default());
    for message in tables(&mut table, "message") {
        prune(message, "turn", &turn);
    }
    for kill in tables(&mut table, "kill") {
        kill.retain(|key, value| (key, value.as_str()) != ("in_flight", Some("lost")));
    }
    table
}

/// How many values such a plan says.
pub(crate) fn said(plan: &Plan) -> usize {
    leaves(&Value::Table(brief_table(plan)))
}

fn leaves(value: &Value) -> usize {
    match value {
        Value::Table(table) => table.iter().map(|(_, value)| leaves(value)).sum(),
        Value::Array(array) => array.iter().map(leaves).sum(),
        _ => 1,
    }
}

fn as_table(value: &impl Serialize) -> Table {
    Table::try_from(value).expect("a part of a plan is a table")
}

/// The tables in the list under `key`, if there is one.
fn tables<'t>(table: &'t mut Table, key: &str) -> impl Iterator<Item = &'t mut Table> {
    let list = table.get_mut(key).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_table_mut)
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
        let text = "horizon = \"1m\"\n\n[[kill]]\nat = \"2s\"\nkind = \"process\"\n\n[[message]]\n\
                    at = \"1s\"\nchat = \"a\"\n";
        let plan: Plan = toml::from_str(text).expect("a plan");
        assert_eq!(brief(&plan), text);
        assert_eq!(said(&plan), 5);
    }
}

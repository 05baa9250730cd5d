//! A plan as people want to read it: what it leaves as it always is, is left out.

use gateway_core::settings::Settings;
use serde::Serialize;
use toml::{Table, Value};

use super::message::TurnPlan;
use super::plan::{Plan, PlatformPlan, SupervisorPlan};

/// In which order people tell what a plan consists of; whatever is not here comes last.
const ORDER: [&str; 6] = ["settings", "platform", "supervisor", "message", "stop", "kill"];

/// The plan as TOML, without what has its default value. It reads back as the same plan.
pub fn brief(plan: &Plan) -> String {
    in_order(brief_table(plan), |part| part)
}

/// The same as a part of a larger file, under the key `plan`.
pub fn brief_part(plan: &Plan) -> String {
    in_order(brief_table(plan), |part| Table::from_iter([("plan".to_owned(), Value::Table(part))]))
}

/// A plan as text: its plain values first, then its lists and tables, each put where it belongs.
fn in_order(table: Table, put: impl Fn(Table) -> Table) -> String {
    let plain = |value: &Value| !matches!(value, Value::Table(_) | Value::Array(_));
    let (values, mut parts): (Table, Vec<_>) = (
        table.iter().filter(|(_, v)| plain(v)).map(|(k, v)| (k.clone(), v.clone())).collect(),
        table.into_iter().filter(|(_, value)| !plain(value)).collect(),
    );
    let place = |key: &str| ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len());
    parts.sort_by_key(|(key, _)| place(key));
    let parts = parts.into_iter().map(|part| Table::from_iter([part]));
    let texts = [values].into_iter().chain(parts).map(|part| {
        let text = toml::to_string(&put(part)).expect("a table is TOML");
        text.trim().to_owned()
    });
    texts.collect::<Vec<_>>().join("\n\n") + "\n"
}

/// The same as a table.
pub(crate) fn brief_table(plan: &Plan) -> Table {
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
        let text = "horizon = \"1m\"\n\n[[message]]\nat = \"1s\"\nchat = \"a\"\n\n[[kill]]\n\
                    at = \"2s\"\nkind = \"process\"\n";
        let plan: Plan = toml::from_str(text).expect("a plan");
        assert_eq!(brief(&plan), text);
        assert_eq!(said(&plan), 5);
    }

    #[test]
    fn a_plan_is_told_in_the_order_of_its_story_also_as_a_part() {
        let text = "horizon = \"1m\"\n\n[[message]]\nat = \"1s\"\nchat = \"a\"\n\n\
                    [message.turn]\nsteps = 2\n\n[[clock_jump]]\nat = \"3s\"\nby = \"1s\"\n";
        let plan: Plan = toml::from_str(text).expect("a plan");
        assert_eq!(brief(&plan), text);
        let expected = "[plan]\nhorizon = \"1m\"\n\n[[plan.message]]\nat = \"1s\"\nchat = \"a\"\n\n\
                        [plan.message.turn]\nsteps = 2\n\n[[plan.clock_jump]]\nat = \"3s\"\n\
                        by = \"1s\"\n";
        assert_eq!(brief_part(&plan), expected);
    }
}

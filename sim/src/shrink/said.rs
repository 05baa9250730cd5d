//! Fewer words: whatever need not be said is left out, a whole table first and then value by value.
//!
//! It works on the plan as it is written, so that it reaches every setting and every field of a
//! turn, a fault or a kill, and whatever plans may gain.

use toml::{Table, Value};

use crate::plan::{Plan, brief_table};

/// Where a value is: keys of tables and places in lists.
#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Place(usize),
}

/// The plan without each of the tables and values that it says. What cannot be left out is not
/// among them.
pub(super) fn less(plan: &Plan) -> Vec<Plan> {
    let table = brief_table(plan);
    let mut places = Vec::new();
    look(&Value::Table(table.clone()), &mut Vec::new(), &mut places);
    // Whole tables are short ways to much.
    places.sort_by_key(Vec::len);
    places.iter().filter_map(|place| without(&table, place)).collect()
}

fn look(value: &Value, way: &mut Vec<Step>, places: &mut Vec<Vec<Step>>) {
    let mut into = |step: Step, value: &Value, named: bool| {
        way.push(step);
        if named {
            places.push(way.clone());
        }
        look(value, way, places);
        way.pop();
    };
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                into(Step::Key(key.clone()), value, true);
            }
        }
        Value::Array(list) => {
            for (place, value) in list.iter().enumerate() {
                into(Step::Place(place), value, false);
            }
        }
        _ => {}
    }
}

fn without(table: &Table, place: &[Step]) -> Option<Plan> {
    let mut whole = Value::Table(table.clone());
    let (last, way) = place.split_last()?;
    let mut value = &mut whole;
    for step in way {
        value = match step {
            Step::Key(key) => value.get_mut(key)?,
            Step::Place(place) => value.get_mut(*place)?,
        };
    }
    let Step::Key(key) = last else { return None };
    value.as_table_mut()?.remove(key);
    whole.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::brief;

    #[test]
    fn every_value_that_has_a_default_is_left_out_once() {
        let text = "horizon = \"1m\"\nseed = 7\n\n[[message]]\nat = \"1s\"\nchat = \"a\"\n\n\
                    [message.turn]\nprepare = \"2s\"\nsteps = 3\n\n[settings]\n\
                    drain_timeout = \"9s\"\n";
        let plan: Plan = toml::from_str(text).expect("a plan");
        let texts: Vec<String> = less(&plan).iter().map(brief).collect();
        let lacks = |word: &str| texts.iter().filter(|text| !text.contains(word)).count();
        assert!(texts.iter().all(|text| text.contains("horizon")), "{texts:#?}");
        // Nobody writes, the turn as a whole, and the value itself.
        assert_eq!((lacks("steps"), lacks("prepare"), lacks("chat")), (3, 3, 1), "{texts:#?}");
        assert_eq!((lacks("seed"), lacks("drain_timeout")), (1, 2), "{texts:#?}");
    }
}

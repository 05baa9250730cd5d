//! Every field of a plan is drawn with more than one value, whatever plans may gain: the fields are
//! found by reading a plan from nothing, not from a list.

mod outline;

use std::collections::{BTreeMap, BTreeSet};

use scenarios::registry::GatewayName;
use serde_json::Value;
use sim::campaign::{attempt, draft};
use sim::plan::{Plan, Stage};

use super::{Named, SEED};

/// Fields that no random plan has with another value than the default, and why.
const NOT_DRAWN: [(&str, &str); 3] = [
    ("settings.stop_budget", "a gateway is told what its supervisor grants"),
    ("kill[].probe", "only a matrix puts kills of its own in the place of one"),
    ("patience", "nothing is done with it to the world: it is what the judge grants"),
];

/// How many drafts are looked at on each stage, and how many of them are run: what aims at
/// something or is a death has its fields only then.
const DRAFTS: u64 = 6_000;
const RUNS: u64 = 500;

/// The values that were seen at each place, as text; that there was none counts as one.
type Seen = BTreeMap<String, BTreeSet<String>>;

#[test]
fn every_field_of_a_plan_is_drawn_or_is_listed_with_a_reason() {
    let outline = outline::of::<Plan>();
    let mut seen = Seen::new();
    let drafts = |stage: Stage| (0..DRAFTS).map(move |number| draft(SEED, number, stage).plan);
    for plan in Stage::ALL.into_iter().flat_map(drafts) {
        look(&plan, &outline, &mut seen);
    }
    for number in 0..RUNS {
        let tried = attempt(&draft(SEED, number, Stage::Direct), &mut Named(GatewayName::Core));
        look(&tried.plan, &outline, &mut seen);
    }
    let varies = |place: &str| seen.get(place).is_some_and(|values| values.len() > 1);
    let constant: Vec<&str> =
        outline.fields.iter().map(String::as_str).filter(|place| !varies(place)).collect();
    let listed = |place: &&str| NOT_DRAWN.iter().any(|(known, _)| known == place);
    let forgotten: Vec<&str> = constant.iter().copied().filter(|place| !listed(place)).collect();
    assert_eq!(forgotten, Vec::<&str>::new(), "never drawn with another value");
    let drawn: Vec<&str> = NOT_DRAWN
        .iter()
        .map(|(place, _)| *place)
        .filter(|place| !constant.contains(place))
        .collect();
    assert_eq!(drawn, Vec::<&str>::new(), "listed as not drawn, and drawn");
    let words = outline.words.iter().flat_map(|(place, words)| {
        words.iter().map(move |word| (place.as_str(), format!("\"{word}\"")))
    });
    let seen_word = |place: &str, word: &str| seen.get(place).is_some_and(|it| it.contains(word));
    let unseen = words.filter(|(place, word)| !seen_word(place, word));
    // The default need not be said, and then is not: only one of the words can be that.
    let mut defaults = BTreeSet::new();
    let missing: Vec<_> = unseen
        .filter(|(place, _)| !seen_word(place, "nothing") || !defaults.insert(*place))
        .collect();
    assert_eq!(missing, [], "words that a plan may say there, and that are never drawn");
}

/// Notes what a plan has at each place.
fn look(plan: &Plan, outline: &outline::Outline, seen: &mut Seen) {
    let value = serde_json::to_value(plan).expect("a plan is plain data");
    for place in &outline.fields {
        let mut found = Vec::new();
        let steps: Vec<&str> = place.split('.').collect();
        find(&value, &steps, &mut found);
        for value in found {
            let text = value.map_or_else(|| "nothing".to_owned(), Value::to_string);
            // A few are enough to know that they differ, and words are few.
            let values = seen.entry(place.clone()).or_default();
            if values.len() < 64 {
                values.insert(text);
            }
        }
    }
}

/// What there is at a place, once for each table that may have it.
fn find<'v>(value: &'v Value, steps: &[&str], found: &mut Vec<Option<&'v Value>>) {
    let Some((step, rest)) = steps.split_first() else { return found.push(Some(value)) };
    let (key, is_list) = step.strip_suffix("[]").map_or((*step, false), |key| (key, true));
    let below = value.get(key);
    match below {
        None if rest.is_empty() => found.push(None),
        None => {}
        Some(Value::Array(list)) if is_list && !rest.is_empty() => {
            list.iter().for_each(|one| find(one, rest, found));
        }
        Some(below) => find(below, rest, found),
    }
}

//! Temporary: the old judge beside the new one, and where they disagree.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::oracle::{OracleId, Violation, old_judge};
use crate::world::World;

/// Whether both judges are asked.
pub static ON: AtomicBool = AtomicBool::new(false);
/// How many worlds were judged by both.
pub static JUDGED: AtomicU64 = AtomicU64::new(0);
thread_local! {
    /// What runs.
    pub static LABEL: RefCell<(String, String)> = const { RefCell::new((String::new(), String::new())) };
}

/// A kind of disagreement, and the first example of it.
#[derive(Clone, Debug)]
pub struct Example {
    /// How often.
    pub count: u64,
    /// Where.
    pub place: String,
    /// What the one judge said.
    pub said: String,
    /// The plan.
    pub plan: crate::plan::Plan,
}

/// Everything found.
pub static FOUND: Mutex<BTreeMap<(String, String), Example>> = Mutex::new(BTreeMap::new());

fn kind(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_whitespace().skip_while(|w| !w.ends_with(':')).skip(1) {
        out.push_str(if word.chars().any(|c| c.is_ascii_digit()) { "N" } else { word });
        out.push(' ');
    }
    if out.is_empty() { text.chars().filter(|c| !c.is_ascii_digit()).collect() } else { out }
}

pub(super) fn compare(world: &World, new: &[Violation]) {
    if !ON.load(Ordering::Relaxed) {
        return;
    }
    JUDGED.fetch_add(1, Ordering::Relaxed);
    let old = old_judge(world);
    let ids = |v: &[Violation]| v.iter().map(|v| v.oracle).collect::<BTreeSet<OracleId>>();
    let (o, n) = (ids(&old), ids(new));
    if o == n {
        return;
    }
    let (gateway, place) = LABEL.with_borrow(Clone::clone);
    let mut found = FOUND.lock().expect("no panic");
    let sides = [("NEW", n.difference(&o), new), ("OLD", o.difference(&n), &old[..])];
    for (side, ids, all) in sides {
        for id in ids {
            let v = all.iter().find(|v| v.oracle == *id).expect("there");
            let key = (gateway.clone(), format!("{side} {id}: {}", kind(&v.what)));
            let example = found.entry(key).or_insert_with(|| Example {
                count: 0,
                place: place.clone(),
                said: format!("{} | {}", v.what, v.believed.clone().unwrap_or_default()),
                plan: world.script().plan.clone(),
            });
            example.count += 1;
        }
    }
}

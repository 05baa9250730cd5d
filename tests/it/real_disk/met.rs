//! What the sequences meet: a comparison of nothing would find no difference either.
//!
//! Only the simulated disk is asked. That the real one answers the same is shown elsewhere.

use std::collections::BTreeMap;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use sim::disk::Entry;

use super::op::{Look, Op, Outcome, SLOTS, beginning, programs};
use super::simulated::Simulated;

/// How many sequences are looked at.
const SEQUENCES: u32 = 5_000;

/// In how many places everything is to be met by so many sequences.
const OFTEN: u32 = 5;

/// Every errno that a verb can answer with here.
const ERRNOS: [(&str, &[i32]); 18] = [
    ("CreateNew", &[2, 17, 20, 21, 36]),
    ("Open", &[2, 20, 21, 36]),
    ("OpenRead", &[2, 20, 36]),
    ("Close", &[9]),
    ("Read", &[9, 21]),
    ("ReadAt", &[9, 21]),
    ("Append", &[9]),
    ("WriteAt", &[9]),
    ("Truncate", &[9, 22]),
    ("TryLock", &[9]),
    ("Unlock", &[9]),
    ("Rename", &[2, 16, 20, 21, 22, 36, 39]),
    ("Link", &[1, 2, 17, 20, 36]),
    ("Remove", &[2, 20, 21, 36]),
    ("RemoveDir", &[2, 20, 22, 36, 39]),
    ("Mkdir", &[2, 17, 20, 36]),
    ("List", &[2, 20, 36]),
    ("SyncDir", &[2, 20, 36]),
];

/// What else is to happen.
const SITUATIONS: [&str; 13] = [
    "Append: to a file without a name",
    "Append: to a file with several names",
    "Append: seen by another handle",
    "Truncate: of a file without a name",
    "Rename: to itself",
    "Rename: of two names of one file",
    "Rename: over a file",
    "Rename: over a directory",
    "Remove: of an open file",
    "RemoveDir: of an open directory",
    "TryLock: taken",
    "TryLock: refused",
    "Kill: with a file without a name",
];

#[test]
fn the_sequences_meet_every_answer_and_every_situation() {
    let mut runner = TestRunner::new(super::config(1));
    let mut met: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..SEQUENCES {
        let program = programs().new_tree(&mut runner).expect("nothing is rejected").current();
        let mut simulated = Simulated::new();
        for op in beginning().into_iter().chain(program) {
            let before = simulated.clone();
            let answer = simulated.apply(&op);
            let text = format!("{op:?}");
            let verb = text.split('(').next().expect("a verb comes first");
            match answer {
                Ok(outcome) => {
                    for what in situations(&op, &outcome, &before, &simulated) {
                        *met.entry(format!("{verb}: {what}")).or_default() += 1;
                    }
                }
                Err(errno) => *met.entry(format!("{verb}: {errno}")).or_default() += 1,
            }
        }
    }
    let errnos = ERRNOS
        .iter()
        .flat_map(|(verb, errnos)| errnos.iter().map(move |errno| format!("{verb}: {errno}")));
    let wanted = errnos.chain(SITUATIONS.map(str::to_owned));
    let rare: Vec<(String, u32)> = wanted
        .map(|what| (met.get(&what).copied().unwrap_or(0), what))
        .filter(|(count, _)| *count < OFTEN)
        .map(|(count, what)| (what, count))
        .collect();
    assert!(rare.is_empty(), "met in fewer than {OFTEN} places: {rare:?}");
}

/// What is worth telling about something that was done.
fn situations(
    op: &Op,
    outcome: &Outcome,
    before: &Simulated,
    after: &Simulated,
) -> Vec<&'static str> {
    let changed = |slot: &usize| before.look(*slot) != after.look(*slot);
    let nameless =
        |disk: &Simulated, slot| matches!(disk.look(slot), Some(Look::File { links: 0, .. }));
    match op {
        Op::Append(slot, _) if changed(slot) => {
            let links = match after.look(*slot) {
                Some(Look::File { links: 0, .. }) => "to a file without a name",
                Some(Look::File { links: 1, .. }) => "to a file with one name",
                _ => "to a file with several names",
            };
            let others = (0..SLOTS).filter(changed).count() - 1;
            vec![links, if others > 0 { "seen by another handle" } else { "seen by one handle" }]
        }
        Op::Truncate(slot, _) if changed(slot) && nameless(after, *slot) => {
            vec!["of a file without a name"]
        }
        Op::Rename(from, to) if from.0 == to.0 => vec!["to itself"],
        Op::Rename(from, to) => {
            let tree = before.tree();
            match (tree.get(&from.0), tree.get(&to.0)) {
                (Some(Entry::File { first: one, .. }), Some(Entry::File { first: other, .. }))
                    if one == other =>
                {
                    vec!["of two names of one file"]
                }
                (_, Some(Entry::File { .. })) => vec!["over a file"],
                (_, Some(Entry::Dir)) => vec!["over a directory"],
                _ => Vec::new(),
            }
        }
        Op::Remove(_) if (0..SLOTS).any(|slot| changed(&slot)) => vec!["of an open file"],
        Op::RemoveDir(_) if (0..SLOTS).any(|slot| changed(&slot)) => vec!["of an open directory"],
        Op::TryLock(_) if *outcome == Outcome::Locked(true) => vec!["taken"],
        Op::TryLock(_) => vec!["refused"],
        Op::Kill if (0..SLOTS).any(|slot| nameless(before, slot)) => {
            vec!["with a file without a name"]
        }
        _ => Vec::new(),
    }
}

//! The sequences of calls whose crash states were counted, and the counts.

use sim::disk::{Call, Recording};

/// A sequence and what was counted for it.
pub(super) struct Sequence {
    pub(super) name: &'static str,
    pub(super) recording: fn() -> Recording,
    /// Process kill, `ext4-ordered`, `strict` at 4 KiB and at 512 bytes.
    pub(super) counted: [&'static str; 4],
}

/// In the order of the reference.
pub(super) const SEQUENCES: [Sequence; 7] = [
    Sequence {
        name: "replace a table, one write",
        recording: || saved(&[4_096], [Synced::Yes, Synced::Yes]),
        counted: ["6", "4", "5", "259"],
    },
    Sequence {
        name: "replace a table, three writes",
        recording: || saved(&[1_365, 1_365, 1_366], [Synced::Yes, Synced::Yes]),
        counted: ["8", "6", "17", "1163"],
    },
    Sequence {
        name: "the same, the file not synced",
        recording: || saved(&[4_096], [Synced::No, Synced::Yes]),
        counted: ["5", "5", "7", "515"],
    },
    Sequence {
        name: "the same, the directory not synced",
        recording: || saved(&[4_096], [Synced::Yes, Synced::No]),
        counted: ["5", "4", "5", "259"],
    },
    Sequence {
        name: "append A, sync, append B and C",
        recording: append,
        // The reference has 21 at 4 KiB: there, C leaves its file with the old length or the new
        // one. Here also with the end of any block in between, which the reference saw on ext4
        // (A and 3,996 zeros): 4 more trees of 4,096 bytes and 8 more of 8,192. At 512 bytes the
        // reference stops at 120,000.
        counted: ["5", "6", "33", "too many"],
    },
    Sequence {
        name: "shut down: premark, transcripts, table, marker",
        recording: || shut_down(Order::Good),
        counted: ["22", "12", "18", "272"],
    },
    Sequence {
        name: "replace a table twice, one sync of the directory",
        recording: twice,
        // The reference has 13 and 775. By hand there are ten at 4 KiB: the old table alone; it and
        // `tmp` that is empty, zeros, the first new one or the second; the first new table alone;
        // it and `tmp` that is empty, zeros or the second; the second new table alone. What is left
        // of the first `tmp` and of the second is counted once where it looks the same, and a
        // rename that survived took the name `tmp` with it, whatever that led to. The reference
        // does not list its trees, so which three it has besides cannot be told.
        counted: ["10", "7", "10", "772"],
    },
];

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Synced {
    Yes,
    No,
}

/// Which comes first in a shutdown: what the clean marker speaks of, or the marker.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Good,
    Bad,
}

fn name(text: &str) -> String {
    text.to_owned()
}

/// Bytes of which no sector looks like another, and none like zeros.
pub(super) fn bytes(tag: u8, len: usize) -> Vec<u8> {
    (0..len).map(|at| tag ^ u8::try_from(at / 512 % 64).expect("small")).collect()
}

/// What was on the disk before: a table, durable.
pub(super) fn old_table() -> Vec<Call> {
    vec![Call::Create(name("t")), Call::Append(name("t"), bytes(b'O', 4_096))]
}

fn save(tag: u8, writes: &[usize], [file, dir]: [Synced; 2]) -> Vec<Call> {
    let mut calls = vec![Call::Create(name("tmp"))];
    for (part, len) in (0_u8..).zip(writes) {
        calls.push(Call::Append(name("tmp"), bytes(tag + part, *len)));
    }
    if file == Synced::Yes {
        calls.push(Call::Sync(name("tmp")));
    }
    calls.push(Call::Rename(name("tmp"), name("t")));
    if dir == Synced::Yes {
        calls.push(Call::SyncDir(name("")));
    }
    calls
}

/// The table is replaced.
pub(super) fn saved(writes: &[usize], synced: [Synced; 2]) -> Recording {
    Recording { before: old_table(), calls: save(b'n', writes, synced) }
}

fn twice() -> Recording {
    let mut calls = save(b'n', &[4_096], [Synced::Yes, Synced::No]);
    calls.extend(save(b'w', &[4_096], [Synced::Yes, Synced::Yes]));
    Recording { before: old_table(), calls }
}

/// Three appends, of which the first is synced.
pub(super) fn append() -> Recording {
    let append = |tag, len| Call::Append(name("j"), bytes(tag, len));
    Recording {
        before: vec![Call::Create(name("j"))],
        calls: vec![
            append(b'A', 100),
            Call::Sync(name("j")),
            append(b'B', 100),
            append(b'C', 9_000),
        ],
    }
}

/// A whole shutdown of a gateway that keeps a table, transcripts and marker files.
pub(super) fn shut_down(order: Order) -> Recording {
    let mut before = old_table();
    let transcripts = ["x", "y", "z"].map(name);
    before.extend(transcripts.iter().cloned().map(Call::Create));
    let new_file = |path: &str, text: &[u8]| {
        vec![
            Call::Create(name(path)),
            Call::Append(name(path), text.to_vec()),
            Call::Sync(name(path)),
            Call::SyncDir(name("")),
        ]
    };
    let mut calls = new_file("premark", b"running: x y z");
    for (tag, path) in (b'x'..).zip(&transcripts) {
        calls.push(Call::Append(path.clone(), bytes(tag, 300)));
        if order == Order::Good {
            calls.push(Call::Sync(path.clone()));
        }
    }
    let synced = if order == Order::Good { Synced::Yes } else { Synced::No };
    calls.extend(save(b'n', &[4_096], [synced, synced]));
    calls.extend(new_file("clean", b"clean"));
    calls.extend([Call::Remove(name("premark")), Call::SyncDir(name(""))]);
    Recording { before, calls }
}

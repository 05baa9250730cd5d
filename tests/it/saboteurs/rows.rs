//! The catalogue of bugs in the handling of files, row by row, and what stands for each here.
//!
//! It was drawn up before there was a core, from what was seen to go wrong elsewhere.

/// What stands for a row.
pub(super) enum Covered {
    /// These saboteurs.
    By(&'static [&'static str]),
    /// Nothing can, and why: what a saboteur has no way to break in this core.
    Not(&'static str),
}

use Covered::{By, Not};

/// The catalogue.
pub(super) const ROWS: [(&str, Covered); 22] = [
    (
        "missing sync of the new file before its rename",
        By(&["core-no-sync-before-rename", "core-rename-before-sync"]),
    ),
    ("missing sync of the directory after a rename", By(&["core-no-directory-sync"])),
    ("sync of the wrong object", By(&["core-syncs-wrong-object"])),
    ("a buffer that is not flushed before sync or rename", By(&["core-appends-buffered"])),
    ("rename between file systems, done as a copy", By(&["core-rename-copies"])),
    (
        "error of a sync or a write ignored or retried",
        By(&["core-sync-error-ignored", "core-sync-error-retried", "core-write-error-swallowed"]),
    ),
    ("closing a file taken for durable", By(&["core-transcripts-not-synced"])),
    ("one name for the drafts of two processes", By(&["core-stale-draft-reused"])),
    ("leftover draft picked up by recovery", By(&["core-stale-draft-read"])),
    ("leftover draft never collected", By(&["core-stale-draft-kept"])),
    ("no room, and the old file removed to make some", By(&["core-old-journal-removed-first"])),
    ("update of several files without a commit point", By(&["core-transcripts-late"])),
    (
        "receipt of a clean stop durable before what it vouches for",
        Not("seal and turns are lines of one file, and a line is durable after those before it"),
    ),
    (
        "premark cleared before the receipt is durable",
        Not("marks, clear and seal are lines of one file, in that order"),
    ),
    (
        "marker unlinked without a sync of its directory",
        Not("no marker is a file: what a stop marks is a line of the journal"),
    ),
    ("recovery rewrites in place", By(&["core-rewrites-in-place"])),
    ("recovery trusts what is only in the page cache", By(&["core-recovery-not-synced"])),
    (
        "append behind a torn tail",
        Not("a boot appends to files of its own only, and copies what was durable in another's"),
    ),
    ("bad record in the middle passed over in silence", By(&["core-broken-lines-skipped"])),
    ("new directory whose parent is never synced", Not("the core creates no directory")),
    (
        "order of a directory relied on",
        Not("the core takes the journal with the highest number, wherever it is listed"),
    ),
    ("lock that is the existence of a file", By(&["core-lock-by-existence"])),
];

/// What is in no row, and is easily got wrong all the same.
pub(super) const BESIDES: [(&str, Covered); 6] = [
    ("name of a new file never synced", By(&["core-transcript-names-not-synced"])),
    ("what is appended is never synced", By(&["core-append-without-sync"])),
    ("every sync lies", By(&["core-syncs-nothing"])),
    ("acting on a record before it is durable", By(&["core-dispatch-before-durable"])),
    ("lock that is the number of a process", By(&["core-lock-by-number"])),
    ("a newer mark in the place of an older one", By(&["core-older-marks-cleared"])),
];

//! The saboteurs by name: the core, and what is done to its files.
//!
//! They are permanent. Each stands for a mistake in the handling of files that is easily made, and
//! `docs/saboteurs.md` says which oracle notices it, and where. No line of the core is changed.

use std::sync::Arc;

use gateway_core::Core;
use gateway_core::env::Gateway;
use gateway_core::settings::Settings;

use super::gateway::{Begin, Sabotaged};
use super::sync::{TrustsWhatItReads, Unsynced, UnsyncedTranscriptNames, WrongObject};
use super::{draft, failure, late, locks, place, reading};
use crate::gateways::unfenced::{Asks, Unfenced};

/// The core on a file system that is spoilt in one way: its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Saboteur(usize);

struct Entry {
    name: &'static str,
    about: &'static str,
    begin: Begin,
    asks: Asks,
}

const fn entry(name: &'static str, about: &'static str, begin: Begin) -> Entry {
    Entry { name, about, begin, asks: Asks::First }
}

/// The same of a core that has nothing but its lock: else a lock that does not work is no harm.
const fn lock(name: &'static str, about: &'static str, begin: Begin) -> Entry {
    Entry { name, about, begin, asks: Asks::Never }
}

static ENTRIES: [Entry; 25] = [
    entry("core-no-sync-before-rename", "a new journal is renamed without a sync", |_| {
        Arc::new(Unsynced::DRAFT)
    }),
    entry("core-rename-before-sync", "a new journal is renamed, and synced after that", |_| {
        Arc::<place::RenamesFirst>::default()
    }),
    entry("core-no-directory-sync", "the name of a new journal is never synced", |_| {
        Arc::new(Unsynced::NAMES)
    }),
    entry("core-append-without-sync", "what is appended to the journal is never synced", |_| {
        Arc::new(Unsynced::APPENDS)
    }),
    entry("core-syncs-wrong-object", "the directory is synced, and the journal is not", |_| {
        Arc::new(WrongObject)
    }),
    entry("core-syncs-nothing", "no sync does anything", |_| Arc::new(Unsynced::ALL)),
    entry("core-appends-buffered", "what is appended leaves with the next append", |_| {
        Arc::new(late::Buffered)
    }),
    entry("core-dispatch-before-durable", "a record is taken for durable before it is", |_| {
        Arc::<late::LateJournal>::default()
    }),
    entry("core-rename-copies", "a new journal is copied over the old one", |_| {
        Arc::<place::Copies>::default()
    }),
    entry("core-rewrites-in-place", "a new journal is written over the old one", |_| {
        Arc::new(place::RewritesInPlace)
    }),
    entry(
        "core-old-journal-removed-first",
        "the old journal makes room when there is none",
        |_| Arc::new(place::MakesRoom),
    ),
    entry("core-sync-error-ignored", "a sync that failed is taken for one that did not", |_| {
        Arc::new(failure::IgnoresSyncs)
    }),
    entry("core-sync-error-retried", "a sync that failed is told, and tried again", |_| {
        Arc::new(failure::RetriesSyncs)
    }),
    entry(
        "core-write-error-swallowed",
        "a write that failed is taken for one that did not",
        |_| Arc::new(failure::IgnoresWrites),
    ),
    entry("core-stale-draft-reused", "what a dead process had prepared is appended to", |_| {
        Arc::new(draft::Reuses)
    }),
    entry("core-stale-draft-read", "what a dead process had prepared is the journal", |_| {
        Arc::new(draft::Reads)
    }),
    entry("core-stale-draft-kept", "what a dead process had prepared is never removed", |_| {
        Arc::new(draft::Keeps)
    }),
    entry("core-recovery-not-synced", "recovery relies on what it read, synced or not", |_| {
        Arc::<TrustsWhatItReads>::default()
    }),
    entry(
        "core-broken-lines-skipped",
        "a broken line of the journal is left out, and not missed",
        |_| Arc::new(reading::SkipsBrokenLines),
    ),
    entry("core-older-marks-cleared", "a mark takes the place of those of earlier boots", |_| {
        Arc::new(reading::ForgetsOlderMarks)
    }),
    entry("core-transcripts-late", "a transcript is synced after the journal says so", |_| {
        Arc::<late::LateTranscripts>::default()
    }),
    entry("core-transcripts-not-synced", "a transcript is closed, and never synced", |_| {
        Arc::new(Unsynced::TRANSCRIPTS)
    }),
    entry("core-transcript-names-not-synced", "the name of a transcript is never synced", |_| {
        Arc::<UnsyncedTranscriptNames>::default()
    }),
    lock("core-lock-by-existence", "the lock is held for as long as its file is there", |_| {
        Arc::<locks::ByExistence>::default()
    }),
    lock("core-lock-by-number", "the lock is held while the number in its file lives", |env| {
        Arc::new(locks::ByNumber(Arc::clone(&env.processes)))
    }),
];

impl Saboteur {
    /// Every saboteur, in order.
    pub fn all() -> impl Iterator<Item = Saboteur> {
        (0..ENTRIES.len()).map(Saboteur)
    }

    /// Its name, as everybody writes it.
    pub fn name(self) -> &'static str {
        ENTRIES[self.0].name
    }

    /// What is spoilt, in one line.
    pub fn about(self) -> &'static str {
        ENTRIES[self.0].about
    }

    /// The saboteur itself.
    pub fn make(self, settings: Settings) -> Box<dyn Gateway> {
        let Entry { begin, asks, .. } = ENTRIES[self.0];
        Box::new(Sabotaged::new(Unfenced(Core::new(settings), asks), begin))
    }
}

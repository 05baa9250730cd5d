//! A new journal, prepared beside the one that is in use.
//!
//! The snapshot is that of one moment. What is committed while it is written goes into the old
//! journal as ever, and is remembered, to be added before the new one takes over. Whoever needs
//! the name under which journals are prepared asks for it back and waits until it is free.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;
use tracing::Instrument as _;

use super::snapshot;
use super::store::{Draft, discard};
use super::writer::answer;
use crate::env::Fs;
use crate::error::IoError;
use crate::state::State;
use crate::tasks::Tasks;

/// A compaction that is under way.
pub(super) struct Compaction {
    drafted: oneshot::Receiver<Option<Draft>>,
    wanted: Arc<AtomicBool>,
    /// The commits since it began, as JSON.
    meanwhile: Vec<Vec<u8>>,
}

/// What became of a compaction's first part.
pub(super) struct Drafted {
    /// The new journal, durable but for its name; nothing if it failed, which was told.
    pub(super) draft: Option<Draft>,
    /// The commits that it lacks, as JSON.
    pub(super) meanwhile: Vec<Vec<u8>>,
}

impl Compaction {
    /// Begins to write `state` into a new journal. `running` is true until that has ended.
    pub(super) fn begin(
        fs: Arc<dyn Fs>,
        boot: u64,
        state: State,
        tasks: &Tasks,
        running: Arc<AtomicBool>,
    ) -> Compaction {
        let (done, drafted) = oneshot::channel();
        let wanted = Arc::new(AtomicBool::new(true));
        let compaction = Compaction { drafted, wanted: Arc::clone(&wanted), meanwhile: Vec::new() };
        running.store(true, Ordering::Relaxed);
        let work = async move {
            let drafted = draft(&*fs, boot, &state, &wanted).await.unwrap_or_else(|failure| {
                failure.error("the journal is not compacted and stays in use");
                None
            });
            if drafted.is_none() {
                discard(&*fs, boot).await;
            }
            running.store(false, Ordering::Relaxed);
            answer(done, drafted);
        };
        tasks.spawn(work.instrument(tracing::info_span!("compact")));
        compaction
    }

    /// Remembers a commit that the new journal lacks.
    pub(super) fn remember(&mut self, json: Vec<u8>) {
        self.meanwhile.push(json);
    }

    /// Waits until the first part has ended; for ever if there is no compaction.
    pub(super) async fn ended(compaction: &mut Option<Compaction>) -> Drafted {
        let Some(under_way) = compaction else { return std::future::pending().await };
        let draft = (&mut under_way.drafted).await.unwrap_or(None);
        let meanwhile = std::mem::take(&mut under_way.meanwhile);
        *compaction = None;
        Drafted { draft, meanwhile }
    }

    /// Nobody wants it any more. It ends at its next step.
    pub(super) fn abandon(&self) {
        self.wanted.store(false, Ordering::Relaxed);
    }
}

async fn draft(
    fs: &dyn Fs,
    boot: u64,
    state: &State,
    wanted: &AtomicBool,
) -> Result<Option<Draft>, IoError> {
    let mut draft = Draft::begin(fs, boot).await?;
    for line in snapshot::lines(state) {
        if !wanted.load(Ordering::Relaxed) {
            return Ok(None);
        }
        draft.add(&line).await?;
    }
    draft.snapshot_ends();
    draft.sync().await?;
    Ok(Some(draft))
}

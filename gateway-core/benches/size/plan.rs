//! Which lives are lived to measure one size or one past.

use std::error::Error;
use std::path::Path;

use super::life::{Figures, Life, Premark, median};
use super::options::{Past, Size};

/// How often a boot and its stop are measured.
const BOOTS: usize = 5;
/// How many steps each turn takes where steps are measured.
pub(crate) const STEPS: u64 = 10;

/// What one size costs.
pub(crate) struct Sized {
    pub(crate) size: Size,
    /// The life in which all sessions were begun.
    pub(crate) first: Figures,
    /// A boot with cut turns, the median of several.
    pub(crate) boot: Figures,
    /// Its stop, the median of several.
    pub(crate) premark: Premark,
    /// The life in which the cut turns took their steps and were answered.
    pub(crate) work: Figures,
    /// A boot with nothing to do.
    pub(crate) idle: Figures,
}

/// What one past costs.
pub(crate) struct Passed {
    pub(crate) past: Past,
    /// The life of that past.
    pub(crate) life: Figures,
    /// The boot after it.
    pub(crate) boot: Figures,
    /// The journal before that boot, in bytes.
    pub(crate) journal: u64,
    /// The journal after that boot, which is a snapshot and little more.
    pub(crate) snapshot: u64,
    /// The transcripts, in bytes.
    pub(crate) transcripts: u64,
}

/// Measures one size.
pub(crate) fn size(
    root: &Path,
    size: Size,
    live: impl Fn(&str, &Life) -> Result<Figures, Box<dyn Error>>,
) -> Result<Sized, Box<dyn Error>> {
    let Size { sessions, active } = size;
    let said = |what: &str| format!("{sessions} sessions, {active} active: {what}");
    let first = Life {
        root: root.to_owned(),
        sessions,
        messages: sessions + active,
        taken: 0,
        answered: 0,
        answerable: sessions,
        at_once: active,
        steps: 1,
        is_killed: true,
    };
    // Each of the next lives finds the same: everything taken, and the same turns cut.
    let again = Life { taken: first.messages, answered: sessions, steps: 0, ..first.clone() };
    let work = Life { answerable: first.messages, steps: STEPS, is_killed: false, ..again.clone() };
    let idle = Life { answered: first.messages, ..work.clone() };
    let first = live(&said("first boot"), &first)?;
    let mut boots = Vec::with_capacity(BOOTS);
    for number in 1..=BOOTS {
        boots.push(live(&said(&format!("boot {number} of {BOOTS}")), &again)?);
    }
    let (boot, premark) = middle(&boots)?;
    let work = live(&said("steps"), &work)?;
    let idle = live(&said("idle boot"), &idle)?;
    Ok(Sized { size, first, boot, premark, work, idle })
}

/// Each figure in the middle of those of several lives.
fn middle(boots: &[Figures]) -> Result<(Figures, Premark), Box<dyn Error>> {
    let stops: Vec<Premark> = boots.iter().filter_map(|boot| boot.stop).collect();
    let time = |time: fn(&Figures) -> f64| median(&mut boots.iter().map(time).collect::<Vec<_>>());
    let stop = |time: fn(&Premark) -> f64| median(&mut stops.iter().map(time).collect::<Vec<_>>());
    let (Some(last), Some(premark)) = (boots.last(), stops.last()) else {
        return Err("nobody was told of a stop".into());
    };
    let boot = Figures {
        serving: time(|boot| boot.serving),
        opened: time(|boot| boot.opened),
        ..last.clone()
    };
    let premark = Premark {
        // The worst of them: these are promised, not measured.
        appends: stops.iter().map(|stop| stop.appends).max().unwrap_or_default(),
        syncs: stops.iter().map(|stop| stop.syncs).max().unwrap_or_default(),
        took: stop(|stop| stop.took),
        notice: stop(|stop| stop.notice),
        told: stop(|stop| stop.told),
        plain: stop(|stop| stop.plain),
        ..*premark
    };
    Ok((boot, premark))
}

/// Measures one past.
pub(crate) fn past(
    root: &Path,
    past: Past,
    live: impl Fn(&str, &Life) -> Result<Figures, Box<dyn Error>>,
) -> Result<Passed, Box<dyn Error>> {
    let Past { sessions, turns } = past;
    let said = |what: &str| format!("{sessions} sessions, {turns} turns each: {what}");
    let messages = sessions * turns;
    let life = Life {
        root: root.to_owned(),
        sessions,
        messages,
        taken: 0,
        answered: 0,
        answerable: messages,
        at_once: sessions,
        steps: 1,
        is_killed: false,
    };
    let boot = Life { taken: messages, answered: messages, ..life.clone() };
    let life = live(&said("the past"), &life)?;
    let journal = length(root, "journal-")?;
    let transcripts = length(root, "transcript-")?;
    let boot = live(&said("the boot after it"), &boot)?;
    let snapshot = length(root, "journal-")?;
    Ok(Passed { past, life, boot, journal, snapshot, transcripts })
}

/// The length of all files in the state directory whose names begin alike.
fn length(root: &Path, begins: &str) -> std::io::Result<u64> {
    let mut length = 0;
    for file in std::fs::read_dir(root)? {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with(begins) {
            length += file.metadata()?.len();
        }
    }
    Ok(length)
}

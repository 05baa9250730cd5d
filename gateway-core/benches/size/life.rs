//! One life of a gateway in a process of its own, and what it cost.

use std::error::Error;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use gateway_core::Core;
use gateway_core::env::{Env, Exit, Gateway as _};
use gateway_core::settings::Settings;
use serde::{Deserialize, Serialize};

use super::users::{Moment, Seen, Users, env};

/// How long a text is that somebody writes, in bytes.
const TEXT: usize = 100;
/// How often the plain append is measured.
const PLAIN: usize = 21;

/// A life to be lived.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Life {
    /// The state directory.
    pub(crate) root: PathBuf,
    /// How many chats there are.
    pub(crate) sessions: u64,
    /// How many messages were written in all, by the end of this life.
    pub(crate) messages: u64,
    /// Up to which message earlier lives have taken them.
    pub(crate) taken: u64,
    /// Up to which message they were answered.
    pub(crate) answered: u64,
    /// Up to which message the agent answers in this life; on later ones it works for ever.
    pub(crate) answerable: u64,
    /// How many messages are written before the first of them is answered.
    pub(crate) at_once: u64,
    /// How many steps each turn takes.
    pub(crate) steps: u64,
    /// Whether this life is killed when the chats were told of its stop.
    pub(crate) is_killed: bool,
}

/// What a life cost. Times in seconds, memory in bytes.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// From its begin to its first poll.
    pub(crate) serving: f64,
    /// What it had read and written by then.
    pub(crate) serving_read: u64,
    /// See [`Figures::serving_read`].
    pub(crate) serving_written: u64,
    /// Its peak of memory by then.
    pub(crate) serving_peak: u64,
    /// From its begin until the agent was shown the last turn.
    pub(crate) opened: f64,
    /// From its first step to its last.
    pub(crate) stepping: f64,
    /// The syncs in between.
    pub(crate) stepping_syncs: u64,
    /// From its begin until it was asked to stop.
    pub(crate) served: f64,
    /// The stop.
    pub(crate) stop: Option<Premark>,
    /// Its peak of memory.
    pub(crate) peak: u64,
    /// The largest that a file ever was, in bytes.
    pub(crate) largest: u64,
}

/// What the begin of a stop cost, from the signal to the first notice. Times begin with the signal.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Premark {
    pub(crate) appends: u64,
    pub(crate) syncs: u64,
    pub(crate) bytes: u64,
    /// Until the marks were durable.
    pub(crate) took: f64,
    /// Until the first chat was told.
    pub(crate) notice: f64,
    /// Until the last one was.
    pub(crate) told: f64,
    /// One plain append and sync of as many bytes, the median of several.
    pub(crate) plain: f64,
}

/// Lives it.
///
/// # Errors
///
/// If the disk cannot be used or the gateway ends otherwise than it should.
pub(crate) fn live(life: &Life) -> Result<Figures, Box<dyn Error>> {
    let mut users = Users::new(life.messages, life.sessions);
    users.answerable = life.answerable;
    users.at_once = life.at_once;
    users.steps = life.steps;
    users.text = TEXT;
    users.acked.store(life.taken, Ordering::Relaxed);
    users.answers.store(life.answered, Ordering::Relaxed);
    let users = Arc::new(users);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let figures = runtime.block_on(boot(life, &users))?;
    if life.is_killed {
        // Nothing is undone or finished: the kernel lets the lock go.
        println!("{}", serde_json::to_string(&figures)?);
        std::process::exit(0);
    }
    Ok(figures)
}

async fn boot(life: &Life, users: &Arc<Users>) -> Result<Figures, Box<dyn Error>> {
    let begun = tokio::time::Instant::now();
    let env: Env = env(&life.root, users)?;
    // What is measured is the gateway's own work, not the pause between two cut turns, and a
    // drain of what works for ever would only take its time.
    let drain_timeout = if life.is_killed { Duration::ZERO } else { Duration::from_secs(60) };
    let settings =
        Settings { resume_stagger: Duration::ZERO, drain_timeout, ..Settings::standard() };
    let mut gateway = tokio::spawn(Core::new(settings).boot(env));
    users.until(|users| users.when(Seen::Poll).is_some()).await;
    let serving_peak = peak();
    let told = life.messages - life.answerable.min(life.messages);
    if life.is_killed {
        tokio::select! {
            biased;
            exit = &mut gateway => return Err(format!("it ended by itself: {:?}", exit?).into()),
            () = users.until(|users| users.told.load(Ordering::Relaxed) >= told) => {}
        }
    } else {
        let exit = gateway.await?;
        if exit != Exit::Planned {
            return Err(format!("it ended as {exit:?}").into());
        }
    }
    let since = |moment: Moment| (moment.at - begun).as_secs_f64();
    let mut figures = Figures { serving_peak, peak: peak(), ..Figures::default() };
    figures.largest = users.gauge.largest.load(Ordering::Relaxed);
    if let Some((first, _)) = users.when(Seen::Poll) {
        figures.serving = since(first);
        (figures.serving_read, figures.serving_written) = (first.counts.read, first.counts.written);
    }
    if let Some((_, last)) = users.when(Seen::Open) {
        figures.opened = since(last);
    }
    if let Some((first, last)) = users.when(Seen::Step) {
        figures.stepping = since(last) - since(first);
        figures.stepping_syncs = (last.counts - first.counts).syncs;
    }
    if let Some((begun, _)) = users.when(Seen::Signal) {
        figures.served = since(begun);
        figures.stop = premark(&life.root, users, begun)?;
    }
    Ok(figures)
}

fn premark(root: &Path, users: &Users, begun: Moment) -> Result<Option<Premark>, Box<dyn Error>> {
    let Some((first, last)) = users.when(Seen::Notice) else { return Ok(None) };
    let cost = first.counts - begun.counts;
    let until = |at: tokio::time::Instant| (at - begun.at).as_secs_f64();
    Ok(Some(Premark {
        appends: cost.appends,
        syncs: cost.syncs,
        bytes: cost.written,
        took: first.synced.map(until).unwrap_or_default(),
        notice: until(first.at),
        told: until(last.at),
        plain: plain(&root.join("plain"), usize::try_from(cost.written)?)?,
    }))
}

/// One append and one sync, of a file that nothing else knows of.
fn plain(path: &Path, bytes: usize) -> Result<f64, Box<dyn Error>> {
    let bytes = vec![b'.'; bytes];
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.append(true).create_new(true).mode(0o600).open(path)?;
    file.sync_all()?;
    let mut times = Vec::with_capacity(PLAIN);
    for _ in 0..PLAIN {
        let begun = Instant::now();
        file.write_all(&bytes)?;
        file.sync_data()?;
        times.push(begun.elapsed().as_secs_f64());
    }
    std::fs::remove_file(path)?;
    Ok(median(&mut times))
}

/// The one in the middle.
pub(crate) fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// This process's peak of memory, in bytes; 0 where the system does not tell.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}

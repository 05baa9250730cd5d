//! What the benchmark was asked to measure, and where.

use std::path::{Path, PathBuf};

/// What to measure, and where.
pub(crate) struct Options {
    /// The directory in which state directories are made.
    pub(crate) dir: PathBuf,
    /// How many sessions, and how many of them with a running turn.
    pub(crate) sizes: Vec<Size>,
    /// How many sessions, and how many turns each of them has had.
    pub(crate) pasts: Vec<Past>,
}

/// So many sessions.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) sessions: u64,
    /// How many of them have a turn that runs.
    pub(crate) active: u64,
}

/// So long a past.
#[derive(Clone, Copy)]
pub(crate) struct Past {
    pub(crate) sessions: u64,
    /// How many turns each of them has had.
    pub(crate) turns: u64,
}

/// The same sessions after ever longer pasts, and more sessions after one of these.
const PASTS: [Past; 4] = [
    Past { sessions: 500, turns: 1 },
    Past { sessions: 500, turns: 25 },
    Past { sessions: 500, turns: 100 },
    Past { sessions: 2000, turns: 25 },
];

const USAGE: &str = "usage: cargo bench -p gateway-core --bench size -- [OPTION]..
  --sessions N  only this many sessions, instead of 1000, 10000 and 100000
  --active N    how many of them have a running turn, instead of every tenth
  --dir DIR     where the state directories are made, instead of target/tmp";

impl Options {
    /// Reads the arguments; nothing if they only ask which ones there are.
    ///
    /// # Errors
    ///
    /// What was expected instead.
    pub(crate) fn read(args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
        let (mut dir, mut sessions, mut active) = (None, None, None);
        let mut args = args;
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--sessions" => sessions = Some(number(&arg, args.next())?),
                "--active" => active = Some(number(&arg, args.next())?),
                "--dir" => dir = Some(args.next().ok_or("--dir: a directory was expected")?),
                // Cargo says so to every benchmark.
                "--bench" => {}
                "--help" => {
                    println!("{USAGE}");
                    return Ok(None);
                }
                other => return Err(format!("{other}: unknown argument\n{USAGE}")),
            }
        }
        let sizes = sessions.map_or(vec![1_000, 10_000, 100_000], |sessions| vec![sessions]);
        let size = |sessions: &u64| {
            let active = active.unwrap_or(sessions / 10).clamp(1, *sessions);
            Size { sessions: *sessions, active }
        };
        Ok(Some(Options {
            dir: dir.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from),
            sizes: sizes.iter().map(size).collect(),
            pasts: PASTS.into(),
        }))
    }
}

fn number(name: &str, value: Option<String>) -> Result<u64, String> {
    let number = value.as_ref().and_then(|value| value.parse().ok());
    let found = value.as_deref().unwrap_or("nothing");
    let wrong = || format!("{name}: a number from 1 was expected, not {found}");
    number.filter(|number| *number > 0).ok_or_else(wrong)
}

/// The kind of file system that a directory is on.
pub(crate) fn file_system(dir: &Path) -> String {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let here = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let kinds = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (at, kind) = (words.next()?, words.next()?);
        here.starts_with(at).then_some((at.len(), kind))
    });
    // The mount that is deepest is the one that counts; of two at one place, the later.
    let kind = kinds.max_by_key(|(depth, _)| *depth).map_or("unknown", |(_, kind)| kind);
    let is_memory = matches!(kind, "tmpfs" | "ramfs");
    format!("{kind}{}", if is_memory { " (memory: syncs cost nothing here)" } else { "" })
}

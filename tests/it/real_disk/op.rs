//! What is done to both disks, and sequences of it that nobody wrote.
//!
//! Few names and few handles, so that things meet: a rename finds the file that another handle has
//! open, and a directory is made where a file was.

use std::fmt;

use proptest::prelude::*;

/// Handles that a sequence has. Opening into one closes what was there.
pub(super) const SLOTS: usize = 4;

/// The names that things mostly have, `a` most of all: things are to meet.
const NAMES: [&str; 10] = ["a", "a", "a", "b", "d", "e", "d/a", "d/b", "d/e", "d/e/a"];

/// Paths that take some reading. None climbs above the directory that everything lies in: there
/// the two disks differ on purpose.
const ODD: [&str; 22] = [
    "",
    ".",
    "d/.",
    "d/./",
    "d/..",
    "d/../a",
    "d/e/..",
    "d/e/../..",
    "./a",
    ".//b/",
    "d//a",
    "d/./e/./a",
    "a/.",
    "a/..",
    "a/b",
    "a/b/a",
    "none/a",
    "none/",
    "none/..",
    "d/e/../../d/e",
    "d/e/none",
    "d/..b",
];

/// Lengths and offsets: within a block, at its ends, and beyond.
const SIZES: [u64; 9] = [0, 1, 3, 100, 4_095, 4_096, 4_097, 9_000, 20_000];

/// A path.
#[derive(Clone)]
pub(super) struct Path(pub(super) String);

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.rfind('/').map_or(0, |at| at + 1) {
            last if self.0.len() - last > 80 => {
                write!(f, "{:?} + {} bytes", &self.0[..last], self.0.len() - last)
            }
            _ if self.0.len() > 80 => write!(f, "a path of {} bytes", self.0.len()),
            _ => write!(f, "{:?}", self.0),
        }
    }
}

/// So many times the same byte.
#[derive(Clone)]
pub(super) struct Fill(u8, usize);

impl Fill {
    pub(super) fn bytes(&self) -> Vec<u8> {
        vec![self.0; self.1]
    }
}

impl fmt::Debug for Fill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} x {}", char::from(self.0), self.1)
    }
}

/// The number of a handle.
pub(super) type Slot = usize;

/// One thing that is done to a disk.
#[derive(Clone, Debug)]
pub(super) enum Op {
    CreateNew(Slot, Path),
    Open(Slot, Path),
    OpenRead(Slot, Path),
    Close(Slot),
    Read(Slot),
    ReadAt(Slot, u64, u64),
    Append(Slot, Fill),
    WriteAt(Slot, u64, Fill),
    Truncate(Slot, u64),
    SyncFile(Slot),
    TryLock(Slot),
    Unlock(Slot),
    Rename(Path, Path),
    Link(Path, Path),
    Remove(Path),
    RemoveDir(Path),
    Mkdir(Path),
    List(Path),
    SyncDir(Path),
    /// The process dies and another comes: every handle is gone, and nothing else.
    Kill,
}

/// What an operation came to, if it came to something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Bytes(Vec<u8>),
    Names(Vec<String>),
    Locked(bool),
}

/// What can be seen of an open handle without reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    File {
        len: u64,
        links: u32,
    },
    /// The length of a directory is its file system's own business.
    Dir {
        links: u32,
    },
}

/// What every sequence begins with.
pub(super) fn beginning() -> [Op; 2] {
    ["d", "d/e"].map(|path| Op::Mkdir(Path(path.to_owned())))
}

/// Sequences of operations.
pub(super) fn programs() -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(op(), 1..48)
}

fn op() -> impl Strategy<Value = Op> {
    let slot = || 0..SLOTS;
    let size = || prop::sample::select(&SIZES[..]);
    prop_oneof![
        9 => (slot(), path()).prop_map(|(slot, path)| Op::CreateNew(slot, path)),
        6 => (slot(), path()).prop_map(|(slot, path)| Op::Open(slot, path)),
        3 => (slot(), path()).prop_map(|(slot, path)| Op::OpenRead(slot, path)),
        1 => slot().prop_map(Op::Close),
        3 => slot().prop_map(Op::Read),
        2 => (slot(), size(), size()).prop_map(|(slot, at, len)| Op::ReadAt(slot, at, len)),
        6 => (slot(), fill()).prop_map(|(slot, fill)| Op::Append(slot, fill)),
        3 => (slot(), size(), fill()).prop_map(|(slot, at, fill)| Op::WriteAt(slot, at, fill)),
        3 => (slot(), size()).prop_map(|(slot, len)| Op::Truncate(slot, len)),
        1 => slot().prop_map(Op::SyncFile),
        6 => slot().prop_map(Op::TryLock),
        1 => slot().prop_map(Op::Unlock),
        10 => pair().prop_map(|(from, to)| Op::Rename(from, to)),
        6 => pair().prop_map(|(from, to)| Op::Link(from, to)),
        5 => path().prop_map(Op::Remove),
        3 => path().prop_map(Op::RemoveDir),
        5 => path().prop_map(Op::Mkdir),
        2 => path().prop_map(Op::List),
        1 => path().prop_map(Op::SyncDir),
        1 => Just(Op::Kill),
    ]
}

fn fill() -> impl Strategy<Value = Fill> {
    let len = prop::sample::select(&[0_usize, 1, 2, 5, 4_096, 5_000][..]);
    (b'a'..=b'z', len).prop_map(|(byte, len)| Fill(byte, len))
}

/// Two paths, which are often the same, or names of one file.
fn pair() -> impl Strategy<Value = (Path, Path)> {
    let near = || prop::sample::select(&["a", "b", "d/a"][..]);
    let near = || near().prop_map(|name| Path(name.to_owned()));
    prop_oneof![
        4 => (path(), path()),
        3 => (near(), near()),
        1 => path().prop_map(|path| (path.clone(), path)),
    ]
}

fn path() -> impl Strategy<Value = Path> {
    let name = || prop::sample::select(&NAMES[..]);
    let text = prop_oneof![
        28 => name().prop_map(str::to_owned),
        4 => name().prop_map(|name| format!("{name}/")),
        3 => prop::sample::select(&ODD[..]).prop_map(str::to_owned),
        1 => long(),
    ];
    text.prop_map(Path)
}

/// Names and paths about as long as they may be.
fn long() -> impl Strategy<Value = String> {
    let parent = prop::sample::select(&["", "d/", "a/", "none/"][..]);
    let named = (parent, 254_usize..258, prop::sample::select(&["", "/", "/a"][..]));
    prop_oneof![
        3 => named.prop_map(|(parent, len, rest)| format!("{parent}{}{rest}", "n".repeat(len))),
        1 => (4_093_usize..4_098).prop_map(|len| {
            let tail = if len % 2 == 0 { "/a" } else { "a" };
            format!("{}{tail}", "./".repeat((len - tail.len()) / 2))
        }),
    ]
}

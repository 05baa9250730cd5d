//! What the disk is like, and what goes wrong with it.

use serde::{Deserialize, Serialize};

use crate::time::Ms;

/// What the disk is like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DiskPlan {
    /// How long each call takes.
    #[serde(skip_serializing_if = "is_zero")]
    pub latency: Ms,
    /// How much it holds, in bytes; without a limit if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u64>,
}

impl DiskPlan {
    pub(super) fn is_default(&self) -> bool {
        *self == DiskPlan::default()
    }
}

/// Something goes wrong with calls of the disk. The first fault that fits a call hits it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiskFault {
    /// What happens to a call that is hit.
    pub effect: DiskEffect,
    /// From when on.
    #[serde(default)]
    pub from: Ms,
    /// Until when, exclusively; for ever if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Ms>,
    /// Which calls: all that the effect can happen to if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verb: Option<DiskVerb>,
    /// On which file or directory: its path, or the beginning of paths if it ends with `*`.
    /// All if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// In which phase of its boot the call was made: its name, or the beginning of names if it ends
    /// with `*`. Whatever the phase if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// The how many-th of the calls that fit, from 1; each of them if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// How much longer a call takes that stalls.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub delay: Ms,
}

pub(super) fn is_zero(delay: &Ms) -> bool {
    *delay == Ms(0)
}

/// What happens to a call of the disk that is hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiskEffect {
    /// It fails with EIO and does nothing.
    Eio,
    /// It fails with ENOSPC and does nothing: the disk is full.
    Enospc,
    /// A write does its first half and fails with ENOSPC.
    EnospcPartial,
    /// It fails with EROFS and does nothing: the file system was made read-only.
    Erofs,
    /// A sync fails with EIO, and what it should have written is dropped: it is still read, and
    /// the next sync is a success (what ext4, XFS and btrfs do since Linux 4.13).
    EioDropsDirty,
    /// A sync says that it succeeded, and does nothing.
    LyingFlush,
    /// It takes longer, and is done all the same.
    Stall,
}

impl DiskEffect {
    /// The errno of Linux that the call fails with, if it fails.
    pub fn errno(self) -> Option<i32> {
        match self {
            DiskEffect::Eio | DiskEffect::EioDropsDirty => Some(5),
            DiskEffect::Enospc | DiskEffect::EnospcPartial => Some(28),
            DiskEffect::Erofs => Some(30),
            DiskEffect::LyingFlush | DiskEffect::Stall => None,
        }
    }

    /// Whether it can happen to a call.
    pub fn fits(self, verb: DiskVerb) -> bool {
        match self {
            DiskEffect::Eio | DiskEffect::Stall => true,
            DiskEffect::Enospc | DiskEffect::Erofs => verb.changes_or_syncs(),
            DiskEffect::EnospcPartial => verb == DiskVerb::Write,
            DiskEffect::EioDropsDirty | DiskEffect::LyingFlush => {
                matches!(verb, DiskVerb::Sync | DiskVerb::SyncDir)
            }
        }
    }

    /// Whether it happens to a call if its plan does not say to which.
    pub(crate) fn fits_unsaid(self, verb: DiskVerb) -> bool {
        // Whoever says nothing means a disk that cannot be written.
        self.fits(verb) && (self != DiskEffect::Eio || verb.changes_or_syncs())
    }
}

/// A call of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiskVerb {
    /// Create a file.
    Create,
    /// Open a file.
    Open,
    /// Read a file.
    Read,
    /// Write or append.
    Write,
    /// Set a length.
    Truncate,
    /// Sync a file, contents or all.
    Sync,
    /// Rename.
    Rename,
    /// Make another name of a file.
    Link,
    /// Remove a name or a directory.
    Remove,
    /// Create a directory.
    Mkdir,
    /// List a directory.
    List,
    /// Sync a directory.
    SyncDir,
    /// Take a lock or give it up.
    Lock,
}

impl DiskVerb {
    /// Every one.
    pub const ALL: [DiskVerb; 13] = [
        DiskVerb::Create,
        DiskVerb::Open,
        DiskVerb::Read,
        DiskVerb::Write,
        DiskVerb::Truncate,
        DiskVerb::Sync,
        DiskVerb::Rename,
        DiskVerb::Link,
        DiskVerb::Remove,
        DiskVerb::Mkdir,
        DiskVerb::List,
        DiskVerb::SyncDir,
        DiskVerb::Lock,
    ];

    /// Whether it changes the disk, or makes a change durable.
    pub fn changes_or_syncs(self) -> bool {
        !matches!(self, DiskVerb::Open | DiskVerb::Read | DiskVerb::List | DiskVerb::Lock)
    }
}

/// One bit of a file turns over, once and for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BitRot {
    /// When.
    pub at: Ms,
    /// In which file: a path, or how the names of some in the state directory begin if it ends with
    /// `*`; it is the last of these then. If none is there, nothing happens.
    pub path: String,
    /// In which byte; a negative number counts from the end. If the file is shorter, nothing
    /// happens.
    pub byte: i64,
    /// Which bit of it, 0 to 7.
    #[serde(default)]
    pub bit: u8,
}

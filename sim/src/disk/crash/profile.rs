//! Whose promises a disk keeps, and how far the search for what it may leave goes.

/// The smallest part of a write that survives or is lost on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grain {
    /// 512 bytes: what a disk writes whole.
    Sector,
    /// 4096 bytes: what a file system writes whole.
    Block,
}

impl Grain {
    /// Its size, in bytes.
    pub(super) fn size(self) -> u64 {
        match self {
            Grain::Sector => 512,
            Grain::Block => 4096,
        }
    }
}

/// Whose promises a disk keeps when the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// The contract: what was not synced survives or not, each operation and each grain of a write
    /// on its own, size and data apart. A rename is atomic. A program that is right under this one
    /// is right on every file system that keeps POSIX' promises.
    Strict(Grain),
    /// What ext4 does with `data=ordered`: names change in one order, of which a beginning
    /// survives, and every sync makes all names before it durable; new blocks are written before
    /// the length that shows them; what was appended within a block that is already there may read
    /// as zeros; what was overwritten is torn at sectors.
    Ext4Ordered,
    /// A lint: like the contract, but a rename may come apart, and what was written to a longer
    /// file may read as zeros or as garbage, block by block. No journaling file system does this
    /// by default; the name is that of the tool whose model it is (ALICE, OSDI 2014).
    Alice,
}

impl Profile {
    /// The contract at the grain of disks.
    pub const STRICT: Profile = Profile::Strict(Grain::Sector);

    /// Its name, as everybody writes it.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Strict(Grain::Sector) => "strict",
            Profile::Strict(Grain::Block) => "strict-4k",
            Profile::Ext4Ordered => "ext4-ordered",
            Profile::Alice => "alice",
        }
    }
}

/// How far the search goes. Where it stops short, its result says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bounds {
    /// The choices that are combined freely in one file, or among all names: beyond them only
    /// beginnings, ends, and single operations lost or kept are tried.
    pub choices: u64,
    /// The images of one log: beyond them, what became of each file is tried with everything else
    /// kept and with everything else lost.
    pub images: u64,
}

impl Bounds {
    /// What a matrix can afford at each of its kill points.
    pub const MATRIX: Bounds = Bounds { choices: 1 << 10, images: 1 << 9 };
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds::MATRIX
    }
}

//! The bytes of a file, in blocks that clones share.
//!
//! A world is cloned at every kill point, and a file that grew by one line since the last clone
//! must not be copied whole: only the block that changed is.
//!
//! A block that nobody wrote to is a hole, as it is on a real disk: it reads as zeros and takes no
//! room. Once written, a block takes room until it is cut off or its file is gone.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Torn writes are cut at multiples of this many bytes from the beginning of the file: the
/// smallest unit that disks write whole.
pub const SECTOR: u64 = 512;

/// The unit in which a disk gives out room, in bytes.
pub const BLOCK: u64 = 4096;

/// The bytes of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// By number. Each holds everything that the length leaves to it, so that equal files are
    /// equal values; one that is not there is a hole.
    blocks: BTreeMap<u64, Arc<Vec<u8>>>,
    len: u64,
}

impl std::hash::Hash for Content {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u64(self.len);
        for (number, block) in &self.blocks {
            state.write_u64(*number);
            state.write(block);
        }
    }
}

impl Content {
    /// The length, in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many blocks take room.
    pub fn blocks(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// A digest of length and bytes; a hole is the same as zeros.
    pub(crate) fn digest(&self) -> u128 {
        let mut hasher = xxhash_rust::xxh3::Xxh3::new();
        for (number, block) in self.blocks.iter().filter(|(_, block)| !is_zero(block)) {
            hasher.update(&number.to_le_bytes());
            hasher.update(block);
        }
        hasher.update(&self.len().to_le_bytes());
        hasher.digest128()
    }

    /// All of it.
    pub fn to_vec(&self) -> Vec<u8> {
        self.read(0, self.len)
    }

    /// Up to `len` bytes at `offset`; fewer where the file ends.
    pub fn read(&self, offset: u64, len: u64) -> Vec<u8> {
        let end = self.len.min(offset.saturating_add(len));
        if end <= offset {
            return Vec::new();
        }
        let mut bytes = vec![0; in_memory(end - offset)];
        for number in numbers(offset, end) {
            if let Some(block) = self.blocks.get(&number) {
                let first = number * BLOCK;
                let (from, to) = (offset.max(first), end.min(first + BLOCK));
                bytes[in_memory(from - offset)..in_memory(to - offset)]
                    .copy_from_slice(&block[in_memory(from - first)..in_memory(to - first)]);
            }
        }
        bytes
    }

    /// How many of `len` bytes at `offset` can be written with `free` more blocks.
    pub fn fitting(&self, offset: u64, len: u64, free: u64) -> u64 {
        let numbers = numbers(offset, offset + len);
        let mut holes = numbers.filter(|number| !self.blocks.contains_key(number));
        let short = holes.nth(in_memory(free));
        short.map_or(len, |number| (number * BLOCK).saturating_sub(offset))
    }

    /// Puts `bytes` at `offset`; a gap before it reads as zeros.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let end = offset + bytes.len() as u64;
        if self.len < end {
            self.set_len(end);
        }
        for number in numbers(offset, end) {
            let first = number * BLOCK;
            let (from, to) = (offset.max(first), end.min(first + BLOCK));
            let held = in_memory((self.len - first).min(BLOCK));
            let block = self.blocks.entry(number).or_insert_with(|| Arc::new(vec![0; held]));
            Arc::make_mut(block)[in_memory(from - first)..in_memory(to - first)]
                .copy_from_slice(&bytes[in_memory(from - offset)..in_memory(to - offset)]);
        }
    }

    /// Cuts it, or lets a hole follow it.
    pub fn truncate(&mut self, len: u64) {
        self.blocks.split_off(&len.div_ceil(BLOCK));
        self.set_len(len);
    }

    /// Sets the length, and that of the block in which the shorter of the two ends.
    fn set_len(&mut self, len: u64) {
        let number = self.len.min(len) / BLOCK;
        self.len = len;
        if let Some(block) = self.blocks.get_mut(&number) {
            Arc::make_mut(block).resize(in_memory((len - number * BLOCK).min(BLOCK)), 0);
        }
    }
}

/// The numbers of the blocks that the bytes from `offset` to `end` lie in.
fn numbers(offset: u64, end: u64) -> std::ops::Range<u64> {
    offset / BLOCK..end.div_ceil(BLOCK)
}

fn is_zero(block: &[u8]) -> bool {
    block.iter().all(|byte| *byte == 0)
}

fn in_memory(bytes: u64) -> usize {
    usize::try_from(bytes).expect("what is read or written at once fits into memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_across_blocks_read_back() {
        let mut content = Content::default();
        let bytes: Vec<u8> = (0..10_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        content.write(0, &bytes);
        assert_eq!(content.to_vec(), bytes);
        content.write(4_090, &[7; 12]);
        let mut expected = bytes;
        expected[4_090..4_102].fill(7);
        assert_eq!(content.to_vec(), expected);
    }

    #[test]
    fn a_gap_reads_as_zeros() {
        let mut content = Content::default();
        content.write(5_000, b"x");
        let mut expected = vec![0; 5_000];
        expected.push(b'x');
        assert_eq!(content.to_vec(), expected);
    }

    #[test]
    fn stale_bytes_do_not_come_back_after_a_truncate() {
        let mut content = Content::default();
        content.write(0, b"secret");
        content.truncate(0);
        assert!(content.is_empty());
        content.truncate(6);
        assert_eq!(content.to_vec(), vec![0; 6]);
    }

    #[test]
    fn a_part_reads_back_and_no_more_than_there_is() {
        let mut content = Content::default();
        content.write(4_095, b"ab");
        assert_eq!(content.read(4_094, 3), [0, b'a', b'b']);
        assert_eq!(content.read(4_096, u64::MAX), b"b");
        assert_eq!(content.read(4_097, 1), b"");
        assert_eq!(content.read(9_000, 1), b"");
    }

    #[test]
    fn a_hole_takes_no_room_until_it_is_written_to() {
        let mut content = Content::default();
        content.truncate(3 * BLOCK);
        assert_eq!(content.blocks(), 0);
        content.write(BLOCK + 10, b"x");
        assert_eq!(content.blocks(), 1);
        assert_eq!(content.fitting(BLOCK, 10, 0), 10, "that block is there");
        assert_eq!(content.fitting(BLOCK - 1, 2, 0), 0);
        assert_eq!(content.fitting(BLOCK + 5, 2 * BLOCK, 1), 2 * BLOCK - 5);
        content.truncate(BLOCK);
        assert_eq!(content.blocks(), 0);
    }

    #[test]
    fn equal_bytes_made_in_two_ways_are_equal_values() {
        let (mut one, mut other) = (Content::default(), Content::default());
        one.write(0, b"abc");
        one.truncate(2);
        one.truncate(5_000);
        other.write(0, b"ab\0\0");
        other.truncate(5_000);
        assert_eq!(one, other);
    }

    #[test]
    fn a_clone_keeps_what_it_was() {
        let mut content = Content::default();
        content.write(0, b"old");
        let clone = content.clone();
        content.write(0, b"new");
        assert_eq!(clone.to_vec(), b"old");
    }
}

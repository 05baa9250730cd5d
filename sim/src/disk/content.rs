//! The bytes of a file, in blocks that clones share.
//!
//! A world is cloned at every kill point, and a file that grew by one line since the last clone
//! must not be copied whole: only the block that changed is.

use std::sync::Arc;

/// Torn writes are cut at multiples of this many bytes from the beginning of the file: the
/// smallest unit that disks write whole.
pub const SECTOR: u64 = 512;

const BLOCK: usize = 4096;

/// The bytes of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// All full but the last.
    blocks: Vec<Arc<Vec<u8>>>,
}

impl std::hash::Hash for Content {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u64(self.len());
        for block in &self.blocks {
            state.write(block);
        }
    }
}

impl Content {
    /// The length, in bytes.
    pub fn len(&self) -> u64 {
        match self.blocks.last() {
            Some(last) => ((self.blocks.len() - 1) * BLOCK + last.len()) as u64,
            None => 0,
        }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// A digest of length and bytes.
    pub(crate) fn digest(&self) -> u128 {
        let mut hasher = xxhash_rust::xxh3::Xxh3::new();
        for block in &self.blocks {
            hasher.update(block);
        }
        hasher.update(&self.len().to_le_bytes());
        hasher.digest128()
    }

    /// All of it.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.blocks.len() * BLOCK);
        for block in &self.blocks {
            bytes.extend_from_slice(block);
        }
        bytes
    }

    /// Puts `bytes` at `offset`; a gap before it reads as zeros.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) {
        let end = offset + bytes.len() as u64;
        if self.len() < end {
            self.extend_to(end.min(offset.max(self.len())));
        }
        let mut offset = usize::try_from(offset).expect("a simulated file fits into memory");
        let mut bytes = bytes;
        while !bytes.is_empty() {
            let (index, start) = (offset / BLOCK, offset % BLOCK);
            if index == self.blocks.len() {
                self.blocks.push(Arc::new(Vec::new()));
            }
            let block = Arc::make_mut(&mut self.blocks[index]);
            let count = bytes.len().min(BLOCK - start);
            let overlap = count.min(block.len() - start);
            block[start..start + overlap].copy_from_slice(&bytes[..overlap]);
            block.extend_from_slice(&bytes[overlap..count]);
            bytes = &bytes[count..];
            offset += count;
        }
    }

    /// Cuts it, or fills it up with zeros.
    pub fn truncate(&mut self, len: u64) {
        if len >= self.len() {
            self.extend_to(len);
            return;
        }
        let len = usize::try_from(len).expect("a simulated file fits into memory");
        self.blocks.truncate(len.div_ceil(BLOCK));
        if let Some(last) = self.blocks.last_mut() {
            let rest = len % BLOCK;
            if rest != 0 {
                Arc::make_mut(last).truncate(rest);
            }
        }
    }

    fn extend_to(&mut self, len: u64) {
        while self.len() < len {
            if self.blocks.last().is_none_or(|last| last.len() == BLOCK) {
                self.blocks.push(Arc::new(Vec::new()));
            }
            let missing = usize::try_from(len - self.len()).expect("it fits into memory");
            let last = Arc::make_mut(self.blocks.last_mut().expect("just pushed"));
            last.resize((last.len() + missing).min(BLOCK), 0);
        }
    }
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
    fn a_clone_keeps_what_it_was() {
        let mut content = Content::default();
        content.write(0, b"old");
        let clone = content.clone();
        content.write(0, b"new");
        assert_eq!(clone.to_vec(), b"old");
    }
}

//! Torn or rotten: what is left of a last commit that cannot be read.
//!
//! What a kill or a power loss can leave of an append that was under way: it is cut short, or
//! whole sectors of it read as zeros, because the disk never got them. Such a commit was never
//! acknowledged and may be dropped. Everything else is rot, and what rots may well have been
//! acknowledged: it is never dropped in silence.

use super::frame::declared;

/// What a disk writes or does not write as a whole, in bytes, counted from the file's beginning.
const SECTOR: usize = 512;

/// Whether the end of a journal, which begins at `offset` in its file and holds no whole line,
/// is what was left of an append.
pub(super) fn is_torn(tail: &[u8], offset: usize) -> bool {
    if sectors(tail, offset).any(|part| part.iter().all(|byte| *byte == 0)) {
        return true;
    }
    // All of it is there, so that it was not cut.
    let whole = declared(tail).is_some_and(|len| tail.len() >= len);
    !whole && !tail.ends_with(b"\n")
}

/// What each sector of the file holds of `tail`.
fn sectors(tail: &[u8], offset: usize) -> impl Iterator<Item = &[u8]> {
    let first = (SECTOR - offset % SECTOR).min(tail.len());
    let (head, rest) = tail.split_at(first);
    std::iter::once(head).filter(|head| !head.is_empty()).chain(rest.chunks(SECTOR))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::frame::{decode, encode, json};
    use super::*;
    use crate::env::UnixMs;
    use crate::record::{Record, TurnId};

    /// A line with a text of some length.
    fn line(text: usize) -> Vec<u8> {
        let text = "x".repeat(text);
        encode(9, &json([Record::Step { turn: TurnId(1), text, at: UnixMs(0) }].iter()))
    }

    #[test]
    fn sectors_are_those_of_the_file() {
        let tail = [1; 1100];
        let lens = |offset| sectors(&tail, offset).map(<[u8]>::len).collect::<Vec<_>>();
        assert_eq!(lens(0), [512, 512, 76]);
        assert_eq!(lens(511), [1, 512, 512, 75]);
        assert_eq!(lens(1024 + 500), [12, 512, 512, 64]);
        assert_eq!(sectors(&tail[..3], 100).map(<[u8]>::len).collect::<Vec<_>>(), [3]);
    }

    proptest! {
        #[test]
        fn every_flipped_bit_is_rot(text in 0_usize..1200, offset in 0_usize..1024) {
            let line = line(text);
            for index in 0..line.len() {
                for bit in 0..8 {
                    let mut rotten = line.clone();
                    rotten[index] ^= 1 << bit;
                    prop_assert!(!is_torn(&rotten, offset), "byte {index} bit {bit}");
                }
            }
        }

        #[test]
        fn every_cut_and_every_sector_of_zeros_is_torn(
            text in 0_usize..2000,
            offset in 0_usize..1024,
            lost in any::<u8>(),
            cut in any::<prop::sample::Index>(),
        ) {
            let line = line(text);
            let lens: Vec<usize> = sectors(&line, offset).map(<[u8]>::len).collect();
            let (mut torn, mut at) = (line.clone(), 0);
            for (number, len) in lens.into_iter().enumerate() {
                if lost >> number & 1 == 1 {
                    torn[at..at + len].fill(0);
                }
                at += len;
            }
            prop_assert!(torn == line || is_torn(&torn, offset));
            let cut = 1 + cut.index(line.len() - 1);
            prop_assert!(is_torn(&torn[..cut], offset), "cut at {cut}");
            prop_assert!(decode(&torn[..cut]).is_none());
        }
    }
}

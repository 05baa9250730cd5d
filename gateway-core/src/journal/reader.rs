//! Reads a journal back, and tells a torn tail from damage.
//!
//! A kill or a power loss can only leave something broken at the very end, because every commit
//! is synced before the next is written. So a broken end is expected and may be cut; anything
//! whole behind something broken is damage, and damage is refused, never repaired. It changes
//! nothing itself.

use super::frame::{decode, header};
use crate::record::Record;

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Replay {
    /// The number of the next commit.
    pub(crate) next_seq: u64,
    /// The length of the good part, in bytes.
    pub(crate) good: usize,
    /// The length of the torn tail behind it, in bytes.
    pub(crate) torn: usize,
}

/// A journal that cannot be believed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// Where it begins, in bytes.
    pub(crate) offset: usize,
    /// What is wrong there.
    pub(crate) what: &'static str,
}

/// Reads a whole journal and hands every record to `apply`, in order.
///
/// # Errors
///
/// If the header is not whole, a commit is missing, or something whole follows something broken.
pub(crate) fn replay(bytes: &[u8], mut apply: impl FnMut(&Record)) -> Result<Replay, Damage> {
    let header = header();
    if !bytes.starts_with(&header) {
        return Err(Damage { offset: 0, what: "no valid header of a version 1 journal" });
    }
    let mut good = header.len();
    let mut next_seq = 1;
    while let Some(frame) = decode(&bytes[good..]) {
        if frame.seq != next_seq {
            return Err(Damage { offset: good, what: "a commit is missing" });
        }
        let Some(records) = frame.records else {
            return Err(Damage { offset: good, what: "a commit of an unknown form" });
        };
        records.iter().for_each(&mut apply);
        good += frame.len;
        next_seq += 1;
    }
    let torn = bytes.len() - good;
    if torn > 0 && holds_a_commit(&bytes[good + 1..]) {
        return Err(Damage { offset: good, what: "a broken commit before whole ones" });
    }
    Ok(Replay { next_seq, good, torn })
}

/// Whether a whole commit begins anywhere, at the beginning of a line or not: what is broken may
/// be the newline before it.
fn holds_a_commit(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|at| decode(&bytes[at..]).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::frame::encode;
    use super::*;

    fn journal(commits: u64) -> Vec<u8> {
        let mut bytes = header();
        for seq in 1..=commits {
            bytes.extend(encode(seq, [Record::Sealed { boot: seq }].iter()));
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Replay, Damage> {
        replay(bytes, |_| {})
    }

    #[test]
    fn every_record_comes_back_in_order() {
        let mut boots = Vec::new();
        let bytes = journal(3);
        let replay = replay(&bytes, |record| match record {
            Record::Sealed { boot } => boots.push(*boot),
            _ => boots.clear(),
        });
        assert_eq!(replay, Ok(Replay { next_seq: 4, good: bytes.len(), torn: 0 }));
        assert_eq!(boots, [1, 2, 3]);
    }

    #[test]
    fn every_cut_of_the_last_commit_is_a_torn_tail() {
        let (whole, shorter) = (journal(3), journal(2));
        for cut in shorter.len()..whole.len() {
            let torn = cut - shorter.len();
            let expected = Replay { next_seq: 3, good: shorter.len(), torn };
            assert_eq!(read(&whole[..cut]), Ok(expected), "cut at {cut}");
        }
    }

    #[test]
    fn a_tail_of_nuls_or_garbage_is_torn() {
        for tail in [&[0_u8; 300][..], b"\0\0\0\n\0", b"deadbeef 12 3 [\n", b"\xff\xfe\n\n\n"] {
            let mut bytes = journal(2);
            let good = bytes.len();
            bytes.extend_from_slice(tail);
            assert_eq!(read(&bytes), Ok(Replay { next_seq: 3, good, torn: tail.len() }));
        }
    }

    #[test]
    fn a_last_commit_with_a_hole_of_zeros_is_torn() {
        let (mut bytes, good) = (journal(3), journal(2).len());
        let end = bytes.len() - 4;
        bytes[good..end].fill(0);
        assert_eq!(read(&bytes), Ok(Replay { next_seq: 3, good, torn: end + 4 - good }));
    }

    #[test]
    fn any_broken_byte_before_a_whole_commit_is_damage() {
        let (bytes, from, to) = (journal(3), journal(1).len(), journal(2).len());
        for index in from..to {
            let mut broken = bytes.clone();
            broken[index] ^= 0x40;
            let what = "a broken commit before whole ones";
            assert_eq!(read(&broken), Err(Damage { offset: from, what }), "byte {index}");
        }
    }

    #[test]
    fn a_missing_commit_is_damage() {
        let mut bytes = journal(1);
        let offset = bytes.len();
        bytes.extend(encode(3, [Record::Sealed { boot: 3 }].iter()));
        assert_eq!(read(&bytes), Err(Damage { offset, what: "a commit is missing" }));
    }

    #[test]
    fn a_journal_without_a_whole_header_is_damage() {
        let whole = header();
        for cut in 0..whole.len() {
            assert_eq!(read(&whole[..cut]).map_err(|damage| damage.offset), Err(0));
        }
    }

    #[test]
    fn a_message_that_looks_like_a_commit_is_none() {
        let commit = encode(3, [Record::Sealed { boot: 3 }].iter());
        let text = String::from_utf8(commit).expect("ascii");
        let (turn, at) = (crate::record::TurnId(1), crate::env::UnixMs(0));
        let line = encode(2, [Record::Step { turn, text, at }].iter());
        assert!(!holds_a_commit(&line[1..]));
    }
}

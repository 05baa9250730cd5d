//! What is read back, what is torn and what is damage.

use proptest::prelude::*;

use super::super::frame::{encode, header, json};
use super::super::snapshot;
use super::*;
use crate::journal::testing::{fold, records};

/// A journal that begins with `state` and goes on with commits of these records.
fn journal(state: &State, commits: &[Record]) -> Vec<u8> {
    let lines = snapshot::lines(state).chain(commits.iter().map(|record| json([record].iter())));
    let framed = (1..).zip(lines).flat_map(|(seq, line)| encode(seq, &line));
    header().into_iter().chain(framed).collect()
}

/// A journal with an empty snapshot and some commits.
fn sealed(commits: u64) -> Vec<u8> {
    let commits: Vec<Record> = (1..=commits).map(|boot| Record::Sealed { boot }).collect();
    journal(&State::new(), &commits)
}

fn damage(read: Result<Replay, Refusal>) -> (usize, &'static str, Part) {
    match read {
        Err(Refusal::Damage { offset, what, part }) => (offset, what, part),
        other => panic!("not damaged: {other:?}"),
    }
}

fn torn(read: Result<Replay, Refusal>) -> Option<Torn> {
    read.expect("it is whole but for its end").torn
}

#[test]
fn commits_are_added_to_the_snapshot_in_order() {
    let Replay { state, torn } = replay(&sealed(3)).expect("whole");
    assert_eq!((state.sealed, torn), (3, None));
}

#[test]
fn every_cut_of_the_last_commit_is_torn_and_the_rest_is_read() {
    let (whole, shorter) = (sealed(3), sealed(2));
    for cut in shorter.len() + 1..whole.len() {
        let read = replay(&whole[..cut]).expect("whole but for its end");
        let (offset, len) = (shorter.len(), cut - shorter.len());
        assert_eq!(read.torn, Some(Torn { offset, len }), "cut at {cut}");
        assert_eq!(read.state.sealed, 2);
    }
}

#[test]
fn every_flipped_bit_of_the_last_commit_is_damage() {
    let (whole, offset) = (sealed(3), sealed(2).len());
    for index in offset..whole.len() {
        for bit in 0..8 {
            let mut rotten = whole.clone();
            rotten[index] ^= 1 << bit;
            let (at, _, part) = damage(replay(&rotten));
            assert_eq!((at, part), (offset, Part::Commits), "byte {index} bit {bit}");
        }
    }
}

#[test]
fn a_tail_of_zeros_is_torn_and_one_of_garbage_is_damage() {
    let good = sealed(2);
    for zeros in [1, 300, 5000] {
        let bytes = [&good[..], &vec![0; zeros]].concat();
        let expected = Torn { offset: good.len(), len: zeros };
        assert_eq!(torn(replay(&bytes)), Some(expected));
    }
    for tail in [&b"deadbeef 12 3 [\n"[..], b"\xff\xfe\n\n\n"] {
        let bytes = [&good[..], tail].concat();
        assert_eq!(damage(replay(&bytes)).0, good.len());
    }
}

#[test]
fn any_broken_byte_before_a_whole_commit_is_damage() {
    let (bytes, from, to) = (sealed(3), sealed(1).len(), sealed(2).len());
    for index in from..to {
        let mut broken = bytes.clone();
        broken[index] ^= 0x40;
        let what = "a broken commit before whole ones";
        assert_eq!(damage(replay(&broken)), (from, what, Part::Commits), "byte {index}");
    }
}

#[test]
fn a_missing_commit_is_damage() {
    let mut bytes = sealed(1);
    let offset = bytes.len();
    bytes.extend(encode(4, &json([Record::Sealed { boot: 3 }].iter())));
    assert_eq!(damage(replay(&bytes)), (offset, "a line is missing", Part::Commits));
}

#[test]
fn a_journal_that_is_cut_or_broken_within_its_snapshot_is_damage() {
    let commit = json([Record::Sealed { boot: 1 }].iter());
    let state = fold(&[(0, 1, 1), (1, 2, 2), (1, 3, 3)]);
    let (whole, head) = (journal(&state, &[Record::Sealed { boot: 1 }]), journal(&state, &[]));
    assert_eq!(replay(&whole).expect("whole").state.sealed, 1);
    for index in 0..head.len() {
        assert_eq!(damage(replay(&whole[..index])).2, Part::Head, "cut at {index}");
        let mut broken = whole.clone();
        broken[index] ^= 0x40;
        assert_eq!(damage(replay(&broken)).2, Part::Head, "byte {index}");
    }
    let first = head.len() - journal(&State::new(), &[]).len();
    let short = [&head[..head.len() - first], &encode(2, &commit)].concat();
    assert_eq!(damage(replay(&short)).2, Part::Head);
}

#[test]
fn a_newer_form_is_refused_whatever_follows_its_header() {
    let text = format!("holdfast-journal {}", VERSION + 1);
    let header = format!("{text} {:08x}\n", crc32c::crc32c(text.as_bytes()));
    let bytes = [header.as_bytes(), b"\0\xff something else"].concat();
    assert_eq!(replay(&bytes), Err(Refusal::Newer { version: VERSION + 1 }));
    assert_eq!(damage(replay(&bytes[1..])).0, 0);
}

#[test]
fn a_message_that_looks_like_a_commit_is_none() {
    let commit = encode(3, &json([Record::Sealed { boot: 3 }].iter()));
    let text = String::from_utf8(commit).expect("ascii");
    let (turn, at) = (crate::record::TurnId(1), crate::env::UnixMs(0));
    let line = encode(2, &json([Record::Step { turn, text, at }].iter()));
    assert!(!holds_a_line(&line[1..]));
}

proptest! {
    #[test]
    fn a_snapshot_reads_back_as_the_state_it_was_made_of(facts in records()) {
        let state = fold(&facts);
        let read = replay(&journal(&state, &[])).expect("whole");
        prop_assert_eq!(read, Replay { state, torn: None });
    }

    #[test]
    fn a_journal_and_its_compaction_mean_the_same(
        facts in records(),
        at in any::<prop::sample::Index>(),
    ) {
        let at = at.index(facts.len() + 1);
        let all = fold(&facts);
        let whole = journal(&State::new(), &crate::journal::testing::told(&facts));
        let compacted = journal(&fold(&facts[..at]), &crate::journal::testing::told(&facts[at..]));
        prop_assert_eq!(&replay(&whole).expect("whole").state, &all);
        prop_assert_eq!(&replay(&compacted).expect("whole").state, &all);
    }

    #[test]
    fn what_is_indexed_is_what_the_chats_say(facts in records()) {
        let state = fold(&facts);
        let mut indexed = state.clone();
        indexed.index();
        prop_assert_eq!(indexed, state);
    }
}

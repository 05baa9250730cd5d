//! The form of the journal: a header, and then one line for each part of the snapshot and for
//! each commit.
//!
//! `crc32c length seq [..]` and a newline: the checksum (eight hex digits) covers everything
//! behind it, the length is that of the JSON in bytes. JSON escapes control characters, so a line
//! never holds a raw newline or NUL, and `grep`, `tail` and `jq` can read it. What the JSON means
//! is not this file's business.

use serde::Serialize;

const MAGIC: &str = "holdfast-journal";
/// The version of the form that this release writes, and the newest that it reads.
pub(crate) const VERSION: u64 = 1;
/// Checksum digits and the space behind them.
const CHECKSUM: usize = 9;
/// No header is longer, in bytes.
const LONGEST_HEADER: usize = 64;

/// The first line of a journal: magic, version and their checksum.
pub(crate) fn header() -> Vec<u8> {
    header_of(VERSION)
}

fn header_of(version: u64) -> Vec<u8> {
    let text = format!("{MAGIC} {version}");
    format!("{text} {:08x}\n", crc32c::crc32c(text.as_bytes())).into_bytes()
}

/// The version that a journal says it has, and the length of its header in bytes; nothing if it
/// does not begin with a header.
pub(crate) fn version(bytes: &[u8]) -> Option<(u64, usize)> {
    let len = 1 + bytes.iter().take(LONGEST_HEADER).position(|&byte| byte == b'\n')?;
    let text = std::str::from_utf8(&bytes[..len]).ok()?;
    let version = text.strip_prefix(MAGIC)?.split(' ').nth(1)?.parse().ok()?;
    (bytes[..len] == header_of(version)).then_some((version, len))
}

/// Things as the JSON of a line.
pub(crate) fn json(things: impl Iterator<Item = impl Serialize>) -> Vec<u8> {
    let mut json = Vec::with_capacity(256);
    for thing in things {
        json.push(if json.is_empty() { b'[' } else { b',' });
        serde_json::to_writer(&mut json, &thing).expect("what is kept is plain data");
    }
    json.push(b']');
    json
}

/// A line of a journal, its `seq`th.
pub(crate) fn encode(seq: u64, json: &[u8]) -> Vec<u8> {
    let prefix = format!("00000000 {} {seq} ", json.len());
    let mut line = Vec::with_capacity(prefix.len() + json.len() + 1);
    line.extend_from_slice(prefix.as_bytes());
    line.extend_from_slice(json);
    let checksum = format!("{:08x}", crc32c::crc32c(&line[CHECKSUM..]));
    line[..CHECKSUM - 1].copy_from_slice(checksum.as_bytes());
    line.push(b'\n');
    line
}

/// A line whose checksum is right.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// Its number.
    pub(crate) seq: u64,
    /// What it says.
    pub(crate) json: &'a [u8],
    /// Its length with the newline, in bytes.
    pub(crate) len: usize,
}

/// The line at the beginning of `bytes`, if there is a whole one.
pub(crate) fn decode(bytes: &[u8]) -> Option<Frame<'_>> {
    let checksum = bytes.get(..CHECKSUM)?.strip_suffix(b" ")?;
    if !checksum.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let checksum = u32::from_str_radix(std::str::from_utf8(checksum).ok()?, 16).ok()?;
    let (seq, at, end) = extent(bytes)?;
    let json = bytes.get(at..end)?;
    // No text can hold this: inside one, quotes are escaped.
    if bytes.get(end) != Some(&b'\n') || !json.starts_with(b"[{\"") {
        return None;
    }
    let right = crc32c::crc32c(&bytes[CHECKSUM..end]) == checksum;
    right.then_some(Frame { seq, json, len: end + 1 })
}

/// The length, in bytes and with the newline, that a line at the beginning of `bytes` says it
/// has, if that much of it can be read.
pub(crate) fn declared(bytes: &[u8]) -> Option<usize> {
    extent(bytes)?.2.checked_add(1)
}

/// The number of a line, and where its JSON begins and ends.
fn extent(bytes: &[u8]) -> Option<(u64, usize, usize)> {
    let mut at = CHECKSUM;
    let length = usize::try_from(number(bytes, &mut at)?).ok()?;
    let seq = number(bytes, &mut at)?;
    Some((seq, at, at.checked_add(length)?))
}

/// A decimal number and the space behind it.
fn number(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let rest = bytes.get(*at..)?;
    let digits = rest.iter().take(20).position(|&byte| byte == b' ')?;
    *at += digits + 1;
    std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::UnixMs;
    use crate::record::{Record, TurnId};

    #[test]
    fn a_line_reads_back_as_what_was_written() {
        let records = [
            Record::BootStarted { boot: 7, at: UnixMs(-1) },
            Record::Step { turn: TurnId(3), text: "a\n\0\"b".into(), at: UnixMs(5) },
        ];
        let json = json(records.iter());
        let line = encode(42, &json);
        assert_eq!(line.iter().filter(|byte| byte.is_ascii_control()).count(), 1);
        let frame = decode(&line).expect("whole");
        assert_eq!(frame, Frame { seq: 42, json: &json, len: line.len() });
        assert_eq!(declared(&line[..20]), Some(line.len()));
    }

    #[test]
    fn no_flipped_bit_goes_unnoticed() {
        let line = encode(1, &json([Record::Sealed { boot: 1 }].iter()));
        for index in 0..line.len() {
            for bit in 0..8 {
                let mut broken = line.clone();
                broken[index] ^= 1 << bit;
                assert_eq!(decode(&broken), None, "byte {index} bit {bit}");
            }
        }
    }

    #[test]
    fn a_run_of_nuls_is_no_line() {
        assert_eq!(decode(&[0; 64]), None);
    }

    #[test]
    fn a_header_says_its_version_and_no_flipped_bit_goes_unnoticed() {
        let mut bytes = header_of(12);
        let len = bytes.len();
        bytes.extend_from_slice(b"of another form\n");
        assert_eq!(version(&bytes), Some((12, len)));
        for index in 0..len {
            for bit in 0..8 {
                let mut broken = bytes.clone();
                broken[index] ^= 1 << bit;
                assert_eq!(version(&broken), None, "byte {index} bit {bit}");
            }
            assert_eq!(version(&bytes[..index]), None, "cut at {index}");
        }
    }
}

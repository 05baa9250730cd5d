//! The form of the journal: one line for each commit.
//!
//! `crc32c length seq [records]` and a newline: the checksum (eight hex digits) covers everything
//! behind it, the length is that of the JSON in bytes. JSON escapes control characters, so a line
//! never holds a raw newline or NUL, and `grep`, `tail` and `jq` can read it.

use crate::record::Record;

/// The journal's name in the state directory.
pub(crate) const NAME: &str = "journal";
/// The name under which a journal is prepared.
pub(crate) const NEW_NAME: &str = "journal.new";

const MAGIC: &str = "holdfast-journal 1";
/// Checksum digits and the space behind them.
const CHECKSUM: usize = 9;

/// The first line of a journal: magic, version and their checksum.
pub(crate) fn header() -> Vec<u8> {
    format!("{MAGIC} {:08x}\n", crc32c::crc32c(MAGIC.as_bytes())).into_bytes()
}

/// One commit as a line.
pub(crate) fn encode<'a>(seq: u64, records: impl Iterator<Item = &'a Record>) -> Vec<u8> {
    let mut json = Vec::with_capacity(256);
    for record in records {
        json.push(if json.is_empty() { b'[' } else { b',' });
        serde_json::to_writer(&mut json, record).expect("records are plain data");
    }
    json.push(b']');
    let prefix = format!("00000000 {} {seq} ", json.len());
    let mut line = Vec::with_capacity(prefix.len() + json.len() + 1);
    line.extend_from_slice(prefix.as_bytes());
    line.append(&mut json);
    let checksum = format!("{:08x}", crc32c::crc32c(&line[CHECKSUM..]));
    line[..CHECKSUM - 1].copy_from_slice(checksum.as_bytes());
    line.push(b'\n');
    line
}

/// A line whose checksum is right.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Its number.
    pub(crate) seq: u64,
    /// Its facts, or nothing if they are not ones this program knows.
    pub(crate) records: Option<Vec<Record>>,
    /// Its length with the newline, in bytes.
    pub(crate) len: usize,
}

/// The commit at the beginning of `bytes`, if there is a whole one.
pub(crate) fn decode(bytes: &[u8]) -> Option<Frame> {
    let checksum = bytes.get(..CHECKSUM)?.strip_suffix(b" ")?;
    if !checksum.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let checksum = u32::from_str_radix(std::str::from_utf8(checksum).ok()?, 16).ok()?;
    let mut at = CHECKSUM;
    let length = usize::try_from(number(bytes, &mut at)?).ok()?;
    let seq = number(bytes, &mut at)?;
    let end = at.checked_add(length)?;
    if bytes.get(end) != Some(&b'\n') || crc32c::crc32c(&bytes[CHECKSUM..end]) != checksum {
        return None;
    }
    // No text can hold this: inside one, quotes are escaped.
    if !bytes[at..end].starts_with(b"[{\"") {
        return None;
    }
    let records = serde_json::from_slice::<Vec<Record>>(&bytes[at..end]).ok();
    Some(Frame { seq, records, len: end + 1 })
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
    use crate::record::TurnId;

    #[test]
    fn a_line_reads_back_as_what_was_written() {
        let records = vec![
            Record::BootStarted { boot: 7, at: UnixMs(-1) },
            Record::Step { turn: TurnId(3), text: "a\n\0\"b".into(), at: UnixMs(5) },
        ];
        let line = encode(42, records.iter());
        assert_eq!(line.iter().filter(|byte| byte.is_ascii_control()).count(), 1);
        let frame = decode(&line).expect("whole");
        assert_eq!(frame, Frame { seq: 42, records: Some(records), len: line.len() });
    }

    #[test]
    fn no_flipped_bit_goes_unnoticed() {
        let line = encode(1, [Record::Sealed { boot: 1 }].iter());
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
}

//! The lines of the core's journal, as they lie on the disk: `checksum length seq [records]`, and
//! a header before them.
//!
//! Pure, and no more than those need who tamper with what is read.

use serde_json::Value;

/// The checksum, the length, the number and the records of a line, as they are written.
pub(super) fn parts(line: &[u8]) -> Option<[&str; 4]> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let mut parts = line.splitn(4, ' ');
    Some([parts.next()?, parts.next()?, parts.next()?, parts.next()?])
}

/// The records of a line.
pub(super) fn records(line: &[u8]) -> Option<Value> {
    let [_, _, _, records] = parts(line)?;
    serde_json::from_str(records).ok()
}

/// The same line with other records. Blanks keep it, and everything behind it, where it is.
pub(super) fn rewritten(line: &[u8], records: &Value) -> Option<Vec<u8>> {
    let [_, length, seq, before] = parts(line)?;
    let body = format!("{length} {seq} {:<width$}", records.to_string(), width = before.len());
    Some(format!("{} {body}\n", checksum(&body)).into_bytes())
}

/// The journal as if its broken lines had never been in it.
pub(super) fn without_broken(journal: &[u8]) -> Vec<u8> {
    let mut lines = journal.split_inclusive(|byte| *byte == b'\n');
    let mut read = lines.next().unwrap_or_default().to_vec();
    for (number, line) in (1_u64..).zip(lines.filter(|line| adds_up(line).unwrap_or(false))) {
        match numbered(line, number) {
            Some(line) => read.extend_from_slice(&line),
            None => read.extend_from_slice(line),
        }
    }
    read
}

/// The same line with another number.
fn numbered(line: &[u8], number: u64) -> Option<Vec<u8>> {
    let [_, length, _, records] = parts(line)?;
    let body = format!("{length} {number} {records}");
    Some(format!("{} {body}\n", checksum(&body)).into_bytes())
}

fn adds_up(line: &[u8]) -> Option<bool> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (written, body) = line.split_once(' ')?;
    Some(written == checksum(body))
}

fn checksum(body: &str) -> String {
    format!("{:08x}", crc32c::crc32c(body.as_bytes()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A line as the core writes it.
    pub(in super::super) fn line(seq: u64, records: &str) -> String {
        let body = format!("{} {seq} {records}", records.len());
        format!("{} {body}\n", checksum(&body))
    }

    #[test]
    fn a_broken_line_is_left_out_and_those_behind_it_close_up() {
        let (one, two, three) = (line(1, "[1]"), line(2, "[2]"), line(3, "[3]"));
        let head = format!("a header\n{one}");
        for bad in [two.replace("[2]", "[9]"), "x\n".to_owned()] {
            let journal = format!("{head}{bad}{three}");
            let expected = format!("{head}{}", line(2, "[3]"));
            assert_eq!(without_broken(journal.as_bytes()), expected.as_bytes(), "{bad}");
        }
        let whole = format!("{head}{two}{three}");
        assert_eq!(without_broken(whole.as_bytes()), whole.as_bytes());
        assert_eq!(without_broken(format!("{whole}torn").as_bytes()), whole.as_bytes());
        assert_eq!(without_broken(b""), b"");
    }

    #[test]
    fn a_rewritten_line_is_as_long_and_adds_up() {
        let before = line(7, "[{\"a\":[1,2,3]}]");
        let after = rewritten(before.as_bytes(), &serde_json::json!([{"a": []}]));
        let after = after.expect("a line");
        assert_eq!((after.len(), adds_up(&after)), (before.len(), Some(true)));
        assert_eq!(records(&after), Some(serde_json::json!([{"a": []}])));
        assert_eq!(parts(&after).map(|[_, length, seq, _]| (length, seq)), Some(("15", "7")));
    }
}

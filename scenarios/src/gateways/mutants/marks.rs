//! A journal as it would be read if the mark of a stop took the place of all older ones.
//!
//! Pure: bytes in, bytes of the same length out. Lines that cannot be read are left alone; the
//! journal is made of `checksum length seq [records]`.

use serde_json::Value;

/// The journal without the marks of boots before the last one that made any.
pub(super) fn without_older(journal: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = journal.split_inclusive(|byte| *byte == b'\n').collect();
    let parsed: Vec<Option<Value>> = lines.iter().map(|line| records(line)).collect();
    let newest = parsed.iter().flatten().flat_map(marking_boots).max();
    let mut read = Vec::with_capacity(journal.len());
    for (line, records) in lines.into_iter().zip(parsed) {
        let older = records.filter(|records| marking_boots(records).any(|b| Some(b) < newest));
        match older.and_then(|records| rewritten(line, records)) {
            Some(line) => read.extend_from_slice(&line),
            None => read.extend_from_slice(line),
        }
    }
    read
}

/// The checksum, the length and the number of a line, and its records as they are written.
fn parts(line: &[u8]) -> Option<[&str; 4]> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let mut parts = line.splitn(4, ' ');
    Some([parts.next()?, parts.next()?, parts.next()?, parts.next()?])
}

fn records(line: &[u8]) -> Option<Value> {
    let [_, _, _, records] = parts(line)?;
    serde_json::from_str(records).ok()
}

/// The boots whose stops marked something in a line.
fn marking_boots(records: &Value) -> impl Iterator<Item = u64> {
    let records = records.as_array().into_iter().flatten();
    records.filter_map(|record| record.get("marked")?.get("boot")?.as_u64())
}

/// The same line with marks that cover nothing.
fn rewritten(line: &[u8], mut records: Value) -> Option<Vec<u8>> {
    let [_, length, seq, before] = parts(line)?;
    for record in records.as_array_mut()? {
        let Some(marked) = record.get_mut("marked") else { continue };
        for covered in ["turns", "messages"] {
            *marked.get_mut(covered)? = Value::Array(Vec::new());
        }
    }
    // Blanks at its end keep the line, and everything behind it, where it is.
    let body = format!("{length} {seq} {:<width$}", records.to_string(), width = before.len());
    Some(format!("{:08x} {body}\n", crc32c::crc32c(body.as_bytes())).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(seq: u64, records: &str) -> String {
        let body = format!("{} {seq} {records}", records.len());
        format!("{:08x} {body}\n", crc32c::crc32c(body.as_bytes()))
    }

    fn marked(boot: u64) -> String {
        format!("[{{\"marked\":{{\"boot\":{boot},\"messages\":[8],\"turns\":[7]}}}}]")
    }

    #[test]
    fn only_the_newest_stop_covers_anything() {
        let journal = [line(1, &marked(1)), line(2, "[{\"x\":1}]"), line(3, &marked(2))].concat();
        let read = without_older(journal.as_bytes());
        assert_eq!(read.len(), journal.len());
        let read = String::from_utf8(read).expect("it is text");
        let lines: Vec<&str> = read.split_inclusive('\n').collect();
        assert_eq!(lines[1..], journal.split_inclusive('\n').collect::<Vec<_>>()[1..]);
        let [checksum, length, seq, records] = parts(lines[0].as_bytes()).expect("a line");
        assert_eq!(records.trim_end(), marked(1).replace("[7]", "[]").replace("[8]", "[]"));
        assert_eq!((length, seq), (records.len().to_string().as_str(), "1"));
        let body = &lines[0][9..lines[0].len() - 1];
        assert_eq!(checksum, format!("{:08x}", crc32c::crc32c(body.as_bytes())));
    }

    #[test]
    fn what_cannot_be_read_is_left_alone() {
        let journal = ["holdfast-journal 1 0\n", &line(1, &marked(1)), "torn {\"mark"].concat();
        assert_eq!(without_older(journal.as_bytes()), journal.as_bytes());
    }
}

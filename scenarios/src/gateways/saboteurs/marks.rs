//! A journal as it would be read if the mark of a stop took the place of all older ones.
//!
//! Pure: bytes in, bytes of the same length out. Lines that cannot be read are left alone. The
//! mark of an earlier boot is in the snapshot at the head, those of the present one in commits.

use serde_json::Value;

use super::lines::{records, rewritten};

/// The journal without the marks of boots before the last one that made any.
pub(super) fn without_older(journal: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = journal.split_inclusive(|byte| *byte == b'\n').collect();
    let parsed: Vec<Option<Value>> = lines.iter().map(|line| records(line)).collect();
    let newest = parsed.iter().flatten().flat_map(marks).filter_map(boot).max();
    let mut read = Vec::with_capacity(journal.len());
    for (line, records) in lines.into_iter().zip(parsed) {
        let emptied = records.and_then(|records| emptied(records, newest));
        match emptied.and_then(|records| rewritten(line, &records)) {
            Some(line) => read.extend_from_slice(&line),
            None => read.extend_from_slice(line),
        }
    }
    read
}

/// The marks in a line.
fn marks(records: &Value) -> impl Iterator<Item = &Value> {
    let records = records.as_array().into_iter().flatten();
    records.filter_map(|record| {
        let snapshot = record.get("snapshot").and_then(|snapshot| snapshot.get("mark"));
        record.get("marked").or(snapshot)
    })
}

/// The boot whose stop made a mark; none if it is none.
fn boot(mark: &Value) -> Option<u64> {
    mark.get("boot")?.as_u64()
}

/// The records with marks that cover nothing, if there are older ones among them.
fn emptied(mut records: Value, newest: Option<u64>) -> Option<Value> {
    let mut any = false;
    for record in records.as_array_mut()? {
        let in_snapshot = record.get("snapshot").is_some();
        let mark =
            if in_snapshot { &mut record["snapshot"]["mark"] } else { &mut record["marked"] };
        if boot(mark).is_none_or(|boot| Some(boot) == newest) {
            continue;
        }
        any = true;
        for covered in ["turns", "messages"] {
            mark[covered] = Value::Array(Vec::new());
        }
    }
    any.then_some(records)
}

#[cfg(test)]
mod tests {
    use super::super::lines::tests::line;
    use super::*;

    const HEADER: &str = "holdfast-journal 1 0\n";

    fn snapshot(boot: u64) -> String {
        format!("[{{\"snapshot\":{{\"boot\":2,\"mark\":{}}}}}]", mark(boot))
    }

    fn marked(boot: u64) -> String {
        format!("[{{\"marked\":{}}}]", mark(boot))
    }

    fn mark(boot: u64) -> String {
        format!("{{\"boot\":{boot},\"messages\":[8],\"turns\":[7]}}")
    }

    #[test]
    fn only_the_newest_stop_covers_anything() {
        let journal =
            [HEADER, &line(1, &snapshot(1)), &line(2, "[{\"x\":1}]"), &line(3, &marked(2))];
        let journal = journal.concat();
        let read = String::from_utf8(without_older(journal.as_bytes())).expect("it is text");
        assert_eq!(read.len(), journal.len());
        let (before, after): (Vec<&str>, Vec<&str>) =
            (journal.lines().collect(), read.lines().collect());
        assert_eq!((after[0], &after[2..]), (before[0], &before[2..]));
        let emptied = snapshot(1).replace("[7]", "[]").replace("[8]", "[]");
        let emptied: Value = serde_json::from_str(&emptied).expect("json");
        assert_eq!(records(format!("{}\n", after[1]).as_bytes()), Some(emptied));
    }

    #[test]
    fn a_mark_with_none_after_it_and_what_cannot_be_read_are_left_alone() {
        let nothing = line(1, "[{\"snapshot\":{\"mark\":null}}]");
        for lines in [line(1, &snapshot(1)), nothing, line(2, &marked(1))] {
            let journal = [HEADER, &lines, "torn {\"mark"].concat();
            assert_eq!(without_older(journal.as_bytes()), journal.as_bytes());
        }
    }
}

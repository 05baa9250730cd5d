//! An append-only file of JSON lines: durable before an append returns, cut at a torn tail.
//!
//! It never rewrites and never compacts. A line is whole if it ends in a line feed and parses; a
//! last line that is not whole is what a death left, and is cut before anything is appended. After
//! a failed append or sync the file is not written any more in this boot.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gateway_core::env::{File, Fs};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An append-only file of JSON lines.
pub(super) struct Log {
    file: Arc<dyn File>,
    closed: Arc<AtomicBool>,
    broken: AtomicBool,
}

impl Log {
    /// Opens or creates the file and reads it. What it returns is durable, even if the process
    /// that wrote it died between its append and its sync.
    ///
    /// # Errors
    ///
    /// `InvalidData` if a line other than the last is not whole.
    pub(super) async fn open<T: DeserializeOwned>(
        fs: &Arc<dyn Fs>,
        path: &str,
        closed: Arc<AtomicBool>,
    ) -> io::Result<(Log, Vec<T>)> {
        let opened = fs.open(path).await;
        let missing = opened.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::NotFound);
        if missing && closed.load(Ordering::Relaxed) {
            return Err(super::store::closed());
        }
        let file = if missing { fs.create_new(path).await? } else { opened? };
        let mut rows = Vec::new();
        if missing {
            fs.sync_dir("").await?;
        } else {
            let bytes = file.read().await?;
            let (whole, read) = parse(&bytes)?;
            rows = read;
            if whole < bytes.len() {
                file.truncate(whole as u64).await?;
            }
            file.sync_file().await?;
        }
        Ok((Log { file, closed, broken: AtomicBool::new(false) }, rows))
    }

    /// Appends one row and waits until it is durable.
    pub(super) async fn append<T: Serialize>(&self, row: &T) -> io::Result<()> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(super::store::closed());
        }
        if self.broken.load(Ordering::Relaxed) {
            return Err(io::Error::other("an earlier write to the file failed"));
        }
        let mut line = serde_json::to_vec(row).expect("a row is plain data");
        line.push(b'\n');
        let written = self.write(line).await;
        self.broken.fetch_or(written.is_err(), Ordering::Relaxed);
        written
    }

    async fn write(&self, line: Vec<u8>) -> io::Result<()> {
        self.file.append(line).await?;
        self.file.sync_data().await
    }
}

/// The length of the whole lines, and what they say.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<(usize, Vec<T>)> {
    let mut whole = 0;
    let mut rows = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let end = whole + line.len();
        let row = line.strip_suffix(b"\n").and_then(|line| serde_json::from_slice(line).ok());
        match row {
            Some(row) => rows.push(row),
            None if end == bytes.len() => break,
            None => {
                let text = format!("the line at byte {whole} is damaged, and others follow it");
                return Err(io::Error::new(io::ErrorKind::InvalidData, text));
            }
        }
        whole = end;
    }
    Ok((whole, rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_tail_is_cut() {
        for torn in [&b"1\n22\n3"[..], b"1\n22\n{\"a\":", b"1\n22\n\0\0\n"] {
            let (whole, rows) = parse::<u64>(torn).expect("only the tail is damaged");
            assert_eq!((whole, rows), (5, vec![1, 22]));
        }
    }

    #[test]
    fn damage_in_the_middle_is_an_error() {
        let error = parse::<u64>(b"1\nx\n3\n").expect_err("the middle is damaged");
        assert!(error.to_string().contains("byte 2"), "{error}");
    }

    #[test]
    fn an_empty_file_says_nothing() {
        assert_eq!(parse::<u64>(b"").expect("nothing is damaged"), (0, Vec::new()));
    }
}

//! The two halves of a connection: lines in, lines out, both with an end to their patience.
//!
//! Not the line codec of tokio-util, which takes what comes before the end of a stream for a line
//! and does not say how much of a bad one had come.

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::time::{Instant, timeout, timeout_at};

use super::fault::Fault;
use super::limits::IDLE_LIMIT;

/// Lines as they come in.
pub(super) struct Lines<R> {
    from: BufReader<R>,
    line: Vec<u8>,
    limit: usize,
    heard: u64,
    /// When the peer has been silent for too long.
    silent_at: Instant,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Lines of so many bytes at most.
    pub(super) fn new(from: R, limit: usize) -> Lines<R> {
        let silent_at = Instant::now() + IDLE_LIMIT;
        Lines { from: BufReader::new(from), line: Vec::new(), limit, heard: 0, silent_at }
    }

    /// How many bytes the peer has sent so far.
    pub(super) fn heard(&self) -> u64 {
        self.heard
    }

    /// The next line, without its newline. Whoever stops waiting loses nothing.
    ///
    /// # Errors
    ///
    /// Why none will come.
    pub(super) async fn next(&mut self) -> Result<Vec<u8>, Fault> {
        loop {
            let chunk = match timeout_at(self.silent_at, self.from.fill_buf()).await {
                Ok(Ok(chunk)) => chunk,
                Ok(Err(error)) => return Err(Fault::Io(error)),
                Err(_) => return Err(Fault::Silent),
            };
            if chunk.is_empty() {
                let bytes = self.line.len();
                return Err(if bytes == 0 { Fault::Closed } else { Fault::Torn { bytes } });
            }
            self.silent_at = Instant::now() + IDLE_LIMIT;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let taken = end.unwrap_or(chunk.len());
            let bytes = self.line.len() + taken;
            self.heard += (taken + usize::from(end.is_some())) as u64;
            if bytes > self.limit {
                return Err(Fault::Oversized { bytes, limit: self.limit });
            }
            self.line.extend_from_slice(&chunk[..taken]);
            self.from.consume(taken + usize::from(end.is_some()));
            if end.is_some() {
                return Ok(std::mem::take(&mut self.line));
            }
        }
    }
}

/// Writes a line and its newline. `begun` is called as soon as a byte of it may have left.
///
/// # Errors
///
/// If it cannot be written. It has not left if `begun` was not called.
pub(super) async fn write(
    to: &mut (impl AsyncWrite + Unpin),
    mut line: Vec<u8>,
    begun: impl FnOnce(),
) -> Result<(), Fault> {
    line.push(b'\n');
    let (mut begun, mut written, of) = (Some(begun), 0, line.len());
    while written < of {
        match timeout(IDLE_LIMIT, to.write(&line[written..])).await {
            Ok(Ok(0)) => return Err(Fault::Closed),
            Ok(Ok(bytes)) => written += bytes,
            Ok(Err(error)) => return Err(Fault::Io(error)),
            Err(_) => return Err(Fault::Stalled { written, of }),
        }
        if let Some(begun) = begun.take() {
            begun();
        }
    }
    match timeout(IDLE_LIMIT, to.flush()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Fault::Io(error)),
        Err(_) => Err(Fault::Stalled { written, of }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every line of some bytes, and why there is no other.
    fn lines(bytes: &[u8], limit: usize) -> (Vec<Vec<u8>>, Fault, u64) {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build();
        runtime.expect("a runtime without any driver but time").block_on(async {
            let (mut lines, mut read) = (Lines::new(bytes, limit), Vec::new());
            loop {
                match lines.next().await {
                    Ok(line) => read.push(line),
                    Err(fault) => return (read, fault, lines.heard()),
                }
            }
        })
    }

    #[test]
    fn what_comes_before_the_end_of_a_stream_is_no_line() {
        let (read, fault, heard) = lines(b"ab\n\ncd", 2);
        assert_eq!(read, [b"ab".to_vec(), Vec::new()]);
        assert!(matches!(fault, Fault::Torn { bytes: 2 }), "{fault:?}");
        assert_eq!(heard, 6);
        let (read, fault, _) = lines(b"ab\n", 2);
        assert!(read.len() == 1 && matches!(fault, Fault::Closed), "{fault:?}");
    }

    #[test]
    fn a_line_is_as_long_as_the_limit_and_no_longer() {
        let (read, fault, _) = lines(b"abc\nabcd\n", 3);
        assert_eq!(read, [b"abc".to_vec()]);
        assert!(matches!(fault, Fault::Oversized { bytes: 4, limit: 3 }), "{fault:?}");
    }
}

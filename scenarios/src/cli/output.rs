//! Where a command prints to: standard output that nobody may be reading any more, and progress
//! on a terminal.

use std::io::{self, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::real::Stopwatch;

/// Standard output, or anything else, without a word about a reader that left.
pub(super) struct Quiet<W>(pub(super) W);

impl<W: Write> Write for Quiet<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            result => result,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }
}

/// A bar that appears on a terminal once something has taken a second.
pub(super) struct Progress {
    bar: ProgressBar,
    since: Stopwatch,
}

impl Progress {
    /// A bar of `len` parts.
    pub(super) fn new(len: usize) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(len as u64), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}");
        bar.set_style(style.expect("the template is part of the program"));
        Progress { bar, since: Stopwatch::start() }
    }

    /// One more part is done.
    pub(super) fn advance(&self, what: &str) {
        self.show(what.to_owned());
        self.bar.inc(1);
    }

    /// So many parts are done.
    pub(super) fn reach(&self, position: u64, what: String) {
        self.show(what);
        self.bar.set_position(position);
    }

    fn show(&self, what: String) {
        if self.since.seconds() > 1.0 && self.bar.is_hidden() {
            // Hides itself where there is no terminal.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_message(what);
    }

    /// Everything is done: the bar leaves nothing behind.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_reader_that_left_is_no_error() {
        let mut out = Quiet(Gone);
        writeln!(out, "anybody there?").expect("nobody is told");
        out.flush().expect("nor here");
    }
}

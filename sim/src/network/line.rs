//! The platform's end of a connection, which can be cut: by a reset of all of them, or by the loss
//! of a segment.
//!
//! The bytes that are on their way when it is cut arrive by half: a frame ends in its middle. It
//! knows nothing of frames, and draws only from the plan's own stream.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::streams;

/// Every connection of the platform.
pub(super) struct Lines {
    seed: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How many of a thousand segments are lost.
    per_mille: u16,
    /// How many segments were drawn for.
    drawn: u64,
    cuts: Vec<Weak<Mutex<Cut>>>,
}

/// How far a connection is cut.
#[derive(Default)]
struct Cut {
    stage: Stage,
    waker: Option<Waker>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    /// Not at all.
    #[default]
    Whole,
    /// Half of what comes next still passes.
    Cutting,
    /// Nothing passes any more.
    Gone,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lines {
    pub(super) fn new(seed: u64) -> Lines {
        Lines { seed, state: Mutex::default() }
    }

    /// How many of a thousand segments are lost from now on.
    pub(super) fn lose(&self, per_mille: u16) {
        lock(&self.state).per_mille = per_mille;
    }

    /// Cuts every connection.
    pub(super) fn cut(&self) {
        let cuts = std::mem::take(&mut lock(&self.state).cuts);
        for cut in cuts.iter().filter_map(Weak::upgrade) {
            let mut cut = lock(&cut);
            cut.stage = Stage::Cutting;
            if let Some(waker) = cut.waker.take() {
                waker.wake();
            }
        }
    }

    /// Whether the next segment is lost.
    fn loses(&self) -> bool {
        let mut state = lock(&self.state);
        if state.per_mille == 0 {
            return false;
        }
        state.drawn += 1;
        streams::value(self.seed, "loss", 0, state.drawn) % 1_000 < u64::from(state.per_mille)
    }
}

/// The platform's end of a connection.
pub(super) struct Line<S> {
    stream: S,
    lines: Arc<Lines>,
    cut: Arc<Mutex<Cut>>,
}

impl<S> Line<S> {
    pub(super) fn new(stream: S, lines: &Arc<Lines>) -> Line<S> {
        let cut = Arc::<Mutex<Cut>>::default();
        let mut state = lock(&lines.state);
        state.cuts.retain(|cut| cut.strong_count() > 0);
        state.cuts.push(Arc::downgrade(&cut));
        drop(state);
        Line { stream, lines: Arc::clone(lines), cut }
    }

    fn stage(&self) -> Stage {
        lock(&self.cut).stage
    }
}

fn reset() -> io::Error {
    io::Error::from(io::ErrorKind::ConnectionReset)
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.stage() == Stage::Gone {
            return Poll::Ready(Err(reset()));
        }
        let before = buf.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Pending if self.stage() == Stage::Whole => {
                lock(&self.cut).waker = Some(cx.waker().clone());
                Poll::Pending
            }
            Poll::Pending => {
                lock(&self.cut).stage = Stage::Gone;
                Poll::Ready(Err(reset()))
            }
            Poll::Ready(Ok(())) => {
                let read = buf.filled().len() - before;
                if self.stage() == Stage::Whole && (read == 0 || !self.lines.loses()) {
                    return Poll::Ready(Ok(()));
                }
                lock(&self.cut).stage = Stage::Gone;
                buf.set_filled(before + read / 2);
                Poll::Ready(if read > 1 { Ok(()) } else { Err(reset()) })
            }
            failed => failed,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.stage() {
            Stage::Gone => Poll::Ready(Err(reset())),
            Stage::Whole if !self.lines.loses() => Pin::new(&mut self.stream).poll_write(cx, buf),
            Stage::Whole | Stage::Cutting => {
                lock(&self.cut).stage = Stage::Gone;
                if buf.len() < 2 {
                    return Poll::Ready(Err(reset()));
                }
                Pin::new(&mut self.stream).poll_write(cx, &buf[..buf.len() / 2])
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    fn paused<T>(test: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().expect("it needs nothing");
        runtime.block_on(test)
    }

    #[test]
    fn what_is_written_when_a_line_is_cut_arrives_by_half_and_then_nothing_does() {
        paused(async {
            let lines = Arc::new(Lines::new(1));
            let (near, mut far) = tokio::io::duplex(64);
            let mut line = Line::new(near, &lines);
            line.write_all(b"whole\n").await.expect("nothing was cut yet");
            lines.cut();
            line.write_all(b"12345678").await.expect_err("it is cut");
            drop(line);
            let mut arrived = Vec::new();
            far.read_to_end(&mut arrived).await.expect("the other end is closed");
            assert_eq!(arrived, b"whole\n1234");
        });
    }

    #[test]
    fn whoever_waits_for_a_line_hears_that_it_is_cut() {
        paused(async {
            let lines = Arc::new(Lines::new(1));
            let (near, _far) = tokio::io::duplex(64);
            let mut line = Line::new(near, &lines);
            let waiting = tokio::spawn(async move { line.read_u8().await });
            tokio::task::yield_now().await;
            lines.cut();
            waiting.await.expect("it ends").expect_err("nothing came");
        });
    }

    #[test]
    fn a_line_that_loses_every_segment_passes_none_whole() {
        paused(async {
            let lines = Arc::new(Lines::new(1));
            lines.lose(1_000);
            let (near, mut far) = tokio::io::duplex(64);
            let mut line = Line::new(near, &lines);
            far.write_all(b"abcd").await.expect("there is room");
            let mut read = [0; 4];
            assert_eq!(line.read(&mut read).await.expect("half of it"), 2);
            line.read(&mut read).await.expect_err("the line is gone");
        });
    }
}

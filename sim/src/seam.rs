//! The simulated [`Env`]: every verb becomes a request to the world.
//!
//! Death belongs to this Env. Once its boot is dead no verb is heard, no answer arrives, no
//! identifier is drawn that anybody could see, and closing a file closes nothing.

use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use gateway_core::env::{
    Access, Agent, Clock, Effect, Entropy, Env, File, Fs, Launch, Platform, PollError, Run,
    SendError, Signal, Signals, UnixMs,
};
use gateway_core::message::{ChatId, Cursor, Inbound, Outbound, TurnEvent, TurnRequest};

use crate::disk::Fd;
use crate::hub::Hub;
use crate::streams;
use crate::world::{Answer, EffectId, RunId, Verb, World};

/// The Env of one boot.
pub(crate) fn env(hub: &Arc<Hub>) -> Env {
    let seam = Arc::new(Seam(Arc::clone(hub)));
    let launch = hub.look(World::look_at_launch).unwrap_or(Launch::Recover);
    Env {
        fs: seam.clone(),
        clock: seam.clone(),
        platform: seam.clone(),
        agent: seam.clone(),
        signals: seam.clone(),
        entropy: seam.clone(),
        access: seam,
        launch,
    }
}

struct Seam(Arc<Hub>);

/// An effect on its way. Dropping it forgets the answer and nothing else.
struct Asked<T, F> {
    hub: Arc<Hub>,
    effect: Option<EffectId>,
    read: F,
    answer: PhantomData<fn() -> T>,
}

impl<T, F: Fn(&Arc<Hub>, Answer) -> T + Unpin> Future for Asked<T, F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let Some(effect) = self.effect else { return Poll::Pending };
        match self.hub.poll_answer(effect, cx) {
            Poll::Ready(answer) => {
                self.effect = None;
                Poll::Ready((self.read)(&self.hub, answer))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<T, F> Drop for Asked<T, F> {
    fn drop(&mut self) {
        if let Some(effect) = self.effect {
            self.hub.forget(effect);
        }
    }
}

fn ask<T: 'static>(
    hub: &Arc<Hub>,
    verb: Verb,
    read: impl Fn(&Arc<Hub>, Answer) -> T + Unpin + Send + 'static,
) -> Effect<T> {
    let effect = hub.request(verb);
    Box::pin(Asked { hub: Arc::clone(hub), effect, read, answer: PhantomData })
}

fn os(errno: i32) -> io::Error {
    io::Error::from_raw_os_error(errno)
}

fn done(_: &Arc<Hub>, answer: Answer) -> io::Result<()> {
    match answer {
        Answer::Done(result) => result.map_err(os),
        other => unreachable!("a verb of the disk was answered {other:?}"),
    }
}

fn file(hub: &Arc<Hub>, answer: Answer) -> io::Result<Arc<dyn File>> {
    match answer {
        Answer::File(Ok(fd)) => Ok(Arc::new(SeamFile { hub: Arc::clone(hub), fd })),
        Answer::File(Err(errno)) => Err(os(errno)),
        other => unreachable!("opening a file was answered {other:?}"),
    }
}

impl Fs for Seam {
    fn create_new(&self, path: &str) -> Effect<io::Result<Arc<dyn File>>> {
        ask(&self.0, Verb::CreateNew(path.to_owned()), file)
    }

    fn open(&self, path: &str) -> Effect<io::Result<Arc<dyn File>>> {
        ask(&self.0, Verb::Open(path.to_owned()), file)
    }

    fn rename(&self, from: &str, to: &str) -> Effect<io::Result<()>> {
        ask(&self.0, Verb::Rename(from.to_owned(), to.to_owned()), done)
    }

    fn link(&self, from: &str, to: &str) -> Effect<io::Result<()>> {
        ask(&self.0, Verb::Link(from.to_owned(), to.to_owned()), done)
    }

    fn remove(&self, path: &str) -> Effect<io::Result<()>> {
        ask(&self.0, Verb::Remove(path.to_owned()), done)
    }

    fn mkdir(&self, path: &str) -> Effect<io::Result<()>> {
        ask(&self.0, Verb::Mkdir(path.to_owned()), done)
    }

    fn remove_dir(&self, path: &str) -> Effect<io::Result<()>> {
        ask(&self.0, Verb::RemoveDir(path.to_owned()), done)
    }

    fn list(&self, path: &str) -> Effect<io::Result<Vec<String>>> {
        ask(&self.0, Verb::List(path.to_owned()), |_, answer| match answer {
            Answer::Names(result) => result.map_err(os),
            other => unreachable!("a listing was answered {other:?}"),
        })
    }

    fn sync_dir(&self, path: &str) -> Effect<io::Result<()>> {
        ask(&self.0, Verb::SyncDir(path.to_owned()), done)
    }

    fn display(&self, path: &str) -> String {
        format!("<state>/{path}")
    }
}

struct SeamFile {
    hub: Arc<Hub>,
    fd: Fd,
}

impl Drop for SeamFile {
    fn drop(&mut self) {
        self.hub.look(|world| world.close(self.fd));
    }
}

impl File for SeamFile {
    fn append(&self, bytes: Vec<u8>) -> Effect<io::Result<()>> {
        ask(&self.hub, Verb::Write(self.fd, None, Arc::from(bytes)), done)
    }

    fn write_at(&self, offset: u64, bytes: Vec<u8>) -> Effect<io::Result<()>> {
        ask(&self.hub, Verb::Write(self.fd, Some(offset), Arc::from(bytes)), done)
    }

    fn read(&self) -> Effect<io::Result<Vec<u8>>> {
        ask(&self.hub, Verb::Read(self.fd), |_, answer| match answer {
            Answer::Bytes(result) => result.map_err(os),
            other => unreachable!("a read was answered {other:?}"),
        })
    }

    fn truncate(&self, len: u64) -> Effect<io::Result<()>> {
        ask(&self.hub, Verb::Truncate(self.fd, len), done)
    }

    fn sync_file(&self) -> Effect<io::Result<()>> {
        ask(&self.hub, Verb::SyncFile(self.fd), done)
    }

    fn sync_data(&self) -> Effect<io::Result<()>> {
        ask(&self.hub, Verb::SyncData(self.fd), done)
    }

    fn try_lock(&self) -> Effect<io::Result<bool>> {
        ask(&self.hub, Verb::TryLock(self.fd), |_, answer| match answer {
            Answer::Locked(result) => result.map_err(os),
            other => unreachable!("a lock was answered {other:?}"),
        })
    }

    fn unlock(&self) -> Effect<io::Result<()>> {
        ask(&self.hub, Verb::Unlock(self.fd), done)
    }
}

impl Clock for Seam {
    fn now(&self) -> UnixMs {
        self.0.look(|world| world.wall()).unwrap_or(UnixMs(0))
    }
}

impl Entropy for Seam {
    fn next_u64(&self) -> u64 {
        self.0.look(streams::draw_id).unwrap_or(0)
    }
}

impl Access for Seam {
    fn allows(&self, chat: &ChatId) -> bool {
        self.0.look(|world| world.look_at_access(chat)).unwrap_or(false)
    }
}

impl Platform for Seam {
    fn honours_keys(&self) -> bool {
        self.0.look(|world| world.script().plan.platform.honours_keys).unwrap_or(false)
    }

    fn poll(&self, after: Cursor) -> Effect<Result<Vec<Inbound>, PollError>> {
        ask(&self.0, Verb::Poll(after), |_, answer| match answer {
            Answer::Messages(result) => result,
            other => unreachable!("a poll was answered {other:?}"),
        })
    }

    fn ack(&self, upto: Cursor) -> Effect<Result<(), PollError>> {
        ask(&self.0, Verb::Ack(upto), |_, answer| match answer {
            Answer::Acked(result) => result,
            other => unreachable!("an acknowledgement was answered {other:?}"),
        })
    }

    fn acknowledged(&self) -> Effect<Result<Cursor, PollError>> {
        ask(&self.0, Verb::Acknowledged, |_, answer| match answer {
            Answer::Acknowledged(result) => result,
            other => unreachable!("a question about acknowledgements was answered {other:?}"),
        })
    }

    fn send(&self, outbound: Outbound) -> Effect<Result<(), SendError>> {
        ask(&self.0, Verb::Send(Arc::new(outbound)), |_, answer| match answer {
            Answer::Sent(result) => result,
            other => unreachable!("a send was answered {other:?}"),
        })
    }
}

impl Agent for Seam {
    fn open(&self, request: TurnRequest) -> Effect<Result<Arc<dyn Run>, String>> {
        ask(&self.0, Verb::OpenRun(Arc::new(request)), |hub, answer| match answer {
            Answer::Run(Ok(run)) => Ok(Arc::new(SeamRun { hub: Arc::clone(hub), run }) as _),
            Answer::Run(Err(error)) => Err(error),
            other => unreachable!("a request for an agent was answered {other:?}"),
        })
    }
}

struct SeamRun {
    hub: Arc<Hub>,
    run: RunId,
}

impl Run for SeamRun {
    fn next(&self) -> Effect<TurnEvent> {
        ask(&self.hub, Verb::Next(self.run), |_, answer| match answer {
            Answer::Turn(event) => event,
            other => unreachable!("an agent answered {other:?}"),
        })
    }

    fn interrupt(&self) -> Effect<()> {
        ask(&self.hub, Verb::Interrupt(self.run), |_, _| ())
    }
}

impl Signals for Seam {
    fn next(&self) -> Effect<Signal> {
        ask(&self.0, Verb::Signal, |_, answer| match answer {
            Answer::Signal(signal) => signal,
            other => unreachable!("a wait for a signal was answered {other:?}"),
        })
    }
}

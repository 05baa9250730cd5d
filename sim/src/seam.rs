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
    Access, Agent, Clock, Effect, Entropy, Env, FenceError, File, Fs, Launch, OpenError, Platform,
    PollError, ProcessId, Processes, Run, SendError, Signal, Signals, Token, UnixMs,
};
use gateway_core::message::{ChatId, Cursor, Inbound, Outbound, TurnEvent, TurnRequest};

use crate::disk::Fd;
use crate::hub::Hub;
use crate::streams;
use crate::world::{Answer, EffectId, RunId, Verb, Whom, World, pid_of};

/// The Env of one boot.
pub(crate) fn env(hub: &Arc<Hub>, boot: u32) -> Env {
    let seam = Arc::new(Seam { hub: Arc::clone(hub), boot });
    let launch = seam.look(|world| world.look_at_launch(boot)).unwrap_or(Launch::Recover);
    Env {
        fs: seam.clone(),
        clock: seam.clone(),
        platform: seam.clone(),
        agent: seam.clone(),
        signals: seam.clone(),
        processes: seam.clone(),
        entropy: seam.clone(),
        access: seam,
        launch,
    }
}

/// Where one boot meets the world.
#[derive(Clone)]
struct Seam {
    hub: Arc<Hub>,
    boot: u32,
}

impl Seam {
    fn look<T>(&self, at: impl FnOnce(&mut World) -> T) -> Option<T> {
        self.hub.look(self.boot, at)
    }
}

/// An effect on its way. Dropping it forgets the answer and nothing else.
struct Asked<T, F> {
    seam: Seam,
    effect: Option<EffectId>,
    read: F,
    answer: PhantomData<fn() -> T>,
}

impl<T, F: Fn(&Seam, Answer) -> T + Unpin> Future for Asked<T, F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let Some(effect) = self.effect else { return Poll::Pending };
        match self.seam.hub.poll_answer(self.seam.boot, effect, cx) {
            Poll::Ready(answer) => {
                self.effect = None;
                Poll::Ready((self.read)(&self.seam, answer))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<T, F> Drop for Asked<T, F> {
    fn drop(&mut self) {
        if let Some(effect) = self.effect {
            self.seam.hub.forget(self.seam.boot, effect);
        }
    }
}

fn ask<T: 'static>(
    seam: &Seam,
    verb: Verb,
    read: impl Fn(&Seam, Answer) -> T + Unpin + Send + 'static,
) -> Effect<T> {
    let effect = seam.hub.request(seam.boot, verb);
    Box::pin(Asked { seam: seam.clone(), effect, read, answer: PhantomData })
}

fn os(errno: i32) -> io::Error {
    io::Error::from_raw_os_error(errno)
}

fn done(_: &Seam, answer: Answer) -> io::Result<()> {
    match answer {
        Answer::Done(result) => result.map_err(os),
        other => unreachable!("a verb of the disk was answered {other:?}"),
    }
}

fn file(seam: &Seam, answer: Answer) -> io::Result<Arc<dyn File>> {
    match answer {
        Answer::File(Ok(fd)) => Ok(Arc::new(SeamFile { seam: seam.clone(), fd })),
        Answer::File(Err(errno)) => Err(os(errno)),
        other => unreachable!("opening a file was answered {other:?}"),
    }
}

fn admitted(_: &Seam, answer: Answer) -> Result<(), FenceError> {
    match answer {
        Answer::Admitted(result) => result,
        other => unreachable!("whoever asked to be admitted was answered {other:?}"),
    }
}

impl Fs for Seam {
    fn create_new(&self, path: &str) -> Effect<io::Result<Arc<dyn File>>> {
        ask(self, Verb::CreateNew(path.to_owned()), file)
    }

    fn open(&self, path: &str) -> Effect<io::Result<Arc<dyn File>>> {
        ask(self, Verb::Open(path.to_owned()), file)
    }

    fn rename(&self, from: &str, to: &str) -> Effect<io::Result<()>> {
        ask(self, Verb::Rename(from.to_owned(), to.to_owned()), done)
    }

    fn link(&self, from: &str, to: &str) -> Effect<io::Result<()>> {
        ask(self, Verb::Link(from.to_owned(), to.to_owned()), done)
    }

    fn remove(&self, path: &str) -> Effect<io::Result<()>> {
        ask(self, Verb::Remove(path.to_owned()), done)
    }

    fn mkdir(&self, path: &str) -> Effect<io::Result<()>> {
        ask(self, Verb::Mkdir(path.to_owned()), done)
    }

    fn remove_dir(&self, path: &str) -> Effect<io::Result<()>> {
        ask(self, Verb::RemoveDir(path.to_owned()), done)
    }

    fn list(&self, path: &str) -> Effect<io::Result<Vec<String>>> {
        ask(self, Verb::List(path.to_owned()), |_, answer| match answer {
            Answer::Names(result) => result.map_err(os),
            other => unreachable!("a listing was answered {other:?}"),
        })
    }

    fn sync_dir(&self, path: &str) -> Effect<io::Result<()>> {
        ask(self, Verb::SyncDir(path.to_owned()), done)
    }

    fn display(&self, path: &str) -> String {
        format!("<state>/{path}")
    }
}

struct SeamFile {
    seam: Seam,
    fd: Fd,
}

impl Drop for SeamFile {
    fn drop(&mut self) {
        let Seam { boot, .. } = self.seam;
        self.seam.look(|world| world.close(boot, self.fd));
    }
}

impl File for SeamFile {
    fn append(&self, bytes: Vec<u8>) -> Effect<io::Result<()>> {
        ask(&self.seam, Verb::Write(self.fd, None, Arc::from(bytes)), done)
    }

    fn write_at(&self, offset: u64, bytes: Vec<u8>) -> Effect<io::Result<()>> {
        ask(&self.seam, Verb::Write(self.fd, Some(offset), Arc::from(bytes)), done)
    }

    fn read(&self) -> Effect<io::Result<Vec<u8>>> {
        ask(&self.seam, Verb::Read(self.fd), |_, answer| match answer {
            Answer::Bytes(result) => result.map_err(os),
            other => unreachable!("a read was answered {other:?}"),
        })
    }

    fn truncate(&self, len: u64) -> Effect<io::Result<()>> {
        ask(&self.seam, Verb::Truncate(self.fd, len), done)
    }

    fn sync_file(&self) -> Effect<io::Result<()>> {
        ask(&self.seam, Verb::SyncFile(self.fd), done)
    }

    fn sync_data(&self) -> Effect<io::Result<()>> {
        ask(&self.seam, Verb::SyncData(self.fd), done)
    }

    fn try_lock(&self) -> Effect<io::Result<bool>> {
        ask(&self.seam, Verb::TryLock(self.fd), |_, answer| match answer {
            Answer::Locked(result) => result.map_err(os),
            other => unreachable!("a lock was answered {other:?}"),
        })
    }

    fn unlock(&self) -> Effect<io::Result<()>> {
        ask(&self.seam, Verb::Unlock(self.fd), done)
    }
}

impl Clock for Seam {
    fn now(&self) -> UnixMs {
        self.look(|world| world.wall_of(self.boot)).unwrap_or(UnixMs(0))
    }
}

impl Entropy for Seam {
    fn next_u64(&self) -> u64 {
        self.look(|world| streams::draw_id(world, self.boot)).unwrap_or(0)
    }
}

impl Processes for Seam {
    fn own(&self) -> ProcessId {
        let pid = pid_of(self.boot);
        ProcessId { pid, started: self.started(pid).unwrap_or(0) }
    }

    fn started(&self, pid: u32) -> Option<u64> {
        self.look(|world| world.process_started(pid)).flatten()
    }
}

impl Access for Seam {
    fn allows(&self, chat: &ChatId) -> bool {
        self.look(|world| world.look_at_access(self.boot, chat)).unwrap_or(false)
    }
}

impl Platform for Seam {
    fn honours_keys(&self) -> bool {
        self.look(|world| world.script().plan.platform.honours_keys).unwrap_or(false)
    }

    fn fence(&self, token: Token) -> Effect<Result<(), FenceError>> {
        ask(self, Verb::Fence(Whom::Platform, token), admitted)
    }

    fn poll(&self, after: Cursor) -> Effect<Result<Vec<Inbound>, PollError>> {
        ask(self, Verb::Poll(after), |_, answer| match answer {
            Answer::Messages(result) => result,
            other => unreachable!("a poll was answered {other:?}"),
        })
    }

    fn ack(&self, upto: Cursor) -> Effect<Result<(), PollError>> {
        ask(self, Verb::Ack(upto), |_, answer| match answer {
            Answer::Acked(result) => result,
            other => unreachable!("an acknowledgement was answered {other:?}"),
        })
    }

    fn acknowledged(&self) -> Effect<Result<Cursor, PollError>> {
        ask(self, Verb::Acknowledged, |_, answer| match answer {
            Answer::Acknowledged(result) => result,
            other => unreachable!("a question about acknowledgements was answered {other:?}"),
        })
    }

    fn send(&self, outbound: Outbound) -> Effect<Result<(), SendError>> {
        ask(self, Verb::Send(Arc::new(outbound)), |_, answer| match answer {
            Answer::Sent(result) => result,
            other => unreachable!("a send was answered {other:?}"),
        })
    }
}

impl Agent for Seam {
    fn fence(&self, token: Token) -> Effect<Result<(), FenceError>> {
        ask(self, Verb::Fence(Whom::Agents, token), admitted)
    }

    fn open(&self, request: TurnRequest) -> Effect<Result<Arc<dyn Run>, OpenError>> {
        ask(self, Verb::OpenRun(Arc::new(request)), |seam, answer| match answer {
            Answer::Run(Ok(run)) => Ok(Arc::new(SeamRun { seam: seam.clone(), run }) as _),
            Answer::Run(Err(error)) => Err(error),
            other => unreachable!("a request for an agent was answered {other:?}"),
        })
    }
}

struct SeamRun {
    seam: Seam,
    run: RunId,
}

impl Run for SeamRun {
    fn next(&self) -> Effect<TurnEvent> {
        ask(&self.seam, Verb::Next(self.run), |_, answer| match answer {
            Answer::Turn(_, event) => event,
            other => unreachable!("an agent answered {other:?}"),
        })
    }

    fn interrupt(&self) -> Effect<()> {
        ask(&self.seam, Verb::Interrupt(self.run), |_, _| ())
    }
}

impl Signals for Seam {
    fn next(&self) -> Effect<Signal> {
        ask(self, Verb::Signal, |_, answer| match answer {
            Answer::Signal(signal) => signal,
            other => unreachable!("a wait for a signal was answered {other:?}"),
        })
    }
}

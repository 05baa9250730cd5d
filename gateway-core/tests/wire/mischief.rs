//! What a network may do to the bytes on their way.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::wire::Limits;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf, split};
use tokio::sync::mpsc;

use super::board::Board;
use super::net::{Tasks, board_on};

/// What happens to the bytes of one direction, and behind how many of them.
#[derive(Clone, Debug)]
pub(crate) struct Mischief {
    /// Behind how many bytes.
    pub(crate) at: usize,
    /// What.
    pub(crate) what: What,
}

/// What happens to the bytes of one direction. A network that makes another good frame of one is
/// not among them: no protocol without checksums would notice, and TCP has some.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// The whole connection is gone.
    Reset,
    /// This direction ends; the other one goes on.
    End,
    /// Nothing arrives any more, and nobody is told.
    Swallow,
    /// Nothing is taken any more.
    Stall,
    /// These bytes come in between.
    Insert(Vec<u8>),
    /// What is left of the line is lost, so that two frames become one line.
    LoseRest,
    /// The line comes again.
    Repeat,
}

/// What happens to one connection: from the client, and to it.
pub(crate) type Trip = (Option<Mischief>, Option<Mischief>);

/// What may come into a stream and never goes unnoticed, whatever it comes between: a heartbeat
/// in the midst of another frame, a line too long, bytes that no frame holds and any behind them.
fn intruders(limits: Limits) -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![1..9_u8, Just(0xff), Just(b'\n')];
    let garbage = (first, proptest::collection::vec(any::<u8>(), 0..20));
    prop_oneof![
        garbage.prop_map(|(first, rest)| [vec![first], rest].concat()),
        Just(b"{\"beat\":{}}\n".to_vec()),
        Just(vec![b'x'; limits.frame + 1]),
    ]
}

fn mischief(limits: Limits) -> impl Strategy<Value = Mischief> {
    let what = prop_oneof![
        3 => Just(What::Reset),
        1 => Just(What::End),
        1 => Just(What::Swallow),
        1 => Just(What::Stall),
        3 => intruders(limits).prop_map(What::Insert),
        1 => Just(What::LoseRest),
        1 => Just(What::Repeat),
    ];
    (0..1500_usize, what).prop_map(|(at, what)| Mischief { at, what })
}

/// What happens to the first few connections.
pub(crate) fn trips(limits: Limits) -> impl Strategy<Value = Vec<Trip>> {
    let trip = (proptest::option::of(mischief(limits)), proptest::option::of(mischief(limits)));
    proptest::collection::vec(trip, 0..5)
}

/// Carries each connection that is dialled to the board: one trip after the other, and without
/// mischief after the last of them.
pub(crate) async fn carry(
    tasks: Tasks,
    mut accepted: mpsc::UnboundedReceiver<DuplexStream>,
    trips: Vec<Trip>,
    board: Arc<Board>,
    limits: Limits,
) {
    let mut trips = VecDeque::from(trips);
    while let Some(client) = accepted.recv().await {
        let (up, down) = trips.pop_front().unwrap_or((None, None));
        let (server, served) = tokio::io::duplex(64);
        tasks.spawn(board_on(served, &board, limits));
        let (from_client, to_client) = split(client);
        let (from_server, to_server) = split(server);
        tasks.spawn(async move {
            let mut up = std::pin::pin!(pump(from_client, to_server, up));
            let mut down = std::pin::pin!(pump(from_server, to_client, down));
            let (first, up_is_done) = tokio::select! {
                biased;
                gone = &mut up => (gone, true),
                gone = &mut down => (gone, false),
            };
            if let Gone::Direction = first {
                if up_is_done {
                    down.await
                } else {
                    up.await
                };
            }
        });
    }
}

/// What is over.
enum Gone {
    Direction,
    Connection,
}

/// Carries one direction, byte by byte.
async fn pump(
    mut from: ReadHalf<DuplexStream>,
    mut to: WriteHalf<DuplexStream>,
    mut mischief: Option<Mischief>,
) -> Gone {
    let (mut carried, mut line) = (0, Vec::new());
    let (mut losing, mut repeating) = (false, false);
    loop {
        let byte = match from.read_u8().await {
            Ok(byte) => byte,
            Err(_) => {
                // The other end may be gone: then there is nobody to tell.
                drop(to.shutdown().await);
                return Gone::Direction;
            }
        };
        match mischief.take_if(|Mischief { at, .. }| *at == carried).map(|mischief| mischief.what) {
            None => {}
            Some(What::Reset) => return Gone::Connection,
            Some(What::End) => {
                drop(to.shutdown().await);
                return Gone::Direction;
            }
            Some(What::Swallow) => {
                while from.read_u8().await.is_ok() {}
                return Gone::Direction;
            }
            Some(What::Stall) => {
                // Both ends have long given up by then.
                tokio::time::sleep(Duration::from_secs(600)).await;
                return Gone::Connection;
            }
            // If the other end is gone, the next byte tells.
            Some(What::Insert(bytes)) => drop(to.write_all(&bytes).await),
            // A line that is lost as a whole leaves no trace: no network does that.
            Some(What::LoseRest) => losing = !line.is_empty(),
            Some(What::Repeat) => repeating = true,
        }
        carried += 1;
        let ends = byte == b'\n';
        let is_lost = losing;
        losing &= !ends;
        if is_lost {
            continue;
        }
        line.push(byte);
        if to.write_u8(byte).await.is_err() {
            return Gone::Connection;
        }
        if ends {
            let again = std::mem::take(&mut line);
            if std::mem::take(&mut repeating) && to.write_all(&again).await.is_err() {
                return Gone::Connection;
            }
        }
    }
}

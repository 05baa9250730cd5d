//! Peers that break the protocol, in every way that a line of it can be broken.

use std::time::Duration;

use gateway_core::wire::Limits;
use proptest::prelude::*;
use proptest::sample::select;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader, DuplexStream};

/// How long a peer that has said everything does nothing, before it leaves: longer than anybody
/// waits for it.
const SULK: Duration = Duration::from_secs(600);

/// A server that is none.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    greeting: Greeting,
    says: Vec<Saying>,
    leaves: Leaves,
}

#[derive(Clone, Debug)]
enum Greeting {
    Proper,
    Raw(Vec<u8>),
}

/// What a server says after its greeting.
#[derive(Clone, Debug)]
enum Saying {
    Raw(Vec<u8>),
    /// It waits for a call and gives it an answer that fits none of the kind.
    Misfit,
}

#[derive(Clone, Copy, Debug)]
enum Leaves {
    AtOnce,
    /// It stays, and neither reads nor writes.
    Never,
}

/// A client that is none: what it writes, piece by piece, and whether it reads at all.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    writes: Vec<Vec<u8>>,
    leaves: Leaves,
}

/// Bytes of any kind; some are long, some are nearly frames.
fn noise(limits: Limits) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "[\\[\\]{}:,\"a-z0-9\n]{0,80}".prop_map(String::into_bytes),
        Just(vec![b'['; limits.frame]),
        Just(vec![b'x'; limits.frame + 1]),
        Just(b"\n".to_vec()),
    ]
}

fn lines(of: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    select(of).prop_map(|line| format!("{line}\n").into_bytes())
}

const GREETINGS: &[&str] = &[
    r#"{"welcome":{"version":2,"keys":"ignored","frame_limit":4096,"calls_limit":4}}"#,
    r#"{"welcome":{"version":1,"keys":"ignored","frame_limit":1,"calls_limit":4}}"#,
    r#"{"welcome":{"version":1,"keys":"ignored","frame_limit":4096,"calls_limit":0}}"#,
    r#"{"welcome":{"version":1,"keys":"perhaps","frame_limit":4096,"calls_limit":4}}"#,
    r#"{"welcome":{"version":1}}"#,
    r#"{"refused":{"reason":"no"}}"#,
    r#"{"beat":{}}"#,
    r#"{"answer":{"id":1,"reply":{"sent":{}}}}"#,
    r#"{"welcome":{"version":1,"keys":"ignored","frame_limit":4096,"calls_limit":4}"#,
];

const LIES: &[&str] = &[
    r#"{"beat":{}}"#,
    r#"{"beat":{"more":1}}"#,
    r#"{"answer":{"id":18446744073709551615,"reply":{"sent":{}}}}"#,
    r#"{"answer":{"id":0,"reply":{"acked":{}}}}"#,
    r#"{"answer":{"id":-1,"reply":{"acked":{}}}}"#,
    r#"{"answer":{"id":1,"reply":{"taken":{}}}}"#,
    r#"{"answer":{"id":1}}"#,
    r#"{"refused":{"reason":"later"}}"#,
    r#"{"welcome":{"version":1,"keys":"ignored","frame_limit":4096,"calls_limit":4}}"#,
    r#"{"ask":{"id":1,"request":{"poll":{"after":0}}}}"#,
    r#"[{"beat":{}}]"#,
    "null",
];

/// Servers for the first few connections.
pub(crate) fn hostile_servers(limits: Limits) -> impl Strategy<Value = Vec<Server>> {
    let greeting = prop_oneof![
        4 => Just(Greeting::Proper),
        2 => lines(GREETINGS).prop_map(Greeting::Raw),
        1 => noise(limits).prop_map(Greeting::Raw),
    ];
    let saying = prop_oneof![
        lines(LIES).prop_map(Saying::Raw),
        noise(limits).prop_map(Saying::Raw),
        Just(Saying::Misfit),
    ];
    let leaves = select(vec![Leaves::AtOnce, Leaves::Never]);
    let server = (greeting, proptest::collection::vec(saying, 0..6), leaves)
        .prop_map(|(greeting, says, leaves)| Server { greeting, says, leaves });
    proptest::collection::vec(server, 0..4)
}

const CLAIMS: &[&str] = &[
    r#"{"hello":{"version":1,"who":"other","frame_limit":4096}}"#,
    r#"{"hello":{"version":1,"who":"other","frame_limit":4096}}"#,
    r#"{"hello":{"version":9,"who":"other","frame_limit":4096}}"#,
    r#"{"hello":{"version":1,"who":"other","frame_limit":3}}"#,
    r#"{"hello":{"version":1}}"#,
    r#"{"beat":{}}"#,
    r#"{"welcome":{"version":1,"keys":"ignored","frame_limit":4096,"calls_limit":4}}"#,
];

const CALLS: &[&str] = &[
    r#"{"ask":{"id":1,"request":{"poll":{"after":0}}}}"#,
    r#"{"ask":{"id":2,"request":{"poll":{"after":0}}}}"#,
    r#"{"ask":{"id":3,"request":{"poll":{"after":18446744073709551615}}}}"#,
    r#"{"ask":{"id":4,"request":{"acknowledged":{}}}}"#,
    r#"{"ask":{"id":5,"request":{"ack":{"upto":18446744073709551615}}}}"#,
    r#"{"ask":{"id":6,"request":{"ack":{"upto":0}}}}"#,
    r#"{"ask":{"id":7,"request":{"poll":{"before":0}}}}"#,
    r#"{"ask":{"id":7,"id":8,"request":{"acknowledged":{}}}}"#,
    r#"{"ask":{"id":18446744073709551615,"request":{"acknowledged":{}}}}"#,
    r#"{"beat":{}}"#,
    r#"{"hello":{"version":1,"who":"other","frame_limit":4096}}"#,
];

/// Clients beside the one that behaves.
pub(crate) fn hostile_clients(limits: Limits) -> impl Strategy<Value = Vec<Client>> {
    let first = prop_oneof![3 => lines(CLAIMS), 1 => noise(limits)];
    let later = prop_oneof![4 => lines(CALLS), 1 => noise(limits)];
    let leaves = select(vec![Leaves::AtOnce, Leaves::Never]);
    let client = (first, proptest::collection::vec(later, 0..12), leaves).prop_map(
        |(first, later, leaves)| {
            let writes = [vec![first], later].concat();
            Client { writes, leaves }
        },
    );
    proptest::collection::vec(client, 1..4)
}

impl Server {
    /// Plays the platform on one connection.
    pub(crate) async fn serve(self, stream: DuplexStream, limits: Limits) {
        let (from, mut to) = tokio::io::split(stream);
        let mut from = BufReader::new(from);
        if read_line(&mut from).await.is_none() {
            return;
        }
        let greeting = match self.greeting {
            Greeting::Raw(bytes) => bytes,
            Greeting::Proper => {
                let Limits { frame, calls, .. } = limits;
                let (keys, version) = (r#""keys":"ignored""#, r#""version":1"#);
                let limits = format!(r#""frame_limit":{frame},"calls_limit":{calls}"#);
                format!("{{\"welcome\":{{{version},{keys},{limits}}}}}\n").into_bytes()
            }
        };
        let mut says = vec![Saying::Raw(greeting)];
        says.extend(self.says);
        for saying in says {
            let bytes = match saying {
                Saying::Raw(bytes) => bytes,
                Saying::Misfit => match read_line(&mut from).await {
                    Some(line) => misfit(&line),
                    None => return,
                },
            };
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        if let Leaves::Never = self.leaves {
            tokio::time::sleep(SULK).await;
        }
    }
}

/// An answer of another kind than that of the call.
fn misfit(ask: &str) -> Vec<u8> {
    let id = ask.split_once("\"id\":").and_then(|(_, rest)| rest.split_once(',')).map(|(id, _)| id);
    let reply = if ask.contains("\"send\"") { r#"{"acked":{}}"# } else { r#"{"sent":{}}"# };
    format!("{{\"answer\":{{\"id\":{},\"reply\":{reply}}}}}\n", id.unwrap_or("1")).into_bytes()
}

async fn read_line(from: &mut BufReader<impl AsyncRead + Unpin>) -> Option<String> {
    let mut line = String::new();
    let read = tokio::time::timeout(SULK, from.read_line(&mut line)).await.ok()?;
    read.ok().filter(|bytes| *bytes > 0).map(|_| line)
}

impl Client {
    /// Plays a gateway on one connection. It reads nothing of what it is answered.
    pub(crate) async fn ask(self, mut stream: DuplexStream) {
        for bytes in self.writes {
            match tokio::time::timeout(SULK, stream.write_all(&bytes)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return,
            }
        }
        if let Leaves::Never = self.leaves {
            tokio::time::sleep(SULK).await;
        }
    }
}

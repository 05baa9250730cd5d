//! Tests of the wire over a stream in memory.

use gateway_core::env::UnixMs;
use gateway_core::message::{Body, ChatId, Kind, MessageId};
use tokio::io::DuplexStream;

use super::*;

const HELLO: Hello = Hello { boot: 1 };

/// A platform on which polls wait for ever and sends are taken at once.
struct Quiet;

impl Platform for Quiet {
    fn honours_keys(&self) -> bool {
        false
    }

    fn poll(&self, _: Cursor) -> Effect<Result<Vec<Inbound>, PollError>> {
        Box::pin(std::future::pending())
    }

    fn ack(&self, upto: Cursor) -> Effect<Result<(), PollError>> {
        Box::pin(async move { Err(PollError(format!("not up to {}", upto.0))) })
    }

    fn acknowledged(&self) -> Effect<Result<Cursor, PollError>> {
        Box::pin(async { Ok(Cursor(3)) })
    }

    fn send(&self, outbound: Outbound) -> Effect<Result<(), SendError>> {
        let taken = outbound.text != "no";
        Box::pin(async move {
            taken.then_some(()).ok_or_else(|| SendError::NotTaken("planned".to_owned()))
        })
    }
}

fn outbound(text: &str) -> Outbound {
    let (chat, key) = (ChatId("a".to_owned()), "key".to_owned());
    Outbound { chat, key, kind: Kind::Answer { to: None }, text: text.to_owned() }
}

/// A client whose connections are handed, one after the other, to whoever plays the platform.
fn client() -> (Client, mpsc::UnboundedReceiver<DuplexStream>) {
    let (dialled, accepted) = mpsc::unbounded_channel();
    let dial = move || {
        let (near, far) = tokio::io::duplex(64);
        let lost = |_| io::Error::from(io::ErrorKind::ConnectionRefused);
        std::future::ready(dialled.send(far).map(|()| near).map_err(lost))
    };
    let (client, connected) = Client::new(HELLO, false, dial);
    tokio::spawn(connected);
    (client, accepted)
}

fn on_a_paused_clock(test: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build();
    runtime.expect("a runtime without any driver but time").block_on(test);
}

#[test]
fn replies_overtake_a_long_poll() {
    on_a_paused_clock(async {
        let (client, mut accepted) = client();
        let stream = accepted.recv().await.expect("it dials");
        let known = |hello| (hello == HELLO).then(|| Arc::new(Quiet) as Arc<dyn Platform>);
        tokio::spawn(serve(stream, known));
        let mut poll = client.poll(Cursor(0));
        assert_eq!(client.send(outbound("yes")).await, Ok(()));
        let refused = client.send(outbound("no")).await;
        assert_eq!(refused, Err(SendError::NotTaken("planned".to_owned())));
        assert_eq!(client.ack(Cursor(7)).await, Err(PollError("not up to 7".to_owned())));
        assert_eq!(client.acknowledged().await, Ok(Cursor(3)));
        let polled = tokio::time::timeout(Duration::from_secs(60), &mut poll).await;
        assert!(polled.is_err(), "{polled:?}");
    });
}

#[test]
fn a_lost_connection_leaves_a_send_unknown_and_a_later_one_finds_the_next() {
    on_a_paused_clock(async {
        let (client, mut accepted) = client();
        let stream = accepted.recv().await.expect("it dials");
        let sent = client.send(outbound("yes"));
        let mut lines = BufReader::new(stream).lines();
        for _ in ["hello", "send"] {
            lines.next_line().await.expect("it writes").expect("a line");
        }
        drop(lines);
        assert_eq!(sent.await, Err(SendError::Unknown("connection lost".to_owned())));
        let sent = client.send(outbound("yes"));
        let stream = accepted.recv().await.expect("it dials again");
        tokio::spawn(serve(stream, |_| Some(Arc::new(Quiet) as Arc<dyn Platform>)));
        assert_eq!(sent.await, Ok(()));
    });
}

#[test]
fn nobody_answers_whom_the_platform_does_not_know() {
    on_a_paused_clock(async {
        let (client, mut accepted) = client();
        tokio::spawn(async move {
            while let Some(stream) = accepted.recv().await {
                serve(stream, |_| None).await;
            }
        });
        let polled = client.poll(Cursor(0));
        assert_eq!(polled.await, Err(PollError("connection lost".to_owned())));
    });
}

#[test]
fn a_message_crosses_the_wire_unchanged() {
    let body = Body::Text("two\nlines \u{2028}\"".to_owned());
    let chat = ChatId("a".to_owned());
    let inbound = vec![Inbound { id: MessageId(1), chat, sent_at: UnixMs(-1), body }];
    let frame = Frame { id: u64::MAX, body: Reply::Messages(inbound) };
    let line = String::from_utf8(line(&frame)).expect("json is text");
    assert_eq!(line.lines().count(), 1, "{line}");
    assert_eq!(parse::<Frame<Reply>>(&line).expect("its own line"), frame);
}

//! The wire over streams in memory: what a gateway and a platform can rely on.

#[path = "wire/board.rs"]
mod board;
#[path = "wire/bounds.rs"]
mod bounds;
#[path = "wire/fence.rs"]
mod fence;
#[path = "wire/fuzz.rs"]
mod fuzz;
#[path = "wire/hostile.rs"]
mod hostile;
#[path = "shared/log.rs"]
mod log;
#[path = "wire/mischief.rs"]
mod mischief;
#[path = "wire/net.rs"]
mod net;
#[path = "wire/story.rs"]
mod story;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use board::{Board, outbound, port};
use gateway_core::env::{Platform as _, PollError, SendError};
use gateway_core::message::Cursor;
use gateway_core::wire::{BEAT_EVERY, Caller, Client, IDLE_LIMIT, Keys, Limits, serve};
use log::Log;
use net::{Tasks, board_on, caller, dialled, on_a_paused_clock};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream};
use tokio::time::Instant;

const WELCOME: &str =
    r#"{"welcome":{"version":1,"keys":"ignored","frame_limit":4096,"calls_limit":4}}"#;

fn standard() -> Caller {
    caller(Limits::standard())
}

/// Plays a platform that hears so many lines and says so many.
async fn hear_and_say(
    stream: DuplexStream,
    hears: usize,
    says: &[&str],
) -> BufReader<DuplexStream> {
    let mut stream = BufReader::new(stream);
    for _ in 0..hears {
        stream.read_line(&mut String::new()).await.expect("it writes");
    }
    for line in says {
        stream.write_all(format!("{line}\n").as_bytes()).await.expect("it reads");
    }
    stream
}

#[test]
fn replies_overtake_a_long_poll() {
    on_a_paused_clock(async {
        let (tasks, board) = (Tasks::default(), Board::new([]));
        let (client, mut accepted) = dialled(&tasks, standard(), 64);
        let stream = accepted.recv().await.expect("it dials");
        tasks.spawn(board_on(stream, &board, Limits::standard()));
        let mut poll = client.poll(Cursor(0));
        assert_eq!(client.send(outbound("1", "yes")).await, Ok(()));
        let refused = client.send(outbound("2", "no")).await;
        assert_eq!(refused, Err(SendError::NotTaken("planned".to_owned())));
        let perhaps = client.send(outbound("3", "perhaps")).await;
        assert_eq!(perhaps, Err(SendError::Unknown("planned".to_owned())));
        let unknown = PollError::Unanswered("nothing is known of 7".to_owned());
        assert_eq!(client.ack(Cursor(7)).await, Err(unknown));
        assert_eq!(client.acknowledged().await, Ok(Cursor(0)));
        // An hour of silence ends nothing: both ends say that they are there.
        let hour = tokio::time::timeout(Duration::from_secs(3600), &mut poll).await;
        assert!(hour.is_err(), "{hour:?}");
        board.post("hello".to_owned());
        assert_eq!(poll.await.expect("it is there").len(), 1);
        assert!(accepted.try_recv().is_err(), "one connection is enough");
    });
}

#[test]
fn a_lost_connection_leaves_a_send_unknown_and_a_later_one_finds_the_next() {
    on_a_paused_clock(async {
        let (tasks, board) = (Tasks::default(), Board::new([]));
        let (client, mut accepted) = dialled(&tasks, standard(), 64);
        let stream = accepted.recv().await.expect("it dials");
        let sent = client.send(outbound("1", "yes"));
        let stream = hear_and_say(stream, 1, &[WELCOME]).await;
        drop(hear_and_say(stream.into_inner(), 1, &[]).await);
        let Err(SendError::Unknown(why)) = sent.await else { panic!("a byte of it had left") };
        assert!(why.starts_with("connection lost: "), "{why}");
        let sent = client.send(outbound("2", "yes"));
        let stream = accepted.recv().await.expect("it dials again");
        tasks.spawn(board_on(stream, &board, Limits::standard()));
        assert_eq!(sent.await, Ok(()));
        assert_eq!(board.keys(), ["2"]);
    });
}

#[test]
fn a_send_of_which_some_bytes_have_left_is_unknown() {
    on_a_paused_clock(async {
        let (tasks, board) = (Tasks::default(), Board::new([]));
        let (client, mut accepted) = dialled(&tasks, standard(), 64);
        let stream = accepted.recv().await.expect("it dials");
        let stream = hear_and_say(stream, 1, &[WELCOME]).await;
        let sent = client.send(outbound("1", &"yes".repeat(100)));
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(stream);
        let sent = sent.await;
        assert!(matches!(sent, Err(SendError::Unknown(_))), "{sent:?}");
        let stream = accepted.recv().await.expect("it dials again");
        tasks.spawn(board_on(stream, &board, Limits::standard()));
        assert_eq!(client.send(outbound("2", "yes")).await, Ok(()));
        assert_eq!(board.keys(), ["2"]);
    });
}

#[test]
fn a_send_of_which_no_byte_has_left_waits_for_the_next_connection() {
    on_a_paused_clock(async {
        let (tasks, board) = (Tasks::default(), Board::new([]));
        // As wide as the question that comes before it: the first byte of the message waits.
        let ask = r#"{"ask":{"id":1,"request":{"poll":{"after":0}}}}"#;
        let (client, mut accepted) = dialled(&tasks, standard(), ask.len() + 1);
        let stream = accepted.recv().await.expect("it dials");
        let stream = hear_and_say(stream, 1, &[WELCOME]).await;
        let (polled, sent) = (client.poll(Cursor(0)), client.send(outbound("1", "yes")));
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(stream);
        let stream = accepted.recv().await.expect("it dials again");
        tasks.spawn(board_on(stream, &board, Limits::standard()));
        assert_eq!(sent.await, Ok(()));
        assert_eq!(board.keys(), ["1"]);
        drop(polled);
    });
}

#[test]
fn questions_are_asked_again_on_the_next_connection() {
    on_a_paused_clock(async {
        let (tasks, board) = (Tasks::default(), Board::new(["hello".to_owned()]));
        let (client, mut accepted) = dialled(&tasks, standard(), 64);
        let (polled, acked) = (client.poll(Cursor(0)), client.ack(Cursor(1)));
        let asked = client.acknowledged();
        let stream = accepted.recv().await.expect("it dials");
        let stream = hear_and_say(stream, 1, &[WELCOME]).await;
        drop(hear_and_say(stream.into_inner(), 3, &[]).await);
        let stream = accepted.recv().await.expect("it dials again");
        tasks.spawn(board_on(stream, &board, Limits::standard()));
        assert_eq!(polled.await.expect("a good platform").len(), 1);
        assert_eq!(acked.await, Ok(()));
        assert_eq!(asked.await, Ok(Cursor(1)));
    });
}

#[test]
fn a_half_open_connection_is_noticed_and_replaced() {
    on_a_paused_clock(async {
        let (tasks, board) = (Tasks::default(), Board::new(["hello".to_owned()]));
        let (client, mut accepted) = dialled(&tasks, standard(), 64);
        let polled = client.poll(Cursor(0));
        let stream = accepted.recv().await.expect("it dials");
        let silent = hear_and_say(stream, 1, &[WELCOME]).await;
        let welcomed = Instant::now();
        let silent = hear_and_say(silent.into_inner(), 1, &[]).await;
        let stream = accepted.recv().await.expect("it dials again");
        let noticed = welcomed.elapsed();
        assert!(noticed >= IDLE_LIMIT && noticed < IDLE_LIMIT + BEAT_EVERY, "{noticed:?}");
        tasks.spawn(board_on(stream, &board, Limits::standard()));
        assert_eq!(polled.await.expect("a good platform").len(), 1);
        drop(silent);
    });
}

#[test]
fn the_pauses_between_dials_double_up_to_a_limit_and_begin_again_when_one_was_good() {
    on_a_paused_clock(async {
        let (began, dials) = (Instant::now(), Arc::new(Mutex::new(Vec::new())));
        let (tasks, board) = (Tasks::default(), Board::new(["hello".to_owned()]));
        let (seen, far, good) = (Arc::clone(&dials), tasks.clone(), Arc::clone(&board));
        // The tenth connection works until it is polled for the second time.
        let dial = move || {
            let mut dials = seen.lock().expect("nobody panics while dialling");
            dials.push(began.elapsed().as_millis());
            let works = dials.len() == 10;
            let stream = works.then(|| {
                let (near, stream) = tokio::io::duplex(64);
                let serving = board_on(stream, &good, Limits::standard());
                let minute = Duration::from_secs(60);
                far.spawn(async move { drop(tokio::time::timeout(minute, serving).await) });
                near
            });
            std::future::ready(stream.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound)))
        };
        let (client, connected) = Client::new(standard(), dial);
        let connected = tokio::spawn(connected);
        assert_eq!(client.poll(Cursor(0)).await.expect("the tenth").len(), 1);
        let day = tokio::time::timeout(Duration::from_secs(100), client.poll(Cursor(1))).await;
        assert!(day.is_err(), "{day:?}");
        connected.abort();
        let dials = dials.lock().expect("nobody panics while dialling").clone();
        let pauses: Vec<u128> = dials.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(pauses[..9], [100, 200, 400, 800, 1600, 3200, 6400, 6400, 6400]);
        assert_eq!(pauses[9..13], [60_100, 200, 400, 800]);
    });
}

#[test]
fn a_send_that_had_to_wait_is_forgotten_with_whoever_asked() {
    on_a_paused_clock(async {
        let (tasks, board) = (Tasks::default(), Board::new([]));
        let (client, mut accepted) = dialled(&tasks, standard(), 64);
        drop(client.send(outbound("given up", "yes")));
        let stream = accepted.recv().await.expect("it dials");
        tokio::time::sleep(Duration::from_secs(1)).await;
        tasks.spawn(board_on(stream, &board, Limits::standard()));
        assert_eq!(client.send(outbound("awaited", "yes")).await, Ok(()));
        // On a connection that works it leaves with the call, and nothing is cancelled.
        drop(client.send(outbound("left", "yes")));
        assert_eq!(client.send(outbound("last", "yes")).await, Ok(()));
        assert_eq!(board.keys(), ["awaited", "left", "last"]);
    });
}

#[test]
fn the_client_ends_when_nobody_may_ask_and_nobody_waits() {
    on_a_paused_clock(async {
        let (tasks, board) = (Tasks::default(), Board::new([]));
        let (client, mut accepted) = dialled(&tasks, standard(), 64);
        let stream = accepted.recv().await.expect("it dials");
        tasks.spawn(board_on(stream, &board, Limits::standard()));
        let (sent, polled) = (client.send(outbound("1", "slow")), client.poll(Cursor(0)));
        drop(client);
        tokio::time::sleep(Duration::from_secs(100)).await;
        board.hurry();
        assert_eq!(sent.await, Ok(()));
        drop(polled);
        tasks.join().await;
    });
}

#[test]
fn a_client_that_nobody_keeps_connected_answers_all_the_same() {
    on_a_paused_clock(async {
        let dial = || std::future::pending::<io::Result<DuplexStream>>();
        let (client, connected) = Client::new(standard(), dial);
        let before = client.send(outbound("1", "yes"));
        drop(connected);
        for sent in [before, client.send(outbound("2", "yes"))] {
            let unkept = "nobody keeps the client connected".to_owned();
            assert_eq!(sent.await, Err(SendError::Unknown(unkept)));
        }
        assert!(client.poll(Cursor(0)).await.is_err());
    });
}

#[test]
fn a_message_that_fits_into_no_frame_is_not_taken_and_others_are() {
    on_a_paused_clock(async {
        let limits = Limits { frame: 2000, ..Limits::standard() };
        let long = "x".repeat(2000);
        let (tasks, board) = (Tasks::default(), Board::new(["hello".to_owned(), long.clone()]));
        let (client, mut accepted) = dialled(&tasks, standard(), 64);
        let stream = accepted.recv().await.expect("it dials");
        tasks.spawn(board_on(stream, &board, limits));
        let sent = client.send(outbound("1", &long)).await;
        let why = "the message makes a frame of more than 2000 bytes".to_owned();
        assert_eq!(sent, Err(SendError::NotTaken(why)));
        assert_eq!(client.send(outbound("2", "yes")).await, Ok(()));
        assert_eq!(client.poll(Cursor(0)).await.expect("the first fits").len(), 1);
        let Err(PollError::Unanswered(why)) = client.poll(Cursor(1)).await else {
            panic!("the second does not");
        };
        assert!(why.starts_with("message m2 makes a frame of 2") && why.ends_with("2000 at most"));
        let long = board.seen().posted[1].clone();
        assert!(limits.admit(&long).is_err(), "it was not to be taken from its user");
    });
}

/// The log of a client whose first connection goes to a platform that says this, and whether a
/// message that it sends meanwhile gets through in the end.
fn log_of(client: Caller, hears: usize, says: &[&str]) -> String {
    let log = Log::default();
    tracing::subscriber::with_default(log.subscriber(), || {
        on_a_paused_clock(async {
            let (tasks, board) = (Tasks::default(), Board::with_keys(client.keys, []));
            let (client, mut accepted) = dialled(&tasks, client, 64);
            let sent = client.poll(Cursor(0));
            let stream = accepted.recv().await.expect("it dials");
            let gone = hear_and_say(stream, 1, &says[..1]).await;
            drop(hear_and_say(gone.into_inner(), hears, &says[1..]).await);
            let stream = accepted.recv().await.expect("it dials again");
            tasks.spawn(board_on(stream, &board, Limits::standard()));
            board.post("hello".to_owned());
            assert_eq!(sent.await.expect("a good platform").len(), 1);
        });
    });
    log.text()
}

#[test]
fn the_log_says_who_did_what_and_nothing_of_what_was_said() {
    let told = |log: String, words: &[&str]| {
        assert!(words.iter().all(|word| log.contains(word)), "{log}");
        assert!(log.contains("peer=\"board\"") && !log.contains("secret"), "{log}");
    };
    let newer = r#"{"welcome":{"version":2,"secret":1}}"#;
    told(log_of(standard(), 0, &[newer]), &["ERROR", "speaks version 2, version 1 is", "bytes=37"]);
    let refused = r#"{"refused":{"reason":"who are you"}}"#;
    told(log_of(standard(), 0, &[refused]), &["ERROR", "does not serve", "who are you"]);
    told(log_of(standard(), 0, &["secret"]), &["ERROR", "6 bytes that are not JSON", "bytes=7"]);
    let misfit = r#"{"answer":{"id":1,"reply":{"sent":{}}}}"#;
    told(log_of(standard(), 1, &[WELCOME, misfit]), &["ERROR", "call 1 that fits another"]);
    let second = r#"{"id":2,"chat":"a","sent_at":0,"body":{"text":"secret"}}"#;
    let first = r#"{"id":1,"chat":"a","sent_at":0,"body":{"text":"secret"}}"#;
    let shuffled =
        format!("{{\"answer\":{{\"id\":1,\"reply\":{{\"messages\":[{second},{first}]}}}}}}");
    told(log_of(standard(), 1, &[WELCOME, &shuffled]), &["ERROR", "call 1 that fits another"]);
    let stranger = r#"{"answer":{"id":9,"reply":{"sent":{}}}}"#;
    told(log_of(standard(), 1, &[WELCOME, stranger]), &["ERROR", "call 9, which is not under way"]);
    told(log_of(standard(), 1, &[WELCOME, r#"{"secret":{}}"#]), &["ERROR", "no frame of this"]);
    told(log_of(standard(), 1, &[WELCOME]), &["WARN", "closed the connection", "bytes=78"]);
}

#[test]
fn a_platform_that_ignores_the_keys_it_was_said_to_honour_is_sent_nothing() {
    let log = log_of(Caller { keys: Keys::Honoured, ..standard() }, 0, &[WELCOME]);
    assert!(log.contains("ERROR") && log.contains("the platform ignores keys"), "{log}");
}

#[test]
fn whoever_is_not_served_is_told_why() {
    let answer = |hello: &'static str| {
        on_a_paused_clock(async move {
            let (near, far) = tokio::io::duplex(1000);
            let board = Board::new([]);
            let serving = serve(far, "gateway", Limits::standard(), move |hello| {
                if hello.who == "known" { Ok(port(&board)) } else { Err("not known".to_owned()) }
            });
            tokio::spawn(serving);
            let mut near = BufReader::new(near);
            near.write_all(format!("{hello}\n").as_bytes()).await.expect("it reads");
            let mut line = String::new();
            near.read_line(&mut line).await.expect("it writes");
            line
        })
    };
    let welcome = answer(r#"{"hello":{"version":1,"who":"known","frame_limit":1024}}"#);
    assert!(welcome.starts_with("{\"welcome\":{\"version\":1,\"keys\":\"ignored\""), "{welcome}");
    let told = |hello, reason: &str| {
        let refused = answer(hello);
        assert_eq!(refused, format!("{{\"refused\":{{\"reason\":\"{reason}\"}}}}\n"));
    };
    told(r#"{"hello":{"version":1,"who":"a","frame_limit":1024}}"#, "not known");
    told(r#"{"hello":{"version":2}}"#, "version 1 is spoken here, not 2");
    told(
        r#"{"hello":{"version":1,"who":"known","frame_limit":10}}"#,
        "a frame takes 1024 bytes, not 10",
    );
}

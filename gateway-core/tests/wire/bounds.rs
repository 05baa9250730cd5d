//! What a peer can make the other end take, keep or begin, whatever it does.

use std::time::Duration;

use gateway_core::env::{Platform as _, SendError};
use gateway_core::message::Cursor;
use gateway_core::wire::{IDLE_LIMIT, Limits};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::Instant;

use super::board::{Board, outbound};
use super::net::{Tasks, board_on, caller, dialled, on_a_paused_clock};

const LIMITS: Limits = Limits { frame: 4096, calls: 4, waiting: 2000 };

/// How many bytes are under way at most.
const BUFFER: usize = 64;

/// What an end reads at once.
const READ: usize = 8 * 1024;

const HELLO: &str = r#"{"hello":{"version":1,"who":"other","frame_limit":4096}}"#;
const WELCOME: &str =
    r#"{"welcome":{"version":1,"keys":"ignored","frame_limit":4096,"calls_limit":4}}"#;

/// Writes the same bytes over and over until that fails or nothing is taken any more; how many
/// were taken.
async fn flood(to: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> usize {
    let mut taken = 0;
    loop {
        match tokio::time::timeout(10 * IDLE_LIMIT, to.write(bytes)).await {
            Ok(Ok(written)) => taken += written,
            Ok(Err(_)) | Err(_) => return taken,
        }
        assert!(taken < 1024 * 1024, "there is no end to it");
    }
}

async fn say(to: &mut (impl AsyncWrite + Unpin), line: &str) {
    to.write_all(format!("{line}\n").as_bytes()).await.expect("it is read");
}

#[test]
fn a_client_that_never_ends_its_line_is_cut_off_at_the_limit() {
    on_a_paused_clock(async {
        for greeting in [None, Some(HELLO)] {
            let (board, tasks) = (Board::new([]), Tasks::default());
            let (near, far) = tokio::io::duplex(BUFFER);
            tasks.spawn(board_on(far, &board, LIMITS));
            let (mut read, mut near) = tokio::io::split(near);
            tasks.spawn(async move {
                tokio::io::copy(&mut read, &mut tokio::io::sink()).await.expect("it is read");
            });
            if let Some(hello) = greeting {
                say(&mut near, hello).await;
            }
            let taken = flood(&mut near, &[b'x'; 50]).await;
            assert!(taken > LIMITS.frame && taken <= LIMITS.frame + READ + BUFFER, "{taken}");
            tasks.join().await;
        }
    });
}

#[test]
fn a_server_that_never_ends_its_line_is_cut_off_at_the_limit() {
    on_a_paused_clock(async {
        for greeting in [None, Some(WELCOME)] {
            let tasks = Tasks::default();
            let (client, mut accepted) = dialled(&tasks, caller(LIMITS), BUFFER);
            let mut stream = accepted.recv().await.expect("it dials");
            if let Some(welcome) = greeting {
                say(&mut stream, welcome).await;
            }
            let taken = flood(&mut stream, &[b'x'; 50]).await;
            assert!(taken > LIMITS.frame && taken <= LIMITS.frame + READ + BUFFER, "{taken}");
            // The client is none the worse for it.
            let (board, polled) = (Board::new(["hello".to_owned()]), client.poll(Cursor(0)));
            let stream = accepted.recv().await.expect("it dials again");
            tasks.spawn(board_on(stream, &board, LIMITS));
            assert_eq!(polled.await.expect("a good platform").len(), 1);
            drop((client, accepted));
            tasks.join().await;
        }
    });
}

#[test]
fn a_client_that_polls_and_does_not_read_is_not_produced_for_and_cut_off() {
    on_a_paused_clock(async {
        let (board, tasks) = (Board::new(vec!["x".repeat(3000); 100]), Tasks::default());
        // The welcome is under way unread, and there is room for a part of the first answer.
        let (mut near, far) = tokio::io::duplex(200);
        let began = Instant::now();
        tasks.spawn(board_on(far, &board, LIMITS));
        say(&mut near, HELLO).await;
        for id in 1..=LIMITS.calls {
            let poll = format!(r#"{{"ask":{{"id":{id},"request":{{"poll":{{"after":0}}}}}}}}"#);
            say(&mut near, &poll).await;
        }
        tasks.join().await;
        assert!(board.seen().polls <= 2, "{} polls were begun", board.seen().polls);
        assert!(began.elapsed() <= IDLE_LIMIT + Duration::from_secs(1), "{:?}", began.elapsed());
        drop(near);
    });
}

#[test]
fn a_client_that_asks_too_much_at_a_time_is_cut_off() {
    on_a_paused_clock(async {
        let (board, tasks) = (Board::new([]), Tasks::default());
        let (mut near, far) = tokio::io::duplex(10_000);
        tasks.spawn(board_on(far, &board, LIMITS));
        say(&mut near, HELLO).await;
        for id in 1..=20 {
            let outbound = r#"{"chat":"a","key":"k","kind":{"answer":{"to":1}},"text":"slow"}"#;
            let send = format!(
                r#"{{"ask":{{"id":{id},"request":{{"send":{{"outbound":{outbound}}}}}}}}}"#
            );
            say(&mut near, &send).await;
        }
        tasks.join().await;
        assert_eq!(board.seen().sending.1, LIMITS.calls);
    });
}

#[test]
fn a_client_keeps_to_what_its_server_bears_and_everything_gets_through() {
    on_a_paused_clock(async {
        let limits = Limits { waiting: 100_000, ..LIMITS };
        let (board, tasks) = (Board::new([]), Tasks::default());
        let (client, mut accepted) = dialled(&tasks, caller(limits), BUFFER);
        let stream = accepted.recv().await.expect("it dials");
        tasks.spawn(board_on(stream, &board, LIMITS));
        let sends: Vec<_> =
            (0..20).map(|n| client.send(outbound(&n.to_string(), "slow"))).collect();
        for send in sends {
            let hurrying = async {
                loop {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    board.hurry();
                }
            };
            let sent = tokio::select! {
                biased;
                sent = send => sent,
                () = hurrying => unreachable!("it never ends"),
            };
            assert_eq!(sent, Ok(()));
        }
        assert_eq!(board.seen().sending.1, LIMITS.calls);
        let sent: Vec<String> = (0..20).map(|n: usize| n.to_string()).collect();
        assert_eq!(board.keys(), sent);
        drop((client, accepted));
        tasks.join().await;
    });
}

#[test]
fn what_waits_for_a_connection_is_bounded_and_the_rest_is_not_taken() {
    on_a_paused_clock(async {
        let tasks = Tasks::default();
        let (client, mut accepted) = dialled(&tasks, caller(LIMITS), BUFFER);
        let mut sends: Vec<_> =
            (0..10).map(|n| client.send(outbound(&n.to_string(), &"x".repeat(300)))).collect();
        // Three of them, with what a call takes beside its texts, fit into 2000 bytes.
        for send in sends.drain(3..) {
            let full = "too much waits for the platform already".to_owned();
            assert_eq!(send.await, Err(SendError::NotTaken(full)));
        }
        let board = Board::new([]);
        let stream = accepted.recv().await.expect("it dials");
        tasks.spawn(board_on(stream, &board, LIMITS));
        for send in sends {
            assert_eq!(send.await, Ok(()));
        }
        // There is room again.
        let again = client.send(outbound("10", &"x".repeat(300)));
        assert_eq!(again.await, Ok(()));
        assert_eq!(board.keys(), ["0", "1", "2", "10"]);
        drop((client, accepted));
        tasks.join().await;
    });
}

#[test]
fn calls_that_were_given_up_do_not_take_all_the_room_for_ever() {
    on_a_paused_clock(async {
        let (board, tasks) = (Board::new(["hello".to_owned()]), Tasks::default());
        let (client, mut accepted) = dialled(&tasks, caller(LIMITS), BUFFER);
        let stream = accepted.recv().await.expect("it dials");
        tasks.spawn(board_on(stream, &board, LIMITS));
        assert_eq!(client.acknowledged().await, Ok(Cursor(0)));
        let sends: Vec<_> =
            (0..LIMITS.calls).map(|n| client.send(outbound(&n.to_string(), "slow"))).collect();
        let polled = client.poll(Cursor(0));
        let minutes = tokio::time::timeout(10 * IDLE_LIMIT, accepted.recv()).await;
        assert!(minutes.is_err(), "whoever waits may wait as long as they like");
        drop(sends);
        let stream = accepted.recv().await.expect("it dials again");
        tasks.spawn(board_on(stream, &board, LIMITS));
        assert_eq!(polled.await.expect("a good platform").len(), 1);
    });
}

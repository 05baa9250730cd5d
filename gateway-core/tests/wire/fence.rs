//! Two gateways and one platform: only the latest is served, whatever becomes of connections.

use gateway_core::env::{FenceError, Platform as _, PollError, SendError, Superseded, Token};
use gateway_core::message::Cursor;
use gateway_core::wire::Limits;

use super::board::{Board, outbound};
use super::net::{Tasks, board_on, caller, dialled, on_a_paused_clock};

fn token(boot: u64, nonce: u64) -> Token {
    Token { boot, nonce }
}

#[test]
fn who_was_superseded_is_refused_whatever_it_asks_and_at_once() {
    on_a_paused_clock(async {
        let (tasks, board) = (Tasks::default(), Board::new([]));
        let [old, new] = [1, 2].map(|_| {
            let (client, mut accepted) = dialled(&tasks, caller(Limits::standard()), 64);
            let (serving, board) = (tasks.clone(), board.clone());
            tasks.spawn(async move {
                let stream = accepted.recv().await.expect("it dials");
                serving.spawn(board_on(stream, &board, Limits::standard()));
                assert!(accepted.recv().await.is_none(), "one connection is enough");
            });
            client
        });
        assert_eq!(old.acknowledged().await, Ok(Cursor(0)), "nobody was admitted yet");
        assert_eq!(old.fence(token(1, 7)).await, Ok(()));
        let waits = old.poll(Cursor(0));
        assert_eq!(old.send(outbound("1", "yes")).await, Ok(()));
        assert_eq!(new.fence(token(2, 8)).await, Ok(()));
        let superseded = Superseded { by: 2 };
        assert_eq!(waits.await, Err(PollError::Superseded(superseded)));
        assert_eq!(old.poll(Cursor(0)).await, Err(PollError::Superseded(superseded)));
        assert_eq!(old.ack(Cursor(0)).await, Err(PollError::Superseded(superseded)));
        assert_eq!(old.acknowledged().await, Err(PollError::Superseded(superseded)));
        let sent = old.send(outbound("2", "yes")).await;
        assert_eq!(sent, Err(SendError::Superseded(superseded)));
        let again = old.fence(token(1, 7)).await;
        assert_eq!(again, Err(FenceError::Superseded(superseded)));
        assert_eq!(new.send(outbound("3", "yes")).await, Ok(()));
        assert_eq!(board.keys(), ["1", "3"]);
        drop((old, new));
    });
}

#[test]
fn two_that_came_to_the_same_number_are_not_the_same() {
    on_a_paused_clock(async {
        let (tasks, board) = (Tasks::default(), Board::new([]));
        for (nonce, expected) in [(7, Ok(())), (8, Err(Superseded { by: 1 }.into()))] {
            let (client, mut accepted) = dialled(&tasks, caller(Limits::standard()), 64);
            let stream = accepted.recv().await.expect("it dials");
            tasks.spawn(board_on(stream, &board, Limits::standard()));
            assert_eq!(client.fence(token(1, nonce)).await, expected);
        }
    });
}

#[test]
fn a_client_says_who_it_is_on_each_connection_before_anything_else() {
    on_a_paused_clock(async {
        let (tasks, board) = (Tasks::default(), Board::new([]));
        let (client, mut accepted) = dialled(&tasks, caller(Limits::standard()), 64);
        for connection in 1..4 {
            let stream = accepted.recv().await.expect("it dials");
            let lost = Tasks::default();
            lost.spawn(board_on(stream, &board, Limits::standard()));
            if connection == 1 {
                assert_eq!(client.fence(token(1, 7)).await, Ok(()));
            }
            let sent = client.send(outbound(&connection.to_string(), "yes")).await;
            assert_eq!(sent, Ok(()));
            assert_eq!(board.seen().fences, connection);
        }
        assert_eq!(board.keys(), ["1", "2", "3"]);
    });
}

//! What a gateway wants of a platform, and whether it got it.

use std::sync::Arc;

use gateway_core::env::{Platform as _, SendError, Token};
use gateway_core::message::{Body, Cursor, Inbound};
use gateway_core::wire::{Client, Limits};
use proptest::prelude::*;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;

use super::board::{Board, outbound};
use super::net::{Tasks, caller, dialled, on_a_paused_clock};

/// What is said, and how wide the wire is.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    /// What users have written.
    pub(crate) posted: Vec<String>,
    /// What the gateway sends.
    pub(crate) sent: Vec<String>,
    /// What a connection may cost.
    pub(crate) limits: Limits,
    /// How many bytes are under way at most.
    pub(crate) buffer: usize,
}

/// What the gateway has got.
pub(crate) struct Got {
    /// The messages, as they came.
    pub(crate) polled: Vec<Inbound>,
    /// What became of each send.
    pub(crate) sent: Vec<Result<(), SendError>>,
}

/// Texts of any length that fits, many of which have to be escaped.
fn texts(words: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let text = (proptest::sample::select(words), 0..80_usize, "[a-z\"\\\\\n\u{e4}{}]{0,6}");
    let text = text.prop_map(|(word, times, more)| format!("{word}{}", more.repeat(times)));
    proptest::collection::vec(text.prop_filter("it fits", |text| text.len() < 400), 0..6)
}

/// Any story.
pub(crate) fn stories() -> impl Strategy<Value = Story> {
    (
        texts(&["please "]),
        texts(&["yes ", "no ", "perhaps "]),
        1024..3000_usize,
        1..6_usize,
        1..200_usize,
    )
        .prop_map(|(posted, sent, frame, calls, buffer)| {
            let limits = Limits { frame, calls, waiting: 1024 * 1024 };
            Story { posted, sent, limits, buffer }
        })
}

impl Story {
    /// Plays it: `platform` is handed every connection that the client dials.
    ///
    /// # Panics
    ///
    /// If anything of what must hold does not.
    pub(crate) fn play<F: Future<Output = ()> + Send + 'static>(
        &self,
        platform: impl FnOnce(Tasks, mpsc::UnboundedReceiver<DuplexStream>, Arc<Board>) -> F,
    ) {
        on_a_paused_clock(async {
            let (tasks, board) = (Tasks::default(), Board::new(self.posted.clone()));
            let (client, accepted) = dialled(&tasks, caller(self.limits), self.buffer);
            tasks.spawn(platform(tasks.clone(), accepted, Arc::clone(&board)));
            let got = self.want(&client).await;
            self.judge(&board, &got);
            drop(client);
            tasks.join().await;
        });
    }

    /// Polls and acknowledges everything, and sends everything, at the same time, as a boot that
    /// was admitted once: a connection that does not say so is served nothing.
    async fn want(&self, client: &Client) -> Got {
        let token = Token { boot: 1, nonce: 7 };
        client.fence(token).await.expect("nobody else asks to be admitted");
        let sends = self.sent.iter().enumerate();
        let sends: Vec<_> =
            sends.map(|(n, text)| client.send(outbound(&n.to_string(), text))).collect();
        let sending = async {
            let mut sent = Vec::new();
            for send in sends {
                sent.push(send.await);
            }
            sent
        };
        let (polled, sent) = tokio::join!(self.poll(client), sending);
        Got { polled, sent }
    }

    async fn poll(&self, client: &Client) -> Vec<Inbound> {
        let mut polled: Vec<Inbound> = Vec::new();
        let all = Cursor(self.posted.len() as u64);
        loop {
            let after = Cursor(polled.last().map_or(0, |last| last.id.0));
            if after < all {
                let messages = client.poll(after).await.expect("the board fails no poll");
                polled.extend(messages);
                client.ack(Cursor(polled.last().map_or(0, |last| last.id.0))).await
            } else if client.acknowledged().await.expect("the board fails no question") == all {
                return polled;
            } else {
                client.ack(all).await
            }
            .expect("the board knows its messages");
        }
    }

    /// Nothing is lost, nothing comes twice, and what is said of a send is true.
    fn judge(&self, board: &Board, got: &Got) {
        let polled: Vec<String> = got
            .polled
            .iter()
            .map(|message| match &message.body {
                Body::Text(text) => text.clone(),
                other => panic!("nobody wrote {other:?}"),
            })
            .collect();
        assert_eq!(polled, self.posted);
        assert_eq!(board.seen().acked, self.posted.len() as u64);
        assert_eq!(got.sent.len(), self.sent.len());
        let arrived = board.keys();
        for (n, (result, text)) in got.sent.iter().zip(&self.sent).enumerate() {
            let times = arrived.iter().filter(|key| **key == n.to_string()).count();
            match result {
                Ok(()) => assert_eq!(times, 1, "{text}: said to have arrived"),
                Err(SendError::NotTaken(_)) => assert_eq!(times, 0, "{text}: said to be not taken"),
                Err(SendError::Superseded(by)) => panic!("{text}: {by}"),
                Err(SendError::Unknown(_)) => assert!(times <= 1, "{text}: sent {times} times"),
            }
            assert!(result.is_err() || text.starts_with("yes"), "{text}: {result:?}");
        }
        for outbound in &board.seen().arrived {
            let n: usize = outbound.key.parse().expect("a key that was sent");
            assert_eq!(outbound.text, self.sent[n]);
        }
    }
}

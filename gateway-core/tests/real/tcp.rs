//! A chat platform behind a real TCP port, which goes down in the middle of a conversation.
#![expect(clippy::disallowed_types, reason = "the platform is another process, so to speak")]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use gateway_core::env::{Effect, Env, Exit, FenceError, Platform, PollError, SendError, Token};
use gateway_core::message::{Cursor, Inbound, Outbound};
use gateway_core::real;
use gateway_core::settings::Settings;
use gateway_core::wire::{Caller, Keys, Limits, serve};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::users::{self, Users};
use super::world;

/// Users on a platform that honours keys, and goes down as soon as it has taken some messages,
/// before it has confirmed the last of them.
struct Fragile {
    users: Arc<dyn Platform>,
    taken: Mutex<BTreeSet<String>>,
    /// After how many messages it goes down.
    falls_after: [usize; 2],
    falls: Notify,
}

impl Platform for Fragile {
    fn honours_keys(&self) -> bool {
        true
    }

    fn fence(&self, token: Token) -> Effect<Result<(), FenceError>> {
        self.users.fence(token)
    }

    fn poll(&self, after: Cursor) -> Effect<Result<Vec<Inbound>, PollError>> {
        self.users.poll(after)
    }

    fn ack(&self, upto: Cursor) -> Effect<Result<(), PollError>> {
        self.users.ack(upto)
    }

    fn acknowledged(&self) -> Effect<Result<Cursor, PollError>> {
        self.users.acknowledged()
    }

    fn send(&self, outbound: Outbound) -> Effect<Result<(), SendError>> {
        let mut taken = self.taken.lock().expect("nobody panics while looking");
        if !taken.insert(outbound.key.clone()) {
            return Box::pin(async { Ok(()) });
        }
        let sent = self.users.send(outbound);
        if self.falls_after.contains(&taken.len()) {
            self.falls.notify_one();
            return Box::pin(std::future::pending());
        }
        sent
    }
}

/// Serves on this port until the platform goes down, and drops every connection with it.
async fn serve_until_it_falls(listener: TcpListener, platform: &Arc<Fragile>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = platform.falls.notified() => return,
            accepted = listener.accept() => {
                let (stream, peer) = accepted.expect("a local port takes connections");
                let platform = Arc::clone(platform) as Arc<dyn Platform>;
                connections.spawn(async move {
                    let peer = peer.to_string();
                    serve(stream, &peer, Limits::standard(), |_| Ok(platform)).await;
                });
            }
        }
    }
}

async fn listen(on: SocketAddr) -> TcpListener {
    TcpListener::bind(on).await.expect("a local port can be had")
}

#[tokio::test]
async fn a_platform_that_goes_down_in_mid_conversation_finds_every_message_answered() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let users = Arc::new(Users::new(12, 3));
    let env = users::env(root.path(), &users).expect("a temporary directory can be used");
    let platform = Arc::new(Fragile {
        users: Arc::clone(&env.platform),
        taken: Mutex::default(),
        falls_after: [1, 7],
        falls: Notify::new(),
    });
    let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).await;
    let address = listener.local_addr().expect("it is bound");
    let served = Arc::clone(&platform);
    let serving = tokio::spawn(async move {
        let mut listener = listener;
        loop {
            serve_until_it_falls(listener, &served).await;
            listener = listen(address).await;
        }
    });
    let (who, peer) = ("gateway".to_owned(), address.to_string());
    let caller = Caller { who, peer, keys: Keys::Honoured, limits: Limits::standard() };
    let env = Env { platform: real::platform(caller), ..env };
    let (exit, log) = world::boot_in(env, Settings::standard()).await;
    serving.abort();
    assert_eq!(exit, Exit::Planned, "{log}");
    let answers: Vec<String> = (1..=12).map(|n| format!("answer:m{n}")).collect();
    let taken = platform.taken.lock().expect("nobody panics while looking").clone();
    assert!(answers.iter().all(|answer| taken.contains(answer)), "{taken:?}");
    assert_eq!(users.answers.load(std::sync::atomic::Ordering::Relaxed), 12);
    assert!(log.matches("wire: ").count() >= 2, "it went down twice:\n{log}");
}

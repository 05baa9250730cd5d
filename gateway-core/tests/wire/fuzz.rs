//! The wire among networks and peers that do their worst: nobody panics, nothing is lost, nothing
//! comes twice, and what is said of a message is true.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::hostile::{Client, Server, hostile_clients, hostile_servers};
use super::mischief::{Mischief, Trip, What, carry, trips};
use super::net::board_on;
use super::story::{Story, stories};
use gateway_core::wire::Limits;

/// The same cases in every run: a test must not fail today because of a case that it did not try
/// yesterday. `PROPTEST_CASES` tries more of them.
fn config() -> ProptestConfig {
    let (rng_seed, failure_persistence) = (RngSeed::Fixed(1), None);
    ProptestConfig {
        rng_seed,
        failure_persistence,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    }
}

fn told() -> impl Strategy<Value = (Story, Vec<Trip>)> {
    stories().prop_flat_map(|story| {
        let limits = story.limits;
        (Just(story), trips(limits))
    })
}

fn served() -> impl Strategy<Value = (Story, Vec<Server>)> {
    stories().prop_flat_map(|story| {
        let limits = story.limits;
        (Just(story), hostile_servers(limits))
    })
}

fn asked() -> impl Strategy<Value = (Story, Vec<Client>)> {
    stories().prop_flat_map(|story| {
        let limits = story.limits;
        (Just(story), hostile_clients(limits))
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_the_network_does_nothing_is_lost((story, trips) in told()) {
        let limits = story.limits;
        story.play(|tasks, accepted, board| carry(tasks, accepted, trips, board, limits));
    }

    #[test]
    fn whatever_a_server_says_nothing_is_lost((story, servers) in served()) {
        let limits = story.limits;
        story.play(|tasks, mut accepted, board| async move {
            for server in servers {
                let Some(stream) = accepted.recv().await else { return };
                tasks.spawn(server.serve(stream, limits));
            }
            while let Some(stream) = accepted.recv().await {
                tasks.spawn(board_on(stream, &board, limits));
            }
        });
    }

    #[test]
    fn whatever_clients_say_others_are_served((story, clients) in asked()) {
        let limits = story.limits;
        story.play(|tasks, mut accepted, board| async move {
            for client in clients {
                let (near, far) = tokio::io::duplex(64);
                tasks.spawn(board_on(far, &board, limits));
                tasks.spawn(client.ask(near));
            }
            while let Some(stream) = accepted.recv().await {
                tasks.spawn(board_on(stream, &board, limits));
            }
        });
    }
}

/// One conversation, cut, half closed, fallen silent or garbled behind each of its bytes in turn.
#[test]
fn there_is_no_byte_at_which_a_conversation_must_not_end() {
    let limits = Limits { frame: 1024, calls: 2, waiting: 1024 * 1024 };
    let (posted, sent) = (vec!["please".to_owned(); 2], vec!["yes".to_owned(), "no".to_owned()]);
    let story = Story { posted, sent, limits, buffer: 1 };
    let ends = [What::Reset, What::End, What::Swallow, What::Insert(vec![0xff]), What::LoseRest];
    for what in ends {
        for at in 0..600 {
            let mischief = Some(Mischief { at, what: what.clone() });
            for trip in [(mischief.clone(), None), (None, mischief.clone())] {
                story.play(|tasks, accepted, board| {
                    carry(tasks, accepted, vec![trip], board, limits)
                });
            }
        }
    }
}

//! Planted leaks of nondeterminism: a run that depends on anything but its plan is caught, and its
//! likely source named.
#![expect(
    clippy::disallowed_types,
    reason = "what must never be used is used here, to see it caught"
)]

use std::collections::HashMap;
use std::time::SystemTime;

use gateway_core::Core;
use gateway_core::env::{Effect, Env, Exit, Gateway};
use scenarios::real::on_fresh_thread;
use sim::campaign::{account, differ};
use sim::plan::Plan;
use sim::trace::Difference;

/// A leak in a gateway that is the core otherwise.
#[derive(Clone, Copy)]
enum Leak {
    /// It goes through a map in the map's own order.
    Order,
    /// It looks at the clock of the system.
    Clock,
}

struct Leaky(Leak, Core);

impl Gateway for Leaky {
    fn boot(&self, env: Env) -> Effect<Exit> {
        let (leak, life) = (self.0, self.1.boot(env.clone()));
        Box::pin(async move {
            match leak {
                Leak::Order => {
                    let names: HashMap<String, ()> =
                        (0..8).map(|n| (format!("file-{n}"), ())).collect();
                    for name in names.keys() {
                        drop(env.fs.create_new(name).await);
                    }
                }
                Leak::Clock => {
                    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                    let name = format!("at-{}", now.expect("it is later than 1970").as_nanos());
                    drop(env.fs.create_new(&name).await);
                }
            }
            life.await
        })
    }
}

fn caught(leak: Leak) -> Difference {
    let plan: Plan = toml::from_str("horizon = \"1m\"").expect("a plan");
    let tell = || account(&plan, &Leaky(leak, Core::new(plan.gateway_settings())));
    let here = tell();
    let there = on_fresh_thread(tell);
    differ(&here, &there).expect("it leaks")
}

#[test]
fn an_unordered_map_is_caught_and_named() {
    let found = caught(Leak::Order);
    assert!(found.expected.contains("create file-"), "{found:?}");
    assert!(found.likely_source().contains("HashMap"), "{found:?}");
}

#[test]
fn the_clock_of_the_system_is_caught_and_named() {
    let found = caught(Leak::Clock);
    assert!(found.expected.contains("create at-"), "{found:?}");
    assert!(found.likely_source().contains("clock"), "{found:?}");
}

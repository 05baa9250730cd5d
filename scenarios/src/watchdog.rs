//! Notices a gateway that spins without ever becoming idle.
//!
//! Simulated time stands still while a task is runnable, so such a gateway would hang the harness
//! for ever. The watchdog looks from a real thread: if nothing begins for too long it saves the
//! plan as a capsule and ends the process. It never touches simulated code, it only counts boots.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway_core::env::{Effect, Env, Exit, Gateway};
use sim::plan::{Plan, Stage};

use crate::real;
use crate::registry::GatewayName;
use crate::report::capsule;
use crate::status::Status;

/// How many looks, one a second, a gateway may go without a boot. A matrix boots thousands of
/// times a second.
const LOOKS_MAX: u32 = 20;

/// Notices a gateway that spins.
pub struct Watchdog {
    watched: Arc<Mutex<BTreeMap<u64, Watched>>>,
    next: AtomicU64,
}

struct Watched {
    scenario: String,
    gateway: String,
    plan: Plan,
    boots: Arc<AtomicU64>,
}

impl Watchdog {
    /// A watchdog that looks once a second, until the process ends.
    pub fn start() -> Watchdog {
        let watched: Arc<Mutex<BTreeMap<u64, Watched>>> = Arc::default();
        let seen = Arc::clone(&watched);
        let mut patience = Patience::default();
        real::every(Duration::from_secs(1), move || {
            let watched = lock(&seen);
            let counts = watched.iter().map(|(id, one)| (*id, one.boots.load(Ordering::Relaxed)));
            if let Some(id) = patience.look(&counts.collect()) {
                give_up(&watched[&id]);
            }
        });
        Watchdog { watched, next: AtomicU64::new(0) }
    }

    /// A gateway for a plan, watched for as long as it is kept.
    pub fn watch(&self, scenario: &str, gateway: GatewayName, plan: &Plan) -> Watch {
        self.watch_made(scenario, gateway.name(), plan, gateway.make(plan))
    }

    /// The same for a gateway that was made for a plan.
    pub fn watch_made(
        &self,
        scenario: &str,
        name: &str,
        plan: &Plan,
        gateway: Box<dyn Gateway>,
    ) -> Watch {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let boots: Arc<AtomicU64> = Arc::default();
        let watched = Watched {
            scenario: scenario.to_owned(),
            gateway: name.to_owned(),
            plan: plan.clone(),
            boots: Arc::clone(&boots),
        };
        lock(&self.watched).insert(id, watched);
        let slow = plan.stage == Stage::Network;
        Watch { id, boots, slow, gateway, watched: Arc::clone(&self.watched) }
    }
}

fn lock(watched: &Mutex<BTreeMap<u64, Watched>>) -> MutexGuard<'_, BTreeMap<u64, Watched>> {
    watched.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Saves the plan and ends the process: the thread that runs the gateway will never come back.
fn give_up(watched: &Watched) {
    let Watched { scenario, gateway, plan, .. } = watched;
    let capsule = capsule::wrap(gateway, Vec::new(), plan, None);
    let path = PathBuf::from(capsule::DIRECTORY).join(format!("{scenario}-{gateway}-spins.toml"));
    let saved = match real::write(&path, &capsule.to_toml()) {
        Ok(()) => {
            format!("its plan is saved; run it alone with\n  {}", capsule::replay_line(&path))
        }
        Err(error) => format!("{}: its plan could not be saved: {error}", path.display()),
    };
    // If nobody reads standard error, the exit code still tells.
    let _ = writeln!(
        std::io::stderr(),
        "{gateway} never becomes idle in {scenario}, or in a continuation of it after a kill: no \
         boot began for {LOOKS_MAX} s; {saved}"
    );
    std::process::exit(Status::NotLive.code().into());
}

/// A gateway that is watched.
pub struct Watch {
    id: u64,
    boots: Arc<AtomicU64>,
    /// Whether one boot may take longer than the watchdog's patience: there a second that passes
    /// for the gateway counts like a boot.
    slow: bool,
    gateway: Box<dyn Gateway>,
    watched: Arc<Mutex<BTreeMap<u64, Watched>>>,
}

impl Gateway for Watch {
    fn boot(&self, env: Env) -> Effect<Exit> {
        self.boots.fetch_add(1, Ordering::Relaxed);
        if self.slow {
            let boots = Arc::clone(&self.boots);
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    boots.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        self.gateway.boot(env)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        lock(&self.watched).remove(&self.id);
    }
}

/// How often each count was seen without having moved.
#[derive(Default)]
struct Patience {
    seen: BTreeMap<u64, (u64, u32)>,
}

impl Patience {
    /// Looks once; the first whose count has not moved for too long, if there is one.
    fn look(&mut self, counts: &BTreeMap<u64, u64>) -> Option<u64> {
        self.seen.retain(|id, _| counts.contains_key(id));
        for (id, count) in counts {
            let (last, looks) = self.seen.entry(*id).or_insert((*count, 0));
            *looks = if last == count { *looks + 1 } else { 0 };
            *last = *count;
        }
        self.seen.iter().find(|(_, (_, looks))| *looks > LOOKS_MAX).map(|(id, _)| *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_still_for_too_long_is_noticed() {
        let mut patience = Patience::default();
        for look in 0..u64::from(LOOKS_MAX) {
            let counts = BTreeMap::from([(1, 7), (2, look)]);
            assert_eq!(patience.look(&counts), None);
        }
        assert_eq!(patience.look(&BTreeMap::from([(1, 7), (2, 99)])), Some(1));
    }

    #[test]
    fn what_is_no_longer_watched_is_forgotten() {
        let mut patience = Patience::default();
        for _ in 0..LOOKS_MAX {
            assert_eq!(patience.look(&BTreeMap::from([(1, 7)])), None);
        }
        assert_eq!(patience.look(&BTreeMap::new()), None);
        assert_eq!(patience.look(&BTreeMap::from([(1, 7)])), None);
    }
}

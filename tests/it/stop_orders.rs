//! Every order and omission of the steps of a stop, on the gateway that has nothing but marks.
//!
//! A stop is judged from the moment it has been asked for: without any kill, and killed at every
//! transition from then on. What a kill before the premark is durable costs is the price of having
//! no record of turns, and counts against nobody; so the phases `running` and `premark` of the
//! first boot are left out. Only the order that was designed is clean.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::sync::Arc;

use scenarios::gateways::marks_only::{MarksOnly, Step};
use sim::direct::run;
use sim::explore::{Deaths, Search, images, matrix};
use sim::hub::{Keep, Snapshot};
use sim::oracle::{OracleId, Violation, judge};
use sim::plan::Plan;
use sim::script::Script;
use sim::time::Ms;
use sim::trace::RUNNING;
use sim::world::World;

/// One turn outlives the drain and has a message behind it, one ends in the drain, one ends while
/// a slow platform takes the notice for the first; and somebody writes while all that goes on.
/// Every order is also judged without the fault: only then is a stop held to its budget.
const PLAN: &str = r#"
horizon = "2m"

[settings]
drain_timeout = "10s"
notify_timeout = "3s"

[supervisor]
stop_budget = "30s"

[[message]]
at = "1s"
chat = "long"
turn = { steps = 2, step = "10s", reply = "5s" }

[[message]]
at = "2s"
chat = "short"
turn = { steps = 1, step = "4s", reply = "3s" }

[[message]]
at = "3s"
chat = "shorter"
turn = { steps = 1, step = "2s", reply = "1s" }

[[message]]
at = "4s"
chat = "long"

[[stop]]
at = "5s"
signal = "restart"

[[platform.fault]]
from = "5s"
until = "6s"
chat = "long"
effect = "slow"
delay = "2s 500ms"

[[message]]
at = "8s"
chat = "late"
"#;

/// When the stop of the plan is asked for.
const ASKED: Ms = Ms(5_000);

/// The plan, and the plan with a healthy platform.
fn plans() -> [Plan; 2] {
    let slow: Plan = toml::from_str(PLAN).expect("the plan is one");
    let mut healthy = slow.clone();
    healthy.platform.faults.clear();
    [slow, healthy]
}

/// All ordered subsets of the steps, the shorter ones first.
fn orders() -> Vec<Vec<Step>> {
    let mut orders = vec![Vec::new()];
    let mut last = orders.clone();
    for _ in Step::DESIGNED {
        last = last.iter().flat_map(|order| longer(order)).collect();
        orders.extend(last.iter().cloned());
    }
    orders
}

/// An order and one more step, in every way.
fn longer(order: &[Step]) -> impl Iterator<Item = Vec<Step>> {
    let missing = Step::DESIGNED.into_iter().filter(|step| !order.contains(step));
    missing.map(|step| order.iter().copied().chain([step]).collect())
}

/// What an order is convicted of.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    /// Without any kill.
    unkilled: BTreeSet<OracleId>,
    /// By kills: the phase of the first one that breaks something, and all that kills break.
    killed: Option<(&'static str, BTreeSet<OracleId>)>,
}

impl Found {
    fn is_clean(&self) -> bool {
        *self == Found::default()
    }
}

/// Whether kills in a gap count against the stop.
fn counts(snapshot: &Snapshot) -> bool {
    let excused = snapshot.boot == 1 && [RUNNING, "premark"].contains(&snapshot.phase);
    snapshot.world.now() >= ASKED && !excused
}

fn oracles(violations: &[Violation]) -> BTreeSet<OracleId> {
    violations.iter().map(|violation| violation.oracle).collect()
}

/// Judges a stop of these steps.
fn judged(plans: &[Plan], order: &[Step]) -> Found {
    let mut found = Found::default();
    for plan in plans {
        let gateway = MarksOnly::with_stop(plan.gateway_settings(), order.to_vec());
        let ran = run(World::new(Arc::new(Script::new(plan))), &gateway, Keep::Everything);
        found.unkilled.append(&mut oracles(&judge(&ran.world)));
        let mut verdicts: BTreeMap<u128, BTreeSet<OracleId>> = BTreeMap::new();
        for snapshot in ran.kept.snapshots.iter().filter(|snapshot| counts(snapshot)) {
            for image in images(snapshot, &Search::new(Deaths::Both)) {
                let mut world = image.world(snapshot);
                // No power is lost after this: what is durable and what is not makes no
                // difference any more.
                world.settle();
                let verdict = verdicts
                    .entry(world.fingerprint())
                    .or_insert_with(|| oracles(&judge(&run(world, &gateway, Keep::Nothing).world)));
                if !verdict.is_empty() {
                    let (_, all) = found.killed.get_or_insert((snapshot.phase, BTreeSet::new()));
                    all.append(&mut verdict.clone());
                }
            }
        }
    }
    found
}

/// Judges every order, on all cores.
fn judge_all(plans: &[Plan], orders: &[Vec<Step>]) -> Vec<Found> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let size = orders.len().div_ceil(4 * cores);
    let next = std::sync::Mutex::new(orders.chunks(size).enumerate());
    let done = std::sync::Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let chunk = next.lock().expect("nobody panics here").next();
                    let Some((number, chunk)) = chunk else { return };
                    let found: Vec<Found> = chunk.iter().map(|o| judged(plans, o)).collect();
                    done.lock().expect("nobody panics here").insert(number, found);
                }
            });
        }
    });
    done.into_inner().expect("nobody panicked").into_values().flatten().collect()
}

fn words<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let words: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if words.is_empty() { "-".to_owned() } else { words.join(" ") }
}

fn table(orders: &[Vec<Step>], found: &[Found]) -> String {
    let mut table = "steps | first phase in which a kill breaks something | broken by kills | \
                     broken without a kill\n"
        .to_owned();
    for (order, found) in orders.iter().zip(found) {
        let (phase, killed) = match &found.killed {
            Some((phase, oracles)) => (*phase, words(oracles)),
            None => ("-", "-".to_owned()),
        };
        let (order, unkilled) = (words(order), words(&found.unkilled));
        writeln!(table, "{order} | {phase} | {killed} | {unkilled}").expect("it is a string");
    }
    table
}

/// The statements say what a stop may do to work, and not that chats hear of it: whether and when
/// they are told makes no difference once the marks are durable. Before that it does: whoever is
/// told of a stop and killed before its mark is durable goes on as after a crash.
#[test]
fn an_order_is_clean_that_marks_first_then_drains_clears_and_releases() {
    let orders = orders();
    assert_eq!(orders.len(), 326);
    let found = judge_all(&plans(), &orders);
    insta::assert_snapshot!(table(&orders, &found));
    let judged = orders.iter().zip(&found);
    let clean: Vec<_> = judged.filter(|(_, f)| f.is_clean()).map(|(order, _)| order).collect();
    assert!(clean.contains(&&Step::DESIGNED.to_vec()));
    let silent = |order: &[Step]| -> Vec<Step> {
        order.iter().copied().filter(|step| *step != Step::Notify).collect()
    };
    let working = silent(&Step::DESIGNED);
    let right = |order: &&Vec<Step>| silent(order) == working && order[0] == Step::Premark;
    let right: Vec<&Vec<Step>> = orders.iter().filter(right).collect();
    assert_eq!(clean, right);
}

/// The designed order once more, by the matrix that everything else uses, and with a second death
/// in the recovery from the first. What is written after the first death is left out: a boot that
/// was never asked to stop has marked nothing.
#[test]
fn the_designed_order_survives_two_deaths() {
    let [mut plan, _] = plans();
    plan.messages.retain(|message| message.at < ASKED);
    let gateway = MarksOnly::designed(plan.gateway_settings());
    let matrix = matrix(&plan, &gateway, &Search::new(Deaths::Both).twice());
    assert_eq!(matrix.unkilled, []);
    let stop = matrix.judged.iter().filter(|judged| {
        let first_boot = judged.deaths[0].boot == 1;
        judged.at >= ASKED && !(first_boot && [RUNNING, "premark"].contains(&judged.phase))
    });
    let mut phases = BTreeSet::new();
    for judged in stop {
        phases.insert((judged.deaths[0].boot, judged.deaths.len(), judged.phase));
        assert_eq!(*judged.violations, [], "{:?} in {}", judged.deaths, judged.phase);
    }
    for phase in ["notify", "drain", "clear", "release"] {
        for deaths in [1, 2] {
            assert!(phases.contains(&(1, deaths, phase)), "{phase} was never hit: {phases:?}");
        }
    }
    assert!(phases.iter().any(|(boot, ..)| *boot == 2), "{phases:?}");
}

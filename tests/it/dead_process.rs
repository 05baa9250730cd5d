//! A dead process does nothing: not its tasks, not its timers, not its destructors.
//!
//! The gateways here go on asking for everything an `Env` offers while they are killed. What came
//! of it after the death is looked for in the ledger, in the trace and on the disk. And a boot that
//! breaks by itself, by a panic or by never becoming idle, is told apart from one that was killed.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gateway_core::env::{Effect, Env, Exit, File, Gateway};
use gateway_core::message::{ChatId, Cursor, Kind, Notice, Outbound};
use sim::explore::{Deaths, Search, images};
use sim::hub::Keep;
use sim::ledger::End;
use sim::oracle::judge;
use sim::plan::Plan;
use sim::script::Script;
use sim::trace::{Line, Transition};
use sim::verdict::Verdict;
use sim::world::World;
use sim::{direct, network, witness};

/// One message, and a kill after three seconds. The supervisor's next boot comes after the end.
const KILLED: &str = r#"
horizon = "20s"

[supervisor]
restart_delay = "1h"

[[message]]
at = "1s"
chat = "a"

[[kill]]
at = "3s"
kind = "process"
"#;

fn plan(text: &str) -> Plan {
    toml::from_str(text).expect("the plan is one")
}

/// What a gateway has seen of its own answers, counted outside of every world.
#[derive(Default)]
struct Counter(AtomicU64);

impl Counter {
    fn up(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Asks for everything, all the time, in tasks, in timers and in destructors.
#[derive(Clone, Default)]
struct Restless {
    answers: Arc<Counter>,
    dropped: Arc<Counter>,
}

/// Asks when it is dropped, and polls once what it asked for.
struct LastWords {
    env: Env,
    file: Arc<dyn File>,
    dropped: Arc<Counter>,
}

impl Drop for LastWords {
    fn drop(&mut self) {
        let mut answers: Vec<Pin<Box<dyn Future<Output = ()> + Send>>> = Vec::new();
        let env = self.env.clone();
        let (append, sync) = (self.file.append(b"from the grave".to_vec()), self.file.sync_data());
        let (remove, made) = (env.fs.remove("file"), env.fs.create_new("grave"));
        let (sent, acked) = (env.platform.send(notice("grave")), env.platform.ack(Cursor(99)));
        answers.push(Box::pin(async move { append.await.expect("an append is answered") }));
        answers.push(Box::pin(async move { sync.await.expect("a sync is answered") }));
        answers.push(Box::pin(async move { remove.await.expect("a removal is answered") }));
        answers.push(Box::pin(async move { drop(made.await) }));
        answers.push(Box::pin(async move { drop(sent.await) }));
        answers.push(Box::pin(async move { drop(acked.await) }));
        // What a dead process looks at without asking says nothing, and changes nothing.
        let _ = (env.clock.now(), env.entropy.next_u64(), env.platform.honours_keys());
        let _ = (env.launch.clone(), env.access.allows(&ChatId("a".into())));
        let waker = std::task::Waker::noop();
        for mut answer in answers {
            let polled = answer.as_mut().poll(&mut std::task::Context::from_waker(waker));
            assert!(polled.is_pending(), "a dead process is answered");
        }
        self.dropped.up();
    }
}

fn notice(key: &str) -> Outbound {
    let kind = Kind::Notice { notice: Notice::Interrupted, to: None };
    Outbound { chat: ChatId("a".into()), key: key.into(), kind, text: String::new() }
}

impl Gateway for Restless {
    fn boot(&self, env: Env) -> Effect<Exit> {
        let me = self.clone();
        Box::pin(async move {
            let file = env.fs.create_new("file").await.expect("a new disk");
            let words = |env: &Env| LastWords {
                env: env.clone(),
                file: file.clone(),
                dropped: me.dropped.clone(),
            };
            let (last, messenger) = (words(&env), words(&env));
            let (one, two) = (me.answers.clone(), me.answers.clone());
            let appender = file.clone();
            tokio::spawn(async move {
                loop {
                    appender.append(b"x".to_vec()).await.expect("the disk is good");
                    one.up();
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            });
            tokio::spawn(async move {
                let mut ticks = tokio::time::interval(Duration::from_millis(70));
                for number in 0_u64.. {
                    ticks.tick().await;
                    let key = number.to_string();
                    let sent = messenger.env.platform.send(notice(&key)).await;
                    sent.expect("the platform is good");
                    two.up();
                }
            });
            env.platform.poll(Cursor(0)).await.expect("the platform is good");
            std::future::pending::<()>().await;
            drop(last);
            Exit::Planned
        })
    }
}

#[test]
fn after_its_death_a_process_is_not_heard_and_not_answered() {
    let gateway = Restless::default();
    let seen = witness::witness(&plan(KILLED), &gateway);
    let lines = &seen.trace.lines;
    let death = lines.iter().position(|line| line.text.starts_with("killed")).expect("it died");
    let of_a_boot: Vec<&Line> = lines[death + 1..].iter().filter(|l| l.boot.is_some()).collect();
    assert_eq!(of_a_boot, Vec::<&Line>::new());
    let completed = |what: &str| {
        let done = lines.iter().filter(|line| line.transition == Transition::Completed);
        done.filter(|line| line.text.starts_with(what)).count() as u64
    };
    assert!(gateway.answers.count() > 50, "it was not restless: {}", gateway.answers.count());
    assert_eq!(gateway.answers.count(), completed("append") + completed("send"));
    assert_eq!(gateway.dropped.count(), 2, "its destructors did not run");
}

#[test]
fn after_its_death_no_file_and_no_fact_changes() {
    let gateway = Restless::default();
    let seen = witness::witness(&plan(KILLED), &gateway);
    let scene = seen.kill.expect("it was killed");
    let (died, end) = (scene.after, seen.world);
    assert_eq!(end.disk().files(), died.files());
    let names: Vec<String> = died.files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["file"]);
    // The same run up to the death only: nothing was added to the ledger since.
    let horizon = sim::time::Ms(3_001);
    let short = witness::witness(&Plan { horizon, ..plan(KILLED) }, &gateway);
    assert_eq!(end.ledger(), short.world.ledger());
    assert!(end.ledger().deliveries.len() > 20);
}

/// Wherever it is killed, and whether what had left the process arrives or is lost: the world that
/// follows has no life of it, and its files stay as they were.
#[test]
fn wherever_it_dies_nothing_of_it_goes_on() {
    let horizon = sim::time::Ms(5_000);
    let plan = Plan { horizon, kills: Vec::new(), ..plan(KILLED) };
    let start = World::new(Arc::new(Script::new(&plan)));
    let ran = direct::run(start, &Restless::default(), Keep::Everything);
    let mut tried = 0;
    for snapshot in ran.kept.snapshots.iter().step_by(7) {
        for image in images(snapshot, &Search::new(Deaths::Process)) {
            let dead = image.world(snapshot);
            let files = dead.disk().files();
            let gateway = Restless::default();
            let end = direct::run(dead, &gateway, Keep::Nothing).world;
            assert_eq!(gateway.answers.count(), 0, "nobody was started");
            assert_eq!(end.disk().files(), files, "{image:?}");
            tried += 1;
        }
    }
    assert!(tried > 50, "{tried}");
}

/// Lives by a function of its boots' number.
struct Boots<F>(F, AtomicU64);

impl<F: Fn(u64, Env) -> Effect<Exit> + Send + Sync> Gateway for Boots<F> {
    fn boot(&self, env: Env) -> Effect<Exit> {
        (self.0)(self.1.fetch_add(1, Ordering::Relaxed) + 1, env)
    }
}

fn by<F: Fn(u64, Env) -> Effect<Exit> + Send + Sync>(life: F) -> Boots<F> {
    Boots(life, AtomicU64::new(0))
}

/// Serves nobody until it is told to stop.
fn idle(env: Env) -> Effect<Exit> {
    Box::pin(async move {
        env.signals.next().await;
        Exit::Planned
    })
}

fn ends(gateway: &dyn Gateway) -> (Vec<Option<End>>, Verdict) {
    let start = World::new(Arc::new(Script::new(&plan("horizon = \"5s\"\n"))));
    let world = direct::run(start, gateway, Keep::Nothing).world;
    let boots = world.ledger().boots.iter();
    let ends = boots.map(|boot| boot.ended.as_ref().map(|(_, end)| end.clone())).collect();
    (ends, Verdict::of(&world, &judge(&world)))
}

fn assert_panicked(gateway: &dyn Gateway, text: &str) {
    let (ends, verdict) = ends(gateway);
    let [Some(End::Panicked(told)), None] = &ends[..] else { panic!("{ends:?}") };
    assert!(told.starts_with(text), "{told}");
    assert_eq!(verdict, Verdict::Panicked);
    assert_eq!(verdict.exit_code(), 12);
}

#[test]
fn a_panic_in_any_task_is_the_panic_of_its_boot() {
    assert_panicked(
        &by(|boot, env| {
            if boot == 1 {
                tokio::spawn(async {
                    tokio::spawn(async {
                        tokio::time::sleep(Duration::from_secs(1)).await;
                        panic!("deep down");
                    });
                });
            }
            idle(env)
        }),
        "deep down",
    );
}

#[test]
fn a_panic_while_it_asks_is_the_panic_of_its_boot() {
    assert_panicked(
        &by(|boot, env| {
            Box::pin(async move {
                let file = env.fs.create_new("f").await;
                assert!(boot > 1 || file.is_err(), "there is a file");
                idle(env).await
            })
        }),
        "there is a file",
    );
}

#[test]
fn a_panic_before_the_first_await_is_the_panic_of_its_boot() {
    let in_the_future = by(|boot, env| {
        Box::pin(async move {
            assert!(boot > 1, "stillborn");
            idle(env).await
        })
    });
    assert_panicked(&in_the_future, "stillborn");
}

#[test]
fn a_panic_in_the_call_of_boot_is_the_panic_of_its_boot() {
    let in_the_call = by(|boot, env| {
        assert!(boot > 1, "not even a future");
        idle(env)
    });
    assert_panicked(&in_the_call, "not even a future");
}

#[test]
fn a_boot_that_asks_for_ever_is_given_up() {
    let busy = by(|boot, env| {
        Box::pin(async move {
            if boot > 1 {
                return idle(env).await;
            }
            loop {
                drop(env.fs.open("nothing").await);
            }
        })
    });
    let (ends, verdict) = ends(&busy);
    assert_eq!(ends, [Some(End::NeverIdle), None]);
    assert_eq!(verdict, Verdict::NotLive);
}

/// Waits for a signal in a task of its own, with a waker that is never called.
struct Waiting;

impl Gateway for Waiting {
    fn boot(&self, env: Env) -> Effect<Exit> {
        Box::pin(async move {
            let signals = Arc::clone(&env.signals);
            tokio::spawn(async move { signals.next().await });
            env.signals.next().await;
            Exit::Planned
        })
    }
}

#[test]
fn a_run_that_is_over_keeps_nothing_alive() {
    // A waker that is kept holds its task, that its runtime, and that its world: a campaign of a
    // million plans would keep a million worlds.
    for run in [direct::run, network::run] {
        let script = Arc::new(Script::new(&plan(KILLED)));
        drop(run(World::new(Arc::clone(&script)), &Waiting, Keep::Nothing));
        assert_eq!(Arc::strong_count(&script), 1);
    }
}

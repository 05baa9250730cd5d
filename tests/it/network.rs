//! The network stage against the direct one: the same plan comes to the same end on both, and a
//! run over the wire is as repeatable and as honest about panics as any other.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_core::Core;
use gateway_core::env::{Effect, Env, Exit, Gateway};
use scenarios::catalogue::Catalogue;
use serde::Deserialize;
use sim::campaign::draft;
use sim::explore::Outcome;
use sim::hub::Keep;
use sim::ledger::End;
use sim::oracle::judge;
use sim::parity::{difference, play};
use sim::plan::{Plan, Stage};
use sim::script::Script;
use sim::time::Ms;
use sim::trace::first_difference;
use sim::verdict::Verdict;
use sim::world::World;
use sim::{direct, network};

/// The scenario that the project began with: a gateway is killed while it drains.
const SEED: &str = include_str!("../../scenarios/files/027856-killed-in-drain.toml");

#[derive(Deserialize)]
struct File {
    plan: Plan,
}

/// The plan of the seed scenario. Its turns are done within seven minutes, killed or not, so that
/// a horizon of ten tells the same story in a third of the ticks.
fn seed_plan() -> Plan {
    let File { plan } = toml::from_str(SEED).expect("a scenario file holds a plan");
    Plan { horizon: Ms(600_000), ..plan }
}

/// A plan of one message at one second, and nothing else.
fn one_message(horizon: &str) -> Plan {
    let plan = format!("horizon = \"{horizon}\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n");
    toml::from_str(&plan).expect("a plan")
}

fn world(plan: &Plan) -> World {
    World::new(Arc::new(Script::new(plan)))
}

/// For each message how many runs it took, what the agent produced for it, and how often its user
/// was answered.
fn work(world: &World) -> BTreeMap<usize, (usize, Vec<String>, usize)> {
    let ledger = world.ledger();
    let facts = ledger.messages.iter().enumerate();
    facts
        .map(|(message, facts)| {
            let runs = ledger.runs.iter().filter(|run| run.message == Some(message)).count();
            (message, (runs, facts.produced.clone(), ledger.answers(message).count()))
        })
        .collect()
}

/// How each boot ended.
fn ends(world: &World) -> Vec<Option<End>> {
    let boots = world.ledger().boots.iter();
    boots.map(|boot| boot.ended.as_ref().map(|(_, end)| end.clone())).collect()
}

fn assert_same_end_on_both_stages(plan: &Plan) -> World {
    let core = Core::new(plan.gateway_settings());
    let direct = direct::run(world(plan), &core, Keep::Nothing).world;
    let network = network::run(world(plan), &core, Keep::Nothing).world;
    assert_eq!(judge(&direct), [], "on the direct stage");
    assert_eq!(judge(&network), [], "on the network stage");
    assert_eq!(Outcome::of(&direct), Outcome::of(&network));
    assert_eq!(work(&direct), work(&network));
    assert_eq!(ends(&direct), ends(&network));
    network
}

#[test]
fn a_gateway_killed_in_its_drain_recovers_alike_on_both_stages() {
    let world = assert_same_end_on_both_stages(&seed_plan());
    assert_eq!(world.ledger().boots.len(), 2);
    assert!(work(&world).values().all(|(_, _, answers)| *answers == 1), "{:?}", work(&world));
}

#[test]
fn a_gateway_that_is_not_killed_restarts_alike_on_both_stages() {
    let world = assert_same_end_on_both_stages(&seed_plan().without_probes());
    assert_eq!(ends(&world)[0], Some(End::Exited(Exit::Restart)));
    assert!(work(&world).values().all(|(_, _, answers)| *answers == 1), "{:?}", work(&world));
}

/// How many random plans are compared where nobody says how many.
const PLANS: u64 = 3;

/// One in so many scenarios is compared where nobody says that all are to be.
const ONE_IN: usize = 9;

/// The network stage goes through all time by the millisecond: longer plans take minutes, or days.
const HORIZON_MAX: Ms = Ms(900_000);

/// `HOLDFAST_PARITY=N` compares the plans of all scenarios and N random ones; `holdfast stages`
/// does the same, and tells what it costs.
#[test]
fn plans_without_faults_of_the_network_come_to_the_same_on_both_stages() {
    let wanted = std::env::var("HOLDFAST_PARITY").ok();
    let wanted = wanted.map(|plans| plans.parse::<u64>().expect("HOLDFAST_PARITY is a number"));
    let catalogue = Catalogue::embedded().expect("its own files");
    let is_short = |plan: &Plan| plan.horizon <= HORIZON_MAX;
    let both = catalogue
        .scenarios()
        .filter(|scenario| scenario.plan.needs_network().is_none() && is_short(&scenario.plan));
    let step = if wanted.is_some() { 1 } else { ONE_IN };
    let mut plans: Vec<(String, Plan)> =
        both.step_by(step).map(|scenario| (scenario.name.clone(), scenario.plan.clone())).collect();
    let drawn = |number| draft(0, number, Stage::Direct).plan;
    let random =
        (0..300).map(|n| (format!("plan {n}"), drawn(n))).filter(|(_, plan)| is_short(plan));
    plans.extend(random.take(usize::try_from(wanted.unwrap_or(PLANS)).expect("it fits")));
    let mut differ = Vec::new();
    for (name, plan) in &plans {
        let core = Core::new(plan.gateway_settings());
        let [direct, network] = Stage::ALL.map(|stage| play(plan, stage, &core).world);
        differ.extend(difference(&direct, &network).map(|what| format!("{name}: {what}")));
    }
    assert!(differ.is_empty(), "{differ:#?}");
    assert!(plans.len() > 7, "{}", plans.len());
}

#[test]
fn a_gateway_that_loses_work_on_one_stage_only_is_told() {
    let plan = one_message("9s");
    let core = Core::new(plan.gateway_settings());
    let whole = play(&plan, Stage::Direct, &core).world;
    let none = Plan { horizon: Ms(2_000), ..plan.clone() };
    let cut_short = play(&none, Stage::Network, &core).world;
    let told = difference(&whole, &cut_short).expect("the answer is missing");
    assert!(told.starts_with("NOTHING-LOST is broken on the network stage only"), "{told}");
}

#[test]
fn two_runs_over_the_wire_leave_the_same_trace() {
    let plan = Plan { horizon: Ms(240_000), ..seed_plan() };
    let core = Core::new(plan.gateway_settings());
    let run = || network::run(world(&plan), &core, Keep::Trace);
    let first = run();
    // The second one on another thread and after a run that kept nothing: neither may show.
    let second = std::thread::scope(|scope| {
        let other = || {
            network::run(world(&one_message("1s")), &core, Keep::Nothing);
            run().kept.trace.to_text()
        };
        scope.spawn(other).join().expect("the second run ends")
    });
    let first = first.kept.trace.to_text();
    assert!(first.contains("killed"), "the run is not the one that was meant:\n{first}");
    assert_eq!(first_difference(&first, &second), None);
}

/// Panics in a task of its own as soon as it is given a message; what it was sent over the wire is
/// in the text.
struct Fragile;

impl Gateway for Fragile {
    fn boot(&self, env: Env) -> Effect<Exit> {
        Box::pin(async move {
            let start = gateway_core::message::Cursor(0);
            let inbound = env.platform.poll(start).await.expect("the platform answers");
            tokio::spawn(async move { panic!("cannot bear {:?}", inbound[0].body) });
            env.signals.next().await;
            Exit::Planned
        })
    }
}

/// Exits in the very moment in which it finds out that one of its tasks has panicked.
struct Startled;

impl Gateway for Startled {
    fn boot(&self, env: Env) -> Effect<Exit> {
        Box::pin(async move {
            let start = gateway_core::message::Cursor(0);
            env.platform.poll(start).await.expect("the platform answers");
            let task = tokio::spawn(async { panic!("startled") });
            task.await.map_or(Exit::Failed, |()| Exit::Planned)
        })
    }
}

#[test]
fn a_panic_is_no_exit_however_quick_the_boot_is_to_notice_it() {
    let plan = one_message("3s");
    for stage in Stage::ALL {
        let world = play(&plan, stage, &Startled).world;
        let Some(End::Panicked(text)) = &ends(&world)[0] else { panic!("{:?}", ends(&world)) };
        assert!(text.starts_with("startled"), "{text}");
    }
}

#[test]
fn a_panic_on_a_host_is_the_boots_panic() {
    let plan = one_message("3s");
    let world = network::run(world(&plan), &Fragile, Keep::Nothing).world;
    assert_eq!(Verdict::of(&world, &judge(&world)), Verdict::Panicked);
    let Some(End::Panicked(text)) = &ends(&world)[0] else { panic!("{:?}", ends(&world)) };
    assert!(text.starts_with("cannot bear Text(\"request m1\")"), "{text}");
    assert!(world.ledger().boots.len() > 1, "the supervisor starts it again");
}

//! Several processes in one world: what belongs to one, and what they share.

use std::sync::Arc;

use gateway_core::env::Exit;

use super::effect::{Answer, Verb};
use super::world::World;
use crate::disk::Fd;
use crate::ledger::End;
use crate::plan::{Death, DeathKind, DiskChoice, InFlight, Plan};
use crate::script::Script;
use crate::time::Ms;

/// A world in which boot 1 began at the start and boot 2 was started by hand a second later.
fn two_processes(more: &str) -> World {
    let text = format!("horizon = \"100s\"\n{more}\n[[start]]\nat = \"1s\"\n");
    let plan: Plan = toml::from_str(&text).expect("a plan");
    let mut world = World::new(Arc::new(Script::new(&plan)));
    while world.living().len() < 2 {
        world.step();
    }
    world
}

/// What a verb is answered, however long that takes.
fn answer(world: &mut World, boot: u32, verb: Verb) -> Answer {
    let effect = world.request(boot, verb);
    loop {
        assert!(world.due().is_some(), "it is never answered");
        if let Some(done) = world.step().filter(|done| (done.boot, done.effect) == (boot, effect)) {
            return done.answer;
        }
    }
}

fn file(world: &mut World, boot: u32, verb: Verb) -> Fd {
    match answer(world, boot, verb) {
        Answer::File(Ok(fd)) => fd,
        other => panic!("a file was expected, not {other:?}"),
    }
}

fn locks(world: &mut World, boot: u32, fd: Fd) -> bool {
    matches!(answer(world, boot, Verb::TryLock(fd)), Answer::Locked(Ok(true)))
}

fn killed() -> Death {
    Death { kind: DeathKind::Process, in_flight: InFlight::Lost }
}

#[test]
fn a_kill_closes_the_files_and_frees_the_locks_of_one_process_only() {
    let mut world = two_processes("");
    let first = file(&mut world, 1, Verb::CreateNew("lock".to_owned()));
    let second = file(&mut world, 2, Verb::Open("lock".to_owned()));
    let own = file(&mut world, 2, Verb::CreateNew("own".to_owned()));
    assert!(locks(&mut world, 1, first) && locks(&mut world, 2, own));
    assert!(!locks(&mut world, 2, second), "another process holds it");
    world.kill(1, &killed(), None);
    assert_eq!(world.living(), [2]);
    assert!(locks(&mut world, 2, second), "its holder is dead");
    let bytes = Arc::from(b"x".as_slice());
    assert!(matches!(answer(&mut world, 2, Verb::Write(own, None, bytes)), Answer::Done(Ok(()))));
}

#[test]
fn with_the_power_every_process_goes_and_the_supervisor_starts_one() {
    let mut world = two_processes("");
    let death = Death { kind: DeathKind::Power(DiskChoice::Lost), in_flight: InFlight::Lost };
    world.kill(2, &death, None);
    assert_eq!(world.living(), Vec::<u32>::new());
    let ends = world.ledger().boots.iter().map(|boot| boot.ended.clone());
    assert!(ends.into_iter().all(|end| end == Some((Ms(1_000), End::PowerLost))));
    while world.due().is_some() {
        world.step();
    }
    assert_eq!(world.living(), [3], "nobody starts what somebody had started by hand");
}

#[test]
fn the_supervisor_starts_its_own_process_again_and_no_other() {
    let mut world = two_processes("");
    world.exit(2, Exit::Failed);
    assert!(world.due().is_none(), "nobody misses it");
    world.exit(1, Exit::Failed);
    world.step();
    assert_eq!(world.living(), [3]);
}

#[test]
fn a_supervisor_with_a_limit_gives_up_when_starts_fail_at_once_in_a_row() {
    let limit = "supervisor = { start_limit = 2 }";
    let mut world = two_processes(limit);
    world.exit(1, Exit::Failed);
    world.step();
    world.advance(Ms(60_000));
    world.exit(3, Exit::Failed);
    world.step();
    assert_eq!(world.living(), [2, 4], "the second one had lived for long");
    for boot in [4, 5] {
        world.exit(boot, Exit::Failed);
        world.step();
    }
    assert_eq!(world.living(), [2], "that was the second in a row");
}

#[test]
fn a_replaced_process_is_stopped_and_then_killed_and_nobody_starts_it_again() {
    let mut world = two_processes("[[replace]]\nat = \"2s\"\npatience = \"5s\"");
    let waits = world.request(1, Verb::Signal);
    world.step();
    assert_eq!(world.living(), [1, 2, 3], "the new one does not wait");
    world.step();
    let heard = world.step().expect("a signal");
    assert_eq!((heard.boot, heard.effect), (1, waits));
    while world.due().is_some() {
        world.step();
    }
    assert_eq!(world.living(), [2, 3]);
    assert_eq!(world.ledger().boot(1).ended, Some((Ms(7_000), End::Killed)));
    world.exit(3, Exit::Failed);
    assert!(world.due().is_some(), "the supervisor looks after the new one");
}

#[test]
fn a_frozen_process_hears_nothing_and_asks_for_nothing_until_it_thaws() {
    let mut world =
        two_processes("[disk]\nlatency = \"5ms\"\n[[stall]]\nat = \"2s\"\nfor = \"9s\"");
    world.advance(Ms(1_998));
    let before = world.request(1, Verb::Mkdir("before".to_owned()));
    world.step();
    assert_eq!(world.now(), Ms(2_000));
    let during = world.request(1, Verb::Mkdir("during".to_owned()));
    let beside = world.request(2, Verb::Mkdir("beside".to_owned()));
    let mut done = Vec::new();
    while world.due().is_some() {
        let completed = world.step();
        let now = world.now();
        done.extend(completed.map(|done| (done.effect, done.boot, now)));
    }
    // What it had asked for has happened, and it hears of it when it thaws.
    let expected = [(beside, 2, 2_005), (before, 1, 11_000), (during, 1, 11_005)];
    assert_eq!(done, expected.map(|(effect, boot, at)| (effect, boot, Ms(at))));
    world.exit(1, Exit::Planned);
    assert_eq!(world.living(), [2]);
}

#[test]
fn a_frozen_process_ends_when_it_thaws() {
    let mut world = two_processes("[[stall]]\nat = \"2s\"\nfor = \"9s\"");
    world.step();
    world.exit(1, Exit::Planned);
    assert_eq!(world.living(), [1, 2]);
    world.step();
    assert_eq!((world.now(), world.living()), (Ms(11_000), vec![2]));
}

#[test]
fn a_message_is_handed_to_every_process_that_waits_for_one() {
    let mut world = two_processes("[[message]]\nat = \"3s\"\nchat = \"a\"");
    for boot in [1, 2] {
        world.request(boot, Verb::Poll(gateway_core::message::Cursor(0)));
    }
    while world.due().is_some() {
        world.step();
    }
    assert_eq!(world.ledger().messages[0].handed_to, [1, 2]);
}

#[test]
fn the_number_of_a_dead_process_is_a_strangers_only_where_the_plan_says_so() {
    let pid = super::supervisor::pid_of(1);
    for (pids, stranger) in [("fresh", None), ("reused", Some(1_001))] {
        let mut world = two_processes(&format!("supervisor = {{ pids = \"{pids}\" }}"));
        assert_eq!(world.process_started(pid), Some(0));
        world.kill(1, &killed(), None);
        assert_eq!(world.process_started(pid), stranger, "{pids}");
    }
}

/// A world in which only the supervisor starts processes.
fn one_process(more: &str) -> World {
    let plan: Plan = toml::from_str(&format!("horizon = \"100s\"\n{more}\n")).expect("a plan");
    let mut world = World::new(Arc::new(Script::new(&plan)));
    while world.living().is_empty() {
        world.step();
    }
    world
}

fn play(world: &mut World) {
    while world.due().is_some() {
        world.step();
    }
}

#[test]
fn a_kill_that_counts_from_a_boot_hits_that_boot_wherever_it_begins() {
    let kill = "[[kill]]\nboot = 2\nafter = \"3s\"\nkind = \"process\"\ndown_for = \"7s\"\n";
    for earlier in [2, 20] {
        let at = format!("[[kill]]\nat = \"{earlier}s\"\nkind = \"process\"\n{kill}");
        let mut world = one_process(&at);
        play(&mut world);
        let boots: Vec<_> = world.ledger().boots.iter().map(|boot| boot.began_at.0).collect();
        let second = earlier * 1_000 + 1_000;
        assert_eq!(boots, [0, second, second + 3_000 + 7_000]);
    }
    let mut world = one_process(&format!("{kill}[[kill]]\nat = \"5s\"\nkind = \"process\"\n"));
    while world.ledger().boots.len() < 2 {
        world.step();
    }
    // The second boot is gone before it is its turn, and nobody else is hit in its place.
    world.kill(2, &killed(), None);
    play(&mut world);
    assert_eq!(world.living(), [3]);
    assert_eq!(world.delivered().count(crate::delivered::Planned::Kill(0)), 0);
}

#[test]
fn a_stop_that_counts_from_a_boot_asks_that_boot() {
    let stop = "[[stop]]\nboot = 1\nafter = \"4s\"\nsignal = \"restart\"";
    let mut world = two_processes(stop);
    let asked = |world: &World, boot| {
        let stop = world.ledger().boot(boot).stop.as_ref();
        stop.map(|stop| (stop.signal, stop.asked_at))
    };
    while world.now() < Ms(4_000) {
        world.step();
    }
    let signal = Some(gateway_core::env::Signal::Restart);
    assert_eq!((asked(&world, 1), asked(&world, 2)), (Some((signal, Ms(4_000))), None));
}

#[test]
fn a_fault_of_a_phase_hits_what_was_asked_for_in_that_phase_only() {
    let fault = |phase: &str| {
        format!(
            "[[disk_fault]]\neffect = \"eio\"\nverb = \"mkdir\"\nphase = \"{phase}\"\nnth = 2\n"
        )
    };
    for (phase, hit) in [("premark", "c"), ("pre*", "c"), ("drain", "none"), ("running", "d")] {
        let mut world = one_process(&fault(phase));
        let mut failed = "none";
        let asked = [("a", "running"), ("b", "premark"), ("c", "premark"), ("d", "running")];
        for (name, phase) in asked {
            let effect = world.request_in(1, Verb::Mkdir(name.to_owned()), phase);
            let done = loop {
                if let Some(done) = world.step().filter(|done| done.effect == effect) {
                    break done.answer;
                }
            };
            if matches!(done, Answer::Done(Err(5))) {
                failed = name;
            }
        }
        assert_eq!(failed, hit, "{phase}");
    }
}

//! The simulated disk against a real one: the same operations, and after each the same answer.
//!
//! What is compared: success or the errno, bytes read, listings, whether a lock was free, and of
//! every open handle length and number of names; at the end the whole tree with its contents and
//! shared files, and after the death of the process the tree again. What is not: times, modes, the
//! length of a directory, and what a power loss leaves, which no real disk shows on demand.
//!
//! tmpfs and ext4 answered alike wherever this looks. Two things differ between file systems and
//! are left out: the number of links of a directory where it is not counted (btrfs), and paths
//! that climb above the directory that everything lies in, which here is nobody's business.
//!
//! The same sequences in every run; `PROPTEST_CASES` tries more, `PROPTEST_RNG_SEED` others.

mod kernel;
mod met;
mod op;
mod simulated;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use kernel::Kernel;
use op::{Look, Op, Outcome, SLOTS, beginning, programs};
use proptest::test_runner::{
    Config, FileFailurePersistence, RngSeed, TestCaseError, TestError, TestRunner,
    contextualize_config,
};
use simulated::Simulated;

/// Where failures are kept, to be tried first in every run from then on.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/real_disk.txt");

fn config(cases: u32) -> Config {
    contextualize_config(Config {
        cases,
        max_shrink_iters: 20_000,
        rng_seed: RngSeed::Fixed(27_856),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(KEPT))),
        ..Config::default()
    })
}

/// Runs both disks through a sequence; the first difference, if there is one.
fn differ(program: &[Op], kernel: &mut Kernel) -> Option<String> {
    let mut simulated = Simulated::new();
    kernel.clear();
    let end = (0..SLOTS).map(Op::Read).chain([Op::Kill]);
    for op in beginning().into_iter().chain(program.iter().cloned()).chain(end) {
        let dies = matches!(op, Op::Kill);
        let difference = dies.then(|| trees(&simulated, kernel)).flatten();
        let difference = difference.or_else(|| step(&op, &mut simulated, kernel));
        let difference = difference.or_else(|| dies.then(|| trees(&simulated, kernel)).flatten());
        if let Some(difference) = difference {
            return Some(format!("{op:?}: {difference}"));
        }
    }
    None
}

/// Does one thing to both; how they differ in what they answer and in what every handle shows.
fn step(op: &Op, simulated: &mut Simulated, kernel: &mut Kernel) -> Option<String> {
    let (here, there) = (simulated.apply(op), kernel.apply(op));
    if here != there {
        return Some(format!("simulated {}, real {}", tell(&here), tell(&there)));
    }
    (0..SLOTS).find_map(|slot| {
        let (here, there) = (simulated.look(slot), kernel.look(slot));
        let uncounted = matches!(there, Some(Look::Dir { .. })) && !kernel.counts_directories;
        (here != there && !uncounted)
            .then(|| format!("handle {slot}: simulated {here:?}, real {there:?}"))
    })
}

fn trees(simulated: &Simulated, kernel: &Kernel) -> Option<String> {
    let (here, there) = (simulated.tree(), kernel.tree());
    (here != there).then(|| format!("simulated {here:?}, real {there:?}"))
}

fn tell(answer: &Result<Outcome, i32>) -> String {
    match answer {
        Ok(outcome) => format!("{outcome:?}"),
        Err(errno) => std::io::Error::from_raw_os_error(*errno).to_string(),
    }
}

/// Every sequence behaves alike on the simulated disk and below `parent`.
fn compare(parent: &Path, cases: u32) {
    let kernel = RefCell::new(Kernel::new(parent));
    let compared = TestRunner::new(config(cases)).run(&programs(), |program| {
        differ(&program, &mut kernel.borrow_mut())
            .map_or(Ok(()), |difference| Err(TestCaseError::fail(difference)))
    });
    match compared {
        Ok(()) => {}
        Err(TestError::Fail(difference, program)) => {
            let program = beginning().into_iter().chain(program);
            let lines: Vec<String> = program.map(|op| format!("    {op:?}")).collect();
            panic!("{difference}\nat the end of\n{}", lines.join("\n"));
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn the_simulated_disk_behaves_like_one_in_memory() {
    let memory = PathBuf::from("/dev/shm");
    compare(&if memory.is_dir() { memory } else { std::env::temp_dir() }, 10_000);
}

#[test]
fn the_simulated_disk_behaves_like_the_one_of_this_machine() {
    compare(&std::env::temp_dir(), 1_000);
}

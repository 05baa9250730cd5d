//! How many states the simulated disk may be in after a crash, beside what was counted for the
//! same calls by an independent program, and what real file systems left after real crashes.
//!
//! Each sequence of calls is a [`Recording`]. The counts are of distinct trees over the crashes
//! before the first call, between any two, and after the last.

mod observed;
mod sequences;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sim::disk::{Bounds, Disk, Grain, Profile, Recording};

use sequences::{SEQUENCES, Sequence};

/// Enough for everything but the sequence that has half a million states.
const BOUNDS: Bounds = Bounds { choices: 1 << 16, images: 1 << 16 };

/// A tree: every file with its path and contents.
type Tree = Vec<(String, Vec<u8>)>;

fn disks(recording: &Recording) -> Vec<Disk> {
    recording.disks().expect("every call is possible")
}

/// Every tree that crashes of a recording may leave, and whether there are more.
fn trees(recording: &Recording, profile: Profile) -> (BTreeSet<Tree>, bool) {
    let mut trees = BTreeSet::new();
    let mut bounded = false;
    for disk in disks(recording) {
        let images = disk.crash_images(profile, &BOUNDS);
        bounded |= images.bounded;
        trees.extend(images.images.iter().map(|image| image.files()));
    }
    (trees, bounded)
}

/// How many trees there are, as in a table.
fn count(recording: &Recording, profile: Profile) -> String {
    let (trees, bounded) = trees(recording, profile);
    if bounded { "too many".to_owned() } else { trees.len().to_string() }
}

#[test]
fn the_crash_states_are_as_many_as_were_counted_elsewhere() {
    let columns =
        [Profile::Ext4Ordered, Profile::Strict(Grain::Block), Profile::Strict(Grain::Sector)];
    let mut table =
        "sequence | calls | process kill | ext4-ordered | strict 4 KiB | strict 512 B\n".to_owned();
    for Sequence { name, recording, counted } in SEQUENCES {
        let recording = recording();
        let calls = recording.calls.len();
        // A kill leaves exactly what was there: one state at each boundary between two calls.
        let kills = disks(&recording).len().to_string();
        let found = columns.map(|profile| count(&recording, profile));
        let [ext4, block, sector] = &found;
        writeln!(table, "{name} | {calls} | {kills} | {ext4} | {block} | {sector}")
            .expect("writing to a string never fails");
        let found: Vec<&str> = [&kills].into_iter().chain(&found).map(String::as_str).collect();
        assert_eq!(found, counted, "{name}: kill, ext4-ordered, strict 4 KiB, strict 512 B");
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_process_kill_leaves_what_the_last_call_left() {
    for Sequence { name, recording, .. } in SEQUENCES {
        for mut disk in disks(&recording()) {
            let before = disk.files();
            disk.kill();
            assert_eq!(disk.files(), before, "{name}");
        }
    }
}

#[test]
fn every_fate_leads_to_its_image() {
    let profiles = [Profile::STRICT, Profile::Ext4Ordered, Profile::Alice];
    for Sequence { name, recording, .. } in SEQUENCES {
        for (disk, profile) in
            disks(&recording()).iter().flat_map(|disk| profiles.map(|profile| (disk, profile)))
        {
            for image in disk.crash_images(profile, &Bounds::MATRIX).images {
                let mut left = disk.clone();
                left.power_loss(&image.choice);
                assert_eq!(left.files(), image.files(), "{name}, {profile:?}: {}", image.choice);
            }
        }
    }
}

#[test]
fn what_ext4_leaves_the_contract_allows() {
    for Sequence { name, recording, .. } in SEQUENCES {
        for disk in disks(&recording()) {
            let strict = disk.crash_images(Profile::STRICT, &BOUNDS);
            if strict.bounded {
                continue;
            }
            let strict: BTreeSet<Tree> = strict.images.iter().map(|image| image.files()).collect();
            for image in disk.crash_images(Profile::Ext4Ordered, &BOUNDS).images {
                assert!(strict.contains(&image.files()), "{name}: {}", image.choice);
            }
        }
    }
}

#[test]
fn alice_leaves_everything_that_the_contract_allows_at_the_grain_of_blocks_and_more() {
    for Sequence { name, recording, .. } in SEQUENCES {
        let recording = recording();
        let (strict, _) = trees(&recording, Profile::Strict(Grain::Block));
        let (alice, bounded) = trees(&recording, Profile::Alice);
        assert!(bounded || alice.len() > strict.len(), "{name}");
        assert!(bounded || strict.is_subset(&alice), "{name}");
    }
}

#[test]
fn beyond_a_bound_the_extremes_are_still_there_and_it_says_so() {
    let append = (SEQUENCES[4].recording)();
    let last = disks(&append).pop().expect("there is one");
    let images = last.crash_images(Profile::STRICT, &Bounds::MATRIX);
    assert!(images.bounded);
    let lengths: BTreeSet<usize> = images.images.iter().map(|i| i.files()[0].1.len()).collect();
    assert_eq!(lengths, BTreeSet::from([100, 200, 9_200]), "no append, one, and both");
    let zeros = |image: &sim::disk::CrashImage| image.files()[0].1[100..].iter().all(|b| *b == 0);
    assert!(images.images.iter().any(|image| zeros(image) && image.files()[0].1.len() == 9_200));
}

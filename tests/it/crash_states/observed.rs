//! What real ext4, XFS and btrfs left after crashes of small protocols, and the same protocols
//! here: every tree that was observed is among the images, and so is the bad end of each bad one.
//!
//! The crashes were made with a logger of block writes under the real file systems of Linux 6.18;
//! each crash state was mounted, which replays its journal, and read.

use std::collections::BTreeSet;

use sim::disk::{Call, Grain, Profile, Recording};

use super::sequences::{Order, Synced, append, bytes, old_table, saved, shut_down};
use super::{Tree, disks, trees};

/// The trees that the last state of a recording may leave; with how many sectors does not matter
/// for anything that was observed.
fn after_the_last(recording: &Recording) -> BTreeSet<Tree> {
    let last = disks(recording).pop().expect("there is one");
    let images = last.crash_images(Profile::Strict(Grain::Block), &super::BOUNDS);
    assert!(!images.bounded, "all of them");
    images.images.iter().map(|image| image.files()).collect()
}

fn tree(files: &[(&str, Vec<u8>)]) -> Tree {
    let mut tree: Tree =
        files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.clone())).collect();
    tree.sort();
    tree
}

/// The same calls, and then an unrelated file is created and synced.
fn unrelated(mut recording: Recording) -> Recording {
    let path = "unrelated".to_owned();
    recording.calls.extend([
        Call::Create(path.clone()),
        Call::Append(path.clone(), b"u".to_vec()),
        Call::Sync(path),
    ]);
    recording
}

/// Drops the unrelated file, whose name was never synced.
fn related(trees: BTreeSet<Tree>) -> BTreeSet<Tree> {
    let keep = |tree: Tree| tree.into_iter().filter(|(path, _)| path != "unrelated").collect();
    trees.into_iter().map(keep).collect()
}

fn old() -> Vec<u8> {
    bytes(b'O', 4_096)
}

fn new() -> Vec<u8> {
    bytes(b'n', 4_096)
}

#[test]
fn a_table_replaced_as_it_should_be_is_the_old_or_the_new_one() {
    for writes in [&[4_096][..], &[1_365, 1_365, 1_366]] {
        let recording = saved(writes, [Synced::Yes, Synced::Yes]);
        let new: Vec<u8> = (b'n'..).zip(writes).flat_map(|(tag, len)| bytes(tag, *len)).collect();
        let (found, _) = trees(&recording, Profile::Strict(Grain::Block));
        for observed in [
            tree(&[("t", old())]),
            tree(&[("t", old()), ("tmp", new.clone())]),
            tree(&[("t", new.clone())]),
        ] {
            assert!(found.contains(&observed), "{} writes", writes.len());
        }
        let tables: BTreeSet<&Vec<u8>> =
            found.iter().flatten().filter(|(path, _)| path == "t").map(|(_, t)| t).collect();
        assert_eq!(tables, BTreeSet::from([&old(), &new]), "and never anything else");
        assert_eq!(after_the_last(&recording), BTreeSet::from([tree(&[("t", new)])]));
    }
}

#[test]
fn a_table_renamed_without_a_sync_of_the_file_may_be_empty() {
    // ext4 without auto_da_alloc, XFS, btrfs.
    let found = after_the_last(&saved(&[4_096], [Synced::No, Synced::Yes]));
    assert!(found.contains(&tree(&[("t", Vec::new())])));
    assert!(found.contains(&tree(&[("t", new())])), "ext4 with auto_da_alloc");
    let found = related(after_the_last(&unrelated(saved(&[4_096], [Synced::No, Synced::No]))));
    assert!(found.contains(&tree(&[("t", Vec::new())])), "ext4 without auto_da_alloc, XFS");
    assert!(found.contains(&tree(&[("t", new())])), "ext4 with auto_da_alloc");
    let untouched = found.iter().any(|tree| tree.iter().any(|file| *file == ("t".into(), old())));
    assert!(untouched, "btrfs: the rename was not committed");
}

#[test]
fn a_table_renamed_without_a_sync_of_the_directory_may_be_the_old_one() {
    let recording = saved(&[4_096], [Synced::Yes, Synced::No]);
    let found = after_the_last(&recording);
    for observed in
        [tree(&[("t", old())]), tree(&[("t", old()), ("tmp", new())]), tree(&[("t", new())])]
    {
        assert!(found.contains(&observed), "all three");
    }
    let found = related(after_the_last(&unrelated(recording)));
    assert!(found.contains(&tree(&[("t", new())])), "all three after an unrelated sync");
}

#[test]
fn a_table_truncated_and_written_in_place_may_be_empty() {
    let path = || "t".to_owned();
    let recording = unrelated(Recording {
        before: old_table(),
        calls: vec![Call::Truncate(path(), 0), Call::Append(path(), new())],
    });
    let found = related(after_the_last(&recording));
    for observed in [old(), new(), Vec::new()] {
        assert!(found.contains(&tree(&[("t", observed)])), "ext4, XFS and btrfs");
    }
}

#[test]
fn an_append_that_was_not_synced_may_leave_zeros() {
    let a = bytes(b'A', 100);
    let mut recording = append();
    recording.calls.pop();
    let found = after_the_last(&recording);
    assert!(found.contains(&tree(&[("j", a.clone())])), "XFS, btrfs");
    let mut zeros = a.clone();
    zeros.resize(200, 0);
    assert!(found.contains(&tree(&[("j", zeros)])), "zeros as long as the append");
    let mut zeros = a.clone();
    zeros.resize(4_096, 0);
    for profile in [Profile::Strict(Grain::Block), Profile::Ext4Ordered] {
        let (found, _) = trees(&append(), profile);
        assert!(found.contains(&tree(&[("j", zeros.clone())])), "ext4: 3,996 zeros after A");
        assert!(found.contains(&tree(&[("j", a.clone())])), "ext4, XFS, btrfs");
    }
}

#[test]
fn a_name_may_survive_without_one_that_was_made_before_it() {
    let path = |text: &str| text.to_owned();
    let recording = Recording {
        before: vec![Call::Mkdir(path("a")), Call::Mkdir(path("b"))],
        calls: vec![Call::Create(path("a/1")), Call::Create(path("b/2")), Call::SyncDir(path("b"))],
    };
    let found = after_the_last(&recording);
    assert!(found.contains(&tree(&[("b/2", Vec::new())])), "btrfs: b/2 without a/1");
    let both = tree(&[("a/1", Vec::new()), ("b/2", Vec::new())]);
    assert!(found.contains(&both), "ext4, XFS");
    let (ordered, _) = trees(&recording, Profile::Ext4Ordered);
    assert!(!ordered.contains(&tree(&[("b/2", Vec::new())])), "never on ext4");
}

#[test]
fn a_synced_file_in_new_directories_may_be_there() {
    let path = |text: &str| text.to_owned();
    let recording = Recording {
        before: Vec::new(),
        calls: vec![
            Call::Mkdir(path("p")),
            Call::Mkdir(path("p/q")),
            Call::Create(path("p/q/f")),
            Call::Append(path("p/q/f"), b"f".to_vec()),
            Call::Sync(path("p/q/f")),
        ],
    };
    let whole = tree(&[("p/q/f", b"f".to_vec())]);
    assert!(after_the_last(&recording).contains(&whole), "ext4, XFS, btrfs");
    assert!(after_the_last(&recording).contains(&tree(&[])), "and by the contract it may not");
    let last = disks(&recording).pop().expect("there is one");
    let ordered = last.crash_images(Profile::Ext4Ordered, &super::BOUNDS).images;
    assert!(ordered.iter().all(|image| image.files() == whole), "always on ext4");
}

#[test]
fn a_good_shutdown_never_says_clean_of_what_is_not_durable() {
    for profile in [Profile::STRICT, Profile::Strict(Grain::Block), Profile::Ext4Ordered] {
        let (found, bounded) = trees(&shut_down(Order::Good), profile);
        assert!(!bounded);
        let lies = found.iter().filter(|tree| says_clean(tree)).filter(|tree| !is_done(tree));
        assert_eq!(lies.count(), 0, "{profile:?}");
    }
}

#[test]
fn a_bad_shutdown_says_clean_over_zeros_and_an_empty_table() {
    let found = after_the_last(&shut_down(Order::Bad));
    let zeros = ["x", "y", "z"].map(|path| (path.to_owned(), vec![0; 300]));
    let has = |tree: &Tree, files: &[(String, Vec<u8>)]| files.iter().all(|f| tree.contains(f));
    assert!(found.iter().any(|tree| says_clean(tree) && has(tree, &zeros)), "ext4");
    let empty = [("t".to_owned(), Vec::new())];
    assert!(found.iter().any(|tree| says_clean(tree) && has(tree, &empty)), "ext4, XFS, btrfs");
    let short = ["x", "y", "z"].map(|path| (path.to_owned(), Vec::new()));
    assert!(found.iter().any(|tree| says_clean(tree) && has(tree, &short)), "XFS, btrfs");
    let bad = |tree: &&Tree| says_clean(tree) && !is_done(tree);
    let (ordered, _) = trees(&shut_down(Order::Bad), Profile::Ext4Ordered);
    assert!(ordered.iter().any(|tree| bad(&tree)), "on ext4 in its order, too");
}

fn says_clean(tree: &Tree) -> bool {
    tree.contains(&("clean".to_owned(), b"clean".to_vec()))
}

/// Whether everything that the clean marker speaks of is there.
fn is_done(tree: &Tree) -> bool {
    let done = (b'x'..).zip(["x", "y", "z"]).map(|(tag, path)| (path, bytes(tag, 300)));
    let done: Vec<_> = done.chain([("t", new())]).collect();
    done.iter().all(|(path, bytes)| tree.contains(&((*path).to_owned(), bytes.clone())))
}

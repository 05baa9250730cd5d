//! What a kill and a power loss leave, and the errors of a living disk.

use super::tree::errno;
use super::volume::cuts;
use super::{Bounds, Disk, Profile};
use crate::plan::DiskChoice;

fn contents(disk: &Disk, path: &str) -> Option<Vec<u8>> {
    disk.files().into_iter().find(|file| file.0 == path).map(|file| file.1)
}

#[test]
fn a_kill_keeps_what_a_power_loss_takes() {
    let mut disk = Disk::new();
    let fd = disk.create_new("a").expect("new");
    disk.write(fd, None, b"one").expect("open");
    let mut after_kill = disk.clone();
    after_kill.kill();
    assert_eq!(contents(&after_kill, "a"), Some(b"one".to_vec()));
    after_kill.power_loss(&DiskChoice::Lost);
    assert_eq!(contents(&after_kill, "a"), None, "the pending log survives a kill");
}

#[test]
fn what_an_earlier_process_left_unsynced_is_told_until_it_is_synced() {
    let mut disk = Disk::new();
    let fd = disk.create_new("a").expect("new");
    disk.write(fd, None, b"one").expect("open");
    assert!(!disk.carries_pending(), "it is this process's own");
    disk.kill();
    assert!(disk.carries_pending());
    let fd = disk.open("a").expect("there");
    disk.write(fd, None, b"two").expect("open");
    disk.sync_file(fd).expect("open");
    assert!(disk.carries_pending(), "the name is not synced yet");
    disk.sync_dir("").expect("the root");
    assert!(!disk.carries_pending());
}

#[test]
fn a_synced_file_without_a_synced_name_is_unreachable() {
    let mut disk = Disk::new();
    let fd = disk.create_new("a").expect("new");
    disk.write(fd, None, b"one").expect("open");
    disk.sync_file(fd).expect("open");
    let mut lost = disk.clone();
    lost.power_loss(&DiskChoice::Lost);
    assert_eq!(contents(&lost, "a"), None);
    disk.sync_dir("").expect("the root");
    disk.power_loss(&DiskChoice::Lost);
    assert_eq!(contents(&disk, "a"), Some(b"one".to_vec()));
}

#[test]
fn a_rename_without_a_sync_of_the_file_leaves_an_empty_one() {
    let mut disk = Disk::new();
    let old = disk.create_new("t").expect("new");
    disk.write(old, None, b"old").expect("open");
    disk.sync_file(old).expect("open");
    disk.sync_dir("").expect("the root");
    let tmp = disk.create_new("tmp").expect("new");
    disk.write(tmp, None, b"new").expect("open");
    disk.rename("tmp", "t").expect("both in the root");
    disk.sync_dir("").expect("the root");
    disk.power_loss(&DiskChoice::Lost);
    assert_eq!(contents(&disk, "t"), Some(Vec::new()));
}

#[test]
fn a_write_that_is_cut_is_cut_at_sectors_of_the_file() {
    assert_eq!(cuts(500, 600).collect::<Vec<_>>(), [12, 524]);
    assert_eq!(cuts(0, 512).count(), 0);
    assert_eq!(cuts(512, 100).count(), 0);
}

#[test]
fn the_sectors_of_an_append_survive_each_on_its_own() {
    let mut disk = Disk::new();
    let fd = disk.create_new("a").expect("new");
    disk.write(fd, None, &[1; 500]).expect("open");
    disk.sync_file(fd).expect("open");
    disk.sync_dir("").expect("the root");
    disk.write(fd, None, &[2; 600]).expect("open");
    let images = disk.crash_images(Profile::STRICT, &Bounds::MATRIX);
    assert!(!images.bounded);
    // The old length, and the new one with any of the three sectors.
    assert_eq!(images.images.len(), 1 + 8);
    for image in &images.images {
        let mut left = disk.clone();
        left.power_loss(&image.choice);
        assert_eq!(left.files(), image.files(), "{}", image.choice);
    }
    let mut middle = disk.clone();
    middle.power_loss(&DiskChoice::Split(".#.+".parse().expect("fates")));
    let mut expected = vec![1; 500];
    expected.extend([0; 12]);
    expected.extend([2; 512]);
    expected.extend([0; 76]);
    assert_eq!(contents(&middle, "a"), Some(expected));
}

#[test]
fn a_failed_sync_drops_what_it_should_have_written_and_the_next_one_says_nothing() {
    let mut disk = Disk::new();
    let fd = disk.create_new("a").expect("new");
    disk.sync_dir("").expect("the root");
    disk.write(fd, None, b"gone").expect("open");
    disk.drop_dirty_file(fd).expect("open");
    assert_eq!(disk.read(fd), Ok(b"gone".to_vec()), "it is still read");
    disk.sync_file(fd).expect("open");
    disk.write(fd, None, b"kept").expect("open");
    disk.sync_file(fd).expect("open");
    disk.kill();
    assert!(disk.carries_pending(), "the next process reads what is not there");
    disk.power_loss(&DiskChoice::Kept);
    assert_eq!(contents(&disk, "a"), Some(b"\0\0\0\0kept".to_vec()));
}

#[test]
fn a_bit_that_turns_over_is_durable() {
    let mut disk = Disk::new();
    let fd = disk.create_new("a").expect("new");
    disk.write(fd, None, b"abc").expect("open");
    disk.sync_file(fd).expect("open");
    disk.sync_dir("").expect("the root");
    assert!(disk.rot("a", -1, 1));
    assert!(!disk.rot("a", 3, 1), "there is no such byte");
    assert!(!disk.rot("b", 0, 1), "there is no such file");
    disk.power_loss(&DiskChoice::Lost);
    assert_eq!(contents(&disk, "a"), Some(b"aba".to_vec()));
}

#[test]
fn a_lock_dies_with_the_process_and_not_with_its_file() {
    let mut disk = Disk::new();
    let first = disk.create_new("lock").expect("new");
    assert_eq!(disk.try_lock(first), Ok(true));
    let second = disk.open("lock").expect("there");
    assert_eq!(disk.try_lock(second), Ok(false));
    disk.kill();
    let third = disk.open("lock").expect("still there");
    assert_eq!(disk.try_lock(third), Ok(true));
}

#[test]
fn errors_are_those_of_linux() {
    let mut disk = Disk::new();
    assert_eq!(disk.open("a"), Err(errno::ENOENT));
    disk.mkdir("d").expect("new");
    assert_eq!(disk.mkdir("d"), Err(errno::EEXIST));
    assert_eq!(disk.open("d"), Err(errno::EISDIR));
    disk.create_new("f").expect("new");
    assert_eq!(disk.create_new("f"), Err(errno::EEXIST));
    assert_eq!(disk.create_new("f/x"), Err(errno::ENOTDIR));
    assert_eq!(disk.rename("f", "d"), Err(errno::EISDIR));
    assert_eq!(disk.rename("d", "f"), Err(errno::ENOTDIR));
    assert_eq!(disk.rename("none", "x"), Err(errno::ENOENT));
}

//! The gateway over the real file system: what it refuses and leaves alone, and what it keeps.
#![expect(
    clippy::disallowed_methods,
    reason = "what the gateway left on the disk is looked at from outside"
)]

#[path = "real/disk.rs"]
mod disk;
#[path = "shared/log.rs"]
mod log;
#[path = "real/tcp.rs"]
mod tcp;
#[path = "real/users.rs"]
mod users;
#[path = "real/world.rs"]
mod world;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gateway_core::env::Exit;
use gateway_core::real;
use gateway_core::settings::Settings;
use users::{Seen, Users};

/// Users who write so many messages, in turn to so many chats.
fn who_write(messages: u64, chats: u64) -> Arc<Users> {
    Arc::new(Users::new(messages, chats))
}

/// One boot that nobody writes to: it is asked to stop as soon as it serves. It does not wait for
/// a lock that is held.
async fn idle(root: &Path) -> (Exit, String) {
    let settings = Settings { lock_patience: Duration::ZERO, ..Settings::standard() };
    world::boot(root, &who_write(0, 1), settings).await
}

/// Settings under which a journal is compacted often.
fn often_compacted() -> Settings {
    Settings { compact_after: 64 * 1024, ..Settings::standard() }
}

/// The one journal that there is.
fn journal(root: &Path) -> PathBuf {
    let files = std::fs::read_dir(root).expect("it is there");
    let names = files.map(|file| file.expect("it is there").file_name());
    let mut names = names.filter_map(|name| name.into_string().ok());
    let mut journals = names.by_ref().filter(|name| name.starts_with("journal-"));
    let journal = journals.next().expect("a boot has created it");
    assert_eq!(journals.next(), None, "beside {journal}");
    root.join(journal)
}

fn read(root: &Path) -> Vec<u8> {
    std::fs::read(journal(root)).expect("it can be read")
}

fn write(root: &Path, bytes: &[u8]) {
    std::fs::write(journal(root), bytes).expect("the directory is writable");
}

/// The name of a file in the state directory.
fn file_name(path: &Path) -> String {
    path.file_name().expect("it is a file").to_string_lossy().into_owned()
}

/// What a boot says of a journal that it refuses, and that it leaves it alone.
async fn refused(root: &Path, journal: &[u8]) -> String {
    write(root, journal);
    let (exit, log) = idle(root).await;
    assert_eq!(exit, Exit::Config, "{log}");
    let path = self::journal(root).display().to_string();
    assert!(log.contains("ERROR") && log.contains(&path), "{log}");
    assert_eq!(read(root), journal);
    assert_eq!(std::fs::read_dir(root).expect("it is there").count(), 2, "journal and lock");
    log
}

#[tokio::test]
async fn an_idle_gateway_boots_again_and_again_and_its_journal_does_not_grow() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let mut lengths = Vec::new();
    for _ in 0..5 {
        assert_eq!(idle(root.path()).await.0, Exit::Planned);
        lengths.push(read(root.path()).len());
    }
    assert!(String::from_utf8(read(root.path())).expect("text").contains("sealed"));
    assert_eq!(lengths[1], lengths[4], "{lengths:?}");
}

#[tokio::test]
async fn files_are_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let root = tempfile::tempdir().expect("a temporary directory");
    idle(root.path()).await;
    for path in [journal(root.path()), root.path().join("lock")] {
        let meta = std::fs::metadata(&path).expect("a boot has created it");
        assert_eq!(meta.permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn a_second_gateway_is_refused_and_changes_nothing() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let fs = real::fs(root.path()).expect("a temporary directory can be used");
    let lock = fs.create_new("lock").await.expect("it is not there yet");
    assert!(lock.try_lock().await.expect("it can be locked"));
    let (exit, log) = idle(root.path()).await;
    assert_eq!(exit, Exit::Failed);
    let path = root.path().join("lock").display().to_string();
    assert!(log.contains("ERROR") && log.contains(&path), "{log}");
    assert_eq!(fs.list("").await.expect("it is there"), ["lock"]);
    // Its holder is gone, the file is not: that means nothing.
    drop(lock);
    assert_eq!(idle(root.path()).await.0, Exit::Planned);
}

#[tokio::test]
async fn a_file_lives_on_by_its_second_name() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let fs = real::fs(root.path()).expect("a temporary directory can be used");
    let file = fs.create_new("a").await.expect("it is not there yet");
    fs.mkdir("d").await.expect("it is not there yet");
    fs.link("a", "d/b").await.expect("it is not there yet");
    fs.remove("a").await.expect("it is there");
    file.append(b"text".to_vec()).await.expect("it is open");
    let again = fs.open("d/b").await.expect("it is there");
    assert_eq!(again.read().await.expect("it is open"), b"text");
}

#[tokio::test]
async fn errors_carry_their_errno_and_the_root_stays() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let fs = real::fs(root.path()).expect("a temporary directory can be used");
    let errno = |result: std::io::Result<()>| result.expect_err("it fails").raw_os_error();
    fs.create_new("a").await.expect("it is not there yet");
    assert_eq!(errno(fs.link("a", "a").await), Some(17), "EEXIST");
    assert_eq!(errno(fs.link("", "b").await), Some(1), "EPERM");
    assert_eq!(errno(fs.remove_dir("a").await), Some(20), "ENOTDIR");
    assert_eq!(errno(fs.sync_dir("a").await), Some(20), "ENOTDIR");
    fs.remove("a").await.expect("it is there");
    assert_eq!(errno(fs.remove_dir("").await), Some(22), "EINVAL");
    fs.sync_dir("").await.expect("the root is there");
    fs.mkdir("d").await.expect("it is not there yet");
    fs.remove_dir("d").await.expect("it is empty");
    assert!(fs.list("").await.expect("the root is there").is_empty());
}

#[tokio::test]
async fn a_torn_tail_is_left_behind_and_reported() {
    let root = tempfile::tempdir().expect("a temporary directory");
    idle(root.path()).await;
    let mut torn = read(root.path());
    let offset = torn.len();
    torn.extend_from_within(offset - 20..offset - 1);
    torn.extend_from_slice(&[0; 100]);
    write(root.path(), &torn);
    let draft = root.path().join("draft-000001");
    std::fs::write(&draft, b"left over").expect("it is writable");
    let path = journal(root.path()).display().to_string();
    let (exit, log) = idle(root.path()).await;
    assert_eq!(exit, Exit::Planned);
    let told = ["WARN", &path, &format!("offset={offset}"), "bytes=119"];
    assert!(told.iter().all(|word| log.contains(word)), "{log}");
    let after = read(root.path());
    assert!(after.ends_with(b"\n") && !after.contains(&0));
    assert!(!draft.exists());
}

#[tokio::test]
async fn damage_is_refused_and_kept() {
    let root = tempfile::tempdir().expect("a temporary directory");
    idle(root.path()).await;
    idle(root.path()).await;
    let journal = read(root.path());
    let lines: Vec<usize> = journal
        .iter()
        .enumerate()
        .filter_map(|(at, byte)| (*byte == b'\n').then_some(at))
        .collect();
    // The header, the snapshot, the boot's record, and the last commit of all.
    for index in [0, lines[0] + 5, lines[1] + 5, lines[lines.len() - 2] + 12, journal.len() - 1] {
        let mut rotten = journal.clone();
        rotten[index] ^= 1;
        let log = refused(root.path(), &rotten).await;
        let file = format!("file=\"{}\"", file_name(&self::journal(root.path())));
        assert!(log.contains(&file), "{log}");
        assert!(log.contains("remedy=\"move this file out of the state directory"), "{log}");
    }
}

#[tokio::test]
async fn what_is_refused_for_damage_is_served_once_the_file_is_moved_out_and_losses_are_told() {
    let (root, evidence) = [(); 2].map(|()| tempfile::tempdir().expect("a directory")).into();
    world::boot(root.path(), &who_write(3, 2), Settings::standard()).await;
    let damaged = journal(root.path());
    let mut rotten = read(root.path());
    rotten[10] ^= 1;
    // A removal that the disk has forgotten.
    let older = root.path().join("journal-000000");
    std::fs::write(&older, read(root.path())).expect("the directory is writable");
    std::fs::write(&damaged, rotten).expect("the directory is writable");
    let (exit, log) = idle(root.path()).await;
    assert_eq!(exit, Exit::Config, "{log}");
    for file in [damaged, older] {
        let name = file_name(&file);
        assert!(log.contains(&format!("file=\"{name}\" remedy=")), "{name}: {log}");
        std::fs::rename(&file, evidence.path().join(name)).expect("it is there");
    }
    let users = who_write(5, 2);
    users.acked.store(3, Ordering::Relaxed);
    users.answers.store(3, Ordering::Relaxed);
    let (exit, log) = world::boot(root.path(), &users, Settings::standard()).await;
    assert_eq!(exit, Exit::Planned, "{log}");
    assert_eq!(log.matches("ERROR").count(), 1, "{log}");
    assert!(log.contains("lost=\"m1..m3\""), "{log}");
    assert_eq!(users.answers.load(Ordering::Relaxed), 5);
    let (exit, log) = idle(root.path()).await;
    assert_eq!((exit, log.contains("ERROR")), (Exit::Planned, false), "{log}");
}

#[tokio::test]
async fn a_newer_journal_is_refused_and_untouched() {
    let root = tempfile::tempdir().expect("a temporary directory");
    idle(root.path()).await;
    let header = "holdfast-journal 2";
    let header = format!("{header} {:08x}\n", crc32c::crc32c(header.as_bytes()));
    let journal = [header.as_bytes(), b"\0 what nobody here can read"].concat();
    let log = refused(root.path(), &journal).await;
    let told = ["version 2", "reads up to 1", "run the newer release"];
    assert!(told.iter().all(|word| log.contains(word)), "{log}");
}

#[tokio::test]
async fn a_budget_without_a_drain_is_refused() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let stop_budget = std::time::Duration::from_secs(15);
    let settings = Settings { stop_budget, ..Settings::standard() };
    let (exit, _) = world::boot(root.path(), &who_write(0, 1), settings).await;
    assert_eq!(exit, Exit::Config);
    assert_eq!(std::fs::read_dir(root.path()).expect("it is there").count(), 0);
}

#[tokio::test]
async fn ten_thousand_turns_fit_into_a_small_journal_and_none_is_forgotten() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let users = who_write(10_000, 20);
    let (exit, log) = world::boot(root.path(), &users, often_compacted()).await;
    assert_eq!((exit, log.contains("ERROR")), (Exit::Planned, false), "{log}");
    assert_eq!(users.answers.load(Ordering::Relaxed), 10_000);
    let largest = users.gauge.largest.load(Ordering::Relaxed);
    assert!(largest < 512 * 1024, "a file grew to {largest} B");
    // Twenty more: each agent is given all five hundred turns of its chat.
    let more = who_write(10_020, 20);
    more.acked.store(10_000, Ordering::Relaxed);
    more.answers.store(10_000, Ordering::Relaxed);
    let (exit, log) = world::boot(root.path(), &more, often_compacted()).await;
    assert_eq!((exit, log.contains("ERROR")), (Exit::Planned, false), "{log}");
    assert_eq!(more.history.load(Ordering::Relaxed), 1_500);
}

#[tokio::test]
async fn a_premark_is_one_append_and_one_sync_whatever_the_number_of_turns() {
    let settings = Settings { drain_timeout: Duration::ZERO, ..Settings::standard() };
    for turns in [1, 10, 1000] {
        let root = tempfile::tempdir().expect("a temporary directory");
        let mut users = Users::new(turns, turns);
        users.answerable = 0;
        let users = Arc::new(users);
        let (exit, log) = world::boot(root.path(), &users, settings.clone()).await;
        assert_eq!((exit, log.contains("ERROR")), (Exit::Planned, false), "{log}");
        assert_eq!(users.told.load(Ordering::Relaxed), turns);
        let (begun, _) = users.when(Seen::Signal).expect("it was asked to stop");
        let (told, _) = users.when(Seen::Notice).expect("the chats were told");
        let cost = told.counts - begun.counts;
        assert_eq!((cost.appends, cost.syncs), (1, 1), "{turns} turns: {cost:?}");
        assert!(told.synced.is_some_and(|synced| synced >= begun.at && synced <= told.at));
    }
}

#[tokio::test]
async fn that_an_agent_has_taken_a_turn_on_is_on_record_before_its_first_step() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let mut users = Users::new(1, 1);
    (users.answerable, users.steps) = (0, 0);
    let settings = Settings { drain_timeout: Duration::ZERO, ..Settings::standard() };
    world::boot(root.path(), &Arc::new(users), settings).await;
    let journal = String::from_utf8(read(root.path())).expect("text");
    assert!(journal.contains("turn-seen") && !journal.contains("step"), "{journal}");
}

#[tokio::test(start_paused = true)]
async fn very_many_cut_turns_are_back_at_work_within_a_minute() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let mut users = Users::new(1300, 1300);
    users.answerable = 0;
    let users = Arc::new(users);
    let settings = Settings { drain_timeout: Duration::ZERO, ..Settings::standard() };
    world::boot(root.path(), &users, settings.clone()).await;
    let again = Arc::new(Users::new(1300, 1300));
    again.acked.store(1300, Ordering::Relaxed);
    let (exit, log) = world::boot(root.path(), &again, settings).await;
    assert_eq!((exit, log.contains("ERROR")), (Exit::Planned, false), "{log}");
    assert_eq!(again.answers.load(Ordering::Relaxed), 1300);
    let (first, last) = again.when(Seen::Open).expect("they go on");
    let took = (last.at - first.at).as_secs();
    // Three after each pause of a tenth of a second.
    assert!((43..60).contains(&took), "{took} s");
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_stops_everything_and_loses_nothing() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let users = who_write(6, 2);
    users.steps_until_full.store(3, Ordering::Relaxed);
    let (exit, log) = world::boot(root.path(), &users, Settings::standard()).await;
    assert_eq!(exit, Exit::Planned, "{log}");
    assert_eq!(users.answers.load(Ordering::Relaxed), 6);
    let path = journal(root.path()).display().to_string();
    let told = ["ERROR", &path, "errno=28", "nothing is acknowledged", "writes again"];
    assert!(told.iter().all(|word| log.contains(word)), "{log}");
}

#[tokio::test]
async fn what_was_acknowledged_and_is_not_known_is_told_once() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let users = who_write(0, 1);
    users.acked.store(7, Ordering::Relaxed);
    let (_, log) = world::boot(root.path(), &users, Settings::standard()).await;
    assert!(log.contains("ERROR") && log.contains("lost=\"m1..m7\""), "{log}");
    let (_, log) = world::boot(root.path(), &users, Settings::standard()).await;
    assert!(!log.contains("ERROR"), "{log}");
}

#[tokio::test]
async fn a_rotten_transcript_is_told_and_what_is_left_of_it_is_used() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let users = who_write(40, 1);
    world::boot(root.path(), &users, Settings::standard()).await;
    let files = std::fs::read_dir(root.path()).expect("it is there");
    let mut files = files.map(|file| file.expect("it is there").path());
    let file = files.find(|file| file.extension().is_some()).expect("a transcript");
    let mut bytes = std::fs::read(&file).expect("it can be read");
    // In a text, so that every line can still be read.
    let at = bytes.windows(7).position(|word| word == b"message").expect("somebody wrote one");
    bytes[at] ^= 1;
    std::fs::write(&file, bytes).expect("it can be written");
    let more = who_write(41, 1);
    more.acked.store(40, Ordering::Relaxed);
    more.answers.store(40, Ordering::Relaxed);
    let (exit, log) = world::boot(root.path(), &more, Settings::standard()).await;
    assert_eq!(exit, Exit::Planned, "{log}");
    let told = ["ERROR", &file.display().to_string(), "checksum"];
    assert!(told.iter().all(|word| log.contains(word)), "{log}");
    assert_eq!(more.history.load(Ordering::Relaxed), 120);
}

//! The figures as tables for people.

use super::plan::{Passed, STEPS, Sized};

/// Prints everything.
pub(crate) fn print(sizes: &[Sized], pasts: &[Passed]) {
    premark(sizes);
    steps(sizes);
    boot(sizes);
    growth(sizes);
    compaction(pasts);
}

fn premark(sizes: &[Sized]) {
    println!("premark: from the stop signal until it is durable, beside one plain append and sync");
    let head = [
        "sessions", "active", "appends", "syncs", "bytes", "took", "plain", "ratio", "one told",
        "all told",
    ];
    row(&head);
    for Sized { size, premark, .. } in sizes {
        row(&[
            &count(size.sessions),
            &count(size.active),
            &count(premark.appends),
            &count(premark.syncs),
            &count(premark.bytes),
            &time(premark.took),
            &time(premark.plain),
            &format!("{:.1}", premark.took / premark.plain),
            &time(premark.notice),
            &time(premark.told),
        ]);
    }
}

fn steps(sizes: &[Sized]) {
    println!("\nsteps: all active turns at once, {STEPS} steps each, each durable before the next");
    row(&["sessions", "active", "steps", "syncs", "steps/sync", "took", "steps/s"]);
    for Sized { size, work, .. } in sizes {
        let steps = size.active * STEPS;
        row(&[
            &count(size.sessions),
            &count(size.active),
            &count(steps),
            &count(work.stepping_syncs),
            &rate(steps, work.stepping_syncs as f64),
            &time(work.stepping),
            &rate(steps, work.stepping),
        ]);
    }
}

fn boot(sizes: &[Sized]) {
    println!("\nboot: until it asks for messages, and until every cut turn is back at work");
    let head = ["sessions", "cut", "serving", "at work", "read", "written", "peak", "all peak"];
    row(&head);
    for Sized { size, boot, idle, .. } in sizes {
        for (cut, boot) in [(0, idle), (size.active, boot)] {
            row(&[
                &count(size.sessions),
                &count(cut),
                &time(boot.serving),
                &if cut == 0 { "-".to_owned() } else { time(boot.opened) },
                &bytes(boot.serving_read),
                &bytes(boot.serving_written),
                &bytes(boot.serving_peak),
                &bytes(boot.peak),
            ]);
        }
    }
    println!("\nfirst life: every session begun by one turn, then the active ones once more");
    row(&["sessions", "turns", "took", "turns/s", "largest", "peak"]);
    for Sized { size, first, .. } in sizes {
        let turns = size.sessions + size.active;
        row(&[
            &count(size.sessions),
            &count(turns),
            &time(first.served),
            &rate(turns, first.served),
            &bytes(first.largest),
            &bytes(first.peak),
        ]);
    }
}

fn growth(sizes: &[Sized]) {
    if sizes.len() < 2 {
        return;
    }
    println!("\ngrowth: from one size to the next");
    row(&["sessions", "times", "serving", "premark", "journal", "peak", "more/session"]);
    for pair in sizes.windows(2) {
        let [small, large] = pair else { continue };
        let times = |one: f64, other: f64| format!("x{:.1}", other / one);
        let more = large.boot.serving_peak.saturating_sub(small.boot.serving_peak);
        let sessions = large.size.sessions - small.size.sessions;
        row(&[
            &count(large.size.sessions),
            &times(small.size.sessions as f64, large.size.sessions as f64),
            &times(small.boot.serving, large.boot.serving),
            &times(small.premark.took, large.premark.took),
            &times(small.boot.serving_read as f64, large.boot.serving_read as f64),
            &times(small.boot.serving_peak as f64, large.boot.serving_peak as f64),
            &bytes(more / sessions.max(1)),
        ]);
    }
}

fn compaction(pasts: &[Passed]) {
    println!("\ncompaction: the same live sessions after ever longer pasts");
    let head = [
        "sessions",
        "turns",
        "turns/s",
        "largest",
        "/session",
        "journal",
        "snapshot",
        "largest/s.",
        "archived",
        "boot",
        "peak",
    ];
    row(&head);
    for Passed { past, life, boot, journal, snapshot, transcripts } in pasts {
        let turns = past.sessions * past.turns;
        row(&[
            &count(past.sessions),
            &count(turns),
            &rate(turns, life.served),
            &bytes(life.largest),
            &bytes(life.largest / past.sessions),
            &bytes(*journal),
            &bytes(*snapshot),
            &format!("{:.1}", life.largest as f64 / *snapshot as f64),
            &bytes(*transcripts),
            &time(boot.serving),
            &bytes(boot.serving_peak),
        ]);
    }
}

fn row(cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:>10}")).collect();
    println!("{}", cells.join(" "));
}

/// A count with its thousands apart.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn rate(number: u64, per: f64) -> String {
    let rate = number as f64 / per;
    if rate >= 100.0 { count(rate.round() as u64) } else { format!("{rate:.1}") }
}

fn time(seconds: f64) -> String {
    if seconds < 0.001 {
        format!("{:.0} us", seconds * 1e6)
    } else if seconds < 1.0 {
        format!("{:.1} ms", seconds * 1e3)
    } else {
        format!("{seconds:.2} s")
    }
}

fn bytes(number: u64) -> String {
    let number = number as f64;
    if number < 1024.0 {
        format!("{number:.0} B")
    } else if number < 1024.0 * 1024.0 {
        format!("{:.1} KiB", number / 1024.0)
    } else {
        format!("{:.1} MiB", number / (1024.0 * 1024.0))
    }
}

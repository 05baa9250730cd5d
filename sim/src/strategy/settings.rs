//! What an operator chooses, over all that is legal.
//!
//! Each value is drawn by itself; what does not go together is made to fit when the plan is whole
//! (`fit`). `stop_budget` is the supervisor's.

use std::time::Duration;

use gateway_core::settings::{Notices, Settings};
use proptest::prelude::*;
use proptest::sample::select;

use super::frame::{Frame, mostly, span};
use crate::time::Ms;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How old a turn may be that goes on by itself: less than any start takes, up to more than any
/// gateway is down.
const WINDOWS: [u64; 9] =
    [500, SECOND, 10 * SECOND, MINUTE, 10 * MINUTE, HOUR, DAY, 14 * DAY, 60 * DAY];

/// Settings of every kind.
pub(super) fn settings(frame: Frame) -> impl Strategy<Value = Settings> {
    let all = (stop(frame), windows(frame), sends(frame), rest());
    all.prop_map(|(stop, windows, sends, rest)| {
        let [drain, job_drain, notify, grace, reserve] = stop.map(Duration::from);
        let (resume_window, job_window, resume_stagger, suspend_after) = windows;
        let [send_timeout, send_retry, lock_patience] = sends.map(Duration::from);
        let (compact_after, notices) = rest;
        Settings {
            drain_timeout: drain,
            job_drain_timeout: job_drain,
            notify_timeout: notify,
            interrupt_grace: grace,
            stop_reserve: reserve,
            resume_window: resume_window.into(),
            job_window: job_window.into(),
            resume_stagger: resume_stagger.into(),
            suspend_after,
            send_timeout,
            send_retry,
            lock_patience,
            compact_after,
            notices,
            ..Settings::standard()
        }
    })
}

/// The parts of a stop: drains, the time to tell, the grace, the reserve.
fn stop(frame: Frame) -> impl Strategy<Value = [Ms; 5]> {
    let drain = || frame.waits(frame.span(SECOND, 0..70), &[0, 1, 999, 10 * MINUTE, DAY]);
    let notify = frame.waits(span(SECOND, 1..8), &[0, 1, 20 * SECOND]);
    let grace = frame.waits(span(SECOND, 1..8), &[0, 1, 20 * SECOND]);
    // With less than this a stop could not end by itself ahead of its budget: a quarter of the
    // reserve is what is left of it in the end.
    let reserve = mostly(span(SECOND, 2..8), vec![Ms(400), Ms(SECOND), Ms(20 * SECOND)]);
    let parts = (drain(), drain(), notify, grace, reserve);
    parts.prop_map(|(drain, job, notify, grace, reserve)| [drain, job, notify, grace, reserve])
}

/// Until when a cut turn and a job go on by themselves, how fast one follows the other, and how
/// many deaths suspend a turn.
fn windows(frame: Frame) -> impl Strategy<Value = (Ms, Ms, Ms, u32)> {
    let window = || select(WINDOWS.to_vec()).prop_map(Ms);
    let job = prop_oneof![1 => frame.span(SECOND, 30..300), 2 => window()];
    let stagger = frame.waits(span(50, 0..4), &[0, 1, SECOND, 5 * SECOND, 30 * SECOND, MINUTE]);
    (window(), job, stagger, select(vec![1, 2, 3, 4, 5, 10, 1_000]))
}

/// How long the platform may take for a send, when that is sent again, and how long a lock is
/// waited for.
fn sends(frame: Frame) -> impl Strategy<Value = [Ms; 3]> {
    let timeout = frame.waits(span(SECOND, 2..60), &[1, 100, 5 * MINUTE, HOUR]);
    // It doubles up to sixty-four times this, which the network stage has no time for.
    let most = if frame.is_network() { Ms(500) } else { Ms(MINUTE) };
    let retry = frame.waits(span(100, 1..30), &[1, 10, 10 * SECOND, MINUTE]);
    let retry = retry.prop_map(move |retry| retry.min(most).max(Ms(1)));
    let patience = frame.waits(span(SECOND, 0..120), &[0, 1, 10 * MINUTE]);
    (timeout, retry, patience).prop_map(|(timeout, retry, patience)| [timeout, retry, patience])
}

fn rest() -> impl Strategy<Value = (u64, Notices)> {
    let notices = (any::<bool>(), any::<bool>());
    let notices = notices.prop_map(|(stopping, resuming)| Notices { stopping, resuming });
    (mostly(300..3_000_u64, vec![1, 64 * 1024]), notices)
}

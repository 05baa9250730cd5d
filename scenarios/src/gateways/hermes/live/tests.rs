//! What becomes of messages and slots, case by case.

use gateway_core::env::UnixMs;
use gateway_core::message::{Body, MessageId};

use super::*;

fn message(id: u64, chat: &str) -> Inbound {
    Inbound {
        id: MessageId(id),
        chat: ChatId(chat.to_owned()),
        sent_at: UnixMs(0),
        body: Body::Text(format!("message {id}")),
    }
}

fn started(live: &mut Live, id: u64) -> Claim {
    match live.admit(message(id, "a")) {
        Admission::Started(_, claim) => claim,
        other => panic!("not started: {other:?}"),
    }
}

fn open_with(queue: Queue, cap: Cap) -> Live {
    let mut live = Live::new(queue, cap);
    live.open_gate();
    live
}

fn open() -> Live {
    open_with(Queue::Dropped, Cap::None)
}

#[test]
fn a_busy_chat_queues_even_while_its_reply_is_sent() {
    let mut live = open();
    let claim = started(&mut live, 1);
    assert_eq!(live.admit(message(2, "a")), Admission::Held);
    live.release_to_send(&ChatId("a".to_owned()), claim);
    assert!(live.idle(), "the drain sees nobody");
    assert_eq!(live.admit(message(3, "a")), Admission::Held);
    let (next, _) = live.follow_up(&ChatId("a".to_owned())).expect("the second waits");
    assert_eq!(next.id, MessageId(2));
}

#[test]
fn a_drain_refuses_the_idle_and_drops_the_queued() {
    let mut live = open();
    let claim = started(&mut live, 1);
    live.begin_drain();
    assert_eq!(live.admit(message(2, "a")), Admission::Held);
    assert_eq!(live.admit(message(3, "b")), Admission::Refused(message(3, "b")));
    live.release_to_send(&ChatId("a".to_owned()), claim);
    assert_eq!(live.follow_up(&ChatId("a".to_owned())), None);
    assert!(live.queues.is_empty());
}

#[test]
fn a_users_stop_makes_the_claim_void() {
    let mut live = open();
    let old = started(&mut live, 1);
    let left = live.abandon(&ChatId("a".to_owned()), Abandoned::Free);
    assert!(left.is_none(), "a sentinel has no agent");
    let new = started(&mut live, 2);
    live.release(&ChatId("a".to_owned()), old);
    assert!(live.owns(&ChatId("a".to_owned()), new));
}

#[test]
fn a_closed_gate_holds_everything() {
    let mut live = Live::new(Queue::Dropped, Cap::None);
    assert_eq!(live.hold(message(1, "a")), None);
    assert_eq!(live.open_gate(), [message(1, "a")]);
    assert_eq!(live.hold(message(2, "a")), Some(message(2, "a")));
}
#[test]
fn a_spooling_drain_drops_one_and_keeps_the_others() {
    let mut live = open_with(Queue::Spooled, Cap::None);
    let claim = started(&mut live, 1);
    live.admit(message(2, "a"));
    live.admit(message(3, "a"));
    live.begin_drain();
    live.release_to_send(&ChatId("a".to_owned()), claim);
    assert_eq!(live.follow_up(&ChatId("a".to_owned())), None);
    assert_eq!(live.take_queues(), [message(3, "a")]);
}

#[test]
fn a_full_queue_drops_what_it_seems_to_hold() {
    let mut live = open_with(Queue::Dropped, Cap::One);
    started(&mut live, 1);
    assert_eq!(live.admit(message(2, "a")), Admission::Held);
    assert_eq!(live.admit(message(3, "a")), Admission::Held);
    assert_eq!(live.take_queues(), [message(2, "a")]);
}

#[test]
fn the_offset_waits_for_the_oldest_message_that_is_worked_on() {
    let mut live = open();
    live.work_on(&[message(1, "a"), message(2, "b")]);
    assert_eq!(live.done_with(MessageId(2)), Cursor(0));
    assert_eq!(live.done_with(MessageId(1)), Cursor(2));
}
#[test]
fn a_dead_slot_holds_what_nobody_will_serve() {
    let mut live = open();
    let old = started(&mut live, 1);
    live.abandon(&ChatId("a".to_owned()), Abandoned::Dead);
    live.release(&ChatId("a".to_owned()), old);
    assert_eq!(live.admit(message(2, "a")), Admission::Held);
}

#[test]
fn a_job_is_seen_as_long_as_it_runs() {
    let mut live = open();
    let mut job = message(1, "a");
    job.body = Body::Job("sweep".to_owned());
    let Admission::Started(_, claim) = live.admit(job) else { panic!("not started") };
    assert!(live.jobs());
    live.release(&ChatId("a".to_owned()), claim);
    started(&mut live, 2);
    assert!(!live.jobs());
}

//! The fold, fact by fact. Each test tells a short journal and asks what it means.

use super::*;
use crate::message::Body;

const CHAT: &str = "c";

fn chat() -> ChatId {
    ChatId(CHAT.into())
}

fn accepted(id: u64) -> Record {
    let (at, body) = (UnixMs(10), Body::Text(format!("text {id}")));
    let message = Inbound { id: MessageId(id), chat: chat(), sent_at: UnixMs(0), body };
    Record::Accepted { message, session: Some(SessionId("s".into())), at }
}

fn started(turn: u64, boot: u64) -> Record {
    let message = MessageId(turn);
    Record::TurnStarted { chat: chat(), turn: TurnId(turn), boot, message, at: UnixMs(20) }
}

fn boot(boot: u64) -> Record {
    Record::BootStarted { boot, at: UnixMs(1000) }
}

fn marked(boot: u64, turns: &[u64], messages: &[u64]) -> Record {
    Record::Marked {
        boot,
        reason: Cut::Restart,
        turns: turns.iter().copied().map(TurnId).collect(),
        messages: messages.iter().copied().map(MessageId).collect(),
        at: UnixMs(30),
    }
}

fn fold(records: &[Record]) -> State {
    let mut state = State::new();
    records.iter().for_each(|record| state.apply(record));
    state
}

fn turn(state: &State) -> &Turn {
    state.chats[&chat()].turn.as_ref().expect("a turn is left")
}

#[test]
fn an_unmarked_death_is_a_crash_and_counts() {
    let state = fold(&[boot(1), accepted(1), started(1, 1), boot(2)]);
    assert_eq!((turn(&state).cut, turn(&state).deaths), (Some(Cut::Crash), 1));
    assert_eq!(turn(&state).cut_at, UnixMs(20));
}

#[test]
fn a_marked_death_has_the_stops_reason_and_does_not_count() {
    for mark in [marked(1, &[1], &[]), marked(1, &[], &[1])] {
        let state = fold(&[boot(1), accepted(1), started(1, 1), mark, boot(2)]);
        assert_eq!((turn(&state).cut, turn(&state).deaths), (Some(Cut::Restart), 0));
        assert_eq!(turn(&state).cut_at, UnixMs(30));
    }
}

#[test]
fn a_boot_that_did_not_dispatch_a_turn_leaves_its_cut_alone() {
    let begin = [boot(1), accepted(1), started(1, 1), marked(1, &[1], &[]), boot(2)];
    let mut state = fold(&begin);
    state.apply(&boot(3));
    assert_eq!((turn(&state).cut, turn(&state).deaths), (Some(Cut::Restart), 0));
    let (turn_id, at) = (TurnId(1), UnixMs(40));
    state.apply(&Record::TurnResumed { turn: turn_id, boot: 3, reason: Cut::Restart, at });
    state.apply(&boot(4));
    assert_eq!((turn(&state).cut, turn(&state).deaths), (Some(Cut::Crash), 1));
}

#[test]
fn a_mark_of_another_boot_covers_nothing() {
    let late = [boot(1), accepted(1), started(1, 1), marked(7, &[1], &[]), boot(2)];
    assert_eq!(turn(&fold(&late)).cut, Some(Cut::Crash));
}

#[test]
fn a_durable_step_resets_the_deaths() {
    let mut state = fold(&[boot(1), accepted(1), started(1, 1), boot(2)]);
    state.apply(&Record::Step { turn: TurnId(1), text: "a".into(), at: UnixMs(50) });
    assert_eq!(turn(&state).deaths, 0);
}

#[test]
fn a_turn_is_seen_from_then_on_whatever_boot_goes_on_with_it() {
    let seen = Record::TurnSeen { turn: TurnId(1), at: UnixMs(50) };
    let state = fold(&[boot(1), accepted(1), started(1, 1)]);
    assert_eq!((turn(&state).seen, turn(&state).taken_at), (false, UnixMs(10)));
    let state = fold(&[boot(1), accepted(1), started(1, 1), seen.clone(), boot(2)]);
    assert_eq!((turn(&state).seen, turn(&state).cut_at), (true, UnixMs(50)));
    // It does not bring a turn back that its user has stopped.
    let stop = Record::UserStopped { id: MessageId(2), chat: chat() };
    let stopped = fold(&[boot(1), accepted(1), started(1, 1), stop, seen]);
    assert!(stopped.active.is_empty() && stopped.chats[&chat()].turn.is_none());
}

#[test]
fn the_same_boot_record_twice_counts_once() {
    let state = fold(&[boot(1), accepted(1), started(1, 1), boot(2), boot(2)]);
    assert_eq!((state.boot, turn(&state).deaths), (2, 1));
}

#[test]
fn a_duplicate_message_changes_nothing() {
    let once = fold(&[boot(1), accepted(1), accepted(2)]);
    assert_eq!(fold(&[boot(1), accepted(1), accepted(2), accepted(1), accepted(2)]), once);
    assert_eq!(once.chats[&chat()].queue.len(), 2);
}

#[test]
fn a_users_stop_beats_a_begin_that_was_on_its_way() {
    let stop = Record::UserStopped { id: MessageId(2), chat: chat() };
    let state = fold(&[boot(1), accepted(1), stop, started(1, 1)]);
    assert!(state.active.is_empty() && state.chats[&chat()].queue.is_empty());
    assert_eq!(state.turns, 1);
}

#[test]
fn a_turn_that_its_user_stopped_stays_in_the_session() {
    let stop = Record::UserStopped { id: MessageId(2), chat: chat() };
    let step = Record::Step { turn: TurnId(1), text: "a".into(), at: UnixMs(50) };
    let late =
        Record::TurnFinished { turn: TurnId(1), boot: 1, text: "late".into(), at: UnixMs(60) };
    let state = fold(&[boot(1), accepted(1), started(1, 1), step, stop, late]);
    let said = [Entry::User("text 1".into()), Entry::Step("a".into())];
    assert_eq!(state.chats[&chat()].tail, said);
}

#[test]
fn a_clear_spares_other_boots_and_unfinished_turns() {
    let clear = |boot| Record::Cleared { boot, turns: vec![TurnId(1)], messages: vec![] };
    let state = fold(&[
        boot(1),
        accepted(1),
        started(1, 1),
        marked(1, &[1], &[]),
        clear(7),
        clear(1),
        boot(2),
    ]);
    assert_eq!(turn(&state).cut, Some(Cut::Restart));
}

#[test]
fn a_reset_begins_an_empty_session_but_keeps_a_finished_reply() {
    let reset =
        Record::SessionReset { id: MessageId(2), chat: chat(), session: SessionId("t".into()) };
    let done = Record::TurnFinished { turn: TurnId(1), boot: 1, text: "r".into(), at: UnixMs(60) };
    let state = fold(&[boot(1), accepted(1), started(1, 1), done, reset]);
    assert!(turn(&state).reply.is_some());
    let entry = &state.chats[&chat()];
    assert_eq!((entry.session.0.as_str(), entry.tail.len()), ("t", 0));
}

#[test]
fn a_synced_transcript_takes_its_entries_out_of_the_tail() {
    let done = Record::TurnFinished { turn: TurnId(1), boot: 1, text: "r".into(), at: UnixMs(60) };
    let synced = Record::TranscriptSynced {
        chat: chat(),
        session: SessionId("s".into()),
        file: Watermark { boot: 1, entries: 1, bytes: 20, crc: 7 },
    };
    let state = fold(&[boot(1), accepted(1), started(1, 1), done, synced]);
    assert_eq!(state.chats[&chat()].tail, [Entry::Reply("r".into())]);
}

#[test]
fn a_notice_is_owed_no_more_when_its_user_has_stopped_or_reset_the_chat() {
    let suspended = || {
        let mut state = fold(&[boot(1), accepted(1), started(1, 1), boot(2)]);
        state.apply(&Record::Suspended { turn: TurnId(1) });
        state
    };
    assert_eq!(suspended().chats[&chat()].owed.len(), 1);
    let (id, session) = (MessageId(2), SessionId("t".into()));
    let stop = Record::UserStopped { id, chat: chat() };
    for record in [stop, Record::SessionReset { id, chat: chat(), session }] {
        let mut state = suspended();
        state.apply(&record);
        assert!(state.chats[&chat()].owed.is_empty(), "{record:?}");
    }
}

#[test]
fn a_notice_is_owed_until_it_is_told() {
    let mut state = fold(&[boot(1), accepted(1), started(1, 1), boot(2)]);
    state.apply(&Record::Suspended { turn: TurnId(1) });
    state.apply(&Record::Stale { turn: TurnId(1) });
    let owed = Owed { notice: Notice::Suspended, to: MessageId(1) };
    assert_eq!(state.chats[&chat()].owed, [owed]);
    let (notice, to) = (owed.notice, owed.to);
    state.apply(&Record::Told { chat: chat(), notice, to });
    assert!(state.chats[&chat()].owed.is_empty() && state.active.is_empty());
}

#[test]
fn a_clean_start_drops_what_is_unfinished_once_and_keeps_what_was_said() {
    let cleaned = || Record::Cleaned { wish: "today".into() };
    let step = Record::Step { turn: TurnId(1), text: "one".into(), at: UnixMs(25) };
    let mut state =
        fold(&[boot(1), accepted(1), accepted(2), started(1, 1), step, boot(2), cleaned()]);
    let dropped = |to| Owed { notice: Notice::Dropped, to: MessageId(to) };
    let entry = Arc::clone(&state.chats[&chat()]);
    assert_eq!(
        (&entry.turn, entry.queue.len(), entry.owed.iter().collect::<Vec<_>>()),
        (&None, 0, vec![&dropped(1)])
    );
    assert_eq!(entry.tail, [Entry::User("text 1".into()), Entry::Step("one".into())]);
    assert!(state.active.is_empty() && state.waiting.is_empty());
    // The same wish again takes nothing that came since; another one does.
    let told = Record::Told { chat: chat(), notice: Notice::Dropped, to: MessageId(1) };
    [told, accepted(3), cleaned()].iter().for_each(|record| state.apply(record));
    assert_eq!(state.queued().collect::<Vec<_>>(), [MessageId(3)]);
    state.apply(&Record::Cleaned { wish: "tomorrow".into() });
    assert_eq!(state.chats[&chat()].owed, [dropped(3)]);
}

#[test]
fn a_closed_chat_refuses_what_was_unfinished_in_its_order_and_keeps_what_was_said() {
    let closed = Record::Closed { chat: chat() };
    let mut state = fold(&[boot(1), accepted(1), accepted(2), started(1, 1), closed]);
    let chat = |state: &State| Arc::clone(&state.chats[&chat()]);
    let refused = |id| Queued::Refused(MessageId(id), Refusal::NoAccess);
    assert_eq!(chat(&state).queue, [refused(1), refused(2)]);
    assert_eq!((&chat(&state).turn, state.active.len()), (&None, 0));
    assert_eq!(chat(&state).tail, [Entry::User("text 1".into())]);
    for id in [1, 2] {
        let to = MessageId(id);
        state.apply(&Record::Told { chat: ChatId(CHAT.into()), notice: Notice::Refused, to });
    }
    assert!(chat(&state).queue.is_empty() && state.waiting.is_empty());
}

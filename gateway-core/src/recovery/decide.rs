//! What a boot owes to each chat: a pure function of what is known.
//!
//! The wall clock has one say only: whether a turn goes on by itself or waits for its user. A
//! clock that went back says nothing.

use std::time::Duration;

use crate::env::{Launch, UnixMs};
use crate::message::{ChatId, Cut, MessageId};
use crate::record::TurnId;
use crate::settings::Settings;
use crate::state::{Awaited, Chat, Queued, State, Turn};

/// How many unplanned deaths make a turn a suspect, which is dispatched alone. Once there is one,
/// every turn under which a boot died is one too: a death must not be held against a turn while
/// another that may have caused it ran beside it.
const SUSPECT_AFTER: u32 = 2;

/// One thing that is owed to a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A notice that it has yet to get.
    Tell(ChatId),
    /// The reply of its finished turn.
    Deliver(ChatId),
    /// A turn for the messages that wait.
    Requeue(ChatId),
    /// An end to a turn that kills the gateway.
    Suspend(ChatId, TurnId),
    /// An end to a turn that was cut too long ago.
    Stale(ChatId, TurnId),
    /// An end to a job that waited too long to begin.
    Missed(ChatId, MessageId),
    /// An end to everything that is unfinished, because the operator wants it.
    Clean(String),
    /// The rest of its cut turn.
    Resume(Resume),
}

/// A cut turn that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resume {
    /// Whose it is.
    pub(crate) chat: ChatId,
    /// Which one.
    pub(crate) turn: TurnId,
    /// Why it was cut.
    pub(crate) reason: Cut,
    /// In whose company.
    pub(crate) company: Company,
}

/// In whose company a turn is dispatched. The order is that of dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Company {
    /// Beside the others.
    Together,
    /// After all others and never beside another one like it, so that a death names its culprit.
    Alone,
}

/// What a boot does that the operator launches in this way: a wish that was granted before is none.
pub(crate) fn launched(
    launch: &Launch,
    state: &State,
    now: UnixMs,
    settings: &Settings,
) -> Vec<Action> {
    match launch {
        Launch::Clean(wish) if state.cleaned.as_ref() != Some(wish) => {
            vec![Action::Clean(wish.clone())]
        }
        Launch::Clean(_) | Launch::Recover => decide(state, now, settings),
    }
}

/// What is owed: to each chat in order, then the turns that go on in the order of dispatch.
fn decide(state: &State, now: UnixMs, settings: &Settings) -> Vec<Action> {
    let mut actions = Vec::new();
    let mut resumes = Vec::new();
    let suspected = state.active_turns().any(|(_, turn)| turn.deaths >= SUSPECT_AFTER);
    let suspect_after = if suspected { 1 } else { SUSPECT_AFTER };
    for (id, chat) in &state.chats {
        if !chat.owed.is_empty() {
            actions.push(Action::Tell(id.clone()));
        }
        let missed = missed(chat, now, settings);
        actions.extend(missed.map(|message| Action::Missed(id.clone(), message)));
        match &chat.turn {
            Some(turn) if turn.reply.is_some() => actions.push(Action::Deliver(id.clone())),
            Some(turn) if turn.deaths >= settings.suspend_after.max(1) => {
                actions.push(Action::Suspend(id.clone(), turn.id));
            }
            Some(turn) if stale(turn, now, settings) => {
                actions.push(Action::Stale(id.clone(), turn.id));
            }
            Some(turn) => resumes.push(resume(id, turn, suspect_after)),
            None if !chat.queue.is_empty() => actions.push(Action::Requeue(id.clone())),
            None => {}
        }
    }
    resumes.sort_by_key(|resume| (resume.company, resume.turn));
    actions.extend(resumes.into_iter().map(Action::Resume));
    actions
}

/// Whether a turn is too old to go on by itself, for a boot that decides now. What an earlier boot
/// found and did not live to act on is worth nothing: time has gone by since. A turn that no agent
/// has taken on waits like the message that it was.
fn stale(turn: &Turn, now: UnixMs, settings: &Settings) -> bool {
    match (Awaited::of(&turn.message), turn.seen) {
        (Awaited::Person, true) => is_over(now, turn.cut_at, settings.resume_window),
        (Awaited::Person, false) => false,
        (Awaited::Nobody, true) => is_over(now, turn.cut_at, settings.job_window),
        (Awaited::Nobody, false) => is_over(now, turn.taken_at, settings.job_window),
    }
}

/// The jobs that have waited too long for their turn.
fn missed(chat: &Chat, now: UnixMs, settings: &Settings) -> impl Iterator<Item = MessageId> {
    chat.queue.iter().filter_map(move |item| match item {
        Queued::Message { message, at } => {
            let is_job = Awaited::of(message) == Awaited::Nobody;
            (is_job && is_over(now, *at, settings.job_window)).then_some(message.id)
        }
        Queued::Refused(..) => None,
    })
}

/// Whether more time than a window has gone by, as far as the wall clock can tell.
fn is_over(now: UnixMs, since: UnixMs, window: Duration) -> bool {
    u128::try_from(now.since(since)).is_ok_and(|age| age > window.as_millis())
}

fn resume(chat: &ChatId, turn: &Turn, suspect_after: u32) -> Resume {
    Resume {
        chat: chat.clone(),
        turn: turn.id,
        reason: turn.cut.unwrap_or(Cut::Crash),
        company: if turn.deaths >= suspect_after { Company::Alone } else { Company::Together },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Body, Inbound, MessageId, SessionId};
    use crate::record::Record;

    fn settings() -> Settings {
        let (resume_window, job_window) = (Duration::from_millis(100), Duration::from_millis(50));
        Settings { resume_window, job_window, ..Settings::standard() }
    }

    fn chat(id: u64) -> ChatId {
        ChatId(format!("c{id}"))
    }

    fn accepted(id: u64) -> Record {
        let (sent_at, body) = (UnixMs(0), Body::Text("t".into()));
        let message = Inbound { id: MessageId(id), chat: chat(id), sent_at, body };
        Record::Accepted { message, session: Some(SessionId("s".into())), at: UnixMs(1000) }
    }

    fn started(id: u64) -> Record {
        let (message, at) = (MessageId(id), UnixMs(1000));
        Record::TurnStarted { chat: chat(id), turn: TurnId(id), boot: 1, message, at }
    }

    fn seen(id: u64) -> Record {
        Record::TurnSeen { turn: TurnId(id), at: UnixMs(1000) }
    }

    fn state(records: &[Record]) -> State {
        state_at(1001, records)
    }

    /// What a second boot finds that begins at a time.
    fn state_at(at: i64, records: &[Record]) -> State {
        let mut state = State::new();
        state.apply(&Record::BootStarted { boot: 1, at: UnixMs(0) });
        records.iter().for_each(|record| state.apply(record));
        state.apply(&Record::BootStarted { boot: 2, at: UnixMs(at) });
        state
    }

    fn deaths(state: &mut State, id: u64, deaths: u32) {
        let chat = state.chats.get_mut(&chat(id)).map(std::sync::Arc::make_mut);
        let turn = chat.and_then(|chat| chat.turn.as_mut());
        turn.expect("it was started").deaths = deaths;
    }

    fn resumed(id: u64, company: Company) -> Action {
        let (chat, turn) = (chat(id), TurnId(id));
        Action::Resume(Resume { chat, turn, reason: Cut::Crash, company })
    }

    #[test]
    fn nothing_is_owed_to_an_idle_chat() {
        let done =
            Record::TurnFinished { turn: TurnId(1), boot: 1, text: "r".into(), at: UnixMs(1000) };
        let mut records = vec![accepted(1), started(1), done];
        assert_eq!(decide(&state(&records), UnixMs(1001), &settings()), [Action::Deliver(chat(1))]);
        records.push(Record::ReplyDelivered { turn: TurnId(1) });
        assert_eq!(decide(&state(&records), UnixMs(1001), &settings()), []);
    }

    #[test]
    fn what_waits_is_taken_up_again() {
        let state = state(&[accepted(1)]);
        assert_eq!(decide(&state, UnixMs(1001), &settings()), [Action::Requeue(chat(1))]);
    }

    #[test]
    fn suspects_come_last_and_alone() {
        let mut state = state(&[accepted(1), started(1), accepted(2), started(2)]);
        deaths(&mut state, 1, 2);
        deaths(&mut state, 2, 0);
        let expected = [resumed(2, Company::Together), resumed(1, Company::Alone)];
        assert_eq!(decide(&state, UnixMs(1001), &settings()), expected);
    }

    #[test]
    fn beside_a_suspect_every_turn_with_a_death_is_one() {
        let mut state = state(&[accepted(1), started(1), accepted(2), started(2)]);
        deaths(&mut state, 1, 2);
        deaths(&mut state, 2, 1);
        let expected = [resumed(1, Company::Alone), resumed(2, Company::Alone)];
        assert_eq!(decide(&state, UnixMs(1001), &settings()), expected);
    }

    #[test]
    fn the_third_death_suspends() {
        let mut state = state(&[accepted(1), started(1)]);
        deaths(&mut state, 1, 3);
        let expected = [Action::Suspend(chat(1), TurnId(1))];
        assert_eq!(decide(&state, UnixMs(1001), &settings()), expected);
        deaths(&mut state, 1, 0);
        let hasty = Settings { suspend_after: 0, ..settings() };
        assert_eq!(decide(&state, UnixMs(1001), &hasty), [resumed(1, Company::Together)]);
    }

    #[test]
    fn a_turn_is_stale_only_by_a_clock_that_went_forward() {
        let decide = |at| {
            let state = state_at(at, &[accepted(1), started(1), seen(1)]);
            decide(&state, UnixMs(at), &settings())
        };
        assert_eq!(decide(1100), [resumed(1, Company::Together)]);
        assert_eq!(decide(1101), [Action::Stale(chat(1), TurnId(1))]);
        assert_eq!(decide(i64::MIN), [resumed(1, Company::Together)]);
    }

    #[test]
    fn a_turn_is_as_old_as_it_is_to_the_boot_that_decides_whoever_found_it_before() {
        let mut state = state_at(1001, &[accepted(1), started(1), seen(1)]);
        let fresh = [resumed(1, Company::Together)];
        assert_eq!(decide(&state, UnixMs(1001), &settings()), fresh);
        // Boot 2 dies before the turn goes on.
        state.apply(&Record::BootStarted { boot: 3, at: UnixMs(1100) });
        assert_eq!(decide(&state, UnixMs(1100), &settings()), fresh);
        state.apply(&Record::BootStarted { boot: 4, at: UnixMs(9_999) });
        let stale = [Action::Stale(chat(1), TurnId(1))];
        assert_eq!(decide(&state, UnixMs(9_999), &settings()), stale);
    }

    #[test]
    fn a_turn_that_no_agent_has_taken_on_is_never_stale_and_its_deaths_count() {
        let mut state = state_at(i64::MAX, &[accepted(1), started(1)]);
        let decide = |state: &State| decide(state, UnixMs(i64::MAX), &settings());
        assert_eq!(decide(&state), [resumed(1, Company::Together)]);
        for boot in 2..4 {
            let (turn, reason, at) = (TurnId(1), Cut::Crash, UnixMs(i64::MAX));
            state.apply(&Record::TurnResumed { turn, boot, reason, at });
            assert!(matches!(decide(&state)[..], [Action::Resume(_)]));
            state.apply(&Record::BootStarted { boot: boot + 1, at });
        }
        assert_eq!(decide(&state), [Action::Suspend(chat(1), TurnId(1))]);
    }

    #[test]
    fn a_step_shows_that_an_agent_has_taken_the_turn_on() {
        let step = Record::Step { turn: TurnId(1), text: "s".into(), at: UnixMs(1000) };
        let state = state_at(9_999, &[accepted(1), started(1), step]);
        let stale = [Action::Stale(chat(1), TurnId(1))];
        assert_eq!(decide(&state, UnixMs(9_999), &settings()), stale);
    }

    #[test]
    fn a_job_is_missed_if_it_waited_longer_than_its_window_and_a_persons_message_never_is() {
        let job = |id| match accepted(id) {
            Record::Accepted { mut message, session, at } => {
                message.body = Body::Job("t".into());
                Record::Accepted { message, session, at }
            }
            other => other,
        };
        let decide = |at| {
            let late = Record::TurnSeen { turn: TurnId(4), at: UnixMs(1040) };
            let jobs = [job(1), accepted(2), job(3), started(3), job(4), started(4), late];
            let state = state_at(at, &jobs);
            decide(&state, UnixMs(at), &settings())
        };
        let requeued = [1, 2].map(|id| Action::Requeue(chat(id)));
        assert_eq!(decide(1050)[..2], requeued);
        let missed = Action::Missed(chat(1), MessageId(1));
        let late = decide(1051);
        assert_eq!((&late[0], &late[1..3]), (&missed, &requeued[..]));
        // So is one that no agent has taken on.
        assert_eq!(late[3], Action::Stale(chat(3), TurnId(3)));
        assert_eq!(decide(1050)[2], resumed(3, Company::Together));
        // One that an agent has taken on is as old as its last sign of life.
        assert_eq!(decide(1090)[4], resumed(4, Company::Together));
        assert_eq!(decide(1091)[4], Action::Stale(chat(4), TurnId(4)));
    }

    #[test]
    fn a_wish_to_start_clean_is_granted_once() {
        let mut state = state(&[accepted(1)]);
        let by = |state: &State| {
            let launch = Launch::Clean("today".into());
            launched(&launch, state, UnixMs(1001), &settings())
        };
        assert_eq!(by(&state), [Action::Clean("today".into())]);
        state.apply(&Record::Cleaned { wish: "today".into() });
        assert_eq!(by(&state), [Action::Tell(chat(1))]);
    }
}

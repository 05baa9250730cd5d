//! What a belief becomes by each piece of news.

use gateway_core::message::Notice;

use crate::oracle::belief::{Belief, Learned, News, Turn, Why};
use crate::time::Ms;

/// A message that only waits.
pub(super) fn queued() -> Turn {
    Turn::default()
}

/// A turn that boot 1 has begun, and an agent is there.
fn running() -> Turn {
    Turn { boot: 1, seen: true, steps: 2, deaths: 1, alive: (Ms(5), Ms(9)), ..Turn::default() }
}

const PRODUCED: Belief = Belief::Produced { by: 1, sent: false };
const SENT: Belief = Belief::Produced { by: 1, sent: true };
const OWED: Belief = Belief::Owed(Notice::Stale);

/// One belief of each kind.
fn all() -> [Belief; 7] {
    let (open, waits) = (Belief::Open(running()), Belief::Open(queued()));
    [Belief::Unseen, waits, open, PRODUCED, SENT, OWED, Belief::Closed(Why::Answered)]
}

/// What each of them becomes: itself, unless it is listed.
#[track_caller]
fn becomes(news: News, listed: &[(Belief, &[Belief])]) {
    for belief in all() {
        let to = listed.iter().find(|(from, _)| *from == belief);
        let to = to.map_or(vec![belief], |(_, to)| to.to_vec());
        assert_eq!(news.applied_to(&belief), to, "{belief:?} and {news:?}");
    }
}

#[test]
fn who_is_handed_a_message_knows_that_it_waits() {
    becomes(News::Handed, &[(Belief::Unseen, &[Belief::Open(queued())])]);
}

#[test]
fn an_agent_is_there_only_for_the_boot_that_asked_for_it() {
    let unseen = Belief::Open(Turn { seen: false, ..running() });
    assert_eq!(News::Agent(1).applied_to(&unseen), [Belief::Open(running())]);
    assert_eq!(News::Agent(2).applied_to(&unseen), [unseen]);
    becomes(News::Agent(1), &[]);
}

#[test]
fn a_step_begins_the_count_of_crashes_anew_and_is_a_sign_of_life() {
    let open = Belief::Open(running());
    let stepped = Turn { steps: 3, deaths: 0, alive: (Ms(20), Ms(20)), ..running() };
    becomes(News::Steps(1, 3, Ms(20)), &[(open, &[Belief::Open(stepped)])]);
    // Steps that it knows of, and those of another boot, change nothing.
    becomes(News::Steps(1, 2, Ms(20)), &[]);
    becomes(News::Steps(2, 3, Ms(20)), &[]);
}

#[test]
fn an_answer_is_produced_in_the_boot_whose_agent_it_was() {
    becomes(News::Produced(1), &[(Belief::Open(running()), &[PRODUCED])]);
    becomes(News::Produced(2), &[]);
    let sent_before = Belief::Open(Turn { sent: true, ..running() });
    assert_eq!(News::Produced(1).applied_to(&sent_before), [SENT]);
}

#[test]
fn what_is_produced_may_be_sent_and_then_be_there() {
    becomes(News::Sent, &[(PRODUCED, &[SENT])]);
    let answered: &[Belief] = &[Belief::Closed(Why::Answered)];
    becomes(News::Answered, &[(PRODUCED, answered), (SENT, answered)]);
}

#[test]
fn a_notice_that_the_chat_has_closes_what_was_owed() {
    let told = Belief::Closed(Why::Told(Notice::Stale));
    becomes(News::Told(Notice::Stale), &[(OWED, &[told])]);
    becomes(News::Told(Notice::Suspended), &[]);
}

#[test]
fn a_stop_closes_what_is_open_and_perhaps_what_is_produced() {
    let closed = Belief::Closed(Why::Withdrawn);
    becomes(
        News::Withdrawn,
        &[
            (Belief::Unseen, &[closed]),
            (Belief::Open(queued()), &[closed]),
            (Belief::Open(running()), &[closed]),
            (PRODUCED, &[PRODUCED, closed]),
            (SENT, &[SENT, closed]),
            (OWED, &[OWED, closed]),
        ],
    );
}

#[test]
fn an_operator_allows_that_a_message_is_left_undone_and_that_its_chat_is_told_or_not() {
    for (news, notice, why) in [
        (News::Barred, Notice::Refused, Why::Barred),
        (News::CleanStart, Notice::Dropped, Why::Dropped),
    ] {
        for belief in all() {
            let may_be = match belief {
                Belief::Closed(_) => vec![belief],
                _ => vec![belief, Belief::Owed(notice), Belief::Closed(why)],
            };
            assert_eq!(news.applied_to(&belief), may_be);
        }
    }
}

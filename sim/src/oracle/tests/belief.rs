//! How beliefs are held, merged and told on a failure page.

use gateway_core::message::{Cut, Notice};

use super::stories::begun;
use crate::oracle::OracleId;
use crate::oracle::belief::{Belief, Held, Learned, News, Turn, Why, merged};
use crate::time::Ms;

const QUEUED: Turn = Turn {
    boot: 0,
    seen: false,
    steps: 0,
    deaths: 0,
    cause: None,
    told: None,
    alive: (Ms(0), Ms(0)),
    sent: false,
    several: false,
};

/// A number that news is added to.
#[derive(Clone, Copy, Debug)]
struct Plus(u32);

impl Learned<u32> for Plus {
    fn applied_to(&self, belief: &u32) -> Vec<u32> {
        vec![(*belief).max(self.0)]
    }
}

fn held() -> Held<u32, Plus> {
    Held::new(0)
}

fn learned(facts: &[u32]) -> Held<u32, Plus> {
    let mut held = held();
    facts.iter().for_each(|fact| held.learn(1, Plus(*fact)));
    held
}

#[test]
fn what_is_learned_may_be_gone_by_and_found_or_not() {
    let held = learned(&[1]);
    assert_eq!((&held.now[..], &held.durable[..]), (&[0, 1][..], &[0, 1][..]));
    assert_eq!(held.by, 1);
}

#[test]
fn to_learn_what_is_known_changes_nothing() {
    let mut held = held();
    held.learn(1, Plus(0));
    assert_eq!((&held.now[..], held.by), (&[0][..], 0));
    held.learn(1, Plus(3));
    held.had_its_chance(1);
    held.learn(2, Plus(3));
    assert_eq!((&held.now[..], &held.durable[..], held.by), (&[3][..], &[3][..], 1));
}

#[test]
fn after_the_chance_everything_that_was_learned_is_gone_by_and_found() {
    let mut held = learned(&[1, 2]);
    assert_eq!(held.now, [0, 1, 2]);
    held.had_its_chance(1);
    assert_eq!((&held.now[..], &held.durable[..]), (&[2][..], &[2][..]));
}

#[test]
fn after_a_spoiled_chance_it_is_gone_by_and_perhaps_not_found() {
    let mut held = learned(&[1]);
    held.spoil();
    held.had_its_chance(1);
    assert_eq!((&held.now[..], &held.durable[..]), (&[1][..], &[0, 1][..]));
    held.record();
    assert!(held.durable == [1] && held.is_recorded());
}

#[test]
fn an_act_gives_up_what_does_not_fit_it_unless_nothing_does() {
    let mut held = learned(&[1, 2]);
    held.act(|number| *number > 0);
    assert_eq!((&held.now[..], &held.durable[..]), (&[1, 2][..], &[1, 2][..]));
    held.act(|number| *number > 7);
    assert_eq!((&held.now[..], &held.durable[..]), (&[1, 2][..], &[1, 2][..]));
}

#[test]
fn what_explains_an_output_is_gone_by_and_what_was_learned_may_still_be_taken_in() {
    let mut held = learned(&[5]);
    held.explained_by(2, vec![3]);
    assert_eq!((&held.now[..], held.by), (&[3, 5][..], 2));
    assert_eq!(held.durable, [0, 3, 5]);
    held.had_its_chance(1);
    assert_eq!(held.durable, [5]);
}

#[test]
fn a_record_is_what_the_boot_goes_by() {
    let mut held = learned(&[5]);
    held.explained_by(1, vec![3]);
    held.record();
    assert_eq!(held.durable, [3, 5]);
}

#[test]
fn a_death_takes_what_was_not_recorded_and_what_was_learned_with_it() {
    let mut held = learned(&[5]);
    held.spoil();
    held.die(vec![4, 0, 4]);
    assert_eq!((&held.now[..], &held.durable[..]), (&[0, 4][..], &[0, 4][..]));
    assert!(held.is_recorded());
    held.had_its_chance(1);
    assert_eq!(held.now, [0, 4], "the next boot has learned nothing");
}

#[test]
fn a_reply_that_came_before_the_chance_may_have_been_taken_in_before_the_stop() {
    let running = Turn { boot: 1, seen: true, ..QUEUED };
    let in_order = |facts: [News; 2]| {
        let mut held = Held::new(Belief::Open(running));
        facts.into_iter().for_each(|fact| held.learn(1, fact));
        held.had_its_chance(1);
        held.now
    };
    let closed = Belief::Closed(Why::Withdrawn);
    let produced = Belief::Produced { by: 1, sent: false };
    assert_eq!(in_order([News::Withdrawn, News::Produced(1)]), [produced, closed]);
    assert_eq!(in_order([News::Produced(1), News::Withdrawn]), [produced, closed]);
    // After the chance of the stop it was too late.
    let mut held = Held::new(Belief::Open(running));
    held.learn(1, News::Withdrawn);
    held.had_its_chance(1);
    held.learn(1, News::Produced(1));
    assert_eq!(held.now, [closed]);
}

#[test]
fn beliefs_that_differ_only_in_when_and_by_whom_a_turn_was_begun_are_one() {
    let open = |boot, alive: (u64, u64)| {
        Belief::Open(Turn { boot, alive: (Ms(alive.0), Ms(alive.1)), seen: true, ..QUEUED })
    };
    let one = merged([open(1, (5, 9)), open(2, (3, 7))].into_iter(), 3);
    let either = Turn { boot: 2, alive: (Ms(3), Ms(9)), seen: true, several: true, ..QUEUED };
    assert_eq!(one, [Belief::Open(either)]);
    // One that only waited was begun by nobody, and one with another cause was another turn.
    assert_eq!(merged([open(0, (5, 9)), open(2, (3, 7))].into_iter(), 3).len(), 2);
    let crashed = Belief::Open(Turn { boot: 1, cause: Some(Cut::Crash), ..QUEUED });
    let restarted = Belief::Open(Turn { boot: 1, cause: Some(Cut::Restart), ..QUEUED });
    assert_eq!(merged([crashed, restarted].into_iter(), 3).len(), 2);
}

#[test]
fn crashes_beyond_enough_are_as_good_as_enough() {
    let crashed = |deaths| Belief::Open(Turn { boot: 1, deaths, ..QUEUED });
    assert_eq!(merged([crashed(3), crashed(4), crashed(9)].into_iter(), 3), [crashed(3)]);
    assert_eq!(merged([crashed(2), crashed(3)].into_iter(), 3).len(), 2);
}

#[test]
fn other_beliefs_are_kept_as_they_are() {
    let others = [Belief::Unseen, Belief::Owed(Notice::Stale), Belief::Closed(Why::Barred)];
    assert_eq!(merged(others.into_iter(), 3), others);
}

#[test]
fn a_page_tells_what_is_believed() {
    let begun = Turn { boot: 2, seen: true, steps: 3, deaths: 1, ..QUEUED };
    let told = [
        (Belief::Unseen, "unknown to the gateway"),
        (Belief::Open(QUEUED), "queued"),
        (
            Belief::Open(begun),
            "begun in boot 2, 3 steps acknowledged, 1 crashes in a row, not interrupted",
        ),
        (
            Belief::Open(Turn { seen: false, cause: Some(Cut::Crash), ..begun }),
            "begun, and no agent was there in boot 2, 3 steps acknowledged, 1 crashes in a row, \
             interrupted by Crash",
        ),
        (Belief::Produced { by: 2, sent: false }, "answer produced in boot 2, not sent"),
        (Belief::Produced { by: 2, sent: true }, "answer produced in boot 2, perhaps delivered"),
        (Belief::Owed(Notice::Stale), "Stale decided, its chat not told for sure"),
        (Belief::Closed(Why::Withdrawn), "closed: Withdrawn"),
    ];
    for (belief, text) in told {
        assert_eq!(belief.to_string(), text);
    }
}

#[test]
fn a_violation_tells_what_was_believed_when_nothing_fitted() {
    let cut = begun().quiescent().killed(50).boot(51).begins(0);
    let believed = cut.convicted_by(OracleId::ReasonTrue).believed;
    let why = "interrupted by Crash, and told nothing in boot 2";
    let held = "begun in boot 1, 0 steps acknowledged, 1 crashes in a row, interrupted by Crash";
    assert_eq!(believed, [format!("{held}: {why}")]);
    let lost = begun().quiescent().convicted_by(OracleId::NothingLost).believed;
    let held = "begun in boot 1, 0 steps acknowledged, 0 crashes in a row, not interrupted";
    assert_eq!(lost, [held]);
}

//! Goals about milliseconds, long times and many: each is met by a plan made for it, and not by the
//! same plan with one thing otherwise.

use scenarios::registry::GatewayName;
use sim::campaign::attempt;
use sim::coverage::Goal;
use sim::plan::{InFlight, Plan};
use sim::strategy::{Aim, Draft, Strike};

use super::Named;

/// A turn of 20 s, written to at 1 s.
const WORKS: &str = "horizon = \"2h\"\nseed = 1\n\n[[message]]\nat = \"1s\"\nchat = \"a\"\n\
                     turn = { steps = 1, step = \"20s\" }\n";

fn draft(plan: &str, strikes: Vec<Strike>) -> Draft {
    let plan: Plan = toml::from_str(plan).expect("a plan");
    Draft { plan, aims: Vec::new(), names: Vec::new(), strikes }
}

fn met(draft: &Draft) -> Vec<&'static str> {
    let tried = attempt(draft, &mut Named(GatewayName::Core));
    tried.goals.met().map(Goal::name).collect()
}

/// A goal, what is added to the plan so that it is met, and what is added so that it is not.
const CASES: [(&str, &str, &str); 11] = [
    (
        "stop-beside-send",
        "[[stop]]\nat = \"21008ms\"\nsignal = \"restart\"",
        "[[stop]]\nat = \"30s\"\nsignal = \"restart\"",
    ),
    (
        "stop-beside-turn",
        "[[stop]]\nat = \"1004ms\"\nsignal = \"restart\"",
        "[[stop]]\nat = \"15s\"\nsignal = \"restart\"\ndown_for = \"10s\"",
    ),
    (
        "stop-beside-premark",
        "[[stop]]\nat = \"5s\"\nsignal = \"restart\"\n\
         [[stop]]\nboot = 1\nafter = \"5003ms\"\nsignal = \"restart\"",
        "[[stop]]\nat = \"5s\"\nsignal = \"restart\"\n\
         [[stop]]\nat = \"5006ms\"\nsignal = \"restart\"",
    ),
    (
        "turn-begun-in-premark",
        "[disk]\nlatency = \"5ms\"\n\
         [[message]]\nat = \"3s\"\nchat = \"b\"\nturn = { prepare = \"2s\" }\n\
         [[stop]]\nat = \"5018ms\"\nsignal = \"restart\"",
        "[[stop]]\nat = \"5s\"\nsignal = \"restart\"",
    ),
    (
        "message-beside-send",
        "[[message]]\nat = \"21003ms\"\nchat = \"b\"",
        "[[message]]\nat = \"23s\"\nchat = \"b\"",
    ),
    (
        "message-beside-stop",
        "[[message]]\nat = \"5s\"\nchat = \"b\"\n[[stop]]\nat = \"4997ms\"\nsignal = \"stop\"",
        "[[message]]\nat = \"5s\"\nchat = \"b\"\n[[stop]]\nat = \"4994ms\"\nsignal = \"stop\"",
    ),
    (
        "kill-beside-turn",
        "[[kill]]\nboot = 1\nafter = \"1002ms\"\nkind = \"process\"",
        "[[kill]]\nboot = 1\nafter = \"9s\"\nkind = \"process\"",
    ),
    (
        "fault-of-a-phase",
        "[[stop]]\nat = \"5s\"\nsignal = \"restart\"\n\
         [[disk_fault]]\neffect = \"eio\"\nphase = \"premark\"\nverb = \"write\"\nnth = 1",
        "[[disk_fault]]\neffect = \"eio\"\nphase = \"premark\"\nverb = \"write\"\nnth = 1",
    ),
    (
        "down-beyond-window",
        "[settings]\nresume_window = \"1m\"\n\
         [[kill]]\nat = \"5s\"\nkind = \"process\"\ndown_for = \"61s\"",
        "[settings]\nresume_window = \"1m\"\n\
         [[kill]]\nat = \"5s\"\nkind = \"process\"\ndown_for = \"59s\"",
    ),
    ("slow-disk", "[disk]\nlatency = \"1s\"", "[disk]\nlatency = \"999ms\""),
    (
        "turn-of-many-steps",
        "[[message]]\nat = \"2s\"\nchat = \"b\"\nturn = { steps = 66, step = \"10ms\" }",
        "[[message]]\nat = \"2s\"\nchat = \"b\"\nturn = { steps = 65, step = \"10ms\" }",
    ),
];

#[test]
fn each_goal_is_met_by_the_plan_made_for_it_and_by_no_other() {
    for (goal, with, without) in CASES {
        let met = |more: &str| met(&draft(&format!("{WORKS}\n{more}\n"), Vec::new()));
        assert!(met(with).contains(&goal), "{goal}: {:?}", met(with));
        assert!(!met(without).contains(&goal), "{goal} without it");
    }
}

#[test]
fn a_turn_that_is_suspended_at_another_number_of_deaths_is_met() {
    let with = |after: u32| {
        let text = format!(
            "horizon = \"2h\"\nmessage = [{{ at = \"1s\", chat = \"a\", turn = {{ outcome = \
             \"kill-process\" }} }}]\n[settings]\nsuspend_after = {after}\n"
        );
        met(&draft(&text, Vec::new())).contains(&"suspended-not-at-three")
    };
    assert!(with(2));
    assert!(!with(3));
}

#[test]
fn a_hundred_chats_are_not_many_and_one_more_are() {
    let with = |chats: usize| {
        let message = |chat| {
            format!("[[message]]\nat = \"1s\"\nchat = \"c{chat}\"\nturn = {{ step = \"20s\" }}\n")
        };
        let messages: String = (0..chats).map(message).collect();
        met(&draft(&format!("horizon = \"2h\"\n{messages}"), Vec::new()))
            .contains(&"many-chats-at-work")
    };
    assert!(with(101));
    assert!(!with(100));
}

#[test]
fn a_death_in_the_second_append_to_a_transcript_is_met() {
    let turn = |at: u64| {
        format!(
            "[[message]]\nat = \"{at}s\"\nchat = \"a\"\nturn = {{ steps = 66, step = \"10ms\" }}\n"
        )
    };
    let plan = |turns: u64| {
        let turns: String = (1..=turns).map(|nth| turn(10 * nth)).collect();
        format!("horizon = \"2h\"\nheal_at = \"1h\"\n{turns}")
    };
    let is_met = |turns: u64| {
        (0..=u16::MAX).step_by(331).any(|place| {
            let strike = Strike {
                aim: Aim::PendingWrites,
                place,
                image: None,
                torn: None,
                in_flight: InFlight::Lost,
                down_for: None,
                one_more: None,
            };
            met(&draft(&plan(turns), vec![strike])).contains(&"killed-in-later-append")
        })
    };
    assert!(is_met(3));
    assert!(!is_met(1));
}

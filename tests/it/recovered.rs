//! What the core makes of each place where it can be killed: one kill in every window of its stop
//! and of its recovery, and the state that the next boot recovers, as a page for people.
//!
//! Three chats: one finishes within the drain, one is still at work when it is over, and one has a
//! message waiting behind a turn that finishes. Where a stop has to end well, the drain is longer.

mod place;
mod state;

use place::{first_in, killed, taken};
use sim::oracle::judge;
use sim::plan::Plan;
use sim::time::Ms;

const PLAN: &str = r#"
horizon = "10m"

[settings]
drain_timeout = "20s"

# Outlives the drain: one step before the stop, one within it.
[[message]]
at = "10s"
chat = "long"
turn = { steps = 2, step = "15s", reply = "40s" }

# Finishes within the drain.
[[message]]
at = "20s"
chat = "brief"
turn = { steps = 1, step = "5s", reply = "10s" }

# Finishes within the drain too, and the next message waits behind it.
[[message]]
at = "21s"
chat = "queue"
turn = { steps = 1, step = "5s", reply = "14s" }

[[message]]
at = "25s"
chat = "queue"
turn = { steps = 1, step = "2s" }

[[stop]]
at = "30s"
signal = "restart"
"#;

/// The plan in which a turn outlives the drain.
fn cut_short() -> Plan {
    toml::from_str(PLAN).expect("a plan")
}

/// The same with a drain in which everybody finishes.
fn drained() -> Plan {
    let mut plan = cut_short();
    plan.settings.drain_timeout = Ms(80_000).into();
    plan
}

/// The same with a process that stays down for so long that the cut turn is stale.
fn stale() -> Plan {
    let mut plan = cut_short();
    plan.horizon = Ms(5 * 3_600_000);
    plan.stops[0].down_for = Some(Ms(2 * 3_600_000));
    plan
}

/// Compares the state that is recovered after the last kill of a plan with the page of its name.
fn assert_recovered(name: &str, plan: &Plan) {
    let recovered = state::recovered(plan);
    assert_eq!(judge(&recovered.world), [], "{name}:\n{}", recovered.text);
    insta::assert_snapshot!(name, recovered.text);
}

#[test]
fn a_stop_killed_up_to_its_notices_resumes_everybody() {
    let plan = cut_short();
    let kill = |find: place::Find<'_>| killed(&plan, find);
    assert_recovered("stop_before_premark", &kill(&|trace| first_in(trace, 1, "premark")));
    let torn = |trace: &_| {
        let append = taken(trace, 1, "premark", "append journal");
        let (_, len) = append.line(trace).write.expect("it writes");
        append.torn_at(len / 2)
    };
    assert_recovered("stop_torn_premark", &kill(&torn));
    assert_recovered("stop_after_premark", &kill(&|trace| first_in(trace, 1, "notify")));
    let second_notice = |trace: &_| taken(trace, 1, "notify", "send notice").next(trace);
    assert_recovered("stop_in_notify", &kill(&second_notice));
}

#[test]
fn a_stop_killed_from_its_drain_on_delivers_what_is_done_and_resumes_the_rest() {
    let plan = cut_short();
    let kill = |find: place::Find<'_>| killed(&plan, find);
    let nobody = |trace: &_| place::first(trace, 1, |line| line.text.contains("-> Reply("));
    assert_recovered("stop_in_drain_nobody_finished", &kill(&nobody));
    let computed = |trace: &_| taken(trace, 1, "drain", "send answer");
    assert_recovered("stop_in_drain_one_answer_computed", &kill(&computed));
    let answered = |trace: &_| taken(trace, 1, "drain", "send answer").next(trace);
    assert_recovered("stop_in_drain_one_answer_taken", &kill(&answered));
    assert_recovered("stop_between_drain_and_clear", &kill(&|t| first_in(t, 1, "interrupt")));
    let clearing = |trace: &_| taken(trace, 1, "clear", "sync-data journal");
    assert_recovered("stop_in_clear", &kill(&clearing));
}

#[test]
fn a_stop_killed_after_a_good_drain_leaves_only_what_waits() {
    let plan = drained();
    let kill = |find: place::Find<'_>| killed(&plan, find);
    assert_recovered("stop_between_clear_and_seal", &kill(&|trace| first_in(trace, 1, "seal")));
    assert_recovered("stop_sealed_and_locked", &kill(&|trace| first_in(trace, 1, "release")));
}

#[test]
fn a_recovery_killed_in_any_phase_is_done_again_from_the_top() {
    let plan = cut_short();
    let kill = |find: place::Find<'_>| killed(&plan, find);
    let locking = |trace: &_| taken(trace, 2, "boot.lock", "lock lock").next(trace);
    assert_recovered("recovery_in_boot_lock", &kill(&locking));
    let reading = |trace: &_| taken(trace, 2, "recovery.gather", "read journal").next(trace);
    assert_recovered("recovery_in_gather", &kill(&reading));
    let noting = |trace: &_| taken(trace, 2, "boot.record", "sync-file draft-000002");
    assert_recovered("recovery_in_boot_record", &kill(&noting));
    let resuming = |trace: &_| taken(trace, 2, "recovery.dispatch", "sync-data journal");
    assert_recovered("recovery_in_dispatch", &kill(&resuming));
    // Its attempt is durable by then, and its agent does not exist yet.
    let resumed =
        |trace: &_| place::first(trace, 2, |line| line.text.starts_with("agent for long"));
    assert_recovered("recovery_in_dispatch_attempt_counted", &kill(&resumed));
}

#[test]
fn a_recovery_that_dies_over_its_new_journal_leaves_the_old_one_or_a_whole_one() {
    let torn = |trace: &_| taken(trace, 1, "premark", "append journal").torn_at(40);
    let plan = killed(&cut_short(), &torn);
    let half = |trace: &_| {
        let append = taken(trace, 2, "boot.record", "append draft-000002");
        let (_, len) = append.line(trace).write.expect("it writes");
        append.torn_at(len / 2)
    };
    assert_recovered("recovery_in_the_new_journal", &killed(&plan, &half));
    let before = |trace: &_| taken(trace, 2, "boot.record", "rename draft-000002");
    assert_recovered("recovery_before_the_rename", &killed(&plan, &before));
    let after = |trace: &_| taken(trace, 2, "boot.record", "rename draft-000002").next(trace);
    assert_recovered("recovery_after_the_rename", &killed(&plan, &after));
}

#[test]
fn a_recovery_killed_while_it_writes_its_decision_down_decides_the_same() {
    let plan = stale();
    let kill = |find: place::Find<'_>| killed(&plan, find);
    let before = |trace: &_| taken(trace, 2, "recovery.apply", "append journal");
    assert_recovered("recovery_before_apply", &kill(&before));
    let after = |trace: &_| taken(trace, 2, "recovery.apply", "sync-data journal");
    assert_recovered("recovery_in_apply", &kill(&after));
}

//! What a plan must be to make sense, beyond being readable.
//!
//! Every refusal names something that could never happen in the run, or a run that could show
//! nothing.

use sim::plan::{Demotion, DiskEffect, Moment, Plan, Stage};
use sim::time::Ms;

use super::bad_input::BadInput;
use super::document::{Document, Step};
use super::link_check;

/// Checks the plan of a document.
///
/// # Errors
///
/// If something in it can never happen.
pub(super) fn check(document: &Document<'_>, plan: &Plan) -> Result<(), BadInput> {
    let top = [Step::Key("plan")];
    if plan.messages.is_empty() {
        let remedy = "add a `[[plan.message]]` with `at` and `chat`";
        return Err(document.problem(&top, "nobody writes anything in this plan", remedy));
    }
    for (index, message) in plan.messages.iter().enumerate() {
        let place = |key| [top[0], Step::Key("message"), Step::Index(index), Step::Key(key)];
        if message.chat.0.trim().is_empty() {
            let remedy = "name the chat, for example \"a\"";
            return Err(document.problem(&place("chat"), "the name of a chat is empty", remedy));
        }
        if message.turn.at_step.is_some_and(|step| step > message.turn.steps) {
            let problem = "`at_step` is behind the last step of the turn";
            let remedy = format!("write at most {}", message.turn.steps);
            return Err(document.problem(&place("turn"), problem, remedy));
        }
    }
    for (index, fault) in plan.platform.faults.iter().enumerate() {
        if fault.from >= fault.until {
            let fault = [Step::Key("platform"), Step::Key("fault"), Step::Index(index)];
            let place = [top[0], fault[0], fault[1], fault[2], Step::Key("until")];
            let problem = "the fault ends before it begins";
            return Err(document.problem(&place, problem, "write an `until` after `from`"));
        }
    }
    check_stage(document, plan)?;
    link_check::check(document, plan)?;
    check_polls(document, plan)?;
    check_operator(document, plan)?;
    check_disk(document, plan)?;
    check_heal(document, plan)?;
    check_schedule(document, plan)?;
    check_of_boots(document, plan)?;
    check_horizon(document, plan)
}

/// A fault of polls must last, and end before the horizon.
fn check_polls(document: &Document<'_>, plan: &Plan) -> Result<(), BadInput> {
    for (index, fault) in plan.platform.poll_faults.iter().enumerate() {
        let list = [Step::Key("plan"), Step::Key("platform"), Step::Key("poll_fault")];
        let place = [list[0], list[1], list[2], Step::Index(index), Step::Key("until")];
        if fault.from >= fault.until || fault.until >= plan.horizon {
            let problem = "the fault ends before it begins, or never";
            let remedy = "write an `until` after `from`, with time enough to settle after it";
            return Err(document.problem(&place, problem, remedy));
        }
    }
    Ok(())
}

/// Whoever loses access must be somebody, and for some time; so must a clean start.
fn check_operator(document: &Document<'_>, plan: &Plan) -> Result<(), BadInput> {
    for (index, revocation) in plan.revocations.iter().enumerate() {
        let place =
            |key| [Step::Key("plan"), Step::Key("revoke"), Step::Index(index), Step::Key(key)];
        if !plan.messages.iter().any(|message| message.chat == revocation.chat) {
            let problem = "nobody writes in this chat";
            let remedy = "name a chat that a `[[plan.message]]` names";
            return Err(document.problem(&place("chat"), problem, remedy));
        }
        if revocation.until.is_some_and(|until| until <= revocation.at) {
            let problem = "the revocation ends before it begins";
            return Err(document.problem(&place("until"), problem, "write an `until` after `at`"));
        }
    }
    for (index, clean) in plan.clean_starts.iter().enumerate() {
        let place = [Step::Key("plan"), Step::Key("clean"), Step::Index(index), Step::Key("until")];
        if clean.until <= clean.from || clean.from >= plan.horizon {
            let problem = "no boot can begin in this span";
            let remedy = "write an `until` after `from`, and a `from` before the horizon";
            return Err(document.problem(&place, problem, remedy));
        }
    }
    Ok(())
}

/// Not every stage can play everything.
fn check_stage(document: &Document<'_>, plan: &Plan) -> Result<(), BadInput> {
    match plan.needs_network().filter(|_| plan.stage == Stage::Direct) {
        None => Ok(()),
        Some(why) => {
            let problem = format!("the direct stage cannot play this plan: {why}");
            Err(document.problem(&[Step::Key("stage")], problem, "write `stage = \"network\"`"))
        }
    }
}

/// Nothing may go wrong in a world that is healthy already, and its end is no time to settle.
fn check_heal(document: &Document<'_>, plan: &Plan) -> Result<(), BadInput> {
    let Some(heal_at) = plan.heal_at else { return Ok(()) };
    if heal_at >= plan.horizon {
        let problem = format!(
            "the horizon is at {} and the world heals at {heal_at}: expected it to heal before",
            plan.horizon
        );
        let remedy = "write a `heal_at` before `horizon`, with time enough to settle after it";
        let place = [Step::Key("plan"), Step::Key("heal_at")];
        return Err(document.problem(&place, problem, remedy));
    }
    let faults = plan.disk_faults.iter().enumerate();
    let disk = faults.map(|(index, fault)| (vec!["disk_fault"], index, "from", fault.from));
    let faults = plan.platform.faults.iter().enumerate();
    let sends = faults.map(|(index, fault)| (vec!["platform", "fault"], index, "from", fault.from));
    let faults = plan.platform.poll_faults.iter().enumerate();
    let polls =
        faults.map(|(index, fault)| (vec!["platform", "poll_fault"], index, "from", fault.from));
    let acts = ["kill", "bit_rot", "stall", "lost_locks"];
    let acts = events(plan).into_iter().filter(|(list, ..)| acts.contains(list));
    let acts = acts.map(|(list, index, at)| (vec![list], index, "at", at));
    let faults = plan.link_faults.iter().enumerate();
    let links = faults.map(|(index, fault)| (vec!["link_fault"], index, "from", fault.from));
    for (lists, index, key, at) in disk.chain(sends).chain(polls).chain(acts).chain(links) {
        if at >= heal_at {
            let mut place = vec![Step::Key("plan")];
            place.extend(lists.iter().copied().map(Step::Key));
            place.extend([Step::Index(index), Step::Key(key)]);
            let what = lists.join(".");
            let problem = format!("the world heals at {heal_at} and this {what} comes at {at}");
            let remedy = "raise `heal_at` in `[plan]`, or let it come earlier";
            return Err(document.problem(&place, problem, remedy));
        }
    }
    Ok(())
}

fn check_schedule(document: &Document<'_>, plan: &Plan) -> Result<(), BadInput> {
    let demotions = &plan.schedule.demotions;
    for (index, demotion) in demotions.iter().enumerate() {
        let place = |key| {
            let list = [Step::Key("schedule"), Step::Key("demote"), Step::Index(index)];
            [Step::Key("plan"), list[0], list[1], list[2], Step::Key(key)]
        };
        let remedy = "take the numbers from a trace: `b1` is boot 1 and `#17` its effect 17";
        for (key, number) in [("boot", u64::from(demotion.boot)), ("effect", demotion.effect)] {
            if number == 0 {
                let problem = format!("`{key}` is counted from 1");
                return Err(document.problem(&place(key), problem, remedy));
            }
        }
        let place_of = |of: &Demotion| (of.boot, of.effect, of.part);
        if demotions[..index].iter().any(|earlier| place_of(earlier) == place_of(demotion)) {
            let problem = "the same part of this effect is demoted twice";
            return Err(document.problem(&place("effect"), problem, "remove one of the two"));
        }
    }
    Ok(())
}

fn check_disk(document: &Document<'_>, plan: &Plan) -> Result<(), BadInput> {
    for (index, fault) in plan.disk_faults.iter().enumerate() {
        let place =
            |key| [Step::Key("plan"), Step::Key("disk_fault"), Step::Index(index), Step::Key(key)];
        let wrong =
            |key, problem: &str, remedy: &str| Err(document.problem(&place(key), problem, remedy));
        let end = fault.until.unwrap_or(plan.horizon);
        if fault.from >= end {
            let remedy = "write an `until` after `from`, and a `from` before the horizon";
            return wrong("from", "the fault ends before it begins", remedy);
        }
        if fault.until.is_some_and(|until| until >= plan.horizon) {
            let remedy = "write an `until` before `horizon`, with time enough to settle after it";
            return wrong("until", "the fault goes on until the horizon", remedy);
        }
        if fault.verb.is_some_and(|verb| !fault.effect.fits(verb)) {
            let remedy = "name a call that the effect can happen to, or leave `verb` out";
            return wrong("verb", "this effect can never happen to this call", remedy);
        }
        if fault.phase.as_ref().is_some_and(|phase| phase.trim_end_matches('*').trim().is_empty()) {
            let remedy = "name a phase as traces show it, for example \"premark\" or \"boot.*\"";
            return wrong("phase", "the name of the phase is empty", remedy);
        }
        if fault.nth == Some(0) {
            return wrong("nth", "calls are counted from 1", "write 1 for the first one");
        }
        if (fault.effect == DiskEffect::Stall) != (fault.delay > Ms(0)) {
            let remedy = "write `delay` with `effect = \"stall\"`, and only there";
            return wrong("effect", "a stall needs a `delay`, and nothing else has one", remedy);
        }
    }
    for (index, rot) in plan.bit_rots.iter().enumerate() {
        if rot.bit > 7 {
            let list = [Step::Key("plan"), Step::Key("bit_rot"), Step::Index(index)];
            let place = [list[0], list[1], list[2], Step::Key("bit")];
            return Err(document.problem(
                &place,
                "a byte has the bits 0 to 7",
                "write one of them",
            ));
        }
    }
    Ok(())
}

/// What counts from the begin of a boot must come before the horizon even of the first one.
fn check_of_boots(document: &Document<'_>, plan: &Plan) -> Result<(), BadInput> {
    let stops = plan.stops.iter().enumerate();
    let stops = stops.filter(|(_, stop)| stop.boot.is_some());
    let stops = stops.map(|(index, stop)| ("stop", index, stop.at));
    let kills = plan.kills.iter().enumerate().filter_map(|(index, kill)| match kill.moment {
        Moment::After { after, .. } => Some(("kill", index, after)),
        Moment::At(_) | Moment::Before { .. } => None,
    });
    let end = plan.heal_at.unwrap_or(plan.horizon);
    for (list, index, after) in stops.chain(kills) {
        let end = if list == "kill" { end } else { plan.horizon };
        if after >= end {
            let place =
                [Step::Key("plan"), Step::Key(list), Step::Index(index), Step::Key("after")];
            let problem =
                format!("this {list} can never happen: expected it less than {end} after a begin");
            let remedy = "write a shorter `after`, or raise `heal_at` and `horizon` in `[plan]`";
            return Err(document.problem(&place, problem, remedy));
        }
    }
    Ok(())
}

fn check_horizon(document: &Document<'_>, plan: &Plan) -> Result<(), BadInput> {
    for (list, index, at) in events(plan) {
        if at >= plan.horizon {
            let place = [Step::Key("plan"), Step::Key(list), Step::Index(index), Step::Key("at")];
            let problem = format!(
                "the horizon is at {} and this {list} at {at}: expected every event before it",
                plan.horizon
            );
            let remedy = "raise `horizon` in `[plan]`, with time enough to settle after it";
            return Err(document.problem(&place, problem, remedy));
        }
    }
    Ok(())
}

/// Everything that the plan does at a time: in which list it is, where in that list, and when.
fn events(plan: &Plan) -> Vec<(&'static str, usize, Ms)> {
    let mut events = Vec::new();
    let messages = plan.messages.iter().map(|message| message.at);
    events.extend(messages.enumerate().map(|(index, at)| ("message", index, at)));
    let stops = plan.stops.iter().enumerate();
    events.extend(stops.filter_map(|(index, stop)| Some(("stop", index, stop.time()?))));
    let jumps = plan.clock_jumps.iter().map(|jump| jump.at);
    events.extend(jumps.enumerate().map(|(index, at)| ("clock_jump", index, at)));
    let rots = plan.bit_rots.iter().map(|rot| rot.at);
    events.extend(rots.enumerate().map(|(index, at)| ("bit_rot", index, at)));
    let revocations = plan.revocations.iter().map(|revocation| revocation.at);
    events.extend(revocations.enumerate().map(|(index, at)| ("revoke", index, at)));
    let starts = plan.starts.iter().map(|start| start.at);
    events.extend(starts.enumerate().map(|(index, at)| ("start", index, at)));
    let replaced = plan.replacements.iter().map(|replacement| replacement.at);
    events.extend(replaced.enumerate().map(|(index, at)| ("replace", index, at)));
    let stalls = plan.stalls.iter().map(|stall| stall.at);
    events.extend(stalls.enumerate().map(|(index, at)| ("stall", index, at)));
    let lost = plan.lost_locks.iter().map(|lost| lost.at);
    events.extend(lost.enumerate().map(|(index, at)| ("lost_locks", index, at)));
    for (index, kill) in plan.kills.iter().enumerate() {
        if let Moment::At(at) = kill.moment {
            events.push(("kill", index, at));
        }
    }
    events
}

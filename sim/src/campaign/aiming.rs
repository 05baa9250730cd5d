//! Where events land that aim at something the gateway does, and what faults of the disk are
//! about: found out by running the plan without them.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway_core::env::Gateway;

use super::attempt::Hooks;
use super::placing::pick;
use crate::direct::Ran;
use crate::explore::Deaths;
use crate::hub::Keep;
use crate::keep::Call;
use crate::plan::{DeathKind, DiskVerb, Moment, Plan};
use crate::script::Script;
use crate::stage::run;
use crate::strategy::{Aimed, Draft, Named, Target, Unnamed, What};
use crate::time::Ms;
use crate::trace::{Line, RUNNING, Topic};
use crate::world::World;

/// A plan whose events have found their places, and how many transitions that took.
pub(super) struct Settled {
    pub(super) plan: Plan,
    pub(super) transitions: u64,
    /// Whether a run was broken off because it never came to rest.
    pub(super) broken_off: bool,
}

/// Moves the events of a draft to where they aim, one after the other: each one hits something in
/// a run that has those before it. What finds nothing stays where it is.
pub(super) fn settle(draft: &Draft, gateway: &dyn Gateway, hooks: &mut impl Hooks) -> Settled {
    let mut plan = draft.plan.clone();
    if hooks.deaths() == Deaths::Process {
        plan.kills.iter_mut().for_each(|kill| kill.death.kind = DeathKind::Process);
    }
    let mut settled = Settled { plan, transitions: 0, broken_off: false };
    let mut unnamed: &[Named] = &draft.names;
    let rounds = draft.aims.len().max(usize::from(!unnamed.is_empty()));
    for round in 0..rounds {
        let scout = without(&settled.plan, &draft.aims[round.min(draft.aims.len())..], unnamed);
        if scout.messages.is_empty() {
            continue;
        }
        hooks.begins(&scout);
        let ran = run(World::new(Arc::new(Script::new(&scout))), gateway, Keep::Outline);
        settled.transitions += ran.kept.transitions;
        settled.broken_off = ran.kept.broken_off;
        if settled.broken_off {
            break;
        }
        let healed = settled.plan.heal_at.unwrap_or(settled.plan.horizon);
        for named in std::mem::take(&mut unnamed) {
            name(&mut settled.plan, named, &ran, healed);
        }
        if let Some(aimed) = draft.aims.get(round) {
            let targets = targets(aimed.target, &ran, healed);
            let anything =
                targets.is_empty().then(|| self::targets(Target::Anything, &ran, healed));
            let targets = anything.unwrap_or(targets);
            if let Some(line) = pick(&targets, aimed.place) {
                put(&mut settled.plan, aimed, line, &ran, healed);
            }
        }
    }
    settled
}

/// The plan without the events that have no place yet, and without what is still to be told what it
/// is about.
fn without(plan: &Plan, aims: &[Aimed], unnamed: &[Named]) -> Plan {
    let is_open = |what: What| aims.iter().any(|aimed| aimed.what == what);
    let is_unnamed = |what: Unnamed| unnamed.iter().any(|named| named.what == what);
    let mut scout = plan.clone();
    retain(&mut scout.messages, |index| !is_open(What::Message(index)));
    retain(&mut scout.stops, |index| !is_open(What::Stop(index)));
    retain(&mut scout.kills, |index| !is_open(What::Kill(index)));
    retain(&mut scout.disk_faults, |index| {
        !is_open(What::DiskFault(index)) && !is_unnamed(Unnamed::DiskFault(index))
    });
    retain(&mut scout.bit_rots, |index| !is_unnamed(Unnamed::BitRot(index)));
    retain(&mut scout.platform.faults, |index| !is_open(What::SendFault(index)));
    retain(&mut scout.platform.poll_faults, |index| !is_open(What::PollFault(index)));
    scout
}

fn retain<T>(list: &mut Vec<T>, keeps: impl Fn(usize) -> bool) {
    let mut index = 0;
    list.retain(|_| {
        index += 1;
        keeps(index - 1)
    });
}

/// The transitions of a run that an event may aim at.
fn targets(target: Target, ran: &Ran, before: Ms) -> Vec<&Line> {
    let lines =
        || ran.kept.trace.lines.iter().filter(|line| line.boot.is_some() && line.at < before);
    let in_stop = |line: &Line| {
        let stop = line.boot.and_then(|boot| ran.world.ledger().boot(boot).stop.as_ref());
        stop.is_some_and(|stop| stop.asked_at <= line.at)
    };
    let of = |is: &dyn Fn(&Line) -> bool| lines().filter(|line| is(line)).collect();
    match target {
        Target::Anything => of(&|_| true),
        Target::Send => of(&|line| line.topic == Topic::Send),
        Target::TurnBegin => of(&|line| line.topic == Topic::Run),
        Target::Write => of(&|line| line.topic == Topic::Write),
        Target::WriteInStop => of(&|line| line.topic == Topic::Write && in_stop(line)),
        Target::Phase(place) => {
            let phases: BTreeSet<&str> = lines().map(|line| line.phase).collect();
            let phases: Vec<&str> = phases.into_iter().filter(|phase| *phase != RUNNING).collect();
            let phase = pick(&phases, place).copied();
            of(&|line| Some(line.phase) == phase)
        }
    }
}

/// Moves an event beside a transition.
fn put(plan: &mut Plan, aimed: &Aimed, line: &Line, ran: &Ran, healed: Ms) {
    let last = Ms(healed.0.saturating_sub(1));
    let at = Ms(line.at.0.saturating_add_signed(aimed.shift)).min(last);
    let begun =
        line.boot.filter(|_| aimed.of_boot).map(|boot| (boot, ran.world.ledger().boot(boot)));
    let begun = begun.filter(|(_, facts)| facts.began_at <= at);
    let of_boot = begun.map(|(boot, facts)| (boot, at.since(facts.began_at)));
    // What begins later lasts as long.
    let ends = |from: Ms, until: Ms| at.plus(until.since(from)).min(healed);
    match aimed.what {
        What::Message(index) => plan.messages[index].at = at,
        What::Stop(index) => {
            let stop = &mut plan.stops[index];
            stop.boot = of_boot.map(|(boot, _)| boot);
            stop.at = of_boot.map_or(at, |(_, after)| after);
        }
        What::Kill(index) => {
            let after = of_boot.map(|(boot, after)| Moment::After { boot, after });
            plan.kills[index].moment = after.unwrap_or(Moment::At(at));
        }
        What::DiskFault(index) => {
            let fault = &mut plan.disk_faults[index];
            fault.until = fault.until.map(|until| ends(fault.from, until));
            fault.from = at;
        }
        What::SendFault(index) => {
            let fault = &mut plan.platform.faults[index];
            fault.until = ends(fault.from, fault.until);
            fault.from = at;
        }
        What::PollFault(index) => {
            let fault = &mut plan.platform.poll_faults[index];
            fault.until = ends(fault.from, fault.until);
            fault.from = at;
        }
    }
}

/// Says what a fault of the disk or a bit is about: a call that the gateway has made.
fn name(plan: &mut Plan, named: &Named, ran: &Ran, healed: Ms) {
    match named.what {
        Unnamed::BitRot(index) => {
            let of_file =
                |verb| !matches!(verb, DiskVerb::List | DiskVerb::SyncDir | DiskVerb::Mkdir);
            let calls = ran.kept.calls.iter().filter(|call| of_file(call.verb));
            let files: BTreeSet<String> = calls.map(|call| alike(&call.path)).collect();
            let files: Vec<String> = files.into_iter().collect();
            if let Some(file) = pick(&files, named.place) {
                plan.bit_rots[index].path.clone_from(file);
            }
        }
        Unnamed::DiskFault(index) => {
            let fault = &mut plan.disk_faults[index];
            let fits = |call: &&Call| match fault.verb {
                Some(verb) => call.verb == verb,
                None => fault.effect.fits_unsaid(call.verb),
            };
            let calls: Vec<&Call> = ran.kept.calls.iter().filter(fits).collect();
            // A phase of few calls is worth as much as one of many.
            let phases: BTreeSet<&str> = calls.iter().map(|call| call.phase).collect();
            let phases: Vec<&str> = phases.into_iter().collect();
            let Some(phase) = pick(&phases, named.place) else { return };
            let calls: Vec<&Call> = calls.into_iter().filter(|call| call.phase == *phase).collect();
            let Some(call) = pick(&calls, named.place.swap_bytes()) else { return };
            fault.path = named.file.then(|| alike(&call.path));
            if named.phase {
                fault.phase = Some(call.phase.to_owned());
                // A phase comes when it comes, and few of its calls are made in one.
                fault.nth = fault.nth.map(|nth| nth % FEW + 1);
                if fault.nth.is_some() {
                    (fault.from, fault.until) = (Ms(0), Some(healed));
                }
            }
        }
    }
}

/// A call of a certain kind is one of so many in its phase, if a plan says which.
const FEW: u64 = 4;

/// The file that a path names, or the beginning of its name if the rest differs from boot to boot
/// or from chat to chat: numbers and identifiers come behind what a file is.
fn alike(path: &str) -> String {
    let begin = path.rfind('/').map_or(0, |slash| slash + 1);
    let name = &path[begin..];
    let kind = name.find(['-', '_', '.']).map(|end| &path[..=begin + end]);
    match kind.filter(|kind| path[kind.len()..].contains(|c: char| c.is_ascii_digit())) {
        Some(kind) => format!("{kind}*"),
        None if name.chars().all(|c| c.is_ascii_hexdigit()) && !name.is_empty() => {
            format!("{}*", &path[..begin])
        }
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_numbers_become_what_they_have_in_common() {
        assert_eq!(alike("journal-000001"), "journal-*");
        assert_eq!(alike("sessions/state-3f2a"), "sessions/state-*");
        assert_eq!(alike("rows/12"), "rows/*");
        assert_eq!(alike("lock"), "lock");
        assert_eq!(alike("state.json"), "state.json");
        assert_eq!(alike(""), "");
    }

    #[test]
    fn what_is_still_to_be_placed_is_left_out_and_nothing_else() {
        let text = "horizon = \"1m\"\n\
                    message = [{ at = \"1s\", chat = \"a\" }, { at = \"2s\", chat = \"b\" }]\n\
                    stop = [{ at = \"3s\", signal = \"stop\" }]\n\
                    disk_fault = [{ effect = \"eio\" }]\n";
        let plan: Plan = toml::from_str(text).expect("a plan");
        let (place, shift, of_boot) = (0, 0, false);
        let what = What::Message(0);
        let aimed = Aimed { what, target: Target::Anything, place, shift, of_boot };
        let what = Unnamed::DiskFault(0);
        let scout = without(&plan, &[aimed], &[Named { what, place, file: true, phase: false }]);
        assert_eq!(scout.messages, plan.messages[1..]);
        assert_eq!((scout.stops.len(), scout.disk_faults.len()), (1, 0));
    }
}

//! The words in which a trace tells what happened.

use crate::delivered::Planned;
use crate::disk::Fd;
use crate::plan::{Death, DeathKind, DiskChoice, InFlight};
use crate::world::{Answer, Event, Verb, Whom, World};

/// What a gateway asks, in a few words.
pub(crate) fn describe_verb(world: &World, verb: &Verb) -> String {
    let name = |fd: &Fd| world.disk().name_of(*fd);
    match verb {
        Verb::CreateNew(path) => format!("create {path}"),
        Verb::Open(path) => format!("open {path}"),
        Verb::Rename(from, to) => format!("rename {from} -> {to}"),
        Verb::Link(from, to) => format!("link {from} -> {to}"),
        Verb::Remove(path) => format!("remove {path}"),
        Verb::Mkdir(path) => format!("mkdir {path}"),
        Verb::RemoveDir(path) => format!("remove-dir {path}"),
        Verb::List(path) => format!("list {path}/"),
        Verb::SyncDir(path) => format!("sync-dir {path}/"),
        Verb::Write(fd, None, bytes) => format!("append {} {} B", name(fd), bytes.len()),
        Verb::Write(fd, Some(at), bytes) => {
            format!("write {} {} B at {at}", name(fd), bytes.len())
        }
        Verb::Read(fd) => format!("read {}", name(fd)),
        Verb::Truncate(fd, len) => format!("truncate {} to {len} B", name(fd)),
        Verb::SyncFile(fd) => format!("sync-file {}", name(fd)),
        Verb::SyncData(fd) => format!("sync-data {}", name(fd)),
        Verb::TryLock(fd) => format!("lock {}", name(fd)),
        Verb::Unlock(fd) => format!("unlock {}", name(fd)),
        Verb::Fence(whom, token) => {
            let whom = match whom {
                Whom::Platform => "the platform",
                Whom::Agents => "the agent back end",
            };
            format!("ask {whom} to serve boot {} only", token.boot)
        }
        Verb::Poll(after) => format!("poll after {}", after.0),
        Verb::Ack(upto) => format!("ack up to {}", upto.0),
        Verb::Acknowledged => "ask what was acknowledged".to_owned(),
        Verb::Send(outbound) => {
            format!("send {} to {}: {}", kind(&outbound.kind), outbound.chat, outbound.text)
        }
        Verb::OpenRun(request) => {
            let resumed = request.resumed.map_or(String::new(), |cut| format!(" resumed {cut:?}"));
            let about: Vec<String> =
                request.messages.iter().map(|message| message.id.to_string()).collect();
            let about = if about.is_empty() { "nothing".to_owned() } else { about.join(",") };
            format!(
                "agent for {} in {}: {about}, {} steps done{resumed}",
                request.chat,
                request.session,
                request.steps_done.len()
            )
        }
        Verb::Next(run) => format!("next of agent {}", run + 1),
        Verb::Interrupt(run) => format!("interrupt agent {}", run + 1),
        Verb::Signal => "wait for a signal".to_owned(),
    }
}

fn kind(kind: &gateway_core::message::Kind) -> String {
    use gateway_core::message::Kind;
    let (name, to) = match kind {
        Kind::Answer { to } => ("answer".to_owned(), to),
        Kind::Copy { to } => ("copy".to_owned(), to),
        Kind::Notice { notice, to } => (format!("notice {notice:?}"), to),
    };
    to.map_or(name.clone(), |to| format!("{name} ({to})"))
}

/// What happens, in a few words.
pub(crate) fn describe_event(world: &World, event: &Event) -> String {
    let script = world.script();
    match event {
        Event::Post(index) => {
            let message = &script.messages[*index];
            let number = world.number_of(*index);
            format!("{} writes {number} ({:?})", script.chats[message.chat], message.body)
        }
        Event::Stop(index) => {
            format!("the supervisor asks to {}", script.plan.stops[*index].signal)
        }
        Event::Kill(index) => format!("killed: {}", death(&script.plan.kills[*index].death)),
        Event::Jump(index) => {
            format!("the wall clock jumps by {} ms", script.plan.clock_jumps[*index].by.0)
        }
        Event::Rot(index) => {
            format!("rot: {}", Planned::BitRot(*index).describe(&script.plan))
        }
        Event::Start => "the supervisor starts the process".to_owned(),
        Event::StartOne(_) => "somebody starts one more process".to_owned(),
        Event::Replace(index) => {
            let signal = script.plan.replacements[*index].signal;
            format!("the process is asked to {signal}, and another one takes its place")
        }
        Event::Stall(index) => {
            format!("the process is frozen for {}", script.plan.stalls[*index].lasts)
        }
        Event::LoseLocks(_) => "every lock is lost, and nobody is told".to_owned(),
        Event::Link(index) => {
            format!("the network: {}", Planned::LinkFault(*index).describe(&script.plan))
        }
        Event::LinkOver(index) => {
            format!("the network: {} is over", Planned::LinkFault(*index).describe(&script.plan))
        }
        Event::PlatformGone => "the platform dies before it can answer".to_owned(),
        Event::PatienceOver(boot) => format!("boot {boot} was replaced and still lives: SIGKILL"),
        Event::Exit(_, exit) => format!("the process exits with code {}", exit.code()),
        Event::BudgetOver(_) => "the stop is over its budget: SIGKILL".to_owned(),
        Event::LateSend(boot, outbound, _) => format!(
            "a send of dead boot {boot} arrives: {} to {}",
            kind(&outbound.kind),
            outbound.chat
        ),
        Event::LateAck(boot, upto) => {
            format!("an ack of dead boot {boot} arrives: {}", upto.0)
        }
        Event::Hold(boot, effect) => match world.verb_of(*boot, *effect) {
            Some(verb) => describe_verb(world, verb),
            None => String::new(),
        },
        Event::Complete(boot, effect) => world.outcome_of(*boot, *effect).unwrap_or_default(),
    }
}

/// A death, in a few words.
pub fn death(death: &Death) -> String {
    let kind = match &death.kind {
        DeathKind::Process => "the process (SIGKILL)".to_owned(),
        DeathKind::Power(DiskChoice::Split(fates)) => {
            format!("power loss, pending writes {fates}")
        }
        DeathKind::Power(choice) => format!("power loss, pending writes {choice}"),
    };
    match death.in_flight {
        InFlight::Lost => kind,
        InFlight::Arrives => format!("{kind}, requests under way arrive"),
    }
}

/// The answer of an effect, in a few words.
pub(crate) fn describe_answer(answer: &Answer) -> String {
    match answer {
        Answer::Done(Ok(())) | Answer::Acked(Ok(())) | Answer::Interrupted => "ok".to_owned(),
        Answer::File(Ok(_)) | Answer::Sent(Ok(())) | Answer::Run(Ok(_)) => "ok".to_owned(),
        Answer::Done(Err(errno)) | Answer::File(Err(errno)) => format!("errno {errno}"),
        Answer::Bytes(Ok(bytes)) => format!("{} B", bytes.len()),
        Answer::Bytes(Err(errno)) | Answer::Names(Err(errno)) => format!("errno {errno}"),
        Answer::Names(Ok(names)) => names.join(" "),
        Answer::Locked(Ok(free)) => (if *free { "locked" } else { "held" }).to_owned(),
        Answer::Locked(Err(errno)) => format!("errno {errno}"),
        Answer::Admitted(Ok(())) => "ok".to_owned(),
        Answer::Admitted(Err(error)) => error.to_string(),
        Answer::Messages(Ok(messages)) => {
            messages.iter().map(|m| m.id.to_string()).collect::<Vec<_>>().join(" ")
        }
        Answer::Acknowledged(Ok(upto)) => format!("up to {}", upto.0),
        Answer::Messages(Err(error))
        | Answer::Acked(Err(error))
        | Answer::Acknowledged(Err(error)) => error.to_string(),
        Answer::Sent(Err(error)) => error.to_string(),
        Answer::Run(Err(error)) => error.to_string(),
        Answer::Turn(_, event) => format!("{event:?}"),
        Answer::Signal(signal) => signal.to_string(),
    }
}

/// If an event lets a write take hold: where it begins and how long it is.
pub(crate) fn write_of(world: &World, event: &Event) -> Option<(u64, u64)> {
    let Event::Hold(boot, effect) = event else { return None };
    match world.verb_of(*boot, *effect)? {
        Verb::Write(fd, offset, bytes) => {
            // What is not open cannot be written, and not be torn.
            let end = world.disk().len(*fd).ok()?;
            Some((offset.unwrap_or(end), bytes.len() as u64))
        }
        _ => None,
    }
}

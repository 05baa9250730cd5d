//! A recovered state as text: the journal as the boot found it, and what became of each chat.
//!
//! No times and no random names: sessions are numbered in the order in which agents saw them, and
//! of a record only what it is about is said.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use gateway_core::message::{Kind, Notice};
use scenarios::registry::GatewayName;
use serde_json::Value;
use sim::direct::{Ran, run};
use sim::hub::Keep;
use sim::ledger::{Delivery, Ledger, RunFact};
use sim::plan::Plan;
use sim::script::{Script, message_id};
use sim::world::World;

/// What was recovered after the last kill.
pub(super) struct Recovered {
    /// As a page for people.
    pub(super) text: String,
    /// The world at its horizon.
    pub(super) world: World,
}

/// Runs a plan and describes what the boot after its last kill made of it.
pub(super) fn recovered(plan: &Plan) -> Recovered {
    let core = GatewayName::Core.make(plan);
    let start = World::new(Arc::new(Script::new(plan)));
    let Ran { world, kept, .. } = run(start, &*core, Keep::Everything);
    let ledger = world.ledger();
    let killed = ledger.boots.iter().rfind(|boot| boot.died());
    let killed = killed.expect("the plan kills").number;
    let boot = killed + 1;
    let first = kept.snapshots.iter().find(|snapshot| snapshot.boot == boot);
    let found = journal(first.expect("the supervisor starts it again").world.disk().files());
    let died = kept.snapshots.iter().rfind(|snapshot| snapshot.boot == killed);
    let phase = died.expect("it lived").phase;

    let mut text = String::new();
    let mut say = |line: &str| writeln!(text, "{line}").expect("writing to a string never fails");
    say(&format!("boot {killed} was killed in {phase}; boot {boot} recovers"));
    say("\nthe journal as it was found");
    let (whole, torn) = lines(&found);
    whole.iter().for_each(|line| say(&format!("  {}", records(line))));
    let at_end = journal(world.disk().files());
    if torn > 0 {
        let tail = &found[found.len() - torn..];
        let kept = at_end.windows(torn).any(|bytes| bytes == tail);
        let fate = if kept { "KEPT" } else { "dropped" };
        say(&format!("  and {torn} B of a torn commit, {fate}"));
    }
    say("\nwhat became of it");
    for (index, chat) in world.script().chats.iter().enumerate() {
        say(&format!("  {chat}: {}", sessions(ledger, index)));
        chat_lines(ledger, index, boot).iter().for_each(|line| say(&format!("    {line}")));
    }
    Recovered { text, world }
}

fn journal(files: Vec<(String, Vec<u8>)>) -> Vec<u8> {
    let journal = files.into_iter().rfind(|(name, _)| name.starts_with("journal-"));
    journal.map(|(_, bytes)| bytes).unwrap_or_default()
}

/// The whole commits of a journal, and the length of what is behind them.
fn lines(journal: &[u8]) -> (Vec<&str>, usize) {
    let end = journal.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let text = std::str::from_utf8(&journal[..end]).expect("commits are text");
    (text.lines().skip(1).collect(), journal.len() - end)
}

/// A commit: its number and its records. A line is `checksum length number [records]`.
fn records(line: &str) -> String {
    let mut parts = line.splitn(4, ' ').skip(2);
    let number = parts.next().expect("every commit has a number");
    let json: Value = serde_json::from_str(parts.next().expect("and records")).expect("json");
    let records = json.as_array().expect("a commit is a list of records").iter().map(record);
    format!("{number:>2} {}", records.collect::<Vec<_>>().join(", "))
}

fn record(record: &Value) -> String {
    let (name, fields) = record.as_object().and_then(|r| r.iter().next()).expect("one name");
    if name == "chat" {
        return chat(&fields[0], &fields[1]);
    }
    let mut text = name.clone();
    for (key, value) in fields.as_object().expect("fields with names") {
        let value = match key.as_str() {
            // A whole message: which one and where is all that matters.
            "message" if value.is_object() => format!("m{} in {}", value["id"], value["chat"]),
            "message" => format!("m{value}"),
            "boot" | "turn" | "turns" | "messages" | "reason" | "chat" | "notice" | "to" => {
                format!("{key} {value}")
            }
            _ => continue,
        };
        write!(text, " {}", value.replace('"', "")).expect("writing to a string never fails");
    }
    text
}

/// A chat of a snapshot: what is unfinished in it.
fn chat(id: &Value, chat: &Value) -> String {
    let mut text = format!("chat {id}");
    if let Some(turn) = chat.get("turn") {
        let steps = turn["steps"].as_array().map_or(0, Vec::len);
        let (turn_id, message) = (&turn["id"], &turn["message"]["id"]);
        write!(text, " turn {turn_id} of m{message} with {steps} steps").expect("a string");
        if !turn["reply"].is_null() {
            text.push_str(" and its reply");
        }
        if !turn["cut"].is_null() {
            write!(text, " cut by {} after {} deaths", turn["cut"], turn["deaths"])
                .expect("a string");
        }
    }
    for queued in chat.get("queue").and_then(Value::as_array).into_iter().flatten() {
        write!(text, " waiting m{}", queued["message"]["message"]["id"]).expect("a string");
    }
    for owed in chat.get("owed").and_then(Value::as_array).into_iter().flatten() {
        write!(text, " owed {} to m{}", owed["notice"], owed["to"]).expect("a string");
    }
    text.replace('"', "")
}

/// The sessions of a chat, in the order in which agents saw them.
fn sessions(ledger: &Ledger, chat: usize) -> String {
    let mut known: Vec<&str> = Vec::new();
    let mut here: BTreeSet<usize> = BTreeSet::new();
    for run in &ledger.runs {
        let number = known.iter().position(|name| *name == run.session).unwrap_or(known.len());
        if number == known.len() {
            known.push(&run.session);
        }
        if run.chat == chat {
            here.insert(number + 1);
        }
    }
    here.iter().map(|number| format!("s{number}")).collect::<Vec<_>>().join(", ")
}

fn chat_lines(ledger: &Ledger, chat: usize, boot: u32) -> Vec<String> {
    let mut lines = Vec::new();
    let runs = ledger.runs.iter().filter(|run| run.chat == chat && run.boot >= boot);
    lines.extend(runs.map(|run| work(ledger, run, boot)));
    let here: Vec<&Delivery> =
        ledger.deliveries.iter().filter(|delivery| delivery.chat == Some(chat)).collect();
    let ran =
        |message| ledger.runs.iter().any(|run| run.boot >= boot && run.message == Some(message));
    for delivery in here.iter().filter(|delivery| delivery.boot >= boot) {
        if let Some(message) = delivery.answers.filter(|message| !ran(*message)) {
            lines.push(format!("delivered what was computed for {}", message_id(message)));
        }
    }
    if lines.is_empty() {
        lines.push("nothing was done".to_owned());
    }
    for delivery in &here {
        let Some(message) = delivery.answers else { continue };
        let kind = if matches!(delivery.kind, Kind::Copy { .. }) { "Copy" } else { "Answer" };
        let id = message_id(message);
        lines.push(format!("{kind} to {id} by boot {}", delivery.boot));
    }
    let mut notices: BTreeMap<(u32, Notice), usize> = BTreeMap::new();
    for (delivery, notice) in here.iter().filter_map(|d| Some((d, d.notice()?))) {
        *notices.entry((delivery.boot, notice)).or_default() += 1;
    }
    let told = notices.iter().map(|((boot, notice), count)| match count {
        1 => format!("told {notice:?} by boot {boot}"),
        _ => format!("told {notice:?} by boot {boot}, {count} times"),
    });
    lines.extend(told);
    lines
}

/// What an agent was started for.
fn work(ledger: &Ledger, run: &RunFact, boot: u32) -> String {
    let message = run.message.expect("the core never starts an agent for nothing");
    let id = message_id(message);
    let again = if run.boot > boot { format!(" in boot {}", run.boot) } else { String::new() };
    match run.resumed {
        Some(cut) => {
            format!("resumed {id}{again}: told {cut:?}, given {} steps", run.steps_given)
        }
        None if ledger.messages[message].acked_at < Some(ledger.boot(boot).began_at) => {
            format!("requeued {id}{again}")
        }
        None => format!("started {id}{again}"),
    }
}

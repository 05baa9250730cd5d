//! Random pasts for tests: facts as they may have been told, sensible or not.

use proptest::prelude::*;

use crate::env::UnixMs;
use crate::message::{Body, ChatId, Cursor, Cut, Inbound, MessageId, Notice, SessionId};
use crate::record::{Record, Refusal, TurnId};
use crate::state::{State, Watermark};

/// A fact in short: what kind it is, and two numbers of which it is made.
pub(crate) type Fact = (u8, u8, u8);

/// Random facts. Numbers are small, so that they often are about the same things.
pub(crate) fn records() -> impl Strategy<Value = Vec<Fact>> {
    prop::collection::vec((0_u8..21, 0_u8..12, 0_u8..4), 0..80)
}

/// The facts as records.
pub(crate) fn told(facts: &[Fact]) -> Vec<Record> {
    facts.iter().map(|fact| record(*fact)).collect()
}

/// What facts add up to.
pub(crate) fn fold(facts: &[Fact]) -> State {
    let mut state = State::new();
    told(facts).iter().for_each(|record| state.apply(record));
    state
}

fn record((kind, n, chat): Fact) -> Record {
    let (id, turn, boot) = (MessageId(n.into()), TurnId(n.into()), u64::from(chat));
    let (at, text) = (UnixMs(i64::from(n) * 10), format!("text {n}\n\"{chat}\""));
    let session = SessionId(format!("s{n}"));
    let chat = ChatId(format!("c{chat}"));
    match kind {
        0 => {
            let body = if n % 3 == 0 { Body::Job(text) } else { Body::Text(text) };
            let message = Inbound { id, chat, sent_at: at, body };
            Record::Accepted { message, session: Some(session), at }
        }
        1 => Record::TurnStarted { chat, turn, boot, message: id, at },
        2 => Record::BootStarted { boot: n.into(), at },
        3 => {
            let why = if n % 2 == 0 { Refusal::TooLarge } else { Refusal::NoAccess };
            Record::Refused { id, chat, session: Some(session), why }
        }
        4 => Record::UserStopped { id, chat },
        5 => Record::SessionReset { id, chat, session },
        6 => Record::TurnResumed { turn, boot, reason: Cut::Restart, at },
        7 => Record::Step { turn, text, at },
        8 => Record::TurnFinished { turn, boot, text, at },
        9 => Record::ReplyDelivered { turn },
        10 => {
            let (turns, messages) = (vec![turn], vec![id]);
            Record::Marked { boot, reason: Cut::Shutdown, turns, messages, at }
        }
        11 => Record::Cleared { boot, turns: vec![turn], messages: vec![id] },
        12 => Record::Suspended { turn },
        13 => {
            let notice = if n % 2 == 0 { Notice::Refused } else { Notice::Suspended };
            Record::Told { chat, notice, to: id }
        }
        14 => {
            let file = Watermark { boot, entries: boot, bytes: 20, crc: u32::from(n) };
            Record::TranscriptSynced { chat, session, file }
        }
        15 => Record::MessagesLost { upto: Cursor(n.into()) },
        16 => Record::Closed { chat },
        17 => Record::Missed { chat, message: id },
        18 => Record::Cleaned { wish: format!("wish {n}") },
        19 => Record::TurnSeen { turn, at },
        _ => Record::Sealed { boot: n.into() },
    }
}

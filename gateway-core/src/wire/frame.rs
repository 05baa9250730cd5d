//! The frames: what either end may say, as plain data, and as a line.
//!
//! A frame is a JSON object on a line of its own, so that no beginning of one is a frame. The
//! version is the only thing that every version says in the same place.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use super::fault::Fault;
use super::limits::Limits;
use crate::env::{Platform, Token};
use crate::message::{Cursor, Inbound, Outbound};

/// The version of the protocol that is spoken here.
pub const VERSION: u32 = 1;

/// What a client says first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The version it speaks.
    pub version: u32,
    /// Who it is, as the platform knows it.
    pub who: String,
    /// The longest frame it reads, in bytes.
    pub frame_limit: usize,
}

/// Whether a platform recognises a second send with the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keys {
    /// It does, and shows it to nobody.
    Honoured,
    /// It does not: what is sent twice is shown twice.
    Ignored,
}

impl Keys {
    /// What a platform does with keys.
    pub fn of(platform: &dyn Platform) -> Keys {
        if platform.honours_keys() { Keys::Honoured } else { Keys::Ignored }
    }
}

/// What a server says first to a client that it serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Welcome {
    /// The version it speaks.
    pub(super) version: u32,
    /// What it does with keys.
    pub(super) keys: Keys,
    /// The longest frame it reads, in bytes.
    pub(super) frame_limit: usize,
    /// How many calls it lets be under way.
    pub(super) calls_limit: usize,
}

impl Welcome {
    /// How this end welcomes a client of `platform`.
    pub(super) fn to(platform: &dyn Platform, limits: Limits) -> Welcome {
        let (keys, Limits { frame, calls, .. }) = (Keys::of(platform), limits);
        Welcome { version: VERSION, keys, frame_limit: frame, calls_limit: calls }
    }
}

/// What a client may say.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FromClient {
    /// First, and only then.
    Hello(Hello),
    /// A call, numbered within its connection, each higher than the one before.
    Ask { id: u64, request: Request },
    /// It is there.
    Beat {},
}

/// What a client may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Request {
    Fence { token: Token },
    Poll { after: Cursor },
    Ack { upto: Cursor },
    Acknowledged {},
    Send { outbound: Outbound },
}

/// What a server may say.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FromServer {
    /// First, to a client that it serves.
    Welcome(Welcome),
    /// First and last, to one that it does not.
    Refused { reason: String },
    /// The reply to the call of that number. Replies come in any order.
    Answer { id: u64, reply: Reply },
    /// It is there.
    Beat {},
}

/// What a server may answer.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reply {
    /// From now on only this boot is served.
    Admitted {},
    /// The boot with that number is served, and whoever is told this is not.
    Superseded {
        by: u64,
    },
    Messages(Vec<Inbound>),
    Acked {},
    Acknowledged(Cursor),
    Sent {},
    /// Anything but a send failed.
    Failed(String),
    /// A message was not taken.
    NotTaken(String),
    /// A message was perhaps taken.
    Unknown(String),
}

/// A frame as it is written, without its newline.
pub(super) fn line(frame: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(frame).expect("a frame is plain data")
}

/// A frame as it was read, without its newline.
///
/// # Errors
///
/// What is wrong with it. Nothing that it says is repeated: it may be a user's.
pub(super) fn parse<T: DeserializeOwned>(line: &[u8]) -> Result<T, Fault> {
    let bytes = line.len();
    let text = match std::str::from_utf8(line) {
        Ok(text) => text,
        Err(error) => return Err(Fault::NotUtf8 { bytes, at: error.valid_up_to() }),
    };
    serde_json::from_str(text).map_err(|error| match error.classify() {
        Category::Data => Fault::NotAFrame { bytes },
        Category::Syntax | Category::Eof | Category::Io => {
            Fault::NotJson { bytes, at: error.column() }
        }
    })
}

/// The version that a first frame speaks, if it is one named `name` at all.
pub(super) fn version(line: &[u8], name: &str) -> Option<u32> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let mut frame: BTreeMap<String, Versioned> = serde_json::from_slice(line).ok()?;
    frame.remove(name).map(|Versioned { version }| version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::UnixMs;
    use crate::message::{Body, ChatId, MessageId};

    /// The page that others build their end from.
    const PAGE: &str = include_str!("../../../docs/wire.md");

    /// Reads every example of one direction and counts the kinds of frames among them.
    fn examples<T: DeserializeOwned + Serialize>(from: &str) -> Vec<String> {
        let rows = PAGE.lines().filter_map(|row| row.strip_prefix(&format!("{from}: ")));
        let mut kinds = Vec::new();
        for row in rows {
            let frame: T = parse(row.as_bytes()).unwrap_or_else(|fault| panic!("{row}: {fault}"));
            assert_eq!(String::from_utf8(line(&frame)).expect("json is text"), row);
            let value: BTreeMap<String, serde_json::Value> =
                serde_json::from_str(row).expect("an object");
            kinds.extend(value.into_iter().map(|(kind, inner)| match kind.as_str() {
                "ask" => format!("{kind} {}", kind_of(&inner["request"])),
                "answer" => format!("{kind} {}", kind_of(&inner["reply"])),
                _ => kind,
            }));
        }
        kinds.sort();
        kinds.dedup();
        kinds
    }

    fn kind_of(value: &serde_json::Value) -> String {
        value.as_object().and_then(|fields| fields.keys().next()).expect("a kind").clone()
    }

    #[test]
    fn the_page_shows_every_frame_as_it_is_written() {
        let client = examples::<FromClient>("client");
        let asks = ["ack", "acknowledged", "fence", "poll", "send"];
        let mut asked: Vec<String> = asks.map(|ask| format!("ask {ask}")).into();
        asked.extend(["beat", "hello"].map(str::to_owned));
        assert_eq!(client, asked);
        let server = examples::<FromServer>("server");
        let replies = [
            "acked",
            "acknowledged",
            "admitted",
            "failed",
            "messages",
            "not-taken",
            "sent",
            "superseded",
            "unknown",
        ];
        let mut said: Vec<String> = replies.map(|reply| format!("answer {reply}")).into();
        said.extend(["beat", "refused", "welcome"].map(str::to_owned));
        assert_eq!(server, said);
    }

    #[test]
    fn a_message_crosses_the_wire_unchanged_on_one_line() {
        let body = Body::Text("two\nlines \u{2028}\"".to_owned());
        let chat = ChatId("a".to_owned());
        let inbound = vec![Inbound { id: MessageId(1), chat, sent_at: UnixMs(-1), body }];
        let frame = FromServer::Answer { id: u64::MAX, reply: Reply::Messages(inbound) };
        let line = line(&frame);
        assert!(!line.contains(&b'\n'));
        assert_eq!(parse::<FromServer>(&line).expect("its own line"), frame);
    }

    #[test]
    fn no_beginning_of_a_frame_is_a_frame() {
        let frame = FromClient::Ask { id: 12, request: Request::Poll { after: Cursor(34) } };
        let line = line(&frame);
        for end in 0..line.len() {
            assert!(parse::<FromClient>(&line[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_line_is_told_and_what_it_says_is_not() {
        let told = |line: &[u8]| parse::<FromClient>(line).expect_err("no frame").to_string();
        assert_eq!(told(b"{\"beat\xff\":{}}"), "12 bytes that are not UTF-8 from byte 6 on");
        assert_eq!(told(b"secret"), "6 bytes that are not JSON from byte 1 on");
        assert_eq!(told(b""), "0 bytes that are not JSON from byte 0 on");
        assert_eq!(told(b"{\"secret\":{}}"), "13 bytes of JSON that are no frame of this protocol");
    }

    #[test]
    fn a_version_is_read_whatever_else_a_later_one_says() {
        let hello = br#"{"hello":{"version":7,"name":[]}}"#;
        assert_eq!(version(hello, "hello"), Some(7));
        assert_eq!(version(hello, "welcome"), None);
        assert_eq!(version(br#"{"refused":{"reason":"no"}}"#, "welcome"), None);
        assert_eq!(version(b"\xff", "hello"), None);
    }
}

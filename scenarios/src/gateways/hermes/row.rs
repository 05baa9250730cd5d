//! The lines of a transcript, and what a turn that goes on can read from them.
//!
//! Pure data. Up to E3 a line is what was said and no more; E4 also keeps which message a request
//! was and when a reply was computed.

use gateway_core::env::UnixMs;
use gateway_core::message::{Entry, Inbound, MessageId};
use serde::{Deserialize, Serialize};

/// One line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Row {
    /// A request with its message, written before its turn.
    Asked { asked: Inbound },
    /// A reply with its time.
    Replied { replied: String, at: UnixMs },
    /// Anything, and nothing more about it.
    Said(Entry),
}

/// What a turn that was cut left in its transcript.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Left {
    /// What was said before it.
    pub(super) history: Vec<Entry>,
    /// Its request, if it is there.
    pub(super) message: Option<Inbound>,
    /// Its steps, oldest first.
    pub(super) steps: Vec<String>,
}

/// What was said.
pub(super) fn history(rows: Vec<Row>) -> Vec<Entry> {
    rows.into_iter().filter_map(Row::into_entry).collect()
}

impl Row {
    fn into_entry(self) -> Option<Entry> {
        match self {
            Row::Asked { asked } => Some(Entry::User(asked.body.request()?.to_owned())),
            Row::Replied { replied, .. } => Some(Entry::Reply(replied)),
            Row::Said(entry) => Some(entry),
        }
    }
}

/// Divides a transcript into what was said before, and what a cut turn left at its end: its
/// request, if the last one there has no reply, and the steps that a stop flushed.
pub(super) fn left_by_cut(mut rows: Vec<Row>) -> Left {
    let is_step = |row: &Row| matches!(row, Row::Said(Entry::Step(_)));
    let first = rows.iter().rposition(|row| !is_step(row)).map_or(0, |last| last + 1);
    let steps = rows.split_off(first);
    let message = match rows.last() {
        Some(Row::Asked { asked }) => Some(asked.clone()),
        _ => None,
    };
    if message.is_some() {
        rows.pop();
    }
    let step = |row| match row {
        Row::Said(Entry::Step(text)) => Some(text),
        _ => None,
    };
    Left { history: history(rows), message, steps: steps.into_iter().filter_map(step).collect() }
}

/// The last reply of a transcript and the message it answers, if it is newer than the start of a
/// turn and nothing follows it (4, E4 b).
pub(super) fn reply_since(rows: &[Row], start: UnixMs) -> Option<(Option<MessageId>, String)> {
    let Some(Row::Replied { replied, at }) = rows.last() else { return None };
    let asked = rows.iter().rev().find_map(|row| match row {
        Row::Asked { asked } => Some(asked.id),
        _ => None,
    });
    (at.since(start) > 0).then(|| (asked, replied.clone()))
}

#[cfg(test)]
mod tests {
    use gateway_core::message::{Body, ChatId};

    use super::*;

    fn said(text: &str) -> Row {
        Row::Said(Entry::User(text.to_owned()))
    }

    fn step(text: &str) -> Row {
        Row::Said(Entry::Step(text.to_owned()))
    }

    fn asked(id: u64) -> Row {
        let body = Body::Text(format!("message {id}"));
        let chat = ChatId("a".to_owned());
        Row::Asked { asked: Inbound { id: MessageId(id), chat, sent_at: UnixMs(0), body } }
    }

    #[test]
    fn flushed_steps_are_told_from_what_was_said_before() {
        let rows = vec![step("old"), said("do it"), step("one"), step("two")];
        let left = left_by_cut(rows.clone());
        assert_eq!(left.steps, ["one", "two"]);
        assert_eq!(left.history, history(rows[..2].to_vec()));
        assert_eq!(left.message, None, "which message it was is not in the line");
    }

    #[test]
    fn a_transcript_of_nothing_but_steps_is_all_steps() {
        let left = left_by_cut(vec![step("one")]);
        assert_eq!(left, Left { history: vec![], message: None, steps: vec!["one".to_owned()] });
    }

    #[test]
    fn a_request_without_a_reply_is_what_the_turn_was_cut_on() {
        let replied = Row::Replied { replied: "yes".to_owned(), at: UnixMs(5) };
        let left = left_by_cut(vec![asked(1), replied.clone(), asked(2), step("one")]);
        assert_eq!(left.message.map(|message| message.id), Some(MessageId(2)));
        assert_eq!((left.history.len(), left.steps.len()), (2, 1));
        assert_eq!(left_by_cut(vec![asked(1), replied]).message, None);
    }

    #[test]
    fn only_a_reply_that_is_newer_than_the_turn_is_owed() {
        let rows = [asked(1), Row::Replied { replied: "yes".to_owned(), at: UnixMs(5) }];
        let owed = Some((Some(MessageId(1)), "yes".to_owned()));
        assert_eq!(reply_since(&rows, UnixMs(4)), owed);
        assert_eq!(reply_since(&rows, UnixMs(5)), None);
        assert_eq!(reply_since(&rows[..1], UnixMs(0)), None);
    }

    #[test]
    fn lines_that_only_say_something_look_as_they_always_did() {
        let line = serde_json::to_string(&said("hello")).expect("plain data");
        assert_eq!(line, "{\"user\":\"hello\"}");
        for row in [said("a"), step("b"), asked(3)] {
            let line = serde_json::to_string(&row).expect("plain data");
            assert_eq!(serde_json::from_str::<Row>(&line).expect("its own"), row);
        }
    }
}

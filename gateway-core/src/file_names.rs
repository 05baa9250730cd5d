//! The names of the files in a state directory. Each carries the number of the boot that made it.
//!
//! A boot writes to no file but its own and renames over no other one's: a process that was
//! superseded and wakes in the middle of whatever it did can spoil nothing of its successor's. It
//! removes only what earlier boots have left and no later one builds on.

use crate::message::SessionId;

/// What the names of journals begin with.
const JOURNAL: &str = "journal-";
/// What the names of those begin with that are being prepared.
const DRAFT: &str = "draft-";
/// What the names of transcripts begin with.
const TRANSCRIPT: &str = "transcript-";
/// What they end with.
const LINES: &str = ".jsonl";

/// The journal of a boot.
pub(crate) fn journal(boot: u64) -> String {
    format!("{JOURNAL}{boot:06}")
}

/// The name under which a boot prepares its journal.
pub(crate) fn draft(boot: u64) -> String {
    format!("{DRAFT}{boot:06}")
}

/// The transcript of a session, begun by a boot.
pub(crate) fn transcript(session: &SessionId, boot: u64) -> String {
    format!("{TRANSCRIPT}{session}-{boot:06}{LINES}")
}

/// The boot whose journal it is.
pub(crate) fn boot_of_journal(name: &str) -> Option<u64> {
    number(name.strip_prefix(JOURNAL)?)
}

/// The boot that prepared it.
pub(crate) fn boot_of_draft(name: &str) -> Option<u64> {
    number(name.strip_prefix(DRAFT)?)
}

/// The session whose transcript it is, and the boot that began it.
pub(crate) fn of_transcript(name: &str) -> Option<(SessionId, u64)> {
    let (session, boot) = name.strip_prefix(TRANSCRIPT)?.strip_suffix(LINES)?.rsplit_once('-')?;
    Some((SessionId(session.to_owned()), number(boot)?))
}

fn number(text: &str) -> Option<u64> {
    // Signs and the like are nobody's names here.
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_whose_file_it_is() {
        let session = SessionId("a-1".to_owned());
        for boot in [1, 999_999, 1_000_000, u64::MAX] {
            assert_eq!(boot_of_journal(&journal(boot)), Some(boot));
            assert_eq!(boot_of_draft(&draft(boot)), Some(boot));
            let name = transcript(&session, boot);
            assert_eq!(of_transcript(&name), Some((session.clone(), boot)));
        }
        for name in ["journal", "journal-", "journal-+1", "journal-1.bak", "draft-1", "lock"] {
            assert_eq!(boot_of_journal(name), None, "{name}");
        }
        assert_eq!(of_transcript("transcript-1.jsonl"), None);
    }
}

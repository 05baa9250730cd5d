//! What boots learned, did and had the chance to record, in the order in which it happened.
//!
//! Three things can be seen from outside. A boot *learned* a fact when the answer that carries it
//! was completed to it. It *had its chance* to record what it had learned when it was quiescent
//! after that: nothing of it was runnable, and no request of its own was open but waits. Or it
//! *acted* on the fact where all can see it. A history judges nothing.
//!
//! It is a list that shares its past with its clones, so that a snapshot of a world costs nothing,
//! and it carries a digest of itself, so that comparing two costs nothing either.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use gateway_core::env::Signal;
use gateway_core::message::Cut;

use crate::ledger::RunIndex;
use crate::script::{ChatIndex, MessageIndex};
use crate::time::Ms;

/// A send by its place in the ledger.
pub type SendIndex = usize;

/// Something that happened to a boot, or that it did.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// When.
    pub at: Ms,
    /// Which boot; 0 if none.
    pub boot: u32,
    /// What.
    pub fact: Fact,
}

/// What happened to a boot, or what it did.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// It began. The wish to start clean that it was started with, if there is one.
    Began {
        /// The wish, by its place in the plan.
        clean: Option<usize>,
    },
    /// Learned: the messages from one place of the script up to another one, exclusively.
    Handed {
        /// The first.
        from: MessageIndex,
        /// Behind the last.
        upto: MessageIndex,
    },
    /// Acted: the platform took the acknowledgement of every message before this one.
    Acked {
        /// Behind the last.
        upto: MessageIndex,
    },
    /// Learned: a chat has no access at this time.
    Barred(ChatIndex),
    /// Acted: an agent was asked for.
    Asked {
        /// For which chat.
        chat: ChatIndex,
        /// To work on which message, if on any.
        message: Option<MessageIndex>,
        /// Why the turn was interrupted, as the agent is told.
        resumed: Option<Cut>,
        /// In which session.
        session: String,
    },
    /// Learned: the agent is there.
    Seen(RunIndex),
    /// Learned: the agent took a step, and so many of its turn are done.
    Step(RunIndex, u32),
    /// Acted: so many steps of the turn were acknowledged as durable.
    Stepped(RunIndex, u32),
    /// Learned: the agent replied or failed for good, and that is the answer.
    Produced(RunIndex),
    /// Acted: a message to a chat left the process.
    Left(SendIndex),
    /// Learned: the platform took it.
    Confirmed(SendIndex),
    /// Learned: a signal.
    Signal(Signal),
    /// Learned: an agent asks for a restart.
    AskedRestart,
    /// Had its chance.
    Quiescent,
    /// Had its chance to tell, though not to record anything: its disk has failed.
    Rested,
    /// A call of the disk failed by plan, or for want of room.
    DiskFailed,
    /// Acted: it logged an error.
    Alarm,
    /// It ended.
    Ended {
        /// Whether it was quiescent then.
        quiescent: bool,
    },
}

/// The history of a world.
#[derive(Clone, Debug, Default)]
pub struct History {
    latest: Option<Arc<Node>>,
    length: usize,
    digest: u64,
}

#[derive(Debug)]
struct Node {
    entry: Entry,
    before: Option<Arc<Node>>,
}

impl History {
    /// Adds what happened last.
    pub(crate) fn push(&mut self, entry: Entry) {
        let mut hasher = xxhash_rust::xxh3::Xxh3Default::new();
        self.digest.hash(&mut hasher);
        entry.hash(&mut hasher);
        self.digest = hasher.finish();
        self.length += 1;
        let before = self.latest.take();
        self.latest = Some(Arc::new(Node { entry, before }));
    }

    /// Everything that happened, oldest first.
    pub fn entries(&self) -> Vec<&Entry> {
        let mut entries = Vec::with_capacity(self.length);
        let mut next = self.latest.as_ref();
        while let Some(node) = next {
            entries.push(&node.entry);
            next = node.before.as_ref();
        }
        entries.reverse();
        entries
    }
}

/// A long list that is dropped node by node would overflow the stack.
impl Drop for History {
    fn drop(&mut self) {
        let mut next = self.latest.take();
        while let Some(node) = next {
            next = Arc::into_inner(node).and_then(|mut node| node.before.take());
        }
    }
}

impl PartialEq for History {
    fn eq(&self, other: &History) -> bool {
        (self.length, self.digest) == (other.length, other.digest)
    }
}

impl Eq for History {}

impl Hash for History {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.length, self.digest).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiescent(at: u64) -> Entry {
        Entry { at: Ms(at), boot: 1, fact: Fact::Quiescent }
    }

    #[test]
    fn a_clone_shares_its_past_and_goes_its_own_way() {
        let mut one = History::default();
        one.push(quiescent(1));
        let mut other = one.clone();
        assert_eq!(one, other);
        other.push(quiescent(2));
        assert_ne!(one, other);
        assert_eq!(one.entries(), [&quiescent(1)]);
        assert_eq!(other.entries(), [&quiescent(1), &quiescent(2)]);
    }

    #[test]
    fn a_long_history_is_dropped_without_recursion() {
        let mut long = History::default();
        (0..1_000_000).for_each(|at| long.push(quiescent(at)));
        drop(long);
    }
}

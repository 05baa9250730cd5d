//! What became of the six sessions, in the words of the measurements: who was lost, whose computed
//! answer was, and who was woken with nothing left to do. Nothing else that an oracle may say
//! about a run has a column there.

use std::collections::BTreeSet;
use std::fmt;

use sim::oracle::{OracleId, Violation};
use sim::script::Script;

/// What became of the six sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fate {
    /// Still owed an answer, and forgotten.
    lost: BTreeSet<String>,
    /// The same, and the answer had been produced.
    answers: BTreeSet<String>,
    /// Owed nothing, and their agent was started.
    woken: BTreeSet<String>,
}

/// A fate from the names of sessions, separated by spaces.
pub(super) fn fate(lost: &str, answers: &str, woken: &str) -> Fate {
    let set = |names: &str| names.split_whitespace().map(str::to_owned).collect();
    Fate { lost: set(lost), answers: set(answers), woken: set(woken) }
}

impl Fate {
    /// What the oracles say about a run of a plan whose chats are named after the sessions.
    pub(super) fn of(violations: &[Violation], script: &Script) -> Fate {
        let mut fate = Fate::default();
        for violation in violations {
            let Some(chat) = violation.chat else { continue };
            let session = script.chats[chat].0.to_uppercase();
            match violation.oracle {
                OracleId::NothingLost if violation.what.contains("answer was produced") => {
                    fate.answers.insert(session);
                }
                OracleId::NothingLost => {
                    fate.lost.insert(session);
                }
                // Whoever is still owed an answer that was produced is not woken for nothing.
                OracleId::NoFalseResume
                    if violation.what.contains("though it was over")
                        || violation.what.contains("with nothing to do") =>
                {
                    fate.woken.insert(session);
                }
                _ => {}
            }
        }
        fate
    }

    /// The same, of some of the sessions; of all if none is named.
    pub(super) fn of_sessions(mut self, sessions: &[&str]) -> Fate {
        for set in [&mut self.lost, &mut self.answers, &mut self.woken] {
            set.retain(|session| sessions.is_empty() || sessions.contains(&session.as_str()));
        }
        self
    }

    /// Whether a session is lost, its answer computed or not.
    pub(super) fn loses(&self, session: &str) -> bool {
        self.lost.contains(session) || self.answers.contains(session)
    }

    /// Whether nothing happened to anybody.
    pub(super) fn is_nothing(&self) -> bool {
        *self == Fate::default()
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sets = [("lost", &self.lost), ("answer lost", &self.answers), ("woken", &self.woken)];
        let said = sets.into_iter().filter(|(_, set)| !set.is_empty()).map(|(word, set)| {
            let names: Vec<&str> = set.iter().map(String::as_str).collect();
            format!("{word} {}", names.join(" "))
        });
        let said: Vec<String> = said.collect();
        f.write_str(if self.is_nothing() { "nothing" } else { "" })?;
        f.write_str(&said.join("; "))
    }
}

#[test]
fn a_fate_names_who_is_lost_and_who_is_woken() {
    assert_eq!(fate("A D0", "", "C").to_string(), "lost A D0; woken C");
    assert_eq!(fate("", "", "").to_string(), "nothing");
    assert_eq!(fate("A D0", "B", "C").of_sessions(&["B", "D0"]), fate("D0", "B", ""));
    assert!(fate("A", "B", "C").loses("B"));
    assert!(!fate("A", "B", "C").loses("C"));
}

//! The names of the oracles. They are stable: they are the API of a failure.

use serde::{Deserialize, Serialize};

/// An oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum OracleId {
    /// Every message is answered, or its user knows why not.
    NothingLost,
    /// A fresh interrupted turn goes on by itself, a stale one does not.
    Resumed,
    /// A resumed turn is told the true cause of its interruption.
    ReasonTrue,
    /// A resumed turn has its request, its steps and its session.
    SameConversation,
    /// A chat with nothing unfinished is left in peace.
    NoFalseResume,
    /// One agent at a time in a session.
    OneAgent,
    /// No message is answered twice without saying so.
    NoSilentDuplicate,
    /// Answers come in the order of messages.
    Order,
    /// A message is answered in time, whatever happens to others.
    Served,
    /// A stop ends within the supervisor's budget.
    StopBudget,
    /// A turn that kills every boot is suspended, and nobody else.
    StuckLoopEnds,
    /// What is acknowledged is durable, errors are told, and no alarm is false.
    HonestIo,
    /// Everything settles.
    Quiescence,
    /// Killing recovery does not change what it comes to.
    IdempotentRecovery,
}

/// What a violation means for the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something bad happened.
    Safety,
    /// Something good did not.
    Liveness,
}

impl OracleId {
    /// Every oracle, in order.
    pub const ALL: [OracleId; 14] = [
        OracleId::NothingLost,
        OracleId::Resumed,
        OracleId::ReasonTrue,
        OracleId::SameConversation,
        OracleId::NoFalseResume,
        OracleId::OneAgent,
        OracleId::NoSilentDuplicate,
        OracleId::Order,
        OracleId::Served,
        OracleId::StopBudget,
        OracleId::StuckLoopEnds,
        OracleId::HonestIo,
        OracleId::Quiescence,
        OracleId::IdempotentRecovery,
    ];

    /// Its name, as everybody writes it.
    pub fn name(self) -> &'static str {
        match self {
            OracleId::NothingLost => "NOTHING-LOST",
            OracleId::Resumed => "RESUMED",
            OracleId::ReasonTrue => "REASON-TRUE",
            OracleId::SameConversation => "SAME-CONVERSATION",
            OracleId::NoFalseResume => "NO-FALSE-RESUME",
            OracleId::OneAgent => "ONE-AGENT",
            OracleId::NoSilentDuplicate => "NO-SILENT-DUPLICATE",
            OracleId::Order => "ORDER",
            OracleId::Served => "SERVED",
            OracleId::StopBudget => "STOP-BUDGET",
            OracleId::StuckLoopEnds => "STUCK-LOOP-ENDS",
            OracleId::HonestIo => "HONEST-IO",
            OracleId::Quiescence => "QUIESCENCE",
            OracleId::IdempotentRecovery => "IDEMPOTENT-RECOVERY",
        }
    }

    /// What it demands.
    pub fn statement(self) -> &'static str {
        match self {
            OracleId::NothingLost => {
                "by the horizon every message is answered with what the agent produced for it, \
                 or its chat was told why not, or its user or operator withdrew it; a queued \
                 message is never discharged by a notice, and `Stopping` discharges nothing"
            }
            OracleId::Resumed => {
                "an interrupted turn that is fresh is finished without the user doing anything; \
                 one that is stale never goes on by itself; suspension needs as many unplanned \
                 deaths in a row without an acknowledged step as the setting says"
            }
            OracleId::ReasonTrue => {
                "an interrupted turn resumes with the true cause: the stop that interrupted it, \
                 else `crash`; a turn interrupted only by planned stops is never suspended"
            }
            OracleId::SameConversation => {
                "a chat's session changes only by a reset (always, and for good) or an \
                 announced suspension; a resumed turn is given the messages it was interrupted \
                 on and every acknowledged step, and each agent the answered turns of its \
                 session"
            }
            OracleId::NoFalseResume => {
                "a chat with nothing unfinished gets no run and no notice; a turn that its user \
                 stopped ends; no chat gets the same notice twice for one death; nothing goes \
                 on in a chat without access or in a boot that is started clean"
            }
            OracleId::OneAgent => "at most one agent runs in a session at a time, across processes",
            OracleId::NoSilentDuplicate => {
                "a message has one answer; a copy is labelled, and sent only if its sender \
                 could not know that the first arrived; where the platform honours keys the \
                 user never sees two"
            }
            OracleId::Order => "in each chat, first answers come in the order of the messages",
            OracleId::Served => {
                "a message whose own chat, platform and back end are healthy is answered in \
                 time, whatever happens to others"
            }
            OracleId::StopBudget => "a stop ends by itself within the supervisor's budget",
            OracleId::StuckLoopEnds => {
                "a turn that kills every boot is suspended as the setting says, no bystander \
                 with it, and others are served meanwhile"
            }
            OracleId::HonestIo => {
                "nothing is acknowledged whose durable record failed; every error that changed \
                 an outcome is told by an ERROR event, a notice or the exit code; no alarm is \
                 false"
            }
            OracleId::Quiescence => "when faults are healed, everything settles before the horizon",
            OracleId::IdempotentRecovery => {
                "a recovery that is killed comes to what it comes to when it is left alone"
            }
        }
    }

    /// What is told first where several are broken: what is lost comes before what is late.
    pub fn gravity(self) -> (bool, OracleId) {
        (self.kind() == Kind::Liveness, self)
    }

    /// Whether it is about safety or liveness.
    pub fn kind(self) -> Kind {
        match self {
            OracleId::StuckLoopEnds
            | OracleId::Quiescence
            | OracleId::Served
            | OracleId::StopBudget => Kind::Liveness,
            _ => Kind::Safety,
        }
    }
}

impl std::fmt::Display for OracleId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_files() {
        #[derive(Deserialize)]
        struct File {
            oracle: OracleId,
        }
        for oracle in OracleId::ALL {
            let text = format!("oracle = \"{oracle}\"");
            assert_eq!(toml::from_str::<File>(&text).expect("its name").oracle, oracle);
        }
    }
}

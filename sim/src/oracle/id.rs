//! The names of the oracles. They are stable: they are the API of a failure.

use serde::{Deserialize, Serialize};

/// An oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum OracleId {
    /// Every message is answered, or its user knows why not.
    NothingLost,
    /// A cut turn goes on by itself.
    Resumed,
    /// A turn that goes on is told the true reason of its cut.
    ReasonTrue,
    /// A turn that goes on has its request, its steps and its session.
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
    /// A turn that kills every boot is suspended.
    StuckLoopEnds,
    /// What is acknowledged is durable, and errors are told.
    HonestIo,
    /// Everything settles.
    Quiescence,
    /// Killing recovery changes nothing but times.
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
                "every message is, by the horizon, answered with what the agent produced for it; \
                 or its turn had started, or three boots had died when it was next, and its chat \
                 was told that it is suspended or stale; or it is a job older than its window and \
                 its chat was told that it is stale; or its user stopped or reset the chat after \
                 sending it, or the operator took the chat's access away or started clean after it \
                 was sent"
            }
            OracleId::Resumed => {
                "a fresh turn that was cut is finished without the user doing anything; only three \
                 unplanned deaths under it excuse a suspension"
            }
            OracleId::ReasonTrue => {
                "a turn cut by a stop that had announced itself, or that ended by itself where \
                 nobody was to be told, goes on with that stop's reason, one cut by anything else \
                 with `crash`; planned stops never suspend a turn"
            }
            OracleId::SameConversation => {
                "a chat's session changes only by reset or suspension; a turn that goes on is \
                 given its request and every step that was acknowledged as durable; every agent \
                 is given the turns of its session that were answered before"
            }
            OracleId::NoFalseResume => {
                "a chat with nothing unfinished at the end of a boot gets no run and no notice \
                 from the next one, no chat gets the same notice twice for one death, no \
                 agent is started for a chat that has no access, and no turn goes on in a boot \
                 that is started clean"
            }
            OracleId::OneAgent => "at most one agent runs for a session at a time",
            OracleId::NoSilentDuplicate => {
                "a message has one answer; a copy says that it is one and exists only where the \
                 first was taken within a second before its boot died or a fault hit its send"
            }
            OracleId::Order => "in each chat, first answers come in the order of the messages",
            OracleId::Served => {
                "a message whose own chat, platform and back end are healthy is answered in time, \
                 whatever happens to others"
            }
            OracleId::StopBudget => {
                "a stop with a healthy disk and platform ends by itself within the supervisor's \
                 budget"
            }
            OracleId::StuckLoopEnds => {
                "a turn that kills every boot is suspended within three deaths, and no bystander \
                 with it"
            }
            OracleId::HonestIo => {
                "nothing is acknowledged that is not durable, and every error of the disk, and \
                 whatever else changed an outcome, is told to somebody"
            }
            OracleId::Quiescence => "when faults are over, everything settles before the horizon",
            OracleId::IdempotentRecovery => {
                "killing recovery anywhere ends in the same answers, notices and sessions as not \
                 killing it"
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

//! Sudden deaths: when, of what, and what becomes of what was not durable.
//!
//! A kill is explicit enough to be repeated: it names a time, or a transition of a boot, and the
//! choice of the disk.

use serde::{Deserialize, Serialize};

use crate::time::Ms;

/// A sudden death.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "KillFields", into = "KillFields")]
pub struct KillPlan {
    /// When.
    pub moment: Moment,
    /// What dies, and what becomes of what was not durable.
    pub death: Death,
    /// How long the process stays down; the supervisor's restart delay if not said.
    pub down_for: Option<Ms>,
    /// Whether the matrix puts its own kills in the place of this one.
    pub probe: bool,
}

/// The moment of a kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// At a time. If no process lives then, nothing happens.
    At(Ms),
    /// In the gap before a transition of a boot.
    Before {
        /// The boot, from 1.
        boot: u32,
        /// The transition of that boot, from 1.
        transition: u64,
        /// If that transition lets a write take hold: how many bytes of it still do.
        torn: Option<u64>,
    },
}

/// What dies, and what becomes of what was not durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Death {
    /// What dies.
    pub kind: DeathKind,
    /// What becomes of requests that had left the process and had not taken hold.
    pub in_flight: InFlight,
}

/// What dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeathKind {
    /// The process: every completed file system call survives.
    Process,
    /// The machine: what was not made durable is at the disk's mercy.
    Power(DiskChoice),
}

/// What becomes of operations that were not made durable when the power went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DiskChoice {
    /// All of them survived.
    Kept,
    /// None of them did.
    Lost,
    /// All of them but the last append, of which only this many bytes did.
    Torn(u64),
}

/// What becomes of requests to the platform that had left the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InFlight {
    /// They are lost with it.
    Lost,
    /// They take hold after its death.
    Arrives,
}

/// A [`KillPlan`] as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KillFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<Ms>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    boot: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    torn: Option<u64>,
    kind: KindField,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disk: Option<DiskField>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disk_torn_at: Option<u64>,
    #[serde(default = "lost")]
    in_flight: InFlight,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    down_for: Option<Ms>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    probe: bool,
}

fn lost() -> InFlight {
    InFlight::Lost
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum KindField {
    Process,
    Power,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum DiskField {
    Kept,
    Lost,
    Torn,
}

impl TryFrom<KillFields> for KillPlan {
    type Error = String;

    fn try_from(fields: KillFields) -> Result<KillPlan, String> {
        let moment = match (fields.at, fields.boot, fields.before) {
            (Some(at), None, None) if fields.torn.is_none() => Moment::At(at),
            (None, Some(boot), Some(transition)) if boot > 0 && transition > 0 => {
                Moment::Before { boot, transition, torn: fields.torn }
            }
            _ => {
                return Err("a kill needs either `at = \"<time>\"`, or `boot` and `before` (both \
                            counted from 1) and perhaps `torn`"
                    .to_owned());
            }
        };
        let kind = match (fields.kind, fields.disk, fields.disk_torn_at) {
            (KindField::Process, None, None) => DeathKind::Process,
            (KindField::Power, Some(DiskField::Kept), None) => DeathKind::Power(DiskChoice::Kept),
            (KindField::Power, Some(DiskField::Lost), None) => DeathKind::Power(DiskChoice::Lost),
            (KindField::Power, Some(DiskField::Torn), Some(at)) => {
                DeathKind::Power(DiskChoice::Torn(at))
            }
            _ => {
                return Err("a kill of kind `power` needs `disk = \"kept\"`, `\"lost\"`, or \
                            `\"torn\"` with `disk_torn_at`; one of kind `process` has no `disk`"
                    .to_owned());
            }
        };
        let death = Death { kind, in_flight: fields.in_flight };
        Ok(KillPlan { moment, death, down_for: fields.down_for, probe: fields.probe })
    }
}

impl From<KillPlan> for KillFields {
    fn from(kill: KillPlan) -> KillFields {
        let (at, boot, before, torn) = match kill.moment {
            Moment::At(at) => (Some(at), None, None, None),
            Moment::Before { boot, transition, torn } => (None, Some(boot), Some(transition), torn),
        };
        let (kind, disk, disk_torn_at) = match kill.death.kind {
            DeathKind::Process => (KindField::Process, None, None),
            DeathKind::Power(DiskChoice::Kept) => (KindField::Power, Some(DiskField::Kept), None),
            DeathKind::Power(DiskChoice::Lost) => (KindField::Power, Some(DiskField::Lost), None),
            DeathKind::Power(DiskChoice::Torn(at)) => {
                (KindField::Power, Some(DiskField::Torn), Some(at))
            }
        };
        KillFields {
            at,
            boot,
            before,
            torn,
            kind,
            disk,
            disk_torn_at,
            in_flight: kill.death.in_flight,
            down_for: kill.down_for,
            probe: kill.probe,
        }
    }
}

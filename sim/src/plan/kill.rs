//! Sudden deaths: when, of what, and what becomes of what was not durable.
//!
//! A kill is explicit enough to be repeated: it names a time, or a transition of a boot, and the
//! choice of the disk.

use serde::{Deserialize, Serialize};

use crate::disk::{Fates, NoFate};
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
    /// So long after the begin of a boot. If that does not live then, nothing happens.
    After {
        /// The boot, from 1.
        boot: u32,
        /// How long after its begin.
        after: Ms,
    },
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Death {
    /// What dies.
    pub kind: DeathKind,
    /// What becomes of requests that had left the process and had not taken hold.
    pub in_flight: InFlight,
}

/// What dies.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeathKind {
    /// The process: every completed file system call survives.
    Process,
    /// The machine: what was not made durable is at the disk's mercy.
    Power(DiskChoice),
}

impl DeathKind {
    /// Whether the machine dies with the process.
    pub fn is_power_loss(&self) -> bool {
        matches!(self, DeathKind::Power(_))
    }
}

/// What becomes of operations that were not made durable when the power went.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DiskChoice {
    /// All of them survived.
    Kept,
    /// None of them did.
    Lost,
    /// Each has a fate of its own.
    Split(Fates),
}

impl DiskChoice {
    /// The choice that these fates are.
    pub fn of(fates: Fates) -> DiskChoice {
        match (fates.all_kept(), fates.all_lost()) {
            (true, _) => DiskChoice::Kept,
            (false, true) => DiskChoice::Lost,
            (false, false) => DiskChoice::Split(fates),
        }
    }
}

impl std::fmt::Display for DiskChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DiskChoice::Kept => f.write_str("kept"),
            DiskChoice::Lost => f.write_str("lost"),
            DiskChoice::Split(fates) => write!(f, "{fates}"),
        }
    }
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
    after: Option<Ms>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    torn: Option<u64>,
    kind: KindField,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disk: Option<String>,
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

impl TryFrom<KillFields> for KillPlan {
    type Error = String;

    fn try_from(fields: KillFields) -> Result<KillPlan, String> {
        let moment = match (fields.at, fields.boot, fields.after, fields.before) {
            (Some(at), None, None, None) if fields.torn.is_none() => Moment::At(at),
            (None, Some(boot), Some(after), None) if boot > 0 && fields.torn.is_none() => {
                Moment::After { boot, after }
            }
            (None, Some(boot), None, Some(transition)) if boot > 0 && transition > 0 => {
                Moment::Before { boot, transition, torn: fields.torn }
            }
            _ => {
                return Err(
                    "a kill needs either `at = \"<time>\"`, or `boot` (counted from 1) with \
                            `after = \"<time>\"`, or `boot` with `before` (counted from 1) and \
                            perhaps `torn`"
                        .to_owned(),
                );
            }
        };
        let kind = match (fields.kind, fields.disk.as_deref()) {
            (KindField::Process, None) => DeathKind::Process,
            (KindField::Power, Some("kept")) => DeathKind::Power(DiskChoice::Kept),
            (KindField::Power, Some("lost")) => DeathKind::Power(DiskChoice::Lost),
            (KindField::Power, Some(fates)) => {
                let fates = fates.parse().map_err(|error: NoFate| error.to_string())?;
                DeathKind::Power(DiskChoice::Split(fates))
            }
            (KindField::Process, Some(_)) | (KindField::Power, None) => {
                return Err("a kill of kind `power` needs `disk = \"kept\"`, `\"lost\"`, or the \
                            fates of what was not synced, as a capsule has them; one of kind \
                            `process` has no `disk`"
                    .to_owned());
            }
        };
        let death = Death { kind, in_flight: fields.in_flight };
        Ok(KillPlan { moment, death, down_for: fields.down_for, probe: fields.probe })
    }
}

impl From<KillPlan> for KillFields {
    fn from(kill: KillPlan) -> KillFields {
        let (at, boot, after, before, torn) = match kill.moment {
            Moment::At(at) => (Some(at), None, None, None, None),
            Moment::After { boot, after } => (None, Some(boot), Some(after), None, None),
            Moment::Before { boot, transition, torn } => {
                (None, Some(boot), None, Some(transition), torn)
            }
        };
        let (kind, disk) = match kill.death.kind {
            DeathKind::Process => (KindField::Process, None),
            DeathKind::Power(choice) => (KindField::Power, Some(choice.to_string())),
        };
        KillFields {
            at,
            boot,
            after,
            before,
            torn,
            kind,
            disk,
            in_flight: kill.death.in_flight,
            down_for: kill.down_for,
            probe: kill.probe,
        }
    }
}

//! Everything that will be done to the world, decided before the run begins.
//!
//! A plan is written by hand as part of a scenario, generated, or saved from a failure. It is
//! explicit: nothing is drawn at random during a run but from streams split from its seed. It
//! knows no particular gateway, and it never changes while a run goes on.

use gateway_core::env::UnixMs;
use gateway_core::message::ChatId;
use gateway_core::settings::Settings;
use gateway_core::wire::{DIAL_LIMIT, IDLE_LIMIT};
use serde::{Deserialize, Serialize};

use super::disk::{BitRot, DiskFault, DiskPlan};
use super::kill::{KillPlan, Moment};
use super::link::LinkFault;
use super::message::MessagePlan;
use super::operator::{CleanStart, Revocation};
use super::poll::PollFault;
use super::process::{LostLocks, Pids, ReplacementPlan, StallPlan, StartPlan};
use super::schedule::SchedulePlan;
use super::stage::Stage;
use super::stop::StopPlan;
use crate::time::{Jump, Ms};
use crate::world::wall_at;

/// Everything that will be done to the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What it is played on. A scenario says it outside of its plan.
    #[serde(default, skip_serializing_if = "Stage::is_direct")]
    pub stage: Stage,
    /// Where the named random streams are split from.
    #[serde(default)]
    pub seed: u64,
    /// When the run ends and is judged.
    pub horizon: Ms,
    /// From when on the world is healthy: no planned fault, kill or demotion happens any more. If
    /// not said, there is no such time, and faults end when they say themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heal_at: Option<Ms>,
    /// How long a message may wait that could be served, besides what its chat, its turn and the
    /// pauses that the settings ask for take.
    #[serde(default = "default_patience", skip_serializing_if = "is_default_patience")]
    pub patience: Ms,
    /// What the gateway's operator chose. `stop_budget` is the supervisor's, see
    /// [`Plan::gateway_settings`].
    #[serde(default = "Settings::standard")]
    pub settings: Settings,
    /// The chat platform.
    #[serde(default)]
    pub platform: PlatformPlan,
    /// Who starts and stops the gateway.
    #[serde(default)]
    pub supervisor: SupervisorPlan,
    /// What users write, and what the agent makes of it.
    #[serde(default, rename = "message")]
    pub messages: Vec<MessagePlan>,
    /// When the gateway is asked to stop.
    #[serde(default, rename = "stop", skip_serializing_if = "Vec::is_empty")]
    pub stops: Vec<StopPlan>,
    /// When the gateway is killed.
    #[serde(default, rename = "kill", skip_serializing_if = "Vec::is_empty")]
    pub kills: Vec<KillPlan>,
    /// When somebody starts one more process.
    #[serde(default, rename = "start", skip_serializing_if = "Vec::is_empty")]
    pub starts: Vec<StartPlan>,
    /// When a process is replaced by another one.
    #[serde(default, rename = "replace", skip_serializing_if = "Vec::is_empty")]
    pub replacements: Vec<ReplacementPlan>,
    /// When a process is frozen.
    #[serde(default, rename = "stall", skip_serializing_if = "Vec::is_empty")]
    pub stalls: Vec<StallPlan>,
    /// When every lock is lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost_locks: Vec<LostLocks>,
    /// When something goes wrong on the way between gateway and platform.
    #[serde(default, rename = "link_fault", skip_serializing_if = "Vec::is_empty")]
    pub link_faults: Vec<LinkFault>,
    /// What the disk is like.
    #[serde(default, skip_serializing_if = "DiskPlan::is_default")]
    pub disk: DiskPlan,
    /// When calls of the disk go wrong.
    #[serde(default, rename = "disk_fault", skip_serializing_if = "Vec::is_empty")]
    pub disk_faults: Vec<DiskFault>,
    /// When bits on the disk turn over.
    #[serde(default, rename = "bit_rot", skip_serializing_if = "Vec::is_empty")]
    pub bit_rots: Vec<BitRot>,
    /// When the wall clock jumps.
    #[serde(default, rename = "clock_jump", skip_serializing_if = "Vec::is_empty")]
    pub clock_jumps: Vec<ClockJump>,
    /// When chats may have no work done.
    #[serde(default, rename = "revoke", skip_serializing_if = "Vec::is_empty")]
    pub revocations: Vec<Revocation>,
    /// When the process is started clean.
    #[serde(default, rename = "clean", skip_serializing_if = "Vec::is_empty")]
    pub clean_starts: Vec<CleanStart>,
    /// In which order things happen that could happen in any order.
    #[serde(default, skip_serializing_if = "SchedulePlan::is_default")]
    pub schedule: SchedulePlan,
}

impl Plan {
    /// The settings the gateway boots with: the operator's, under the supervisor's budget.
    pub fn gateway_settings(&self) -> Settings {
        let stop_budget = self.supervisor.stop_budget.into();
        Settings { stop_budget, ..self.settings.clone() }
    }

    /// The same plan without the kills that the matrix puts its own in the place of.
    #[must_use]
    pub fn without_probes(&self) -> Plan {
        let kills = self.kills.iter().filter(|kill| !kill.probe).cloned().collect();
        Plan { kills, ..self.clone() }
    }

    /// Whether the plan itself takes the power away at some time.
    pub fn loses_power(&self) -> bool {
        self.kills.iter().any(|kill| kill.death.kind.is_power_loss())
    }

    /// The kill in the gap before a transition of a boot, by its place in the list.
    pub(crate) fn kill_before(&self, boot: u32, transition: u64) -> Option<usize> {
        self.kills.iter().position(|kill| match kill.moment {
            Moment::Before { boot: of, transition: before, .. } => {
                (of, before) == (boot, transition)
            }
            Moment::At(_) | Moment::After { .. } => false,
        })
    }

    /// Whether anything in it depends on the phase that a boot is in.
    pub(crate) fn asks_for_phases(&self) -> bool {
        self.disk_faults.iter().any(|fault| fault.phase.is_some())
    }

    /// Whether the plan had said before a time that the world is healthy from then on.
    pub fn is_healed(&self, at: Ms) -> bool {
        self.heal_at.is_some_and(|heal_at| heal_at <= at)
    }

    /// From when on the world is healthy and progress is owed: as the plan says, or from the end
    /// of its last fault.
    pub fn healthy_from(&self) -> Ms {
        let polls = self.platform.poll_faults.iter().map(|fault| fault.until);
        let sends = self.platform.faults.iter().map(|fault| fault.until).chain(polls);
        let disk = self.disk_faults.iter().map(|fault| fault.until.unwrap_or(self.horizon));
        let links = (0..self.link_faults.len()).map(|index| self.link_ends(index));
        self.heal_at.unwrap_or_else(|| sends.chain(disk).chain(links).max().unwrap_or_default())
    }

    /// When a fault of the way to the platform is over: when it says so, or when the world heals.
    pub fn link_ends(&self, index: usize) -> Ms {
        let fault = &self.link_faults[index];
        // A reset is over with the next tick of the network.
        let until = fault.until.unwrap_or(fault.from.plus(Ms(1)));
        self.heal_at.map_or(until, |heal_at| until.min(heal_at))
    }

    /// The earliest and the latest that the wall clock shows between two simulated times. A jump
    /// happens before or after what else happens in its millisecond.
    pub fn wall_between(&self, from: Ms, to: Ms) -> (UnixMs, UnixMs) {
        let mut jumps: Vec<&ClockJump> = self.clock_jumps.iter().collect();
        jumps.sort_by_key(|jump| jump.at);
        let mut offset = 0_i64;
        let mut shown = Vec::new();
        for jump in jumps.iter().take_while(|jump| jump.at <= to) {
            if from <= jump.at {
                shown.push(wall_at(from.max(jump.at), offset));
            }
            offset = offset.saturating_add(jump.by.0);
            if from <= jump.at {
                shown.push(wall_at(jump.at, offset));
            }
        }
        let before = jumps.iter().take_while(|jump| jump.at < from).map(|jump| jump.by.0).sum();
        shown.extend([wall_at(from, before), wall_at(to, offset)]);
        let (first, last) = (shown.iter().min(), shown.iter().max());
        (*first.expect("two at least"), *last.expect("two at least"))
    }

    /// When an end may still believe in a connection that a fault of the way to the platform has
    /// left half open, at the latest.
    pub fn link_settled(&self, index: usize) -> Ms {
        let silence = IDLE_LIMIT + DIAL_LIMIT;
        let silence = Ms(u64::try_from(silence.as_millis()).unwrap_or(u64::MAX));
        self.link_ends(index).plus(self.link_faults[index].delay).plus(silence)
    }

    /// The longest pause that the settings allow before something is tried again.
    pub fn longest_retry(&self) -> Ms {
        let (pause, patience) = (self.settings.send_retry, self.settings.send_timeout);
        Ms::from(pause.saturating_mul(64)).plus(Ms::from(patience))
    }

    /// Whether nothing goes wrong by plan but crashes: no disk, platform or network, and no two
    /// processes.
    pub fn is_free_of_faults(&self) -> bool {
        let platform = &self.platform;
        self.disk_faults.is_empty()
            && self.bit_rots.is_empty()
            && self.disk.capacity.is_none()
            && platform.faults.is_empty()
            && platform.poll_faults.is_empty()
            && self.link_faults.is_empty()
            && self.lost_locks.is_empty()
            && self.starts.is_empty()
            && self.replacements.is_empty()
            && self.stalls.is_empty()
    }

    /// Why only the network stage can play it, if that is so.
    pub fn needs_network(&self) -> Option<&'static str> {
        if !self.starts.is_empty() || !self.replacements.is_empty() {
            return Some("two processes may live in it at a time");
        }
        (!self.link_faults.is_empty()).then_some("something goes wrong on its way to the platform")
    }

    /// A delay that a planned fault adds at a time: what is late comes when the world heals.
    pub(crate) fn shorter_if_healed(&self, at: Ms, delay: Ms) -> Ms {
        self.heal_at.map_or(delay, |heal_at| delay.min(heal_at.since(at)))
    }
}

/// How long a user waits who has no reason to, by default.
pub(crate) fn default_patience() -> Ms {
    Ms(120_000)
}

fn is_default_patience(patience: &Ms) -> bool {
    *patience == default_patience()
}

/// The chat platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlatformPlan {
    /// Whether a second send with the same key is recognised and shown to nobody.
    pub honours_keys: bool,
    /// How long a send is under way before the platform has it.
    pub send_latency: Ms,
    /// How long the platform's answer to a send is under way.
    pub answer_latency: Ms,
    /// When the platform cannot be asked for messages, nor told that they were taken.
    #[serde(rename = "poll_fault", skip_serializing_if = "Vec::is_empty")]
    pub poll_faults: Vec<PollFault>,
    /// When sends go wrong.
    #[serde(rename = "fault", skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<SendFault>,
}

impl Default for PlatformPlan {
    fn default() -> PlatformPlan {
        PlatformPlan {
            honours_keys: false,
            send_latency: Ms(5),
            answer_latency: Ms(5),
            poll_faults: Vec::new(),
            faults: Vec::new(),
        }
    }
}

/// A stretch of time in which sends go wrong. The first fault that fits a send applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendFault {
    /// From when on.
    pub from: Ms,
    /// Until when, exclusively.
    pub until: Ms,
    /// In which chat; everywhere if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<ChatId>,
    /// What happens.
    pub effect: SendFaultEffect,
    /// How much longer it takes than usual.
    #[serde(default)]
    pub delay: Ms,
}

/// What happens to a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SendFaultEffect {
    /// It arrives, late.
    Slow,
    /// The platform refuses it, and says so.
    NotTaken,
    /// It is lost on the way, and nobody can tell.
    Lost,
    /// It arrives, but the answer is lost.
    AnswerLost,
    /// It is never taken, and no answer ever comes.
    Hang,
}

/// Who starts and stops the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SupervisorPlan {
    /// How long a stop may take before the process is killed.
    pub stop_budget: Ms,
    /// How long after its end the process is started again.
    pub restart_delay: Ms,
    /// After which ends it is started again.
    pub restart: RestartPolicy,
    /// What becomes of the number of a process that is dead.
    pub pids: Pids,
    /// How long after a process has refused to serve, and its log has said which file is to be
    /// moved away, the operator has done so and starts it again.
    pub remedy_after: Ms,
    /// After how many failures in a row, each within ten seconds of its start, it gives up and
    /// starts the process no more; never if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_limit: Option<u32>,
}

impl Default for SupervisorPlan {
    fn default() -> SupervisorPlan {
        SupervisorPlan {
            stop_budget: Ms(90_000),
            restart_delay: Ms(1_000),
            restart: RestartPolicy::Always,
            pids: Pids::Fresh,
            remedy_after: Ms(60_000),
            start_limit: None,
        }
    }
}

/// After which ends a process is started again. Never after exit code 78, whatever is said here:
/// starting again does not help a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// After every end.
    Always,
    /// After a kill and every exit code but 0.
    OnFailure,
}

/// The wall clock jumps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockJump {
    /// When.
    pub at: Ms,
    /// How far.
    pub by: Jump,
}

/// The word for something as plans write it.
pub(crate) fn word(of: &impl Serialize) -> String {
    match serde_json::to_value(of) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("only words are asked for, not {other:?}"),
    }
}

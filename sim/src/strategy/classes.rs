//! Swarm testing: each plan has only some classes of trouble, so that one class does not hide
//! another, and each of them is met in full strength without the rest.
//!
//! Groce et al., "Swarm Testing", ISSTA 2012: features that are always on suppress each other.

use gateway_core::settings::{Notices, Settings};
use proptest::prelude::*;

use super::frame::Frame;
use crate::plan::{DiskEffect, DiskPlan, MessageBody, Outcome, Plan, SchedulePlan, SupervisorPlan};
use crate::time::Ms;

/// A class of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Turns that fail, hang, kill the process or ask for a restart.
    BadTurns,
    /// Agents that take long to prepare, or do not obey.
    SlowAgents,
    /// Users who stop a chat or begin anew.
    UserCommands,
    /// Sends that go wrong.
    Sends,
    /// A platform that takes its time.
    SlowPlatform,
    /// A disk that takes its time or stalls.
    SlowDisk,
    /// Calls of the disk that fail.
    DiskErrors,
    /// A disk that says what is not true.
    DiskLies,
    /// A wall clock that jumps.
    Clock,
    /// A journal that is written anew again and again.
    Compaction,
    /// Events of one millisecond in any order, and effects that are late.
    Schedule,
    /// Jobs, for which no person waits.
    Jobs,
    /// Chats that lose their access.
    Access,
    /// Boots that are started clean.
    CleanStarts,
    /// Notices that are switched off.
    QuietNotices,
    /// A platform that cannot be asked for messages.
    Polls,
    /// Sudden deaths.
    Deaths,
    /// Supervisors that give up or start nobody again who left in order, and machines that use the
    /// numbers of dead processes again.
    Supervisors,
    /// Gateways that wait for locks and answers for shorter or longer than they usually do.
    Impatience,
    /// Windows, staggers and numbers of deaths that are not what they usually are.
    Windows,
    /// Stops whose parts take other times than they usually do.
    Budgets,
    /// Turns of many steps.
    LongTurns,
    /// Many chats at a time.
    Crowds,
    /// Processes that are down for hours or days.
    Downtime,
    /// Disks that are nearly full.
    FullDisks,
    /// A way to the platform that fails. This and everything below is for the network stage only.
    Links,
    /// Processes that are started by hand.
    Starts,
    /// Processes that take the place of others.
    Replacements,
    /// Processes that are frozen.
    Stalls,
    /// Locks that are lost.
    LostLocks,
}

impl Class {
    /// Every class.
    pub const ALL: [Class; 30] = [
        Class::BadTurns,
        Class::SlowAgents,
        Class::UserCommands,
        Class::Sends,
        Class::SlowPlatform,
        Class::SlowDisk,
        Class::DiskErrors,
        Class::DiskLies,
        Class::Clock,
        Class::Compaction,
        Class::Schedule,
        Class::Jobs,
        Class::Access,
        Class::CleanStarts,
        Class::QuietNotices,
        Class::Polls,
        Class::Deaths,
        Class::Supervisors,
        Class::Impatience,
        Class::Windows,
        Class::Budgets,
        Class::LongTurns,
        Class::Crowds,
        Class::Downtime,
        Class::FullDisks,
        Class::Links,
        Class::Starts,
        Class::Replacements,
        Class::Stalls,
        Class::LostLocks,
    ];
}

/// The classes that a plan has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Classes(u32);

/// How long an agent takes to obey that is not slow, at most.
const OBEYS_SOON: Ms = Ms(1_000);

/// Which classes a plan has: each with even odds but sudden deaths, which are what this is about;
/// those after which little is left to be judged: lies of the disk, and operators who take back
/// what a gateway owes; and those that are dear. On the network stage, where plans are dear, what
/// the direct stage tries as well is rarer than what it cannot.
pub(super) fn classes(frame: Frame) -> impl Strategy<Value = Classes> {
    let odds = [(Class::Deaths, 0.85), (Class::DiskLies, 0.1), (Class::Access, 0.25)];
    let mut odds = odds.to_vec();
    odds.extend([(Class::CleanStarts, 0.15), (Class::QuietNotices, 0.25)]);
    odds.extend([(Class::Supervisors, 0.25), (Class::Impatience, 0.25), (Class::Budgets, 0.25)]);
    odds.extend([(Class::LongTurns, 0.06), (Class::Crowds, 0.02), (Class::FullDisks, 0.1)]);
    odds.extend([(Class::Windows, 0.4), (Class::Downtime, 0.3)]);
    if frame.is_network() {
        let rare = [Class::SlowDisk, Class::DiskErrors, Class::Clock, Class::Jobs, Class::Polls];
        odds.extend(rare.map(|class| (class, 0.25)));
        let rarest = [Class::DiskLies, Class::Access, Class::CleanStarts];
        odds.extend(rarest.map(|class| (class, 0.08)));
        odds.extend([(Class::Deaths, 0.7), (Class::Links, 0.65), (Class::Impatience, 0.3)]);
        odds.extend([(Class::Starts, 0.5), (Class::BadTurns, 0.35), (Class::LostLocks, 0.35)]);
        odds.extend([(Class::Supervisors, 0.5), (Class::Downtime, 0.15), (Class::Crowds, 0.01)]);
    }
    let said: Vec<_> = odds
        .into_iter()
        .map(|(class, odds)| prop::bool::weighted(odds).prop_map(move |on| (class, on)))
        .collect();
    (any::<u32>(), said).prop_map(|(bits, said)| {
        let with = |bits: u32, (class, on): (Class, bool)| {
            let bit = 1 << class as u32;
            if on { bits | bit } else { bits & !bit }
        };
        Classes(said.into_iter().fold(bits, with))
    })
}

/// The same for plans of which every gap is tried.
pub(super) fn small(frame: Frame) -> impl Strategy<Value = Classes> {
    let dear = [Class::LongTurns, Class::Crowds].map(|class| 1 << class as u32);
    classes(frame).prop_map(move |Classes(bits)| Classes(bits & !(dear[0] | dear[1])))
}

impl Classes {
    pub(super) fn has(self, class: Class) -> bool {
        self.0 & (1 << class as u32) != 0
    }

    /// The plan without the classes that it has not.
    pub(super) fn restrict(self, plan: Plan) -> Plan {
        let mut plan = self.restrict_settings(self.restrict_operator(plan));
        for message in &mut plan.messages {
            if !self.has(Class::BadTurns) {
                message.turn.outcome = Outcome::Finish;
                (message.turn.at_step, message.turn.attempts) = (None, None);
            }
            if !self.has(Class::SlowAgents) {
                message.turn.prepare = Ms(0);
                message.turn.ignores_interrupts = false;
                message.turn.obeys_after = message.turn.obeys_after.min(OBEYS_SOON);
            }
            if !self.has(Class::UserCommands) && !message.body.is_request() {
                message.body = MessageBody::Text;
            }
            if !self.has(Class::Jobs) && message.body == MessageBody::Job {
                message.body = MessageBody::Text;
            }
        }
        if !self.has(Class::Sends) {
            plan.platform.faults.clear();
        }
        if !self.has(Class::Polls) {
            plan.platform.poll_faults.clear();
        }
        if !self.has(Class::SlowPlatform) {
            (plan.platform.send_latency, plan.platform.answer_latency) = (Ms(5), Ms(5));
        }
        if !self.has(Class::SlowDisk) {
            plan.disk = DiskPlan::default();
        }
        plan.disk_faults.retain(|fault| match fault.effect {
            DiskEffect::LyingFlush => self.has(Class::DiskLies),
            DiskEffect::Stall => self.has(Class::SlowDisk),
            _ => self.has(Class::DiskErrors),
        });
        if !self.has(Class::DiskLies) {
            plan.bit_rots.clear();
        }
        if !self.has(Class::Clock) {
            plan.clock_jumps.clear();
        }
        if !self.has(Class::Compaction) {
            plan.settings.compact_after = Settings::standard().compact_after;
        }
        if !self.has(Class::Schedule) {
            plan.schedule = SchedulePlan::default();
        }
        plan
    }

    /// The same for what its operator wants.
    fn restrict_operator(self, mut plan: Plan) -> Plan {
        let standard = Settings::standard();
        if !self.has(Class::Jobs) {
            plan.settings.job_drain_timeout = standard.job_drain_timeout;
            plan.settings.job_window = standard.job_window;
        }
        if !self.has(Class::QuietNotices) {
            plan.settings.notices = Notices::all();
        }
        if !self.has(Class::Access) {
            plan.revocations.clear();
        }
        if !self.has(Class::CleanStarts) {
            plan.clean_starts.clear();
        }
        plan
    }

    /// The same for what its operator and its supervisor have chosen once and for all.
    fn restrict_settings(self, mut plan: Plan) -> Plan {
        let standard = Settings::standard();
        let settings = &mut plan.settings;
        if !self.has(Class::Windows) {
            settings.resume_window = standard.resume_window;
            settings.resume_stagger = standard.resume_stagger;
            settings.suspend_after = standard.suspend_after;
        }
        if !self.has(Class::Budgets) {
            settings.notify_timeout = standard.notify_timeout;
            settings.interrupt_grace = standard.interrupt_grace;
            settings.stop_reserve = standard.stop_reserve;
        }
        if !self.has(Class::Impatience) {
            settings.send_timeout = standard.send_timeout;
            settings.send_retry = standard.send_retry;
            settings.lock_patience = standard.lock_patience;
        }
        if !self.has(Class::Supervisors) {
            let SupervisorPlan { stop_budget, restart_delay, .. } = plan.supervisor;
            plan.supervisor =
                SupervisorPlan { stop_budget, restart_delay, ..SupervisorPlan::default() };
        }
        plan
    }
}

//! Which gateway breaks what in which scenario, and which one without the race does not.

use scenarios::gateways::hermes::Variant;
use scenarios::registry::GatewayName;
use sim::oracle::OracleId;

/// A race, and the gateway that had it.
pub(super) struct Case {
    /// A scenario of the catalogue.
    pub(super) scenario: &'static str,
    /// The gateway that had the race.
    pub(super) gateway: GatewayName,
    /// What it breaks.
    pub(super) oracle: OracleId,
    /// How the violation begins: whose it is.
    pub(super) subject: &'static str,
    /// A gateway that does not break it for the same chat or message.
    pub(super) without: GatewayName,
}

const fn case(
    scenario: &'static str,
    gateway: GatewayName,
    broken: (OracleId, &'static str),
    without: GatewayName,
) -> Case {
    let (oracle, subject) = broken;
    Case { scenario, gateway, oracle, subject, without }
}

/// Every case, in the order of the races.
pub(super) const CASES: &[Case] = &[
    case(
        "r002-slow-drain-wipes-idle",
        GatewayName::HermesE0,
        (OracleId::SameConversation, "chat c"),
        GatewayName::HermesE1,
    ),
    case(
        "r003-drain-timeout-wipes",
        GatewayName::HermesE0,
        (OracleId::SameConversation, "chat a"),
        GatewayName::HermesE1,
    ),
    case(
        "r004-finished-marked-as-cut",
        GatewayName::Variant(Variant::MarksDrainStart),
        (OracleId::NoFalseResume, "chat a"),
        GatewayName::HermesE1,
    ),
    case(
        "r015-interrupt-clears-mark",
        GatewayName::Variant(Variant::InterruptClears),
        (OracleId::NothingLost, "m1"),
        GatewayName::HermesE2,
    ),
    case(
        "r020-cron-floor-exceeds-budget",
        GatewayName::HermesE3,
        (OracleId::StopBudget, "boot 1"),
        GatewayName::HermesE2,
    ),
    case(
        "r021-zero-drain",
        GatewayName::Variant(Variant::ZeroDrain),
        (OracleId::NothingLost, "m3"),
        GatewayName::HermesE2,
    ),
    case(
        "r024-restart-cancelled",
        GatewayName::Variant(Variant::RestartCancelled),
        (OracleId::NothingLost, "m2"),
        GatewayName::HermesE2,
    ),
    case(
        "r026-restart-in-startup",
        GatewayName::Variant(Variant::StartupExitsZero),
        (OracleId::NothingLost, "m2"),
        GatewayName::HermesE2,
    ),
    case(
        "r027-stop-remembered",
        GatewayName::Variant(Variant::StayStopped),
        (OracleId::NothingLost, "m2"),
        GatewayName::HermesE2,
    ),
    case(
        "r032-stuck-turn-blocks-restart",
        GatewayName::HermesE3,
        (OracleId::NothingLost, "m3"),
        GatewayName::HermesE2,
    ),
    case(
        "r033-wait-refuses-idle-chats",
        GatewayName::HermesE3,
        (OracleId::NothingLost, "m3"),
        GatewayName::HermesE2,
    ),
    case(
        "r034-drain-clock-freezes",
        GatewayName::Variant(Variant::FrozenDrain),
        (OracleId::StopBudget, "boot 1"),
        GatewayName::HermesE2,
    ),
    case(
        "r036-exit-waits-for-agents",
        GatewayName::Variant(Variant::AwaitsWorkers),
        (OracleId::StopBudget, "boot 1"),
        GatewayName::HermesE2,
    ),
    case(
        "r037-wedged-platform-in-stop",
        GatewayName::HermesE2,
        (OracleId::NothingLost, "m1"),
        GatewayName::HermesE4,
    ),
    case(
        "r038-join-starves-delivery",
        GatewayName::Variant(Variant::JoinStarves),
        (OracleId::NothingLost, "m1"),
        GatewayName::HermesE2,
    ),
    case(
        "r039-restarts-itself-at-once",
        GatewayName::HermesE2,
        (OracleId::NothingLost, "m1"),
        GatewayName::HermesE3,
    ),
    case(
        "r040-job-due-until-done",
        GatewayName::Variant(Variant::JobAfterTurn),
        (OracleId::StuckLoopEnds, "m1"),
        GatewayName::HermesE0,
    ),
    case(
        "r041-resumed-turn-restarts-again",
        GatewayName::HermesE2,
        (OracleId::NothingLost, "m1"),
        GatewayName::HermesE3,
    ),
    case(
        "r042-agent-not-told",
        GatewayName::Variant(Variant::NeverTold),
        (OracleId::ReasonTrue, "m1"),
        GatewayName::HermesE1,
    ),
    case(
        "r044-restart-redelivered",
        GatewayName::Variant(Variant::OffsetLeftBehind),
        (OracleId::NoSilentDuplicate, "m1"),
        GatewayName::HermesE2,
    ),
    case(
        "r045-restart-accepted-each-boot",
        GatewayName::Variant(Variant::OffsetLeftBehind),
        (OracleId::NoSilentDuplicate, "m2"),
        GatewayName::HermesE2,
    ),
    case(
        "r046-stuck-transcript-reloads",
        GatewayName::Variant(Variant::JobAfterTurn),
        (OracleId::StuckLoopEnds, "m1"),
        GatewayName::HermesE0,
    ),
    case(
        "r047-counter-erased-at-boot",
        GatewayName::HermesE2,
        (OracleId::StuckLoopEnds, "m1"),
        GatewayName::HermesE3,
    ),
    case(
        "r048-hard-kills-never-counted",
        GatewayName::HermesE4,
        (OracleId::StuckLoopEnds, "m1"),
        GatewayName::HermesE2,
    ),
    case(
        "r051-load-kills-boot",
        GatewayName::HermesE2,
        (OracleId::StuckLoopEnds, "m1"),
        GatewayName::HermesE3,
    ),
    case(
        "r052-resume-races-inbound",
        GatewayName::Variant(Variant::ClaimsLate),
        (OracleId::OneAgent, "chat a"),
        GatewayName::HermesE2,
    ),
    case(
        "r053-inbound-before-restore",
        GatewayName::Variant(Variant::NoGate),
        (OracleId::NothingLost, "m1"),
        GatewayName::HermesE2,
    ),
    case(
        "r054-slow-resume-silences-all",
        GatewayName::Variant(Variant::GateWaits),
        (OracleId::NothingLost, "m2"),
        GatewayName::Variant(Variant::NoGate),
    ),
    case(
        "r057-flag-outlives-its-turn",
        GatewayName::HermesE2,
        (OracleId::NoFalseResume, "chat a"),
        GatewayName::HermesE0,
    ),
    case(
        "r058-freshness-gate-discards",
        GatewayName::Variant(Variant::FreshnessGate),
        (OracleId::SameConversation, "chat a"),
        GatewayName::HermesE2,
    ),
    case(
        "r059-two-clocks-disagree",
        GatewayName::Variant(Variant::NoteByRow),
        (OracleId::ReasonTrue, "m2"),
        GatewayName::HermesE2,
    ),
    case(
        "r060-acknowledgement-ends-turn",
        GatewayName::Variant(Variant::ResumeReports),
        (OracleId::NothingLost, "m1"),
        GatewayName::HermesE2,
    ),
    case(
        "r062-resumed-for-a-revoked-user",
        GatewayName::HermesE1,
        (OracleId::NoFalseResume, "chat revoked"),
        GatewayName::HermesE2,
    ),
    case(
        "r063-offline-and-never-rescanned",
        GatewayName::Variant(Variant::SkipsOffline),
        (OracleId::NothingLost, "m1"),
        GatewayName::HermesE2,
    ),
    case(
        "r064-route-to-ended-session",
        GatewayName::Variant(Variant::SwallowsEnded),
        (OracleId::NothingLost, "m2"),
        GatewayName::HermesE1,
    ),
    case(
        "r065-messages-to-a-dead-runtime",
        GatewayName::Variant(Variant::DeadSlot),
        (OracleId::NothingLost, "m3"),
        GatewayName::HermesE2,
    ),
    case(
        "r066-cleanup-ends-live-rows",
        GatewayName::Variant(Variant::PrunesEnded),
        (OracleId::SameConversation, "chat a"),
        GatewayName::HermesE2,
    ),
    case(
        "r068-crashed-session-pruned",
        GatewayName::Variant(Variant::PrunesEnded),
        (OracleId::SameConversation, "chat a"),
        GatewayName::HermesE2,
    ),
    case(
        "r072-mixed-time-zones",
        GatewayName::Variant(Variant::MixedZones),
        (OracleId::NothingLost, "m1"),
        GatewayName::HermesE2,
    ),
    case(
        "r073-clock-trips-the-guard",
        GatewayName::HermesE3,
        (OracleId::NothingLost, "m2"),
        GatewayName::HermesE4,
    ),
    case(
        "r074-follow-up-dropped-in-drain",
        GatewayName::HermesE3,
        (OracleId::NothingLost, "m2"),
        GatewayName::Core,
    ),
    case(
        "r075-receipt-without-a-queue",
        GatewayName::Variant(Variant::QueueOfOne),
        (OracleId::NothingLost, "m3"),
        GatewayName::HermesE2,
    ),
    case(
        "r077-spooled-and-skipped",
        GatewayName::Variant(Variant::SpoolSkipped),
        (OracleId::NothingLost, "m3"),
        GatewayName::HermesE3,
    ),
    case(
        "r079-spool-out-of-order",
        GatewayName::Variant(Variant::SpoolLast),
        (OracleId::Order, "m4"),
        GatewayName::HermesE3,
    ),
    case(
        "r080-wake-becomes-text",
        GatewayName::Variant(Variant::SpoolAsText),
        (OracleId::NothingLost, "m3"),
        GatewayName::HermesE3,
    ),
    case(
        "r081-only-copy-cleared",
        GatewayName::HermesE2,
        (OracleId::SameConversation, "m2"),
        GatewayName::Core,
    ),
    case(
        "r082-backlog-on-cold-boot",
        GatewayName::Variant(Variant::DropsBacklog),
        (OracleId::NothingLost, "m2"),
        GatewayName::HermesE2,
    ),
    case(
        "r086-delivered-and-forgotten",
        GatewayName::Variant(Variant::LinesAfterSend),
        (OracleId::SameConversation, "m2"),
        GatewayName::HermesE1,
    ),
    case(
        "r088-drain-blind-to-send",
        GatewayName::HermesE3,
        (OracleId::NoSilentDuplicate, "m1"),
        GatewayName::HermesE4,
    ),
    case(
        "r091-resend-and-resume",
        GatewayName::HermesE3,
        (OracleId::NoFalseResume, "chat a"),
        GatewayName::HermesE4,
    ),
    case(
        "r092-updates-run-again",
        GatewayName::Variant(Variant::OffsetAfterTurn),
        (OracleId::NoSilentDuplicate, "m1"),
        GatewayName::HermesE2,
    ),
    case(
        "r095-session-never-created",
        GatewayName::Variant(Variant::RowMissing),
        (OracleId::SameConversation, "m2"),
        GatewayName::HermesE2,
    ),
    case(
        "r096-disk-full",
        GatewayName::HermesE2,
        (OracleId::SameConversation, "m2"),
        GatewayName::Core,
    ),
    case(
        "r097-interrupt-breaks-the-end",
        GatewayName::Variant(Variant::DeadSlot),
        (OracleId::NothingLost, "m3"),
        GatewayName::HermesE2,
    ),
    case(
        "r106-job-sent-and-not-noted",
        GatewayName::Variant(Variant::OffsetAfterTurn),
        (OracleId::NoSilentDuplicate, "m1"),
        GatewayName::HermesE2,
    ),
    case(
        "r107-interrupted-job-vanishes",
        GatewayName::HermesE0,
        (OracleId::NothingLost, "m1"),
        GatewayName::HermesE1,
    ),
    case(
        "r108-interrupt-counts-as-success",
        GatewayName::Variant(Variant::InterruptReports),
        (OracleId::NothingLost, "m1"),
        GatewayName::HermesE2,
    ),
    case(
        "r109-zero-drain-cuts-the-job",
        GatewayName::Variant(Variant::ZeroDrain),
        (OracleId::SameConversation, "m1"),
        GatewayName::HermesE2,
    ),
    case(
        "r110-late-job-never-runs",
        GatewayName::Variant(Variant::DropsLateJobs),
        (OracleId::NothingLost, "m1"),
        GatewayName::HermesE2,
    ),
    case(
        "r111-delegation-orphaned",
        GatewayName::HermesE0,
        (OracleId::NothingLost, "m2"),
        GatewayName::HermesE1,
    ),
    case(
        "r112-job-ends-without-a-wake",
        GatewayName::HermesE2,
        (OracleId::NothingLost, "m1"),
        GatewayName::Core,
    ),
];

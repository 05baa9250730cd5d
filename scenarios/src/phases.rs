//! What each gateway under test calls the parts of its stop, for whoever counts where campaigns
//! have been.

use sim::coverage::Phases;

use crate::gateways::mutants::Mutant;
use crate::registry::GatewayName;

/// The core, and whoever is the core but for one thing.
const CORE: Phases = Phases {
    premark: &["premark"],
    notify: &["notify"],
    drain: &["drain"],
    settle: &["interrupt", "flush"],
    clear: &["clear"],
    seal: &["seal"],
    release: &["release"],
    histories: &["transcript-"],
};

const MARKS_ONLY: Phases = Phases {
    premark: &["premark"],
    notify: &["notify"],
    drain: &["drain"],
    settle: &[],
    clear: &["clear"],
    seal: &[],
    release: &["release"],
    histories: &[],
};

/// Every era has only some of these.
const HERMES: Phases = Phases {
    premark: &["premark"],
    notify: &["notify"],
    drain: &["drain"],
    settle: &["interrupt", "remark"],
    clear: &["clear"],
    seal: &["receipt"],
    release: &["release"],
    histories: &[],
};

const CLAW: Phases = Phases { seal: &[], release: &[], settle: &["interrupt"], ..HERMES };

/// The phases of a gateway.
pub fn of(gateway: GatewayName) -> Phases {
    match gateway {
        GatewayName::HermesE0
        | GatewayName::HermesE1
        | GatewayName::HermesE2
        | GatewayName::HermesE3
        | GatewayName::HermesE4
        | GatewayName::Variant(_) => HERMES,
        GatewayName::Claw(_) => CLAW,
        GatewayName::MarksOnly
        | GatewayName::Mutant(
            Mutant::MarksOnlyNoPremark
            | Mutant::MarksOnlyPremarkAfterNotify
            | Mutant::MarksOnlyClearBeforeDrain
            | Mutant::MarksOnlyOlderMarksCleared,
        ) => MARKS_ONLY,
        GatewayName::Core
        | GatewayName::Resends
        | GatewayName::Unfenced
        | GatewayName::FencesLate
        | GatewayName::Mutant(
            Mutant::CoreNoPremark
            | Mutant::CorePremarkAfterNotify
            | Mutant::CoreAsksNobody
            | Mutant::Planted(_),
        )
        | GatewayName::Saboteur(_) => CORE,
    }
}

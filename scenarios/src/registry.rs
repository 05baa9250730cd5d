//! The gateways under test, by name.
//!
//! A scenario file and the command line know a gateway by its name only; here is what the name
//! stands for. How a gateway works is its own business.

use std::str::FromStr;

use gateway_core::Core;
use gateway_core::env::Gateway;
use sim::explore::Deaths;
use sim::plan::Plan;

use crate::gateways::claw::{Claw, Sibling};
use crate::gateways::hermes::{Era, Hermes, Variant};
use crate::gateways::marks_only::MarksOnly;
use crate::gateways::mutants::Mutant;
use crate::gateways::resends::Resends;
use crate::gateways::saboteurs::Saboteur;
use crate::gateways::unfenced::{Asks, Unfenced};
use crate::input::suggest;

/// A gateway under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GatewayName {
    /// The reference gateway.
    Core,
    /// Hermes-agent as it first was.
    HermesE0,
    /// Hermes-agent before the fix of its issue #27856.
    HermesE1,
    /// Hermes-agent after it.
    HermesE2,
    /// Hermes-agent with a ledger of deliveries.
    HermesE3,
    /// Hermes-agent with exact marks of turns.
    HermesE4,
    /// The narrow fix done right, and nothing else.
    MarksOnly,
    /// Hermes-agent with one thing otherwise.
    Variant(Variant),
    /// Openclaw, or a sibling that misses one thing.
    Claw(Sibling),
    /// The core, if it took a send that nobody has confirmed for one that was not taken.
    Resends,
    /// The core, which never asks to be the only one that is served.
    Unfenced,
    /// The core, which asks for that too late.
    FencesLate,
    /// One of these with one thing broken.
    Mutant(Mutant),
    /// The core on a file system that is spoilt.
    Saboteur(Saboteur),
}

impl GatewayName {
    /// Every gateway but the variants, the siblings, the mutants and the saboteurs, in order.
    pub const ALL: [GatewayName; 10] = [
        GatewayName::Core,
        GatewayName::HermesE0,
        GatewayName::HermesE1,
        GatewayName::HermesE2,
        GatewayName::HermesE3,
        GatewayName::HermesE4,
        GatewayName::MarksOnly,
        GatewayName::Resends,
        GatewayName::Unfenced,
        GatewayName::FencesLate,
    ];

    /// Every gateway, then the variants, the siblings, the mutants and the saboteurs.
    pub fn every() -> impl Iterator<Item = GatewayName> {
        let variants = Variant::ALL.iter().copied().map(GatewayName::Variant);
        let siblings = Sibling::ALL.map(GatewayName::Claw);
        let mutants = Mutant::all().map(GatewayName::Mutant);
        let saboteurs = Saboteur::all().map(GatewayName::Saboteur);
        let models = GatewayName::ALL.into_iter().chain(variants).chain(siblings);
        models.chain(mutants).chain(saboteurs)
    }

    /// Its name, as everybody writes it.
    pub fn name(self) -> &'static str {
        match self {
            GatewayName::Core => "core",
            GatewayName::HermesE0 => "hermes-e0",
            GatewayName::HermesE1 => "hermes-e1",
            GatewayName::HermesE2 => "hermes-e2",
            GatewayName::HermesE3 => "hermes-e3",
            GatewayName::HermesE4 => "hermes-e4",
            GatewayName::MarksOnly => "marks-only",
            GatewayName::Variant(variant) => variant.name(),
            GatewayName::Claw(sibling) => sibling.name(),
            GatewayName::Resends => "core-resends-blindly",
            GatewayName::Unfenced => "core-unfenced",
            GatewayName::FencesLate => "core-fences-late",
            GatewayName::Mutant(mutant) => mutant.name(),
            GatewayName::Saboteur(saboteur) => saboteur.name(),
        }
    }

    /// What it is, in one line.
    pub fn about(self) -> &'static str {
        match self {
            GatewayName::Core => "the reference gateway: must be acquitted everywhere",
            GatewayName::HermesE0 => {
                "model of hermes-agent in April: no marks; a boot without a receipt suspends"
            }
            GatewayName::HermesE1 => {
                "model of hermes-agent 0.13.0: marks only after a drain that timed out"
            }
            GatewayName::HermesE2 => {
                "model of hermes-agent 0.15.0: marks one by one, after the notices"
            }
            GatewayName::HermesE3 => {
                "model of hermes-agent in August: a ledger of deliveries, files for what waits"
            }
            GatewayName::HermesE4 => {
                "model of hermes-agent in September: a turn is marked from its start"
            }
            GatewayName::Variant(variant) => variant.about(),
            GatewayName::MarksOnly => {
                "premark, notify, drain, clear, release done right, and no record of turns"
            }
            GatewayName::Claw(sibling) => sibling.about(),
            GatewayName::Resends => "the core, sending again whatever nobody has confirmed",
            GatewayName::Unfenced => "the core, relying on its lock alone",
            GatewayName::FencesLate => {
                "the core, which has earlier boots refused when it has read what they left"
            }
            GatewayName::Mutant(mutant) => mutant.about(),
            GatewayName::Saboteur(saboteur) => saboteur.about(),
        }
    }

    /// The deaths under which `check` judges it. The eras were measured under SIGKILL only, and
    /// the siblings were not: nothing is claimed about what they do when the power goes.
    pub fn deaths(self) -> Deaths {
        match self {
            GatewayName::HermesE0
            | GatewayName::HermesE1
            | GatewayName::HermesE2
            | GatewayName::HermesE3
            | GatewayName::HermesE4
            | GatewayName::Variant(_)
            | GatewayName::Claw(_) => Deaths::Process,
            GatewayName::Core
            | GatewayName::MarksOnly
            | GatewayName::Resends
            | GatewayName::Unfenced
            | GatewayName::FencesLate
            | GatewayName::Mutant(_)
            | GatewayName::Saboteur(_) => Deaths::Both,
        }
    }

    /// The gateway itself, with the settings that a plan gives it.
    pub fn make(self, plan: &Plan) -> Box<dyn Gateway> {
        let settings = plan.gateway_settings();
        match self {
            GatewayName::Core => Box::new(Core::new(settings)),
            GatewayName::HermesE0 => Box::new(Hermes::new(Era::E0, settings)),
            GatewayName::HermesE1 => Box::new(Hermes::new(Era::E1, settings)),
            GatewayName::HermesE2 => Box::new(Hermes::new(Era::E2, settings)),
            GatewayName::HermesE3 => Box::new(Hermes::new(Era::E3, settings)),
            GatewayName::HermesE4 => Box::new(Hermes::new(Era::E4, settings)),
            GatewayName::Variant(variant) => Box::new(Hermes::variant(variant, settings)),
            GatewayName::MarksOnly => Box::new(MarksOnly::designed(settings)),
            GatewayName::Claw(sibling) => Box::new(Claw::new(sibling, settings)),
            GatewayName::Resends => Box::new(Resends(Core::new(settings))),
            GatewayName::Unfenced => Box::new(Unfenced(Core::new(settings), Asks::Never)),
            GatewayName::FencesLate => Box::new(Unfenced(Core::new(settings), Asks::Late)),
            GatewayName::Mutant(mutant) => mutant.make(settings),
            GatewayName::Saboteur(saboteur) => saboteur.make(settings),
        }
    }
}

impl std::fmt::Display for GatewayName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// A name that no gateway has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown gateway `{name}`: {hint}")]
pub struct UnknownGateway {
    name: String,
    hint: String,
}

impl FromStr for GatewayName {
    type Err = UnknownGateway;

    fn from_str(text: &str) -> Result<GatewayName, UnknownGateway> {
        let found = GatewayName::every().find(|gateway| gateway.name() == text);
        found.ok_or_else(|| UnknownGateway {
            name: text.to_owned(),
            hint: suggest::one_of(text, GatewayName::every().map(GatewayName::name)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gateway_is_found_by_its_name() {
        for gateway in GatewayName::every() {
            assert_eq!(gateway.name().parse(), Ok(gateway));
        }
    }

    #[test]
    fn an_unknown_gateway_is_told_the_near_one_and_all() {
        let error = "hermes-e9".parse::<GatewayName>().expect_err("no such gateway").to_string();
        assert!(error.contains("did you mean `hermes-e"), "{error}");
        assert!(error.contains("`marks-only`"), "{error}");
    }
}

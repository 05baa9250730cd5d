//! The mutants by name: a good gateway, and the one thing in which it is broken.
//!
//! They are permanent. Each stands for a mistake that is easily made, and a test says which oracle
//! notices it. None of them needs a line of the core changed: a mutant has another stop, another
//! world, or is a copy of the core with an error planted (`scenarios/mutants/`).

use core_mutants::Planted;
use gateway_core::Core;
use gateway_core::env::Gateway;
use gateway_core::settings::Settings;

use super::access::Trusting;
use super::procedure;
use crate::gateways::marks_only::{MarksOnly, Older, Step};

/// A good gateway with one thing broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mutant {
    /// `marks-only` whose stop marks nothing.
    MarksOnlyNoPremark,
    /// `marks-only` whose stop tells the chats before it marks.
    MarksOnlyPremarkAfterNotify,
    /// `marks-only` whose stop clears its marks before it waits.
    MarksOnlyClearBeforeDrain,
    /// `marks-only` whose stop clears the marks of earlier boots.
    MarksOnlyOlderMarksCleared,
    /// `core` whose stop marks nothing.
    CoreNoPremark,
    /// `core` whose stop tells the chats before it marks.
    CorePremarkAfterNotify,
    /// `core` that never asks whether a chat still has access.
    CoreAsksNobody,
    /// `core` with an error inside.
    Planted(Planted),
}

impl Mutant {
    /// Every mutant that is made from outside, in order.
    pub const OUTSIDE: [Mutant; 7] = [
        Mutant::MarksOnlyNoPremark,
        Mutant::MarksOnlyPremarkAfterNotify,
        Mutant::MarksOnlyClearBeforeDrain,
        Mutant::MarksOnlyOlderMarksCleared,
        Mutant::CoreNoPremark,
        Mutant::CorePremarkAfterNotify,
        Mutant::CoreAsksNobody,
    ];

    /// Every mutant, in order.
    pub fn all() -> impl Iterator<Item = Mutant> {
        Mutant::OUTSIDE.into_iter().chain(Planted::ALL.map(Mutant::Planted))
    }

    /// Its name, as everybody writes it.
    pub fn name(self) -> &'static str {
        match self {
            Mutant::MarksOnlyNoPremark => "marks-only-no-premark",
            Mutant::MarksOnlyPremarkAfterNotify => "marks-only-premark-after-notify",
            Mutant::MarksOnlyClearBeforeDrain => "marks-only-clear-before-drain",
            Mutant::MarksOnlyOlderMarksCleared => "marks-only-older-marks-cleared",
            Mutant::CoreNoPremark => "core-no-premark",
            Mutant::CorePremarkAfterNotify => "core-premark-after-notify",
            Mutant::CoreAsksNobody => "core-asks-nobody",
            Mutant::Planted(planted) => planted.name(),
        }
    }

    /// What is broken, in one line.
    pub fn about(self) -> &'static str {
        match self {
            Mutant::MarksOnlyNoPremark => "marks-only: its stop marks nothing",
            Mutant::MarksOnlyPremarkAfterNotify => {
                "marks-only: its stop tells the chats before it marks"
            }
            Mutant::MarksOnlyClearBeforeDrain => {
                "marks-only: its stop clears its marks before it waits"
            }
            Mutant::MarksOnlyOlderMarksCleared => {
                "marks-only: its stop relies on the marks of earlier boots, and clears them"
            }
            Mutant::CoreNoPremark => "core: its stop marks nothing",
            Mutant::CorePremarkAfterNotify => "core: its stop tells the chats before it marks",
            Mutant::CoreAsksNobody => "core: it never asks whether a chat still has access",
            Mutant::Planted(planted) => planted.about(),
        }
    }

    /// The mutant itself.
    pub fn make(self, settings: Settings) -> Box<dyn Gateway> {
        let marks_only = |steps: &[Step]| -> Box<dyn Gateway> {
            Box::new(MarksOnly::with_stop(settings.clone(), steps.to_vec()))
        };
        use Step::{Clear, Drain, Notify, Premark, Release};
        match self {
            Mutant::MarksOnlyNoPremark => marks_only(&[Notify, Drain, Clear, Release]),
            Mutant::MarksOnlyPremarkAfterNotify => {
                marks_only(&[Notify, Premark, Drain, Clear, Release])
            }
            Mutant::MarksOnlyClearBeforeDrain => {
                marks_only(&[Premark, Notify, Clear, Drain, Release])
            }
            Mutant::MarksOnlyOlderMarksCleared => {
                Box::new(MarksOnly::designed(settings).treating_older_marks(Older::Cleared))
            }
            Mutant::CoreNoPremark => Box::new(Core::with_stop(settings, procedure::no_premark())),
            Mutant::CorePremarkAfterNotify => {
                Box::new(Core::with_stop(settings, procedure::premark_after_notify()))
            }
            Mutant::CoreAsksNobody => Box::new(Trusting(Core::new(settings))),
            Mutant::Planted(planted) => Box::new(core_mutants::Mutant::new(planted, settings)),
        }
    }
}

//! What a run, or many, came to.

use crate::ledger::End;
use crate::oracle::{Kind, Violation};
use crate::world::World;

/// What a run came to, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Every oracle is content.
    Passed,
    /// Something that must end did not.
    NotLive,
    /// Something bad happened.
    Unsafe,
    /// The gateway panicked.
    Panicked,
}

impl Verdict {
    /// The verdict over a run that ended in `world` with these violations.
    pub fn of(world: &World, violations: &[Violation]) -> Verdict {
        if panicked(world) { Verdict::Panicked } else { Verdict::of_violations(violations) }
    }

    /// The verdict as far as violations tell it.
    pub fn of_violations(violations: &[Violation]) -> Verdict {
        let worst = violations.iter().map(|violation| match violation.oracle.kind() {
            Kind::Safety => Verdict::Unsafe,
            Kind::Liveness => Verdict::NotLive,
        });
        worst.max().unwrap_or(Verdict::Passed)
    }

    /// The exit code that tells it: 0, 11, 10 or 12.
    pub fn exit_code(self) -> u8 {
        match self {
            Verdict::Passed => 0,
            Verdict::Unsafe => 10,
            Verdict::NotLive => 11,
            Verdict::Panicked => 12,
        }
    }
}

/// Whether any boot of a run panicked.
pub fn panicked(world: &World) -> bool {
    world.ledger().boots.iter().any(|boot| matches!(boot.ended, Some((_, End::Panicked(_)))))
}

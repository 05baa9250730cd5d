//! Who is served: the boot with the highest number that platform and agent back end have admitted.
//!
//! Each has a memory of its own, which outlives every process. A gateway that never asks to be
//! admitted is served for as long as nobody else has asked.

use gateway_core::env::{FenceError, PollError, Superseded, Token};

use super::world::World;
use crate::ledger::End;

/// Whoever decides for itself whom it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The chat platform.
    Platform,
    /// The agent back end.
    Agents,
}

/// Whom it serves, if it was ever asked to serve one only.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub(crate) struct Fence(Option<(Token, u32)>);

impl Fence {
    /// Whether a process is served.
    pub(super) fn serves(self, boot: u32) -> Result<(), Superseded> {
        match self.0 {
            Some((Token { boot: by, .. }, served)) if served != boot => Err(Superseded { by }),
            _ => Ok(()),
        }
    }

    /// A process asks to be the one that is served. Whom it takes the place of.
    fn admit(&mut self, boot: u32, token: Token) -> Result<Option<u32>, Superseded> {
        match self.0 {
            Some((last, _)) if last != token && last.boot >= token.boot => {
                Err(Superseded { by: last.boot })
            }
            before => {
                self.0 = Some((token, boot));
                Ok(before.map(|(_, served)| served).filter(|served| *served != boot))
            }
        }
    }
}

impl World {
    /// A process asks to be admitted.
    pub(super) fn admit(&mut self, boot: u32, whom: Whom, token: Token) -> Result<(), FenceError> {
        match whom {
            Whom::Platform => {
                self.reachable().map_err(FenceError::Unanswered)?;
                let before = self.platform.fence.admit(boot, token)?;
                if let Some(process) = before.and_then(|before| self.processes.get_mut(&before)) {
                    process.superseded = true;
                }
                self.settle_waits();
            }
            Whom::Agents => {
                if let Some(before) = self.agents.admit(boot, token)? {
                    self.supersede(before, Superseded { by: token.boot });
                }
            }
        }
        Ok(())
    }

    /// Whether the platform can be asked for messages and does serve a process.
    pub(super) fn reached(&mut self, boot: u32) -> Result<(), PollError> {
        self.reachable().map_err(PollError::Unanswered)?;
        Ok(self.platform.fence.serves(boot)?)
    }

    /// The agents of a process that another one has taken the place of end. If it lives, that is
    /// the end of it for everybody outside, whatever it still does.
    fn supersede(&mut self, boot: u32, superseded: Superseded) {
        if !self.processes.contains_key(&boot) {
            return;
        }
        let (now, cut) = (self.now, self.cut_by_end_of(boot));
        self.note_end(boot);
        self.end_runs(boot, superseded);
        let facts = self.boot_facts(boot);
        facts.cut = cut;
        facts.ended = Some((now, End::Superseded));
    }
}

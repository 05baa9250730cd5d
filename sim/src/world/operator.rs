//! What the operator wants at this moment, as a process finds it when it looks.
//!
//! It follows from the plan and the time alone: looking changes nothing.

use gateway_core::env::Launch;
use gateway_core::message::ChatId;

use super::world::World;
use crate::delivered::Planned;

impl World {
    /// How the operator wants a living process to begin.
    pub(crate) fn look_at_launch(&mut self, boot: u32) -> Launch {
        let began_at = self.boot_facts(boot).began_at;
        let Some(index) = self.script.plan.clean_start(began_at) else { return Launch::Recover };
        self.delivered.note(Planned::CleanStart(index));
        Launch::Clean(format!("clean start {}", index + 1))
    }

    /// Whether work may be done for a chat now, as the process is told that looks.
    pub(crate) fn look_at_access(&mut self, boot: u32, chat: &ChatId) -> bool {
        let revoked = self.script.plan.revocation(chat, self.now);
        if let Some(index) = revoked {
            self.delivered.note(Planned::Revocation(index));
            self.note_barred(boot, self.script.chat(chat));
        }
        revoked.is_none()
    }
}

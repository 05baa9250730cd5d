//! What the operator wants at this moment, as a process finds it when it looks.
//!
//! It follows from the plan and the time alone: looking changes nothing.

use gateway_core::env::Launch;
use gateway_core::message::ChatId;

use super::world::World;
use crate::delivered::Planned;

/// The file that an error in the log tells the operator to move out of the state directory.
fn file_to_move(error: &str) -> Option<&str> {
    let named = error.split_whitespace().find_map(|word| word.strip_prefix("file="))?;
    error.contains("remedy=").then(|| named.trim_matches('"'))
}

impl World {
    /// A process refuses to serve. The operator does what its log says: what it names is moved out
    /// of the state directory for good. Whether there was anything to do.
    pub(super) fn apply_remedy(&mut self, boot: u32) -> bool {
        let errors = self.ledger.boot(boot).errors.clone();
        let files = errors.iter().filter_map(|error| file_to_move(error));
        let moved: Vec<&str> = files.filter(|file| self.disk.remove(file).is_ok()).collect();
        for file in &moved {
            let directory = file.rsplit_once('/').map_or("", |(directory, _)| directory);
            self.disk.sync_dir(directory).expect("a file was there, so its directory is");
        }
        let is_applied = !moved.is_empty();
        if is_applied {
            self.ledger.remedied.push(self.now);
        }
        is_applied
    }

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

//! Where capsules are saved, and the line that replays one.

use std::path::{Path, PathBuf};

use sim::capsule::Capsule;
use sim::oracle::OracleId;
use sim::plan::Plan;

/// Where capsules are saved, seen from where the command was started.
pub const DIRECTORY: &str = "target/holdfast";

/// A capsule of this version.
pub fn wrap(gateway: &str, violates: Vec<OracleId>, plan: &Plan, trace: Option<String>) -> Capsule {
    let (version, commit) = (env!("CARGO_PKG_VERSION"), env!("HOLDFAST_COMMIT"));
    Capsule::new(version, commit, gateway, violates, plan.clone(), trace)
}

/// Where the capsule of a conviction is saved.
pub fn path(scenario: &str, gateway: &str, oracle: OracleId) -> PathBuf {
    let name = format!("{scenario}-{gateway}-{oracle}.toml").to_lowercase();
    Path::new(DIRECTORY).join(name)
}

/// The line that replays a capsule.
pub fn replay_line(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let text = if text.chars().all(plain) { text } else { format!("'{text}'") };
    format!("cargo run --release -- replay {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capsule_is_named_after_what_it_shows() {
        let path = path("clean-restart", "hermes-e1", OracleId::NothingLost);
        assert_eq!(
            replay_line(&path),
            "cargo run --release -- replay target/holdfast/\
             clean-restart-hermes-e1-nothing-lost.toml"
        );
    }
}

//! A failure as a file: everything that is needed to see it again.
//!
//! It holds the explicit plan, not a seed, so that it replays after generators and matrices have
//! changed, and the trace it made, so that a replay can tell whether it is the same run.

use serde::{Deserialize, Serialize};

use crate::oracle::OracleId;
use crate::plan::Plan;

/// The layout of capsules that this version writes and reads.
const FORMAT: u32 = 1;

/// A failure as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capsule {
    /// The layout of this file.
    format: u32,
    /// The version of Holdfast that wrote it.
    pub version: String,
    /// The commit it was built from; `unknown` outside a checkout.
    pub commit: String,
    /// The gateway that failed.
    pub gateway: String,
    /// The oracles that convicted it.
    pub violates: Vec<OracleId>,
    /// The plan.
    pub plan: Plan,
    /// The trace of the run, line by line; none if the run never ended, because its process died
    /// or was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// A file is not a capsule that can be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CapsuleError {
    /// It is not TOML of the right shape; the text names line and column.
    #[error("{0}")]
    Syntax(String),
    /// It is of another layout.
    #[error("capsule of format {found}; this version reads format {FORMAT}")]
    Format {
        /// The layout it says it has.
        found: u32,
    },
}

impl Capsule {
    /// Wraps a failure up.
    pub fn new(
        version: &str,
        commit: &str,
        gateway: &str,
        violates: Vec<OracleId>,
        plan: Plan,
        trace: Option<String>,
    ) -> Capsule {
        Capsule {
            format: FORMAT,
            version: version.to_owned(),
            commit: commit.to_owned(),
            gateway: gateway.to_owned(),
            violates,
            plan,
            trace,
        }
    }

    /// The file.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a capsule is plain data")
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If it is no capsule, or one of another layout.
    pub fn parse(text: &str) -> Result<Capsule, CapsuleError> {
        let capsule: Capsule =
            toml::from_str(text).map_err(|error| CapsuleError::Syntax(error.to_string()))?;
        if capsule.format != FORMAT {
            return Err(CapsuleError::Format { found: capsule.format });
        }
        Ok(capsule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capsule() -> Capsule {
        let plan = "horizon = \"10s\"\nheal_at = \"8s\"\n[schedule]\norder = 7\n\
                    [[schedule.demote]]\nboot = 1\neffect = 17\nby = \"200ms\"\n\
                    [[kill]]\nboot = 1\nbefore = 3\nkind = \"power\"\n\
                    disk = \"# ##.+\"\n";
        let plan = toml::from_str(plan).expect("a plan");
        let trace = "line 'one'\nline \"two\"\n".to_owned();
        Capsule::new("0.1.0", "unknown", "core", vec![OracleId::NothingLost], plan, Some(trace))
    }

    #[test]
    fn a_capsule_reads_back_as_it_was_written() {
        let capsule = capsule();
        assert_eq!(Capsule::parse(&capsule.to_toml()).expect("its own text"), capsule);
    }

    #[test]
    fn another_layout_is_refused() {
        let text = capsule().to_toml().replacen("format = 1", "format = 2", 1);
        assert_eq!(Capsule::parse(&text), Err(CapsuleError::Format { found: 2 }));
    }
}

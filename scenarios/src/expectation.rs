//! What a scenario expects of a gateway, and how it compares with what was found.
//!
//! The set is exact: an oracle that convicts unexpectedly is news, and so is one that no longer
//! does.

use std::collections::BTreeSet;
use std::fmt;

use sim::oracle::OracleId;

/// What a scenario expects of a gateway over its whole matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// No oracle convicts it.
    Acquitted,
    /// Exactly these oracles convict it.
    Convicted(BTreeSet<OracleId>),
}

/// How what was found differs from what was expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surprise {
    /// The oracles that convict unexpectedly.
    pub unexpected: BTreeSet<OracleId>,
    /// The oracles that were expected to convict and do not.
    pub missing: BTreeSet<OracleId>,
}

impl Expectation {
    /// Whether an oracle is expected to convict.
    pub fn convicts_of(&self, oracle: OracleId) -> bool {
        matches!(self, Expectation::Convicted(oracles) if oracles.contains(&oracle))
    }

    /// How the oracles that convict differ from what was expected; none if they do not.
    pub fn surprise(&self, convicting: &BTreeSet<OracleId>) -> Option<Surprise> {
        let none = BTreeSet::new();
        let expected = match self {
            Expectation::Acquitted => &none,
            Expectation::Convicted(oracles) => oracles,
        };
        let surprise = Surprise {
            unexpected: convicting.difference(expected).copied().collect(),
            missing: expected.difference(convicting).copied().collect(),
        };
        (surprise != Surprise::default()).then_some(surprise)
    }
}

/// `acquitted`, or the oracles with commas between them.
impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expectation::Acquitted => f.pad("acquitted"),
            Expectation::Convicted(oracles) => f.pad(&names(oracles, ",")),
        }
    }
}

impl fmt::Display for Surprise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.unexpected.is_empty() {
            parts.push(format!("unexpectedly convicted of {}", names(&self.unexpected, ", ")));
        }
        if !self.missing.is_empty() {
            parts.push(format!("not convicted of {} as expected", names(&self.missing, ", ")));
        }
        f.write_str(&parts.join("; "))
    }
}

/// The names of some oracles with something between them.
pub fn names(oracles: &BTreeSet<OracleId>, between: &str) -> String {
    oracles.iter().map(|oracle| oracle.name()).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set<const N: usize>(oracles: [OracleId; N]) -> BTreeSet<OracleId> {
        BTreeSet::from(oracles)
    }

    #[test]
    fn what_is_found_as_expected_is_no_surprise() {
        assert_eq!(Expectation::Acquitted.surprise(&set([])), None);
        let expected = Expectation::Convicted(set([OracleId::Resumed, OracleId::NothingLost]));
        assert_eq!(expected.surprise(&set([OracleId::NothingLost, OracleId::Resumed])), None);
    }

    #[test]
    fn one_oracle_more_and_one_less_are_both_told() {
        let expected = Expectation::Convicted(set([OracleId::Resumed]));
        let surprise = expected.surprise(&set([OracleId::Order])).expect("both differ");
        let text = "unexpectedly convicted of ORDER; not convicted of RESUMED as expected";
        assert_eq!(surprise.to_string(), text);
    }
}

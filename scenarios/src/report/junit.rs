//! Results as JUnit XML, which every CI system shows.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// One thing that had to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What had to hold.
    pub name: String,
    /// What was found instead, if it does not: a line, and everything there is to say.
    pub failure: Option<(String, String)>,
}

impl Claim {
    /// Something that holds.
    pub fn holds(name: impl Into<String>) -> Claim {
        Claim { name: name.into(), failure: None }
    }

    /// Something that does not.
    pub fn fails(
        name: impl Into<String>,
        line: impl Into<String>,
        all: impl Into<String>,
    ) -> Claim {
        Claim { name: name.into(), failure: Some((line.into(), all.into())) }
    }
}

/// The claims of a suite as a JUnit report.
pub fn junit(suite: &str, claims: &[Claim]) -> String {
    let mut cases = TestSuite::new(suite);
    for claim in claims {
        let status = match &claim.failure {
            None => TestCaseStatus::success(),
            Some((line, all)) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(line.as_str());
                status.set_description(all.as_str());
                status
            }
        };
        let mut case = TestCase::new(claim.name.as_str(), status);
        case.set_classname(suite);
        cases.add_test_case(case);
    }
    let mut report = Report::new("holdfast");
    report.add_test_suite(cases);
    report.to_string().expect("it is written to memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_told_with_all_there_is_to_say() {
        let claims = [
            Claim::holds("NOTHING-LOST"),
            Claim::fails("RESUMED", "1 turn <lost>", "the page\nof it"),
        ];
        let xml = junit("swarm core", &claims);
        for part in [
            "<testsuite name=\"swarm core\" tests=\"2\" disabled=\"0\" errors=\"0\" failures=\"1\"",
            "<testcase name=\"NOTHING-LOST\" classname=\"swarm core\"",
            "message=\"1 turn &lt;lost&gt;\"",
            "the page\nof it",
        ] {
            assert!(xml.contains(part), "{part} is not in\n{xml}");
        }
    }
}

//! The judge has no time of its own: whatever it measures against is a setting of the plan.

use super::code::{code, line_at};
use super::tree::{Finding, Source};

/// What makes a time of a number.
const MAKERS: [&str; 6] =
    ["Ms(", "from_secs(", "from_millis(", "from_mins(", "from_hours(", "from_secs_f64("];

/// The beginning of everything, the end of time, and the counts that a span is made of are no
/// times that anybody has chosen.
const NEITHER: [&str; 3] = ["0)", "u64::MAX)", "0),"];

/// No duration is written into a file of the oracles.
pub(super) fn no_duration_is_written_down(file: &Source) -> Vec<Finding> {
    let judges = file.path.starts_with("sim/src/oracle/") && !is_test(&file.path);
    if !judges {
        return Vec::new();
    }
    let code = code(&file.text);
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let mut findings = Vec::new();
    for maker in MAKERS {
        for (offset, _) in code.match_indices(maker) {
            let argument = &code[offset + maker.len()..];
            let is_number = argument.starts_with(|char: char| char.is_ascii_digit());
            let is_chosen = !NEITHER.iter().any(|neither| argument.starts_with(neither));
            if is_number && is_chosen {
                let what = "a duration in the judge: it is a setting of the plan";
                findings.push(file.finding(line_at(code, offset), what));
            }
        }
    }
    findings
}

fn is_test(path: &str) -> bool {
    ["sim/src/oracle/tests/", "sim/src/oracle/past"].iter().any(|tests| path.starts_with(tests))
}

#[test]
fn a_duration_in_an_oracle_is_found_and_one_in_its_tests_is_not() {
    let found = |path: &str, text: &str| {
        let file = Source { path: path.to_owned(), text: text.to_owned() };
        no_duration_is_written_down(&file).len()
    };
    assert_eq!(found("sim/src/oracle/served.rs", "const A: Ms = Ms(1_000);"), 1);
    assert_eq!(found("sim/src/oracle/served.rs", "let a = Duration::from_secs(2);"), 1);
    assert_eq!(found("sim/src/oracle/served.rs", "let a = (Ms(0), Ms(u64::MAX), Ms(left));"), 0);
    assert_eq!(found("sim/src/oracle/tests/served.rs", "const A: Ms = Ms(1_000);"), 0);
    assert_eq!(found("sim/src/world/world.rs", "const A: Ms = Ms(1_000);"), 0);
}

//! Files of somebody's own: what they expect is held against what was found, and a plan that tested
//! nothing is an error, in the command and in the harness for tests.

use std::path::Path;

use gateway_core::Core;
use scenarios::cli::execute;
use scenarios::harness::Harness;
use scenarios::status::Status;
use serde_json::Value;
use sim::plan::Plan;
use tempfile::TempDir;

/// A turn that an unplanned kill cuts, which the core survives and Hermes E1 does not.
const CUT: &str = r#"story = "s"
source = "own"
category = "kill-window"
stage = "direct"

[expect]
EXPECTED

[plan]
horizon = "10m"

[[plan.message]]
at = "10s"
chat = "a"
turn = { steps = 1, step = "3m" }

[[plan.stop]]
at = "STOP"
signal = "restart"
down_for = "20s"
"#;

const E1: &str = "hermes-e1 = [\"NOTHING-LOST\", \"RESUMED\", \"REASON-TRUE\", \
                  \"SAME-CONVERSATION\", \"NO-FALSE-RESUME\"]";

/// A bit that turns over in a file that is not there.
const ROTS: &str = "\n[[plan.bit_rot]]\nat = \"5m\"\npath = \"none-such\"\nbyte = 0\n";

struct Own {
    root: TempDir,
    path: String,
}

fn own(expected: &str, more: &str) -> Own {
    let root = tempfile::tempdir().expect("a temporary directory");
    let path = root.path().join("own.toml");
    let text = CUT.replacen("EXPECTED", expected, 1).replacen("STOP", "5m 30s", 1) + more;
    std::fs::write(&path, text).expect("the directory is writable");
    let path = path.to_str().expect("UTF-8").to_owned();
    Own { root, path }
}

fn holdfast(root: &Path, line: &[&str]) -> (Status, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let line: Vec<&str> = ["holdfast"].into_iter().chain(line.iter().copied()).collect();
    let status = execute(&line, root, &mut out, &mut err);
    out.append(&mut err);
    (status, String::from_utf8(out).expect("it prints text"))
}

impl Own {
    fn does(&self, command: &str, more: &[&str]) -> (Status, String) {
        let line: Vec<&str> = [command, &self.path].iter().chain(more).copied().collect();
        holdfast(self.root.path(), &line)
    }
}

#[test]
fn a_file_of_ones_own_is_checked_with_every_gateway_that_it_names() {
    let own = own("core = \"acquitted\"\nhermes-e0 = \"acquitted\"", "");
    let (status, out) = own.does("check", &[]);
    assert_eq!(status, Status::Harness, "{out}");
    assert!(out.contains("1 scenarios, 2 matrices"), "{out}");
    assert!(out.contains("own with hermes-e0: unexpectedly convicted of"), "{out}");
    let (status, out) = own.does("check", &["--gateway", "core"]);
    assert_eq!(status, Status::Passed, "{out}");
    let (status, out) = own.does("check", &["--gateway", "marks-only"]);
    assert_eq!(status, Status::Usage, "{out}");
    assert!(out.contains("no file that is named expects anything of marks-only"), "{out}");
}

#[test]
fn a_matrix_says_whether_it_is_as_its_file_expects() {
    let as_is = own("core = \"acquitted\"", "");
    let (status, out) = as_is.does("matrix", &[]);
    assert_eq!(status, Status::Passed, "{out}");
    assert!(out.contains("own.toml expects of core: acquitted"), "{out}");
    let (status, out) = as_is.does("matrix", &["--gateway", "hermes-e4"]);
    assert_ne!(status, Status::Harness, "{out}");
    assert!(out.contains("own.toml expects nothing of hermes-e4"), "{out}");

    let wrong = own("core = [\"NOTHING-LOST\"]", "");
    let (status, out) = wrong.does("matrix", &["--kill", "both"]);
    assert_eq!(status, Status::Harness, "{out}");
    let told = "own.toml expects of core: not convicted of NOTHING-LOST as expected";
    assert!(out.contains("not as ") && out.contains(told), "{out}");
    let (_, out) = wrong.does("matrix", &["--format", "json"]);
    let last = out.lines().next_back().expect("it prints something");
    let object: Value = serde_json::from_str(last).expect("it is JSON");
    assert_eq!(object["as_expected"], false);
}

#[test]
fn a_gateway_that_is_convicted_ends_a_matrix_with_its_verdict_expected_or_not() {
    for expected in [E1, "hermes-e1 = \"acquitted\""] {
        let own = own(expected, "");
        let (status, out) = own.does("matrix", &["--gateway", "hermes-e1"]);
        assert_eq!(status, Status::Unsafe, "{out}");
    }
}

#[test]
fn what_never_fires_fails_check_and_matrix_unless_the_file_allows_it() {
    let silent = own("core = \"acquitted\"", ROTS);
    for command in ["check", "matrix"] {
        let (status, out) = silent.does(command, &["--kill", "both"]);
        assert_eq!(status, Status::Harness, "{out}");
        let told = "own.toml: never fired with core: `bit_rot` 1 (byte 0 of none-such at 5m)";
        assert!(out.contains(told), "{out}");
        assert!(
            out.contains("in `[may_not_fire]` why it cannot: `core = [\"bit_rot 1\"]`"),
            "{out}"
        );
        assert!(!out.contains("everything is as expected"), "{out}");
    }
    let allowed = own("core = \"acquitted\"\n[may_not_fire]\ncore = [\"bit_rot 1\"]", ROTS);
    for command in ["check", "matrix"] {
        let (status, out) = allowed.does(command, &["--kill", "both"]);
        assert_eq!(status, Status::Passed, "{out}");
    }
}

#[test]
fn an_allowance_that_nothing_needs_is_an_error_too() {
    let own = own("core = \"acquitted\"\n[may_not_fire]\ncore = [\"stop 1\"]", "");
    for command in ["check", "matrix"] {
        let (status, out) = own.does(command, &[]);
        assert_eq!(status, Status::Harness, "{out}");
        assert!(out.contains("own.toml: fired with core: `stop` 1 (at 5m 30s);"), "{out}");
        assert!(out.contains("remedy: remove \"stop 1\" from `core` in `[may_not_fire]`"), "{out}");
    }
}

#[test]
fn the_harness_for_tests_fails_where_a_plan_tested_nothing() {
    let plan = "horizon = \"5m\"\nmessage = [{ at = \"1s\", chat = \"a\" }]\n\
                bit_rot = [{ at = \"30s\", path = \"none-such\", byte = 0 }]\n";
    let plan: Plan = toml::from_str(plan).expect("a plan");
    let core = || Harness::new("core", Core::new);
    let failure = core().matrix(&plan).expect_err("nothing rots");
    assert_eq!(failure.oracle(), None);
    assert!(failure.to_string().contains("never fired: `bit_rot` 1"), "{failure}");
    core().may_not_fire(["bit_rot 1"]).matrix(&plan).expect("it was said");
    let failure = core().may_not_fire(["stop 1"]).matrix(&plan).expect_err("there is none");
    assert!(failure.to_string().contains("the plan has no `stop 1`"), "{failure}");
}

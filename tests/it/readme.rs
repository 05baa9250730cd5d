//! What the README shows is what there is.

use scenarios::cli::execute;
use scenarios::status::Status;

/// The README.
const README: &str = include_str!("../../README.md");

/// The naive gateway.
const NAIVE: &str = include_str!("../../scenarios/examples/naive.rs");

#[test]
fn the_naive_gateway_of_the_readme_is_the_example() {
    let (_, code) = NAIVE.split_once("\n\n").expect("a comment, and then the code");
    assert!(README.contains(code), "the two differ");
}

/// The command that the README shows prints the page that it shows.
#[test]
fn the_failing_run_of_the_readme_prints_its_page() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let line = ["holdfast", "matrix", "027856-killed-in-drain", "--gateway", "hermes-e1"];
    let shown = format!("cargo run --release -- {}", line[1..].join(" "));
    assert!(README.contains(&shown), "{shown}");
    let status = execute(&line, root.path(), &mut out, &mut err);
    assert_eq!(status, Status::Unsafe);
    let (_, after) = README.split_once("```text\nNOTHING-LOST violated").expect("it shows a page");
    let (page, _) = after.split_once("```").expect("the page ends");
    // What is written here is written where the command is called.
    let root = format!("{}/", root.path().display());
    let said = String::from_utf8(out).expect("text").replace(&root, "");
    assert!(said.contains(page.trim_end()), "the README is to show:\n{said}");
}

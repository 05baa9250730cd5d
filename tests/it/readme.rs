//! What the README shows is what there is.

/// The README.
const README: &str = include_str!("../../README.md");

/// The naive gateway.
const NAIVE: &str = include_str!("../../scenarios/examples/naive.rs");

#[test]
fn the_naive_gateway_of_the_readme_is_the_example() {
    let (_, code) = NAIVE.split_once("\n\n").expect("a comment, and then the code");
    assert!(README.contains(code), "the two differ");
}

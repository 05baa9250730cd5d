//! The house rules, applied to the tree.
//!
//! Each rule is a pure function over the path and the text of a file (or over the tree), with a
//! test of its own that shows it convicting. Nothing here builds or runs anything, and nothing is
//! repaired: a finding names the place and what is wanted there.

mod code;
mod judging;
mod layers;
mod page;
mod scenario;
mod shape;
mod tree;
mod word;

use scenarios::catalogue::Catalogue;
use tree::Tree;

#[test]
fn the_tree_keeps_its_rules() {
    let tree = Tree::read();
    assert!(tree.has("Cargo.toml"), "the root of the workspace is not where it is expected");

    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with(".rs")) {
        findings.extend(shape::docs_come_first(file));
        findings.extend(shape::files_are_short(file));
        findings.extend(shape::lines_are_narrow(file));
        findings.extend(shape::functions_are_short(file));
        findings.extend(shape::roots_hold_no_logic(file));
        findings.extend(judging::no_duration_is_written_down(file));
        findings.extend(word::no_banned_words(file));
        findings.extend(word::select_is_biased(file));
        findings.extend(word::tests_are_facts(file));
        findings.extend(word::only_the_command_line_prints(file));
    }
    for file in &tree.files {
        findings.extend(shape::characters_are_ascii(file));
        findings.extend(page::no_unfinished_business(file));
        findings.extend(page::paths_exist(file, &tree));
        findings.extend(page::the_changelog_is_open(file));
        findings.extend(layers::depends_downwards(file));
        findings.extend(layers::lints_are_on(file));
        findings.extend(layers::bans_have_reasons(file));
        findings.extend(scenario::reads(file));
    }
    findings.extend(layers::simulated_crates_share_one_ban_list(&tree));

    let catalogue = Catalogue::embedded().expect("every scenario is good");
    let listed: Vec<String> = catalogue.scenarios().map(|listed| listed.name.clone()).collect();
    findings.extend(scenario::catalogue_agrees(&tree, &listed));

    let report: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(report.is_empty(), "{} house rules are broken:\n{}", report.len(), report.join("\n"));
}

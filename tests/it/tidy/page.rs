//! What pages say about the tree is true of it.

use super::tree::{Finding, Source, Tree};

/// The end of a name that can only be that of a file.
const ENDINGS: [&str; 5] = [".rs", ".toml", ".md", ".yml", ".lock"];

/// A note to come back later, taken apart so that this file is not the first to leave one.
const LATER: &str = concat!("FIX", "ME");

/// What is left to do is written where it is looked for, and that is not in a file.
pub(super) fn no_unfinished_business(file: &Source) -> Vec<Finding> {
    let lines = file.text.lines().zip(1..).filter(|(text, _)| text.contains(LATER));
    lines
        .map(|(_, line)| file.finding(line, format!("`{LATER}`: do it, or open an issue")))
        .collect()
}

/// Every path that a page names in backticks or links to is there.
pub(super) fn paths_exist(file: &Source, tree: &Tree) -> Vec<Finding> {
    if !file.path.ends_with(".md") {
        return Vec::new();
    }
    let directory = file.path.rfind('/').map_or("", |slash| &file.path[..=slash]);
    let exists = |path: &str| {
        let bare = !path.contains('/') && tree.has_named(path);
        bare || matches(tree, path) || matches(tree, &format!("{directory}{path}"))
    };
    let mut findings = Vec::new();
    let mut fenced = false;
    for (text, line) in file.text.lines().zip(1..) {
        if text.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            continue;
        }
        let spans = text.split('`').skip(1).step_by(2).filter(|span| is_path(span));
        for path in spans.chain(links(text)).filter(|path| !exists(path)) {
            findings.push(file.finding(line, format!("`{path}` is not there")));
        }
    }
    findings
}

/// Whether some path fits `pattern`, in which one `*` may stand for anything.
fn matches(tree: &Tree, pattern: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return tree.has(pattern) };
    tree.paths.iter().any(|path| path.starts_with(before) && path.ends_with(after))
}

/// Whether what stands in backticks is the path of something of ours.
fn is_path(span: &str) -> bool {
    let typed = |char: char| char.is_ascii_alphanumeric() || "._-/*".contains(char);
    // What begins with a slash or lies in `target` is not of the repository.
    let ours = !span.starts_with(['/', '-']) && !span.starts_with("target/");
    let file = |ending: &&str| span.len() > ending.len() && span.ends_with(*ending);
    let named = span.contains('/') || ENDINGS.iter().any(file);
    ours && named && span.chars().all(typed)
}

/// The targets of a line's links that are not on the web or on the same page.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets
        .map(|(target, _)| target.split('#').next().unwrap_or(target))
        .filter(|target| !target.is_empty() && !target.contains("://"))
}

/// The changelog has a place for what comes next, and says something there.
pub(super) fn the_changelog_is_open(file: &Source) -> Option<Finding> {
    (file.path == "CHANGELOG.md").then_some(())?;
    let mut lines = file.text.lines().skip_while(|line| *line != "## Unreleased");
    let heading = lines.next();
    let said = lines.take_while(|line| !line.starts_with("## ")).any(|line| line.starts_with("- "));
    (heading.is_none() || !said).then(|| file.finding(1, "no `## Unreleased` with an entry"))
}

#[test]
fn unfinished_business_is_found() {
    let text = format!("a\n// {LATER}: b\n");
    let findings = no_unfinished_business(&Source::new("a.rs", &text));
    assert_eq!(super::tree::lines(findings), [2]);
}

#[test]
fn a_path_that_is_not_there_is_found() {
    let paths = ["a/", "a/b.rs", "c.md", "a/d/", "a/d/e.toml"].map(str::to_owned).to_vec();
    let tree = Tree { files: Vec::new(), paths };
    let check = |path: &str, text: &str| paths_exist(&Source::new(path, text), &tree).len();
    assert_eq!(check("c.md", "`a/b.rs` `a/` `b.rs` `a/d/*.toml` [c](c.md#c) [d](a/d)"), 0);
    assert_eq!(check("a/f.md", "`b.rs` [c](../c.md)"), 1, "no climbing");
    assert_eq!(check("c.md", "`a/c.rs` `c.rs` `a/*.toml` `a/d/*.rs` [c](d.md) `f/`"), 5);
    assert_eq!(
        check("c.md", "`.rs` `std::a` `cargo run -- a/b` `--x` `/dev/null` `a.b` [c](#c)"),
        0
    );
    assert_eq!(check("c.md", "[c](https://example.org/c.md)\n```text\n`a/c.rs`\n```\n"), 0);
    assert_eq!(check("c.rs", "//! `a/c.rs`"), 0);
}

#[test]
fn a_closed_changelog_is_found() {
    let check = |text: &str| the_changelog_is_open(&Source::new("CHANGELOG.md", text)).is_some();
    assert!(check("# Changelog\n\n## 0.1.0\n\n- A.\n"));
    assert!(check("# Changelog\n\n## Unreleased\n\n## 0.1.0\n\n- A.\n"));
    assert!(!check("# Changelog\n\n## Unreleased\n\n### Added\n\n- A.\n"));
}

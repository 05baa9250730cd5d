//! How a source file looks: its head, its size, its lines, its functions.

use super::code::{code, line_at, words};
use super::tree::{Finding, Source};

/// Lines in a file: one idea, read in one go.
const FILE_LINES: usize = 400;

/// Lines in a function: what fits on a screen.
const FUNCTION_LINES: usize = 70;

/// Columns in a line: two files side by side.
const COLUMNS: usize = 100;

/// A file begins by saying what it is for.
pub(super) fn docs_come_first(file: &Source) -> Option<Finding> {
    let wanted = "begin with `//!`: what the file is for";
    (!file.text.starts_with("//! ")).then(|| file.finding(1, wanted))
}

/// A file holds one idea.
pub(super) fn files_are_short(file: &Source) -> Option<Finding> {
    let lines = file.text.lines().count();
    let what = || format!("{lines} lines, {FILE_LINES} at most: this is more than one idea");
    (lines > FILE_LINES).then(|| file.finding(FILE_LINES + 1, what()))
}

/// A line can be read without scrolling.
pub(super) fn lines_are_narrow(file: &Source) -> Vec<Finding> {
    let widths = file.text.lines().map(|line| line.chars().count()).zip(1..);
    let wide = widths.filter(|(width, _)| *width > COLUMNS);
    wide.map(|(width, line)| file.finding(line, format!("{width} columns, {COLUMNS} at most")))
        .collect()
}

/// What is written can be typed and searched for everywhere.
pub(super) fn characters_are_ascii(file: &Source) -> Vec<Finding> {
    let foreign = |line: &str| line.chars().find(|char| !char.is_ascii() || *char == '\t');
    let lines = file.text.lines().zip(1..);
    lines
        .filter_map(|(text, line)| Some((foreign(text)?, line)))
        .map(|(char, line)| file.finding(line, format!("{char:?} is not printable ASCII")))
        .collect()
}

/// A function does one thing.
pub(super) fn functions_are_short(file: &Source) -> Vec<Finding> {
    let code = code(&file.text);
    let mut findings = Vec::new();
    for (offset, word) in words(&code).filter(|(_, word)| *word == "fn") {
        let rest = &code[offset + word.len()..];
        let Some(name) = words(rest).next().filter(|(at, _)| rest[..*at].trim().is_empty()) else {
            continue;
        };
        let lines = rest[..body_end(rest)].matches('\n').count() + 1;
        if lines > FUNCTION_LINES {
            let what = format!("`{}` has {lines} lines, {FUNCTION_LINES} at most", name.1);
            findings.push(file.finding(line_at(&code, offset), what));
        }
    }
    findings
}

/// Where the function whose `fn` comes before `rest` ends: at its last brace, or at its semicolon
/// if it has no body.
fn body_end(rest: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
            b';' if depth == 0 => return at,
            _ => {}
        }
    }
    rest.len()
}

/// A `mod.rs` or `lib.rs` is a list of contents: what happens is in files with a name.
pub(super) fn roots_hold_no_logic(file: &Source) -> Vec<Finding> {
    if !matches!(file.path.rsplit('/').next(), Some("mod.rs" | "lib.rs")) {
        return Vec::new();
    }
    const ITEMS: [&str; 10] = [
        "fn",
        "struct",
        "enum",
        "union",
        "trait",
        "impl",
        "const",
        "static",
        "type",
        "macro_rules",
    ];
    let code = code(&file.text);
    // A module with a body is logic with a roof; `mod a;` is what a list of contents is made of.
    let is_item = |(offset, word): &(usize, &str)| {
        let inline = || code[*offset..].find(['{', ';']).map(|at| code.as_bytes()[offset + at]);
        ITEMS.contains(word) || (*word == "mod" && inline() == Some(b'{'))
    };
    // What is nested in another item is told of with it.
    let outermost = |(offset, _): &(usize, &str)| {
        let before = &code[..*offset];
        before.matches('{').count() == before.matches('}').count()
    };
    words(&code)
        .filter(|word| is_item(word) && outermost(word))
        .map(|(offset, word)| {
            let what = format!("`{word}` in a list of contents: give it a file with a name");
            file.finding(line_at(&code, offset), what)
        })
        .collect()
}

#[test]
fn a_file_without_docs_is_found() {
    assert!(docs_come_first(&Source::new("a.rs", "use b;\n")).is_some());
    assert!(docs_come_first(&Source::new("a.rs", "//! A.\n")).is_none());
}

#[test]
fn a_file_of_two_ideas_is_found() {
    assert!(files_are_short(&Source::new("a.rs", &"\n".repeat(401))).is_some());
    assert!(files_are_short(&Source::new("a.rs", &"\n".repeat(400))).is_none());
}

#[test]
fn a_wide_line_is_found() {
    let text = format!("a\n{}\n{}\n", "b".repeat(100), "c".repeat(101));
    let findings = lines_are_narrow(&Source::new("a.rs", &text));
    assert_eq!(super::tree::lines(findings), [3]);
}

#[test]
fn a_foreign_character_is_found() {
    let text = "plain\nfa\u{e7}ade\n\tindented\n";
    let findings = characters_are_ascii(&Source::new("a.md", text));
    assert_eq!(super::tree::lines(findings), [2, 3]);
}

#[test]
fn a_long_function_is_found() {
    let long = |lines| format!("fn a(b: [u8; 2]) {{\n{}}}\n", "    // }\n".repeat(lines));
    let check = |text: &str| functions_are_short(&Source::new("a.rs", text)).len();
    assert_eq!(check(&long(68)), 0);
    assert_eq!(check(&long(69)), 1);
    assert_eq!(check(&format!("trait A {{\n    fn b(&self);\n}}\n{}", "\n".repeat(80))), 0);
    assert_eq!(check(&format!("type A = fn(u8);\n{}", "\n".repeat(80))), 0);
}

#[test]
fn logic_in_a_root_is_found() {
    let text = "//! A.\n#![forbid(unsafe_code)]\nmod b;\npub use b::{c, d};\n";
    let check = |path: &str, text: &str| {
        let findings = roots_hold_no_logic(&Source::new(path, text));
        super::tree::lines(findings)
    };
    assert!(check("a/mod.rs", text).is_empty());
    let text = "//! A.\nmod b;\n\npub fn c() {\n    const D: u8 = 1;\n}\n\nimpl B {}\nmod e {\n}\n";
    assert_eq!(check("a/mod.rs", text), [4, 8, 9]);
    assert_eq!(check("a/lib.rs", text), [4, 8, 9]);
    assert!(check("a/c.rs", text).is_empty());
}

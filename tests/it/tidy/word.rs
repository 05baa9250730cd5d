//! What is not written in code here, and what is written instead.
//!
//! What the compiler and clippy can check is theirs: these are the rest, and those that an
//! attribute could quietly switch off.

use super::code::{code, line_at};
use super::tree::{Finding, Source};

/// What no code says, and why.
const BANNED: [(&str, &str); 12] = [
    (".unwrap()", "say why it cannot fail: `expect(\"..\")`"),
    ("#[allow", "say why, and be told when it is over: `#[expect(.., reason = \"..\")]`"),
    ("#![allow", "say why, and be told when it is over: `#![expect(.., reason = \"..\")]`"),
    ("#[ignore", "a test that does not run is no test"),
    ("#[should_panic", "any panic would do: assert what is meant"),
    ("todo!", "what is not written is not committed"),
    ("unimplemented!", "what is not written is not committed"),
    ("dbg!", "the trace is the place to look"),
    ("cfg(sim", "production code never knows that it is simulated"),
    ("cfg!(sim", "production code never knows that it is simulated"),
    ("HashMap", "its order differs in every process: BTreeMap"),
    ("HashSet", "its order differs in every process: BTreeSet"),
];

/// The only file that may name what is banned, to see it caught.
const PLANTED: &str = "tests/it/campaign/leaks.rs";

/// What prints.
const PRINTING: [&str; 4] = ["println!", "eprintln!", "print!", "eprint!"];

/// The crates that hand values to whoever prints.
const SILENT: [&str; 2] = ["gateway-core/src/", "sim/src/"];

/// Nothing that is banned is written.
pub(super) fn no_banned_words(file: &Source) -> Vec<Finding> {
    if file.path == PLANTED {
        return Vec::new();
    }
    let code = code(&file.text);
    let places =
        BANNED.iter().flat_map(|(word, why)| code.match_indices(word).zip(std::iter::repeat(why)));
    places
        .map(|((offset, word), why)| {
            file.finding(line_at(&code, offset), format!("`{word}`: {why}"))
        })
        .collect()
}

/// Which branch of a `select!` is taken is the program's choice, not a random number's.
pub(super) fn select_is_biased(file: &Source) -> Vec<Finding> {
    let code = code(&file.text);
    let places = code.match_indices("select!").filter(|(offset, word)| {
        let body = code[offset + word.len()..].trim_start();
        let body = body.strip_prefix(['{', '(']).unwrap_or(body);
        !body.trim_start().starts_with("biased;")
    });
    places
        .map(|(offset, _)| file.finding(line_at(&code, offset), "`select!` without `biased;`"))
        .collect()
}

/// A test is named as the fact that it shows.
pub(super) fn tests_are_facts(file: &Source) -> Vec<Finding> {
    let code = code(&file.text);
    let named = code.match_indices("fn test_");
    named
        .filter(|(offset, _)| code[..*offset].trim_end().ends_with("#[test]"))
        .map(|(offset, _)| file.finding(line_at(&code, offset), "name the fact, not `test_`"))
        .collect()
}

/// Only the command line prints; everything else returns values or traces.
pub(super) fn only_the_command_line_prints(file: &Source) -> Vec<Finding> {
    if !SILENT.iter().any(|silent| file.path.starts_with(silent)) {
        return Vec::new();
    }
    let code = code(&file.text);
    let places = PRINTING.iter().flat_map(|word| code.match_indices(word));
    places
        // `print!` is also the end of `eprint!`.
        .filter(|(offset, _)| !code[..*offset].ends_with(|before: char| before.is_alphanumeric()))
        .map(|(offset, word)| {
            let what = format!("`{word}` in a crate that never prints");
            file.finding(line_at(&code, offset), what)
        })
        .collect()
}

#[test]
fn every_banned_word_is_found() {
    for (word, _) in BANNED {
        let text = format!("//! {word} is banned\nfn a() {{}}\n{word}\nlet b = \"{word}\";\n");
        let findings = no_banned_words(&Source::new("a.rs", &text));
        assert!(findings.iter().all(|finding| finding.line == 3), "{word}: {findings:?}");
        assert!(!findings.is_empty(), "{word}");
    }
}

#[test]
fn a_test_that_is_no_fact_is_found() {
    let check = |text: &str| tests_are_facts(&Source::new("a.rs", text)).len();
    assert_eq!(check("#[test]\nfn test_a() {}\n"), 1);
    assert_eq!(check("#[test]\nfn a_test_is_b() {}\nfn test_c() {}\n"), 0);
}

#[test]
fn a_select_that_draws_lots_is_found() {
    let check = |text: &str| select_is_biased(&Source::new("a.rs", text)).len();
    assert_eq!(check("tokio::select! {\n    // In order.\n    biased;\n    a = b => c,\n}\n"), 0);
    assert_eq!(check("tokio::select! {\n    a = b => c,\n}\n"), 1);
    assert_eq!(check("tokio::select! {\n    // biased;\n    a = b => c,\n}\n"), 1);
}

#[test]
fn printing_is_found_where_it_is_banned() {
    for word in PRINTING {
        let text = format!("//! A.\n{word}(\"b\");\n");
        let check = |path| only_the_command_line_prints(&Source::new(path, &text)).len();
        assert_eq!(check("sim/src/a.rs"), 1, "{word}");
        assert_eq!(check("gateway-core/src/a.rs"), 1, "{word}");
        assert_eq!(check("scenarios/src/a.rs"), 0, "{word}");
    }
}

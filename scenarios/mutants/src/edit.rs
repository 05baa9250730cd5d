//! Exact edits of a text, each of them in one place and no other.

/// An error that is planted into one file of the core.
pub(crate) struct Edit {
    /// The file, from the source directory of the core.
    pub(crate) file: &'static str,
    /// What is there, once in the whole file.
    pub(crate) original: &'static str,
    /// What takes its place. `$Name` asks whether the error of that name is planted.
    pub(crate) changed: &'static str,
}

/// The text of a file with its edits made, and without its tests.
///
/// # Errors
///
/// If an edit does not fit exactly once, or two of them touch: what the file is, and what to do.
pub(crate) fn applied(text: &str, edits: &[&Edit]) -> Result<String, String> {
    let mut places = Vec::with_capacity(edits.len());
    for edit in edits {
        let found: Vec<usize> = text.match_indices(edit.original).map(|(at, _)| at).collect();
        let [at] = found[..] else {
            return Err(format!(
                "gateway-core/src/{} has this text {} times where an error is planted, and must \
                 have it once: `{}`. Bring scenarios/mutants/src/edits.rs up to date with the core",
                edit.file,
                found.len(),
                edit.original.replace('\n', "\\n"),
            ));
        };
        places.push((at, at + edit.original.len(), *edit));
    }
    places.sort_by_key(|(at, ..)| *at);
    let (mut out, mut copied) = (String::with_capacity(2 * text.len()), 0);
    for (at, end, edit) in places {
        if at < copied {
            return Err(format!(
                "two errors are planted in the same text of gateway-core/src/{}: make one edit of \
                 both in scenarios/mutants/src/edits.rs",
                edit.file
            ));
        }
        out.push_str(&text[copied..at]);
        out.push_str(&asking(edit.changed));
        copied = end;
    }
    out.push_str(&text[copied..]);
    // The tests of the core are the core's: they need what only it has.
    Ok(out.replace("#[cfg(test)]", "#[cfg(any())]"))
}

/// A text in which each `$Name` is the question whether that error is planted.
fn asking(text: &str) -> String {
    let mut parts = text.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|char: char| !char.is_ascii_alphanumeric()).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        out.push_str(&format!("crate::planted::is(crate::planted::Planted::{name}){rest}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "a.rs";

    fn edit(original: &'static str, changed: &'static str) -> Edit {
        Edit { file: FILE, original, changed }
    }

    #[test]
    fn edits_are_made_whatever_their_order_and_tests_are_left_out() {
        let (first, second) = (edit("one", "1"), edit("two", "if $Two { 2 }"));
        let text = applied("one two three #[cfg(test)]", &[&second, &first]).expect("they fit");
        let asked = "crate::planted::is(crate::planted::Planted::Two)";
        assert_eq!(text, format!("1 if {asked} {{ 2 }} three #[cfg(any())]"));
    }

    #[test]
    fn a_text_that_is_not_there_once_is_refused_with_its_file_and_what_to_do() {
        for (text, times) in [("two", "0 times"), ("one one", "2 times")] {
            let error = applied(text, &[&edit("one", "1")]).expect_err("it does not fit");
            for part in ["gateway-core/src/a.rs", times, "`one`", "edits.rs up to date"] {
                assert!(error.contains(part), "{error}");
            }
        }
    }

    #[test]
    fn two_edits_of_the_same_text_are_refused() {
        let error = applied("one two", &[&edit("one t", ""), &edit("two", "")]);
        assert!(error.expect_err("they touch").contains("one edit of both"));
    }
}

//! What is wrong with an input, where, and what to do about it.

/// An input that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}{problem}\n  remedy: {remedy}")]
pub struct BadInput {
    place: String,
    problem: String,
    remedy: String,
}

impl BadInput {
    /// Something wrong with the command line itself.
    pub fn argument(problem: impl Into<String>, remedy: impl Into<String>) -> BadInput {
        BadInput { place: String::new(), problem: problem.into(), remedy: remedy.into() }
    }

    /// Something wrong in a file, `offset` bytes into its text.
    pub fn at(
        path: &str,
        text: &str,
        offset: usize,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> BadInput {
        let (line, column) = position(text, offset);
        let place = format!("{path}:{line}:{column}: ");
        BadInput { place, problem: problem.into(), remedy: remedy.into() }
    }
}

/// The line and the column of a byte, both from 1; columns count characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one() {
        assert_eq!(position("ab\ncd", 0), (1, 1));
        assert_eq!(position("ab\ncd", 4), (2, 2));
        assert_eq!(position("ab\n", 99), (2, 1));
    }

    #[test]
    fn an_error_in_a_file_begins_with_its_place() {
        let error = BadInput::at("x.toml", "a\nb", 2, "unknown key", "remove it");
        assert_eq!(error.to_string(), "x.toml:2:1: unknown key\n  remedy: remove it");
    }
}

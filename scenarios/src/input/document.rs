//! A TOML text in which every value can be found again, so that whatever is wrong with it has a
//! line and a column.
//!
//! It never interprets: what the values mean is decided by those who read them.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::bad_input::BadInput;
use super::suggest;

/// A TOML text with the places of its values.
pub struct Document<'t> {
    path: &'t str,
    text: &'t str,
    root: DeTable<'t>,
}

/// A step from a value into it.
#[derive(Clone, Copy, Debug)]
pub enum Step<'k> {
    /// Into a table.
    Key(&'k str),
    /// Into an array.
    Index(usize),
}

impl<'t> Document<'t> {
    /// Reads a text; `path` is how people know it.
    ///
    /// # Errors
    ///
    /// If it is no TOML.
    pub fn parse(path: &'t str, text: &'t str) -> Result<Document<'t>, BadInput> {
        let root = DeTable::parse(text).map_err(|error| bad(path, text, &error))?;
        Ok(Document { path, text, root: root.into_inner() })
    }

    /// How people know it.
    pub fn path(&self) -> &str {
        self.path
    }

    /// Whether the text has a value under a key at its top.
    pub fn has(&self, key: &str) -> bool {
        self.root.contains_key(key)
    }

    /// The text as a value of some type.
    ///
    /// # Errors
    ///
    /// If it is no such value.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, BadInput> {
        toml::from_str(self.text).map_err(|error| bad(self.path, self.text, &error))
    }

    /// Something wrong with the value that these steps lead to, or with the last one on the way
    /// that is there.
    pub fn problem(
        &self,
        steps: &[Step<'_>],
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> BadInput {
        BadInput::at(self.path, self.text, self.find(steps), problem, remedy)
    }

    /// The same for the key of that value.
    pub fn key_problem(
        &self,
        table: &[Step<'_>],
        key: &str,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> BadInput {
        let steps: Vec<Step<'_>> = table.iter().copied().chain([Step::Key(key)]).collect();
        let offset = self.find_key(&steps).unwrap_or_else(|| self.find(table));
        BadInput::at(self.path, self.text, offset, problem, remedy)
    }

    fn find(&self, steps: &[Step<'_>]) -> usize {
        let mut at = 0;
        let Some((first, rest)) = steps.split_first() else { return at };
        let Step::Key(key) = first else { return at };
        let Some(mut value) = self.root.get(*key) else { return at };
        at = value.span().start;
        for step in rest {
            let Some(next) = into(value, *step) else { break };
            value = next;
            at = value.span().start;
        }
        at
    }

    fn find_key(&self, steps: &[Step<'_>]) -> Option<usize> {
        let (Step::Key(last), way) = steps.split_last()? else { return None };
        let mut table = &self.root;
        for step in way {
            let Step::Key(key) = step else { return None };
            table = table.get(*key)?.get_ref().as_table()?;
        }
        let (key, _) = table.iter().find(|(key, _)| key.get_ref() == last)?;
        Some(key.span().start)
    }
}

fn into<'v, 't>(
    value: &'v Spanned<DeValue<'t>>,
    step: Step<'_>,
) -> Option<&'v Spanned<DeValue<'t>>> {
    match step {
        Step::Key(key) => value.get_ref().as_table()?.get(key),
        Step::Index(index) => value.get_ref().as_array()?.get(index),
    }
}

/// An error of the TOML reader, with its place and a remedy.
fn bad(path: &str, text: &str, error: &toml::de::Error) -> BadInput {
    let offset = error.span().map_or(0, |span| span.start);
    let problem = error.message().trim_end();
    BadInput::at(path, text, offset, problem, remedy(problem))
}

fn remedy(problem: &str) -> String {
    let names: Vec<&str> = problem.split('`').skip(1).step_by(2).collect();
    if problem.starts_with("unknown ")
        && let Some((wrong, known)) = names.split_first()
    {
        let near = suggest::near(wrong, known.iter().copied());
        return match near.first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of {}, or remove it", suggest::quoted(known)),
        };
    }
    if problem.contains("duration") || problem.contains("span of time") {
        return "write a time with its unit, like \"250ms\", \"90s\" or \"1h 30m\"".to_owned();
    }
    match (problem.starts_with("missing field"), names.first()) {
        (true, Some(name)) => format!("add a value for `{name}`"),
        _ => "compare with the files in scenarios/files".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_keys_are_found_where_they_are_written() {
        let text = "a = 1\n[t]\nkey = [ 1, 2 ]\n";
        let document = Document::parse("x", text).expect("TOML");
        let key = [Step::Key("t"), Step::Key("key"), Step::Index(1)];
        assert!(document.problem(&key, "p", "r").to_string().starts_with("x:3:12: p"));
        let error = document.key_problem(&[Step::Key("t")], "key", "p", "r");
        assert!(error.to_string().starts_with("x:3:1: p"), "{error}");
    }

    #[test]
    fn what_is_not_there_is_shown_at_the_last_thing_on_the_way() {
        let text = "\n[t]\nkey = 1\n";
        let document = Document::parse("x", text).expect("TOML");
        let error = document.problem(&[Step::Key("t"), Step::Key("none")], "p", "r");
        assert!(error.to_string().starts_with("x:2:1: p"), "{error}");
    }

    #[test]
    fn a_text_that_is_no_toml_has_a_place() {
        let error = Document::parse("x", "a = 1\nb = =\n").err().expect("no TOML");
        assert!(error.to_string().starts_with("x:2:5: "), "{error}");
    }
}

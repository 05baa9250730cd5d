//! The files of the repository, as text.
//!
//! Read once and in the order of their paths. What a build leaves behind is not part of it, and
//! links to directories are not followed.

use std::fmt;
use std::path::Path;

/// The kinds of file that have rules.
const KINDS: [&str; 4] = [".rs", ".toml", ".md", ".yml"];

/// Names of directories that are not ours.
const FOREIGN: [&str; 2] = [".git", "target"];

/// A file with rules.
pub(super) struct Source {
    /// Its path from the root, with `/`.
    pub(super) path: String,
    /// What it says.
    pub(super) text: String,
}

impl Source {
    /// A file that a test makes up.
    pub(super) fn new(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    /// A finding in this file; lines count from 1.
    pub(super) fn finding(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, what: what.into() }
    }
}

/// A rule is broken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// In which file.
    pub(super) path: String,
    /// In which line, from 1.
    pub(super) line: usize,
    /// What is wrong, and what is wanted.
    pub(super) what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Where some findings are, for the tests of the rules.
pub(super) fn lines(findings: impl IntoIterator<Item = Finding>) -> Vec<usize> {
    findings.into_iter().map(|finding| finding.line).collect()
}

/// The whole repository.
pub(super) struct Tree {
    /// The files that have rules.
    pub(super) files: Vec<Source>,
    /// Every path, directories with a `/` at their end.
    pub(super) paths: Vec<String>,
}

impl Tree {
    /// Reads the repository that this test is part of.
    pub(super) fn read() -> Tree {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests has a parent");
        let mut tree = Tree { files: Vec::new(), paths: Vec::new() };
        tree.enter(root, "");
        tree
    }

    fn enter(&mut self, root: &Path, directory: &str) {
        let entries = std::fs::read_dir(root.join(directory)).expect("the tree can be listed");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("the tree can be listed").file_name())
            .map(|name| name.into_string().expect("names are text"))
            .filter(|name| !FOREIGN.contains(&name.as_str()))
            .collect();
        names.sort();
        for name in names {
            let path = format!("{directory}{name}");
            let full = root.join(&path);
            if full.is_dir() && !full.is_symlink() {
                let directory = format!("{path}/");
                self.paths.push(directory.clone());
                self.enter(root, &directory);
                continue;
            }
            if KINDS.iter().any(|kind| path.ends_with(kind)) {
                let bytes = std::fs::read(&full).expect("the tree can be read");
                let text = String::from_utf8_lossy(&bytes).into_owned();
                self.files.push(Source { path: path.clone(), text });
            }
            self.paths.push(path);
        }
    }

    /// Whether there is a file or directory at `path`, from the root.
    pub(super) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.paths.iter().any(|known| known.trim_end_matches('/') == path)
    }

    /// Whether some file has this name.
    pub(super) fn has_named(&self, name: &str) -> bool {
        self.paths.iter().any(|known| known.rsplit('/').next() == Some(name))
    }

    /// The file at `path`, if it has rules.
    pub(super) fn file(&self, path: &str) -> Option<&Source> {
        self.files.iter().find(|file| file.path == path)
    }
}

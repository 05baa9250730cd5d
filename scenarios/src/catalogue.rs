//! Every scenario that comes with the command, and those dropped next to it.
//!
//! The files are embedded, so that the command works from anywhere. What lies in the directory
//! for regressions is read when the command runs: a capsule dropped there is a test from then on.

use std::path::Path;

use include_dir::{Dir, include_dir};

use crate::input::{BadInput, File, Scenario, read_file, suggest};
use crate::races::RaceId;
use crate::real;

/// Where regressions are looked for, seen from the root of the workspace.
pub const REGRESSIONS: &str = "scenarios/regressions";

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/files");

/// Every scenario.
#[derive(Clone, Debug)]
pub struct Catalogue {
    files: Vec<File>,
}

impl Catalogue {
    /// The embedded scenarios, in the order of names.
    ///
    /// # Errors
    ///
    /// If one of them is bad; it names the file.
    pub fn embedded() -> Result<Catalogue, BadInput> {
        let mut sources: Vec<(String, &str)> = Vec::new();
        for file in FILES.files() {
            if file.path().extension().is_some_and(|extension| extension == "toml") {
                let path = format!("scenarios/files/{}", file.path().display());
                let text = file.contents_utf8().ok_or_else(|| {
                    BadInput::argument(format!("{path}: is not UTF-8"), "save it as UTF-8")
                })?;
                sources.push((path, text));
            }
        }
        sources.sort();
        let files = sources.iter().map(|(path, text)| File::parse(path, text));
        Ok(Catalogue { files: files.collect::<Result<_, _>>()? })
    }

    /// The same, and what lies in a directory for regressions, if there is one.
    ///
    /// # Errors
    ///
    /// If a file is bad, or two have the same name.
    pub fn with_regressions(directory: &Path) -> Result<Catalogue, BadInput> {
        let mut catalogue = Catalogue::embedded()?;
        let paths = real::toml_files(directory).map_err(|error| {
            let problem = format!("{}: cannot be listed: {error}", directory.display());
            BadInput::argument(problem, "make it readable, or remove it")
        })?;
        for path in paths {
            let file = read_file(&path)?;
            let name = &file.scenario().name;
            if catalogue.find(name).is_some() {
                let problem = format!("{}: a scenario `{name}` exists already", path.display());
                return Err(BadInput::argument(problem, "rename the file"));
            }
            catalogue.files.push(file);
        }
        Ok(catalogue)
    }

    /// Every scenario, in order.
    pub fn scenarios(&self) -> impl Iterator<Item = &Scenario> {
        self.files.iter().map(File::scenario)
    }

    /// The scenarios whose source names a race.
    pub fn showing(&self, race: RaceId) -> impl Iterator<Item = &Scenario> {
        self.scenarios().filter(move |scenario| scenario.races().contains(&race))
    }

    /// The scenario with a name.
    pub fn find(&self, name: &str) -> Option<&File> {
        self.files.iter().find(|file| file.scenario().name == name)
    }

    /// What somebody means by a name or a path.
    ///
    /// # Errors
    ///
    /// If there is no such scenario, or the file is bad.
    pub fn resolve(&self, name_or_path: &str) -> Result<File, BadInput> {
        if let Some(file) = self.find(name_or_path) {
            return Ok(file.clone());
        }
        let path = Path::new(name_or_path);
        let means_a_file = name_or_path.contains('/') || path.extension().is_some();
        if means_a_file || real::exists(path) {
            return read_file(path);
        }
        let known = self.scenarios().map(|scenario| scenario.name.as_str());
        let near = suggest::near(name_or_path, known);
        let remedy = if near.is_empty() {
            "`holdfast list` shows every scenario; a file is named by its path".to_owned()
        } else {
            format!("did you mean {}? `holdfast list` shows them all", suggest::quoted(&near))
        };
        Err(BadInput::argument(format!("unknown scenario `{name_or_path}`"), remedy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_scenario_is_good() {
        let catalogue = Catalogue::embedded().expect("all are good");
        assert!(catalogue.scenarios().count() >= 12);
        assert!(catalogue.find("027856-killed-in-drain").is_some());
    }

    #[test]
    fn every_embedded_plan_in_brief_reads_back_as_it_was() {
        let catalogue = Catalogue::embedded().expect("all are good");
        for scenario in catalogue.scenarios() {
            let text = sim::plan::brief(&scenario.plan);
            let plan: sim::plan::Plan = toml::from_str(&text).expect("its own text");
            assert_eq!(plan, scenario.plan, "{}", scenario.name);
        }
    }

    #[test]
    fn an_unknown_name_is_told_the_near_ones() {
        let catalogue = Catalogue::embedded().expect("all are good");
        let error = catalogue.resolve("clean-restrat").expect_err("no such scenario");
        assert!(error.to_string().contains("did you mean `clean-restart`?"), "{error}");
    }

    #[test]
    fn a_path_that_is_not_there_is_an_error_that_names_it() {
        let catalogue = Catalogue::embedded().expect("all are good");
        let error = catalogue.resolve("none/such.toml").expect_err("no such file");
        assert!(error.to_string().starts_with("none/such.toml: cannot be read"), "{error}");
    }
}

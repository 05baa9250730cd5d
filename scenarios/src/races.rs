//! The catalogue of races: every failure of the reference collection, and what became of it here.
//!
//! Read from `scenarios/races.toml`, strictly: a race that is out of scope says why, one that is
//! merged says into which. It never looks at scenarios; whether each race in scope has one is
//! asked by whoever has both.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::input::{BadInput, Document, Step};

/// Where the catalogue is, seen from the root of the workspace.
pub const PATH: &str = "scenarios/races.toml";

const TEXT: &str = include_str!("../races.toml");

/// Every race, in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Races {
    races: Vec<Race>,
}

/// One failure that was seen somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Race {
    /// Its number.
    pub id: RaceId,
    /// What happens, in a few words.
    pub title: String,
    /// Where it was reported.
    pub tracker: String,
    /// What kind of failure it is.
    pub category: Category,
    /// What became of it here.
    pub triage: Triage,
    /// Whether it is known that no scenario shows it yet, although it is in scope.
    pub missing: bool,
}

/// The number of a race: `R001` and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct RaceId(u16);

/// What became of a race.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Triage {
    /// A gateway core could have it.
    InScope,
    /// No gateway core could have it, and why.
    OutOfScope(String),
    /// Another race says the same.
    Merged(RaceId),
}

/// What kind of failure a race is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Category(&'static str);

impl Category {
    /// Every category, in the order in which people want to read them.
    pub const ALL: [Category; 17] = [
        Category("kill-window"),
        Category("stale-marker"),
        Category("false-resume"),
        Category("lost-message"),
        Category("queue-loss"),
        Category("duplicate-delivery"),
        Category("ordering"),
        Category("freshness-window"),
        Category("clock"),
        Category("drain-deadlock"),
        Category("self-restart"),
        Category("stuck-loop"),
        Category("double-instance/takeover"),
        Category("partial-write/corruption"),
        Category("disk-full/io-error"),
        Category("cron/background"),
        Category("other"),
    ];

    /// Its name, as everybody writes it.
    pub fn name(self) -> &'static str {
        self.0
    }
}

/// A race as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    id: RaceId,
    title: String,
    tracker: String,
    category: String,
    triage: Triage,
    scenario: Option<Missing>,
}

/// The only thing that is said here about a scenario.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Missing {
    Missing,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    race: Vec<Fields>,
}

impl Races {
    /// The catalogue that comes with the command.
    ///
    /// # Errors
    ///
    /// If it is bad; it names the line.
    pub fn embedded() -> Result<Races, BadInput> {
        Races::read(&Document::parse(PATH, TEXT)?)
    }

    /// Reads a catalogue.
    ///
    /// # Errors
    ///
    /// If the text is none, or one that contradicts itself.
    pub fn read(document: &Document<'_>) -> Result<Races, BadInput> {
        let file: File = document.read()?;
        let mut races = Vec::new();
        for (index, fields) in file.race.into_iter().enumerate() {
            let wrong = |key, problem: String, remedy: &str| {
                let place = [Step::Key("race"), Step::Index(index), Step::Key(key)];
                document.problem(&place, problem, remedy)
            };
            races.push(race(fields, races.last(), &wrong)?);
        }
        let in_scope: BTreeSet<RaceId> = races
            .iter()
            .filter(|race| race.triage == Triage::InScope)
            .map(|race| race.id)
            .collect();
        for (index, race) in races.iter().enumerate() {
            let Triage::Merged(into) = race.triage else { continue };
            if !in_scope.contains(&into) {
                let place = [Step::Key("race"), Step::Index(index), Step::Key("triage")];
                let problem = format!("{} is merged into {into}, which is not in scope", race.id);
                let remedy = "name a race of this file that is in scope";
                return Err(document.problem(&place, problem, remedy));
            }
        }
        Ok(Races { races })
    }

    /// Every race, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Race> {
        self.races.iter()
    }

    /// The race with a number.
    pub fn find(&self, id: RaceId) -> Option<&Race> {
        self.races.iter().find(|race| race.id == id)
    }
}

/// One race, if it makes sense behind the one before it.
fn race(
    fields: Fields,
    before: Option<&Race>,
    wrong: &dyn Fn(&'static str, String, &str) -> BadInput,
) -> Result<Race, BadInput> {
    let Fields { id, title, tracker, category, triage, scenario } = fields;
    if before.is_some_and(|before| before.id >= id) {
        return Err(wrong("id", format!("{id} is not behind the race before it"), "sort by id"));
    }
    for (key, text) in [("title", &title), ("tracker", &tracker)] {
        if text.trim().is_empty() {
            return Err(wrong(key, format!("`{key}` of {id} is empty"), "say it in a few words"));
        }
    }
    if matches!(&triage, Triage::OutOfScope(why) if why.trim().is_empty()) {
        let problem = format!("{id} is out of scope for no reason");
        return Err(wrong("triage", problem, "say in one line why no gateway core can have it"));
    }
    if scenario.is_some() && triage != Triage::InScope {
        let problem = format!("{id} is not in scope and lacks no scenario");
        return Err(wrong("scenario", problem, "remove it"));
    }
    let known = Category::ALL.into_iter().find(|known| known.name() == category);
    let Some(category) = known else {
        let names = Category::ALL.map(Category::name);
        let remedy = crate::input::suggest::one_of(&category, names);
        return Err(wrong("category", format!("unknown category `{category}`"), &remedy));
    };
    Ok(Race { id, title, tracker, category, triage, missing: scenario.is_some() })
}

impl RaceId {
    /// The races that a text names, in its order, each once.
    pub fn named_in(text: &str) -> Vec<RaceId> {
        let mut named = Vec::new();
        for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
            if let Ok(id) = word.parse::<RaceId>()
                && !named.contains(&id)
            {
                named.push(id);
            }
        }
        named
    }
}

/// `R` and three digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no number of a race: expected `R` and three digits, like `R001`")]
pub struct NoRace(String);

impl FromStr for RaceId {
    type Err = NoRace;

    fn from_str(text: &str) -> Result<RaceId, NoRace> {
        let digits = text.strip_prefix('R').filter(|digits| digits.len() == 3);
        let number = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let number = number.and_then(|digits| digits.parse().ok());
        number.map(RaceId).ok_or_else(|| NoRace(text.to_owned()))
    }
}

impl TryFrom<String> for RaceId {
    type Error = NoRace;

    fn try_from(text: String) -> Result<RaceId, NoRace> {
        text.parse()
    }
}

impl fmt::Display for RaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("R{:03}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"[[race]]
id = "R001"
title = "t"
tracker = "somebody's #1"
category = "kill-window"
triage = "in-scope"
scenario = "missing"

[[race]]
id = "R002"
title = "t"
tracker = "somebody's #2"
category = "clock"
triage = { merged = "R001" }

[[race]]
id = "R004"
title = "t"
tracker = "somebody's #3"
category = "other"
triage = { out-of-scope = "About one product." }
"#;

    fn read(text: &str) -> Result<Races, BadInput> {
        Races::read(&Document::parse("x.toml", text)?)
    }

    /// What reading the good catalogue says once `from` in it is replaced.
    fn refusal(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from} is not in the text");
        read(&GOOD.replacen(from, to, 1)).expect_err("it is bad").to_string()
    }

    #[test]
    fn a_good_catalogue_is_read() {
        let races = read(GOOD).expect("it is good");
        let first = races.iter().next().expect("three");
        assert_eq!((first.triage.clone(), first.missing), (Triage::InScope, true));
        let id = "R002".parse().expect("a number");
        let merged = races.find(id).map(|race| race.triage.clone());
        assert_eq!(merged, Some(Triage::Merged(RaceId(1))));
    }

    #[test]
    fn every_contradiction_has_its_line() {
        let cases = [
            ("\"R004\"", "\"R001\"", "x.toml:17:6: R001 is not behind"),
            ("\"R001\"", "\"R1\"", "x.toml:2:6: `R1` is no number of a race"),
            ("title = \"t\"", "title = \" \"", "x.toml:3:9: `title` of R001 is empty"),
            ("\"clock\"", "\"clok\"", "x.toml:13:12: unknown category `clok`"),
            ("merged = \"R001\"", "merged = \"R004\"", "x.toml:14:10: R002 is merged into R004"),
            ("About one product.", "", "x.toml:21:10: R004 is out of scope for no reason"),
            ("\"missing\"", "\"somewhere\"", "x.toml:7:12: unknown variant `somewhere`"),
            ("triage = \"in-scope\"", "triage = { out-of-scope = \"w\" }", "x.toml:7:12: R001"),
            ("tracker", "tracer", "x.toml:4:1: unknown field `tracer`"),
        ];
        for (from, to, start) in cases {
            let error = refusal(from, to);
            assert!(error.starts_with(start), "{error}");
        }
        assert!(refusal("\"clock\"", "\"clok\"").contains("did you mean `clock`"));
    }

    #[test]
    fn races_are_found_in_what_people_write() {
        let named = RaceId::named_in("R087 (#67181), R128/R087; crash-model 5, R12, R1234, R005.");
        assert_eq!(named, [RaceId(87), RaceId(128), RaceId(5)]);
        assert_eq!(named[2].to_string(), "R005");
    }

    #[test]
    fn the_embedded_catalogue_is_good_and_whole() {
        let races = Races::embedded().expect("it is good");
        assert_eq!(races.iter().count(), 130);
        let used: BTreeSet<Category> = races.iter().map(|race| race.category).collect();
        assert_eq!(used, BTreeSet::from(Category::ALL));
    }
}

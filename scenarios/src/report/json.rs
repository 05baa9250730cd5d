//! The objects that `--format json` prints, one on a line, without spaces.
//!
//! Their keys and the order of their keys are stable.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;
use sim::explore::{Image, Judged, Matrix, Summary};
use sim::oracle::{OracleId, Violation};
use sim::plan::KillPlan;
use sim::script::{Script, message_id};

use super::exhibit::Exhibit;
use crate::input::Scenario;
use crate::races::{Race, RaceId, Triage};
use crate::registry::GatewayName;

/// Writes an object on a line of its own.
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn write_line(out: &mut dyn Write, object: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string(object).expect("the objects are plain data");
    writeln!(out, "{text}")
}

/// Writes an event with some fields, in their order.
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn write_event(out: &mut dyn Write, event: &str, fields: &[(&str, Value)]) -> io::Result<()> {
    write_line(out, &Event { event, fields })
}

struct Event<'a> {
    event: &'a str,
    fields: &'a [(&'a str, Value)],
}

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.fields.len() + 1))?;
        map.serialize_entry("event", self.event)?;
        for (key, value) in self.fields {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// Writes where a failure is saved and what it shows.
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn write_finding(out: &mut dyn Write, exhibit: &Exhibit) -> io::Result<()> {
    let Exhibit { scenario, gateway, oracle, found, replay, .. } = exhibit;
    let what: Vec<&str> = found.iter().map(|found| found.what.as_str()).collect();
    let fields = [
        ("scenario", scenario.as_str().into()),
        ("gateway", gateway.as_str().into()),
        ("oracle", (*oracle).into()),
        ("what", what.into()),
        ("replay", replay.as_str().into()),
    ];
    write_event(out, "finding", &fields)
}

/// How much was tried, and how much of it is broken.
#[derive(Debug, Serialize)]
pub(super) struct Counts<'a> {
    kill_points: u64,
    images: u64,
    judged: u64,
    distinct: u64,
    violations: &'a BTreeMap<OracleId, u64>,
}

impl<'a> Counts<'a> {
    /// Those of a matrix, or of several together.
    pub(super) fn of(summary: &'a Summary) -> Counts<'a> {
        Counts {
            kill_points: summary.kill_points(),
            images: summary.images,
            judged: summary.judged,
            distinct: summary.distinct,
            violations: &summary.violations,
        }
    }
}

/// What a matrix came to.
#[derive(Debug, Serialize)]
pub struct MatrixLine<'a> {
    event: &'static str,
    scenario: &'a str,
    gateway: &'static str,
    effects: u64,
    #[serde(flatten)]
    counts: Counts<'a>,
    seconds: f64,
    judged_per_second: f64,
    distinct_per_second: f64,
    transitions_per_second: f64,
    bounds_hit: u64,
    never_fired: Vec<String>,
    lints: &'a BTreeMap<OracleId, u64>,
    left_out: u64,
    recovery_left_out: u64,
    as_expected: Option<bool>,
}

impl<'a> MatrixLine<'a> {
    /// The object of a matrix that took `seconds` on an average. `as_expected` says whether it is
    /// as its file says, if that says anything.
    pub fn new(
        scenario: &'a str,
        gateway: GatewayName,
        matrix: &'a Matrix,
        seconds: f64,
        as_expected: Option<bool>,
    ) -> MatrixLine<'a> {
        let summary = &matrix.summary;
        MatrixLine {
            event: "matrix",
            scenario,
            gateway: gateway.name(),
            effects: summary.effects,
            counts: Counts::of(summary),
            seconds: rounded(seconds),
            judged_per_second: rate(summary.judged, seconds),
            distinct_per_second: rate(summary.distinct, seconds),
            transitions_per_second: rate(summary.transitions_run, seconds),
            bounds_hit: summary.bounded,
            never_fired: matrix.never_fired(),
            lints: &summary.lints,
            left_out: summary.left_out,
            recovery_left_out: summary.recovery_left_out,
            as_expected,
        }
    }
}

/// How many a second, to a tenth where they are fewer than ten: the network stage does not play one
/// plan a second. In no time at all there are none.
pub fn rate(count: u64, seconds: f64) -> f64 {
    if seconds <= 0.0 {
        return 0.0;
    }
    let per_second = count as f64 / seconds;
    if per_second < 10.0 { (per_second * 10.0).round() / 10.0 } else { per_second.round() }
}

/// Seconds to the microsecond.
pub fn rounded(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}

/// A broken statement.
#[derive(Debug, Serialize)]
pub struct ViolationLine<'a> {
    event: &'static str,
    oracle: OracleId,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<&'a str>,
    kills: Vec<KillPlan>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    what: &'a str,
}

impl<'a> ViolationLine<'a> {
    /// A violation that needed no kill but the plan's own.
    pub fn unkilled(violation: &'a Violation, script: &'a Script) -> ViolationLine<'a> {
        let chat = violation.chat.and_then(|chat| script.chats.get(chat));
        ViolationLine {
            event: "violation",
            oracle: violation.oracle,
            at_ms: None,
            phase: None,
            kills: Vec::new(),
            chat: chat.map(|chat| chat.0.as_str()),
            message: violation.message.map(|message| message_id(message).to_string()),
            what: &violation.what,
        }
    }

    /// A violation of an image.
    pub fn of(judged: &Judged, violation: &'a Violation, script: &'a Script) -> ViolationLine<'a> {
        ViolationLine {
            at_ms: Some(judged.at.0),
            phase: Some(judged.phase),
            kills: judged.deaths.iter().map(Image::to_kill).collect(),
            ..ViolationLine::unkilled(violation, script)
        }
    }
}

/// A scenario of the catalogue.
#[derive(Debug, Serialize)]
pub struct ScenarioLine<'a> {
    event: &'static str,
    name: &'a str,
    source: &'a str,
    category: &'a str,
    stage: &'static str,
    gateways: BTreeMap<&'static str, String>,
    races: Vec<String>,
}

impl<'a> ScenarioLine<'a> {
    /// The object of a scenario.
    pub fn new(scenario: &'a Scenario) -> ScenarioLine<'a> {
        let expect = scenario.expect.iter();
        ScenarioLine {
            event: "scenario",
            name: &scenario.name,
            source: &scenario.source,
            category: &scenario.category,
            stage: scenario.plan.stage.name(),
            gateways: expect.map(|(name, expected)| (name.name(), expected.to_string())).collect(),
            races: scenario.races().iter().map(RaceId::to_string).collect(),
        }
    }
}

/// A race of the catalogue.
#[derive(Debug, Serialize)]
pub struct RaceLine<'a> {
    event: &'static str,
    id: String,
    title: &'a str,
    tracker: &'a str,
    category: &'static str,
    triage: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    into: Option<String>,
    scenarios: Vec<&'a str>,
}

impl<'a> RaceLine<'a> {
    /// The object of a race, with the names of the scenarios that show it.
    pub fn new(race: &'a Race, scenarios: Vec<&'a str>) -> RaceLine<'a> {
        let (triage, why, into) = match &race.triage {
            Triage::InScope => ("in-scope", None, None),
            Triage::OutOfScope(why) => ("out-of-scope", Some(why.as_str()), None),
            Triage::Merged(into) => ("merged", None, Some(into.to_string())),
        };
        RaceLine {
            event: "race",
            id: race.id.to_string(),
            title: &race.title,
            tracker: &race.tracker,
            category: race.category.name(),
            triage,
            why,
            into,
            scenarios,
        }
    }
}

#[cfg(test)]
mod tests {
    use sim::explore::{Deaths, Search, matrix};

    use super::*;

    fn text(object: &impl Serialize) -> String {
        let mut out = Vec::new();
        write_line(&mut out, object).expect("memory can be written to");
        String::from_utf8(out).expect("JSON is UTF-8")
    }

    #[test]
    fn what_is_slow_is_told_by_the_tenth_and_what_took_no_time_is_no_number_of_its_own() {
        assert_eq!([rate(1703, 1800.3), rate(3, 2.0), rate(29639, 154.9)], [0.9, 1.5, 191.0]);
        assert_eq!(rate(1, 0.0), 0.0);
    }

    #[test]
    fn a_matrix_is_one_line_with_the_keys_in_order() {
        let plan = "horizon = \"5s\"\n[[message]]\nat = \"1s\"\nchat = \"a\"\n\
                    [[stop]]\nat = \"4s\"\nsignal = \"stop\"\n";
        let plan = toml::from_str(plan).expect("a plan");
        let core = GatewayName::Core;
        let matrix = matrix(&plan, &*core.make(&plan), &Search::new(Deaths::Process));
        let line = text(&MatrixLine::new("s", core, &matrix, 0.5, Some(true)));
        let keys = [
            "event",
            "scenario",
            "gateway",
            "effects",
            "kill_points",
            "images",
            "judged",
            "distinct",
            "violations",
            "seconds",
            "judged_per_second",
            "distinct_per_second",
            "transitions_per_second",
            "bounds_hit",
            "never_fired",
            "lints",
            "left_out",
            "recovery_left_out",
            "as_expected",
        ];
        let places = keys.map(|key| line.find(&format!("\"{key}\":")).expect("it is there"));
        assert!(places.is_sorted(), "{line}");
        let start = "{\"event\":\"matrix\",\"scenario\":\"s\",\"gateway\":\"core\",\"effects\":";
        assert!(line.starts_with(start) && !line.contains(", "), "{line}");
    }

    #[test]
    fn an_event_keeps_the_order_of_its_fields() {
        let mut out = Vec::new();
        write_event(&mut out, "e", &[("z", 1.into()), ("a", "x".into())]).expect("memory");
        assert_eq!(String::from_utf8_lossy(&out), "{\"event\":\"e\",\"z\":1,\"a\":\"x\"}\n");
    }

    #[test]
    fn a_scenario_is_one_line_with_the_keys_in_order() {
        let catalogue = crate::catalogue::Catalogue::embedded().expect("all are good");
        let file = catalogue.find("r005-older-mark-cleared").expect("it is embedded");
        let line = text(&ScenarioLine::new(file.scenario()));
        let start = "{\"event\":\"scenario\",\"name\":\"r005-older-mark-cleared\",\"source\":";
        assert!(line.starts_with(start), "{line}");
        let end = "\"stage\":\"direct\",\"gateways\":{\"core\":\"acquitted\",\"hermes-e2\":";
        assert!(line.contains(end), "{line}");
    }
}

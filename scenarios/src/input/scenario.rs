//! A scenario: a plan with its story, and what each gateway is expected to make of it.
//!
//! Read from TOML. Unknown keys, gateways and oracles are refused; so is a plan in which something
//! can never happen. Each refusal has a line, a column and a remedy.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use sim::delivered::Planned;
use sim::oracle::OracleId;
use sim::plan::{Plan, Stage};

use super::bad_input::BadInput;
use super::document::{Document, Step};
use super::{plan_check, suggest};
use crate::allowance::{self, Allowances};
use crate::expectation::Expectation;
use crate::races::RaceId;
use crate::registry::GatewayName;

/// A plan with its story, and what is expected of each gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The name of its file, without `.toml`.
    pub name: String,
    /// Its file, as people know it.
    pub path: String,
    /// What happens, in a few sentences.
    pub story: String,
    /// Where it was seen.
    pub source: String,
    /// The kind of failure it is about.
    pub category: String,
    /// The oracle by which its story shows; the others convict on the way, or not at all.
    pub shows: Option<OracleId>,
    /// What each gateway is expected to make of it, over its whole matrix.
    pub expect: BTreeMap<GatewayName, Expectation>,
    /// What of the plan need not happen to which of these gateways.
    pub may_not_fire: Allowances,
    /// What will be done to the world, and on which stage.
    pub plan: Plan,
}

/// A scenario as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    story: String,
    source: String,
    category: String,
    shows: Option<OracleId>,
    stage: Stage,
    expect: BTreeMap<String, toml::Value>,
    #[serde(default)]
    may_not_fire: BTreeMap<String, Vec<String>>,
    plan: Plan,
}

impl Scenario {
    /// The races that its source names, in that order.
    pub fn races(&self) -> Vec<RaceId> {
        RaceId::named_in(&self.source)
    }

    /// Reads a scenario.
    ///
    /// # Errors
    ///
    /// If the text is no scenario, or one that makes no sense.
    pub fn read(name: &str, document: &Document<'_>) -> Result<Scenario, BadInput> {
        let fields: Fields = document.read()?;
        for (key, text) in
            [("story", &fields.story), ("source", &fields.source), ("category", &fields.category)]
        {
            if text.trim().is_empty() {
                let remedy = "say it in a few words: it is what people read first";
                return Err(document.problem(
                    &[Step::Key(key)],
                    format!("`{key}` is empty"),
                    remedy,
                ));
            }
        }
        let plan = Plan { stage: fields.stage, ..fields.plan };
        plan_check::check(document, &plan)?;
        let expect = expectations(document, &fields.expect)?;
        let may_not_fire = allowances(document, &fields.may_not_fire, &expect, &plan)?;
        if let Some(shows) = fields.shows
            && !expect.values().any(|expected| expected.convicts_of(shows))
        {
            let problem = format!("`shows` names {shows}, of which no gateway is convicted");
            let remedy = "name an oracle of `[expect]`, or remove it";
            return Err(document.problem(&[Step::Key("shows")], problem, remedy));
        }
        Ok(Scenario {
            name: name.to_owned(),
            path: document.path().to_owned(),
            expect,
            may_not_fire,
            shows: fields.shows,
            story: fields.story,
            source: fields.source,
            category: fields.category,
            plan,
        })
    }
}

fn expectations(
    document: &Document<'_>,
    written: &BTreeMap<String, toml::Value>,
) -> Result<BTreeMap<GatewayName, Expectation>, BadInput> {
    let table = [Step::Key("expect")];
    if written.is_empty() {
        let remedy = "add at least `core = \"acquitted\"`";
        return Err(document.problem(&table, "`[expect]` names no gateway", remedy));
    }
    let mut expect = BTreeMap::new();
    for (name, value) in written {
        let gateway: GatewayName = name.parse().map_err(|_| {
            let known = GatewayName::every().map(GatewayName::name);
            let problem = format!("unknown gateway `{name}`");
            document.key_problem(&table, name, problem, suggest::one_of(name, known))
        })?;
        expect.insert(gateway, expectation(document, name, value)?);
    }
    Ok(expect)
}

/// What the file says need not happen: to a gateway that it judges, and something that it plans.
fn allowances(
    document: &Document<'_>,
    written: &BTreeMap<String, Vec<String>>,
    expect: &BTreeMap<GatewayName, Expectation>,
    plan: &Plan,
) -> Result<Allowances, BadInput> {
    let table = [Step::Key("may_not_fire")];
    let mut named = BTreeMap::new();
    for (name, events) in written {
        let judged = |gateway: &GatewayName| gateway.name() == name;
        let Some(gateway) = expect.keys().copied().find(judged) else {
            let problem = format!("`[expect]` says nothing of a gateway `{name}`");
            let remedy = suggest::one_of(name, expect.keys().map(|gateway| gateway.name()));
            return Err(document.key_problem(&table, name, problem, remedy));
        };
        let mut allowed = BTreeSet::new();
        for (index, event) in events.iter().enumerate() {
            let place = [table[0], Step::Key(name), Step::Index(index)];
            let Some(planned) = allowance::find(plan, event) else {
                let known: Vec<String> =
                    Planned::all(&plan.without_probes()).into_iter().map(Planned::name).collect();
                let problem = format!("the plan has no `{event}`");
                let remedy = suggest::one_of(event, known.iter().map(String::as_str));
                return Err(document.problem(&place, problem, remedy));
            };
            if !allowed.insert(planned) {
                let problem = format!("`{event}` is named twice");
                return Err(document.problem(&place, problem, "remove one of the two"));
            }
        }
        named.insert(gateway, allowed);
    }
    Ok(Allowances::Named(named))
}

fn expectation(
    document: &Document<'_>,
    gateway: &str,
    value: &toml::Value,
) -> Result<Expectation, BadInput> {
    let place = [Step::Key("expect"), Step::Key(gateway)];
    let oracles = match value {
        toml::Value::String(text) if text == "acquitted" => return Ok(Expectation::Acquitted),
        toml::Value::Array(oracles) if !oracles.is_empty() => oracles,
        _ => {
            let problem = "expected \"acquitted\" or a list of oracles that is not empty";
            let remedy = format!("write `{gateway} = \"acquitted\"` or `[\"NOTHING-LOST\"]`");
            return Err(document.problem(&place, problem, remedy));
        }
    };
    let mut convicted = BTreeSet::new();
    for (index, written) in oracles.iter().enumerate() {
        let place = [place[0], place[1], Step::Index(index)];
        let name = written.as_str().unwrap_or_default();
        let known = OracleId::ALL.map(OracleId::name);
        let oracle = OracleId::ALL.into_iter().find(|oracle| oracle.name() == name);
        let oracle = oracle.ok_or_else(|| {
            let problem = format!("unknown oracle {written}");
            document.problem(&place, problem, suggest::one_of(name, known))
        })?;
        if !convicted.insert(oracle) {
            let problem = format!("oracle `{name}` is named twice");
            return Err(document.problem(&place, problem, "remove one of the two"));
        }
    }
    Ok(Expectation::Convicted(convicted))
}

#[cfg(test)]
mod tests {
    use sim::plan::Demoted;
    use sim::time::Ms;

    use super::*;

    const GOOD: &str = r#"story = "s"
source = "R001"
category = "kill-window"
stage = "direct"

[expect]
core = "acquitted"
hermes-e1 = ["NOTHING-LOST", "RESUMED"]

[plan]
horizon = "60s"

[[plan.message]]
at = "10s"
chat = "a"

[[plan.stop]]
at = "20s"
signal = "restart"
"#;

    fn read(text: &str) -> Result<Scenario, BadInput> {
        Scenario::read("x", &Document::parse("x.toml", text)?)
    }

    /// What reading the good scenario says once `from` in it is replaced.
    fn refusal(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from} is not in the text");
        read(&GOOD.replacen(from, to, 1)).expect_err("it is bad").to_string()
    }

    #[test]
    fn a_good_scenario_is_read() {
        let scenario = read(GOOD).expect("it is good");
        assert_eq!(scenario.expect[&GatewayName::Core], Expectation::Acquitted);
        let hermes = scenario.expect[&GatewayName::HermesE1].to_string();
        assert_eq!(hermes, "NOTHING-LOST,RESUMED");
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_near_one() {
        let error = refusal("horizon", "horizom");
        assert!(error.starts_with("x.toml:11:1: unknown field `horizom`, expected"), "{error}");
        assert!(error.contains("did you mean `horizon`?"), "{error}");
    }

    #[test]
    fn an_unknown_gateway_is_refused_with_the_near_one() {
        let error = refusal("hermes-e1 =", "hermes-e9 =");
        assert!(error.starts_with("x.toml:8:1: unknown gateway `hermes-e9`"), "{error}");
        assert!(error.contains("did you mean `hermes-e0`"), "{error}");
    }

    #[test]
    fn an_unknown_oracle_is_refused_with_the_near_one() {
        let error = refusal("\"RESUMED\"", "\"RESUMD\"");
        assert!(error.starts_with("x.toml:8:30: unknown oracle \"RESUMD\""), "{error}");
        assert!(error.contains("did you mean `RESUMED`?"), "{error}");
    }

    #[test]
    fn an_unknown_unit_is_refused_with_an_example() {
        let error = refusal("at = \"10s\"", "at = \"10 parsecs\"");
        assert!(error.starts_with("x.toml:14:6: `10 parsecs` is not a span of time"), "{error}");
        assert!(error.contains("\"250ms\""), "{error}");
    }

    #[test]
    fn an_empty_list_of_oracles_is_refused() {
        let error = refusal("[\"NOTHING-LOST\", \"RESUMED\"]", "[]");
        assert!(error.starts_with("x.toml:8:13: expected \"acquitted\" or a list"), "{error}");
    }

    #[test]
    fn what_may_not_fire_is_read_by_the_names_that_are_printed() {
        let allowed = "hermes-e1 = [\"NOTHING-LOST\"]\n\n[may_not_fire]\n";
        let with = |line: &str| {
            let from = "hermes-e1 = [\"NOTHING-LOST\", \"RESUMED\"]\n";
            GOOD.replacen(from, &format!("{allowed}{line}\n"), 1)
        };
        let scenario = read(&with("hermes-e1 = [\"stop 1\"]")).expect("it is good");
        let stop = BTreeSet::from([Planned::Stop(0)]);
        let named = BTreeMap::from([(GatewayName::HermesE1, stop)]);
        assert_eq!(scenario.may_not_fire, Allowances::Named(named));
        let refused = |line: &str| read(&with(line)).expect_err("it is bad").to_string();
        let error = refused("hermes-e1 = [\"stop 2\"]");
        assert!(error.starts_with("x.toml:11:14: the plan has no `stop 2`"), "{error}");
        assert!(error.contains("`stop 1`"), "{error}");
        let error = refused("marks-only = [\"stop 1\"]");
        assert!(error.starts_with("x.toml:11:1: `[expect]` says nothing of a gateway"), "{error}");
        let error = refused("core = [\"stop 1\", \"stop 1\"]");
        assert!(error.starts_with("x.toml:11:19: `stop 1` is named twice"), "{error}");
    }

    #[test]
    fn a_story_that_shows_by_an_oracle_that_convicts_nobody_is_refused() {
        let shows = |oracle: &str| format!("shows = \"{oracle}\"\nstage =");
        let error = refusal("stage =", &shows("ORDER"));
        assert!(error.starts_with("x.toml:4:9: `shows` names ORDER, of which no"), "{error}");
        let text = GOOD.replacen("stage =", &shows("RESUMED"), 1);
        assert_eq!(read(&text).expect("it is good").shows, Some(OracleId::Resumed));
    }

    #[test]
    fn what_only_the_network_can_play_is_refused_on_the_direct_stage() {
        let more = "[[plan.start]]\nat = \"15s\"\n\n[[plan.message]]";
        let error = refusal("[[plan.message]]", more);
        assert!(error.starts_with("x.toml:4:9: the direct stage cannot play this"), "{error}");
        let good = GOOD.replacen("[[plan.message]]", more, 1).replacen("direct", "network", 1);
        assert_eq!(read(&good).expect("it is good").plan.stage, Stage::Network);
    }

    #[test]
    fn a_fault_of_the_network_that_says_too_much_or_too_little_is_refused() {
        let fault = |rest: &str| {
            let fault = format!("link_fault = [{{ from = \"5s\", {rest} }}]\n\n[[plan.message]]");
            let text = GOOD.replacen("direct", "network", 1);
            let text = text.replacen("\n[[plan.message]]", &fault, 1);
            read(&text).expect_err("it is bad").to_string()
        };
        let error = fault("effect = \"hold\"");
        assert!(error.contains("goes on for ever"), "{error}");
        let error = fault("effect = \"hold\", until = \"4s\"");
        assert!(error.contains("ends before it begins"), "{error}");
        let error = fault("effect = \"latency\", until = \"9s\"");
        assert!(error.contains("needs a `delay`"), "{error}");
        let error = fault("effect = \"loss\", until = \"9s\", per_mille = 1001");
        assert!(error.contains("`per_mille`"), "{error}");
    }

    #[test]
    fn an_event_that_can_never_happen_is_refused() {
        let error = refusal("at = \"20s\"", "at = \"60s\"");
        assert!(error.starts_with("x.toml:18:6: the horizon is at 1m"), "{error}");
    }

    #[test]
    fn a_schedule_and_a_heal_time_are_read() {
        let more = "horizon = \"60s\"\nheal_at = \"30s\"\nschedule.order = 7\n\
                    schedule.demote = [{ boot = 1, effect = 2 }, { boot = 1, effect = 2, \
                    part = \"answer\", by = \"200ms\" }]\n";
        let plan = read(&GOOD.replacen("horizon = \"60s\"\n", more, 1)).expect("it is good").plan;
        assert_eq!((plan.heal_at, plan.schedule.order), (Some(Ms(30_000)), Some(7)));
        let part =
            |index: usize| (plan.schedule.demotions[index].part, plan.schedule.demotions[index].by);
        assert_eq!([part(0), part(1)], [(Demoted::Hold, Ms(0)), (Demoted::Answer, Ms(200))]);
    }

    #[test]
    fn a_world_that_heals_at_its_end_is_refused() {
        let error = refusal("horizon = \"60s\"\n", "horizon = \"60s\"\nheal_at = \"60s\"\n");
        assert!(error.starts_with("x.toml:12:11: the horizon is at 1m and the world heals at 1m"));
        let kill = "heal_at = \"30s\"\nkill = [{ at = \"30s\", kind = \"process\" }]\n\n";
        let error = refusal("\n[[plan.message]]", &format!("{kill}[[plan.message]]"));
        assert!(error.starts_with("x.toml:13:16: the world heals at 30s and this kill"), "{error}");
        let fault = "heal_at = \"30s\"\ndisk_fault = [{ from = \"40s\", effect = \"eio\" }]\n\n";
        let error = refusal("\n[[plan.message]]", &format!("{fault}[[plan.message]]"));
        assert!(error.starts_with("x.toml:13:24: the world heals at 30s"), "{error}");
    }

    #[test]
    fn what_counts_from_a_boot_says_which_and_comes_in_time() {
        let stop = |when: &str| refusal("at = \"20s\"", when);
        let error = stop("boot = 2");
        assert!(error.starts_with("x.toml:17:1: a stop needs either `at"), "{error}");
        let error = stop("boot = 2\nafter = \"60s\"");
        assert!(error.starts_with("x.toml:19:9: this stop can never happen"), "{error}");
        let kill = "kill = [{ boot = 2, after = \"61s\", kind = \"process\" }]\n\n[[plan.message]]";
        let error = refusal("\n[[plan.message]]", kill);
        assert!(error.starts_with("x.toml:12:29: this kill can never happen"), "{error}");
        let fault = "disk_fault = [{ effect = \"eio\", phase = \"*\" }]\n\n[[plan.message]]";
        let error = refusal("\n[[plan.message]]", fault);
        assert!(error.contains("the name of the phase is empty"), "{error}");
        let good = GOOD.replacen("at = \"20s\"", "boot = 1\nafter = \"20s\"", 1);
        assert!(read(&good).is_ok());
    }

    #[test]
    fn a_demotion_that_can_never_happen_is_refused() {
        let demote = |list: &str| format!("schedule.demote = [{list}]\n\n[[plan.message]]");
        let error = refusal("\n[[plan.message]]", &demote("{ boot = 0, effect = 3 }"));
        assert!(error.starts_with("x.toml:12:29: `boot` is counted from 1"), "{error}");
        let twice = "{ boot = 1, effect = 3 }, { boot = 1, effect = 3, by = \"1ms\" }";
        let error = refusal("\n[[plan.message]]", &demote(twice));
        assert!(error.starts_with("x.toml:12:67: the same part of this effect"), "{error}");
    }

    #[test]
    fn a_plan_in_which_nobody_writes_is_refused() {
        let error = refusal("[[plan.message]]\nat = \"10s\"\nchat = \"a\"\n", "");
        assert!(error.starts_with("x.toml:10:1: nobody writes anything"), "{error}");
    }
}

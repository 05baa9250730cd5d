//! Requests to stop.

use gateway_core::env::Signal;
use serde::{Deserialize, Serialize};

use crate::time::Ms;

/// A request to stop. It is written with `at`, or with `boot` and `after`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StopFields", into = "StopFields")]
pub struct StopPlan {
    /// When: so long after the begin of the boot, if one is said, else of the run. If no process
    /// lives then, or not that boot, nothing happens.
    pub at: Ms,
    /// The boot that is asked, from 1; whichever lives if not said.
    pub boot: Option<u32>,
    /// What is asked.
    pub signal: Signal,
    /// How long the process stays down; the supervisor's restart delay if not said.
    pub down_for: Option<Ms>,
}

impl StopPlan {
    /// When it is, if the plan alone says that.
    pub fn time(&self) -> Option<Ms> {
        self.boot.is_none().then_some(self.at)
    }
}

/// A [`StopPlan`] as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StopFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<Ms>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    boot: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<Ms>,
    signal: Signal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    down_for: Option<Ms>,
}

impl TryFrom<StopFields> for StopPlan {
    type Error = String;

    fn try_from(fields: StopFields) -> Result<StopPlan, String> {
        let StopFields { at, boot, after, signal, down_for } = fields;
        let at = match (at, boot, after) {
            (Some(at), None, None) => at,
            (None, Some(boot), Some(after)) if boot > 0 => after,
            _ => {
                return Err(
                    "a stop needs either `at = \"<time>\"`, or `boot` (counted from 1) and \
                            `after = \"<time>\"`"
                        .to_owned(),
                );
            }
        };
        Ok(StopPlan { at, boot, signal, down_for })
    }
}

impl From<StopPlan> for StopFields {
    fn from(stop: StopPlan) -> StopFields {
        let StopPlan { at, boot, signal, down_for } = stop;
        let (at, after) = if boot.is_none() { (Some(at), None) } else { (None, Some(at)) };
        StopFields { at, boot, after, signal, down_for }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Moment, Plan};

    #[test]
    fn a_stop_and_a_kill_may_say_their_time_from_the_begin_of_a_boot() {
        let text = "horizon = \"1m\"\nstop = [{ boot = 2, after = \"3s\", signal = \"stop\" }]\n\
                    kill = [{ boot = 3, after = \"5ms\", kind = \"process\" }]\n";
        let plan: Plan = toml::from_str(text).expect("a plan");
        assert_eq!((plan.stops[0].boot, plan.stops[0].at), (Some(2), Ms(3_000)));
        assert_eq!(plan.stops[0].time(), None);
        assert_eq!(plan.kills[0].moment, Moment::After { boot: 3, after: Ms(5) });
        let again = toml::to_string(&plan).expect("plain data");
        assert_eq!(toml::from_str(&again), Ok(plan));
    }

    #[test]
    fn a_time_is_said_in_one_way_only() {
        let refused = |event: &str| {
            let plan = toml::from_str::<Plan>(&format!("horizon = \"1m\"\n{event}"));
            plan.expect_err("it says too much or too little").to_string()
        };
        let stop = |when: &str| refused(&format!("stop = [{{ {when}, signal = \"stop\" }}]"));
        assert!(stop("at = \"1s\", boot = 1").contains("a stop needs either"));
        assert!(stop("boot = 0, after = \"1s\"").contains("counted from 1"));
        let kill = |when: &str| refused(&format!("kill = [{{ {when}, kind = \"process\" }}]"));
        assert!(kill("boot = 1, after = \"1s\", before = 3").contains("a kill needs either"));
        assert!(kill("boot = 1, after = \"1s\", torn = 3").contains("a kill needs either"));
    }
}

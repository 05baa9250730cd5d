//! What of a plan need not happen to a gateway.
//!
//! A planned event that happens in no run of a matrix tested nothing, and whoever reads the verdict
//! takes it for one about that event. So it is an error, unless the file says that the event may
//! not fire there; and a file that says so of an event that does fire is wrong as well.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sim::delivered::Planned;
use sim::plan::Plan;

use crate::registry::GatewayName;

/// What need not happen, for each gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowances {
    /// Anything. It is a failure that was saved: a gateway that survives it may never get to the
    /// rest of it.
    Anything,
    /// These. Places are those in the plan without its probes, as they are printed.
    Named(BTreeMap<GatewayName, BTreeSet<Planned>>),
}

impl Allowances {
    /// How a matrix over `plan` is not the test that its file says it is; none if it is. `missing`
    /// is what happened in none of its runs.
    pub fn untested(
        &self,
        gateway: GatewayName,
        plan: &Plan,
        missing: &[Planned],
    ) -> Option<Untested> {
        let Allowances::Named(named) = self else { return None };
        let none = BTreeSet::new();
        Untested::of(plan, missing, named.get(&gateway).unwrap_or(&none))
    }
}

/// How a matrix is not the test that it is said to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Untested {
    /// What never fired, each with its name and what it is.
    never: Vec<(String, String)>,
    /// What fired and need not have, in the same way.
    needless: Vec<(String, String)>,
}

impl Untested {
    /// The same for what `allowed` says of one gateway.
    pub fn of(plan: &Plan, missing: &[Planned], allowed: &BTreeSet<Planned>) -> Option<Untested> {
        let told = |planned: &Planned| (planned.name(), planned.describe(plan));
        let never = missing.iter().filter(|planned| !allowed.contains(planned));
        let needless = allowed.iter().filter(|planned| !missing.contains(planned));
        let untested =
            Untested { never: never.map(told).collect(), needless: needless.map(told).collect() };
        (untested != Untested::default()).then_some(untested)
    }

    /// The same without what fired and need not have, for runs of plans that are not the file's
    /// own; none if nothing is left.
    pub fn never(self) -> Option<Untested> {
        let never = Untested { needless: Vec::new(), ..self };
        (never != Untested::default()).then_some(never)
    }

    /// What is wrong and what to do about it, a line each, in a file with a gateway of its.
    pub fn lines(&self, path: &str, gateway: GatewayName) -> Vec<String> {
        let mut lines = Vec::new();
        for (_, what) in &self.never {
            lines.push(format!("{path}: never fired with {gateway}: {what}; it tested nothing"));
        }
        if !self.never.is_empty() {
            let names: Vec<String> =
                self.never.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            let names = names.join(", ");
            lines.push(format!(
                "  remedy: change the plan so that it happens, or say in `[may_not_fire]` why it \
                 cannot: `{gateway} = [{names}]`"
            ));
        }
        for (name, what) in &self.needless {
            lines.push(format!(
                "{path}: fired with {gateway}: {what}; `[may_not_fire]` says that it may not\n  \
                 remedy: remove \"{name}\" from `{gateway}` in `[may_not_fire]`"
            ));
        }
        lines
    }
}

/// What never fired, in words, for whoever has no file that could say more.
impl fmt::Display for Untested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (_, what) in &self.never {
            writeln!(f, "never fired: {what}; it tested nothing")?;
        }
        for (_, what) in &self.needless {
            writeln!(f, "fired: {what}; it was said that it may not")?;
        }
        Ok(())
    }
}

/// What a plan has in store under a name such as "stop 2"; none if it has nothing of that name.
pub fn find(plan: &Plan, name: &str) -> Option<Planned> {
    Planned::all(&plan.without_probes()).into_iter().find(|planned| planned.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let text = "horizon = \"60s\"\nstop = [{ at = \"9s\", signal = \"stop\" }]\n\
                    kill = [{ at = \"3s\", kind = \"process\", probe = true }, \
                    { at = \"4s\", kind = \"process\" }]\n";
        toml::from_str(text).expect("a plan")
    }

    fn untested(missing: &[Planned], allowed: &[Planned]) -> Option<Untested> {
        let named = BTreeMap::from([(GatewayName::Core, allowed.iter().copied().collect())]);
        let plan = plan().without_probes();
        Allowances::Named(named).untested(GatewayName::Core, &plan, missing)
    }

    #[test]
    fn what_never_fired_is_told_with_its_file_and_what_to_write() {
        let lines = untested(&[Planned::Stop(0)], &[]).expect("it never fired");
        let lines = lines.lines("x.toml", GatewayName::Core);
        let [what, remedy] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(what, "x.toml: never fired with core: `stop` 1 (at 9s); it tested nothing");
        assert!(remedy.contains("`core = [\"stop 1\"]`"), "{remedy}");
    }

    #[test]
    fn what_may_not_fire_is_no_error_unless_it_fires() {
        assert_eq!(untested(&[Planned::Stop(0)], &[Planned::Stop(0)]), None);
        let lines = untested(&[], &[Planned::Stop(0)]).expect("it fired");
        let lines = lines.lines("x.toml", GatewayName::Core);
        assert!(lines[0].starts_with("x.toml: fired with core: `stop` 1 (at 9s);"), "{lines:?}");
    }

    #[test]
    fn a_failure_that_was_saved_need_not_happen_again() {
        let plan = plan();
        let missing = [Planned::Stop(0)];
        assert_eq!(Allowances::Anything.untested(GatewayName::Core, &plan, &missing), None);
    }

    #[test]
    fn names_count_as_they_are_printed_without_the_kills_of_the_matrix() {
        assert_eq!(find(&plan(), "kill 1"), Some(Planned::Kill(0)));
        assert_eq!(find(&plan(), "kill 2"), None);
        assert_eq!(find(&plan(), "stop"), None);
    }
}

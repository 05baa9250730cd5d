//! The plan that is running, as a file: if the process dies, it is still there.

use std::io;
use std::path::{Path, PathBuf};

use sim::plan::Plan;

use crate::real;
use crate::report::capsule;

/// The capsule of the plan that one thread is running.
pub(super) struct Running {
    gateway: String,
    path: PathBuf,
    /// Why it could not be written; nothing is run without it.
    pub(super) failure: Option<io::Error>,
}

impl Running {
    /// The capsule of a thread of a campaign, which is not there yet. `campaign` is a name of its
    /// own: what another one runs, or has left behind when it was killed, is not to be touched.
    pub(super) fn new(directory: &Path, gateway: &str, campaign: &str, job: usize) -> Running {
        let name = format!("running-{gateway}-{campaign}-job-{}.toml", job + 1);
        Running { gateway: gateway.to_owned(), path: directory.join(name), failure: None }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A plan is about to be run.
    pub(super) fn write(&mut self, plan: &Plan) {
        let capsule = capsule::wrap(&self.gateway, Vec::new(), plan, None);
        if let Err(error) = real::replace(&self.path, &capsule.to_toml()) {
            self.failure.get_or_insert(error);
        }
    }

    /// It has passed.
    pub(super) fn remove(&mut self) {
        if let Err(error) = real::remove(&self.path) {
            self.failure.get_or_insert(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_leaves_the_plans_of_another_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let own = || Running::new(directory.path(), "core", &real::own_name(), 0);
        let (mut first, mut second) = (own(), own());
        let plan = toml::from_str("horizon = \"9s\"").expect("a plan");
        first.write(&plan);
        second.write(&plan);
        second.remove();
        assert!(real::exists(first.path()), "it was removed by the other one");
        first.write(&plan);
        assert!(first.failure.is_none() && second.failure.is_none());
    }
}

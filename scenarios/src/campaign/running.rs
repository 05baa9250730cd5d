//! The plan that is running, as a file: if the process dies, it is still there.

use std::io;
use std::path::{Path, PathBuf};

use sim::plan::Plan;

use super::shard::Shard;
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
    /// The capsule of a thread, which is not there yet.
    pub(super) fn new(directory: &Path, gateway: &str, shard: Shard, job: usize) -> Running {
        let shard = shard.to_string().replace('/', "-of-");
        let name = format!("running-{gateway}-{shard}-job-{}.toml", job + 1);
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

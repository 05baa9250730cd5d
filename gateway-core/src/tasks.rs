//! The tasks of one boot.
//!
//! They all end with the boot, and a task that panics ends it. Nothing here waits for a task:
//! whoever needs to know when something is done is told by it.

use std::future::Future;
use std::sync::{Arc, Mutex};

use tokio::task::JoinSet;

use crate::halt::Halt;

/// The tasks of one boot.
pub(crate) struct Tasks {
    set: Mutex<JoinSet<()>>,
    halt: Arc<Halt>,
}

impl Tasks {
    /// No tasks yet; one that panics fails `halt`.
    pub(crate) fn new(halt: Arc<Halt>) -> Tasks {
        Tasks { set: Mutex::new(JoinSet::new()), halt }
    }

    /// Runs a task beside the others.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let alarm = Alarm { halt: Some(Arc::clone(&self.halt)) };
        let mut set = self.set.lock().expect("nobody panics while holding the tasks");
        // Tasks that are done are forgotten here, so that the set is as large as what runs.
        while set.try_join_next().is_some() {}
        set.spawn(async move {
            task.await;
            alarm.disarm();
        });
    }

    /// Ends all tasks, at the latest when each of them next waits.
    pub(crate) fn abort(&self) {
        self.set.lock().expect("nobody panics while holding the tasks").abort_all();
    }
}

/// Ends a boot's tasks with it, however it ends.
pub(crate) struct Leash(pub(crate) Arc<Tasks>);

impl Drop for Leash {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sounds if it is dropped before it is disarmed.
struct Alarm {
    halt: Option<Arc<Halt>>,
}

impl Alarm {
    fn disarm(mut self) {
        self.halt = None;
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(halt) = &self.halt {
            halt.fail();
        }
    }
}

//! What has happened so far in a chain of runs, each of which goes on where a kill of the one
//! before it leaves off.

use super::beside::of_times;
use super::goal::Goal;
use super::network::of_network;
use super::phases::Phases;
use super::reached::{of_kills, of_run};
use crate::direct::Ran;

/// A kill that a campaign has placed.
#[derive(Clone, Debug)]
pub struct Kill {
    /// The boot that dies.
    pub boot: u32,
    /// The phase that it is in.
    pub phase: &'static str,
    /// Whether nothing has happened in that phase yet.
    pub enters: bool,
    /// Whether it was asked to stop.
    pub in_stop: bool,
    /// Whether its last cut turn has yet to go on.
    pub in_recovery: bool,
    /// Whether it was about to append to a conversation that had been kept before.
    pub appends_again: bool,
    /// Whether a write is cut.
    pub torn: bool,
    /// Whether the power goes.
    pub power: bool,
    /// Whether part of what was not synced survives.
    pub splits: bool,
    /// Whether the power may take what an earlier process wrote.
    pub rolls_back: bool,
    /// Whether requests that had left arrive.
    pub arrives: bool,
}

/// What has happened so far.
#[derive(Clone, Debug)]
pub struct Scene {
    pub(super) kills: Vec<Kill>,
    phases: Phases,
}

impl Scene {
    /// Nothing has happened yet, to a gateway with such phases.
    pub fn new(phases: Phases) -> Scene {
        Scene { kills: Vec::new(), phases }
    }

    /// A kill was placed.
    pub fn killed(&mut self, kill: Kill) {
        self.kills.push(kill);
    }

    /// What was met up to the end of a run.
    pub fn reached(&self, ran: &Ran) -> Vec<Goal> {
        let mut goals = of_kills(&self.kills, &self.phases);
        goals.extend(of_run(ran, &self.phases));
        goals.extend(of_times(ran, &self.phases));
        goals.extend(of_network(ran));
        goals
    }
}

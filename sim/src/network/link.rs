//! Does to the simulated network what the plan's link faults say.
//!
//! It is told which faults are at work, and compares with what it has done already. It decides
//! nothing by itself.

use std::collections::BTreeSet;

use tokio::time::Duration;

use super::line::Lines;
use super::stage::{LATENCY, PLATFORM};
use crate::plan::{LinkEffect, LinkFault};

/// What was done to the network so far.
#[derive(Default)]
pub(super) struct Links {
    /// For each host of a gateway, in their order.
    done: Vec<Way>,
    /// The faults that were at work the last time.
    known: BTreeSet<usize>,
}

/// What a way to the platform is like.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Way {
    open: Open,
    latency: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Both,
    ToPlatform,
    ToGateway,
    Neither,
    Held,
}

impl Way {
    const HEALTHY: Way = Way { open: Open::Both, latency: LATENCY };

    fn of(faults: &[(usize, LinkFault)]) -> Way {
        let with = |effect| faults.iter().any(|(_, fault)| fault.effect == effect);
        let partition = with(LinkEffect::Partition);
        let to_platform = partition || with(LinkEffect::PartitionToPlatform);
        let to_gateway = partition || with(LinkEffect::PartitionToGateway);
        let open = match (to_platform, to_gateway) {
            (true, true) => Open::Neither,
            (true, false) => Open::ToGateway,
            (false, true) => Open::ToPlatform,
            (false, false) if with(LinkEffect::Hold) => Open::Held,
            (false, false) => Open::Both,
        };
        let slow = faults.iter().filter(|(_, fault)| fault.effect == LinkEffect::Latency);
        let latency = slow.map(|(_, fault)| Duration::from(fault.delay)).max();
        Way { open, latency: latency.map_or(LATENCY, |latency| latency.max(LATENCY)) }
    }
}

impl Links {
    /// Brings the network to what the faults say that are at work.
    pub(super) fn follow(
        &mut self,
        network: &turmoil::Sim<'_>,
        hosts: &[&str],
        lines: &Lines,
        faults: &[(usize, LinkFault)],
    ) {
        self.done.resize(hosts.len(), Way::HEALTHY);
        let way = Way::of(faults);
        for (done, host) in self.done.iter_mut().zip(hosts) {
            bring(network, host, *done, way);
            *done = way;
        }
        let known: BTreeSet<usize> = faults.iter().map(|(index, _)| *index).collect();
        if known == self.known {
            return;
        }
        let new = faults.iter().filter(|(index, _)| !self.known.contains(index));
        if new.clone().any(|(_, fault)| fault.effect == LinkEffect::Reset) {
            lines.cut();
        }
        let lossy = faults.iter().filter(|(_, fault)| fault.effect == LinkEffect::Loss);
        lines.lose(lossy.filter_map(|(_, fault)| fault.per_mille).max().unwrap_or(0));
        self.known = known;
    }
}

fn bring(network: &turmoil::Sim<'_>, host: &str, from: Way, to: Way) {
    if from.open != to.open {
        match from.open {
            Open::Both => {}
            Open::Held => network.release(host, PLATFORM),
            Open::ToPlatform | Open::ToGateway | Open::Neither => network.repair(host, PLATFORM),
        }
        match to.open {
            Open::Both => {}
            Open::Held => network.hold(host, PLATFORM),
            Open::Neither => network.partition(host, PLATFORM),
            Open::ToGateway => network.partition_oneway(host, PLATFORM),
            Open::ToPlatform => network.partition_oneway(PLATFORM, host),
        }
    }
    if from.latency != to.latency {
        network.set_link_latency(host, PLATFORM, to.latency);
    }
}

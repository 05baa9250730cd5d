//! Temporary: where the old judge and the new one disagree.
#![allow(
    missing_docs,
    clippy::all,
    clippy::print_stdout,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::allow_attributes
)]
use std::sync::atomic::{AtomicU64, Ordering};

use gateway_core::env::Gateway;
use scenarios::catalogue::Catalogue;
use scenarios::registry::GatewayName;
use sim::campaign::{Hooks, attempt, draft};
use sim::explore::{Deaths, Search, matrix};
use sim::judge::compare::{FOUND, JUDGED, LABEL, ON};
use sim::plan::{Plan, Stage};

struct One(GatewayName);
impl Hooks for One {
    fn gateway(&self, plan: &Plan) -> Box<dyn Gateway> {
        self.0.make(plan)
    }
    fn deaths(&self) -> Deaths {
        self.0.deaths()
    }
    fn begins(&mut self, _: &Plan) {}
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    ON.store(true, Ordering::Relaxed);
    let threads: u64 = std::env::var("JOBS").ok().and_then(|j| j.parse().ok()).unwrap_or(2);
    let next = AtomicU64::new(0);
    match args[1].as_str() {
        "catalogue" => {
            let catalogue = Catalogue::embedded().unwrap();
            let names: Vec<GatewayName> = if args[2] == "all" {
                GatewayName::every().collect()
            } else {
                args[2].split(',').map(|n| n.parse().unwrap()).collect()
            };
            let only = args.get(3).cloned().unwrap_or_default();
            let scenarios: Vec<_> =
                catalogue.scenarios().filter(|s| s.name.contains(&only)).collect();
            let jobs: Vec<_> = scenarios
                .iter()
                .flat_map(|s| names.iter().map(move |n| (*s, *n)))
                .filter(|(s, n)| {
                    args[2] != "all"
                        || s.expect.contains_key(n)
                        || std::env::var("EXPECTED").is_err()
                })
                .collect();
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        loop {
                            let at = next.fetch_add(1, Ordering::Relaxed) as usize;
                            let Some((s, n)) = jobs.get(at) else { break };
                            if s.plan.stage == Stage::Network && std::env::var("NETWORK").is_err() {
                                continue;
                            }
                            LABEL.with_borrow_mut(|l| *l = (n.name().to_owned(), s.name.clone()));
                            let plan = s.plan.without_probes();
                            let gateway = n.make(&plan);
                            let mut search = Search::new(n.deaths());
                            if s.plan.stage == Stage::Network {
                                search.points = 8;
                            }
                            let _ = matrix(&s.plan, &*gateway, &search);
                        }
                    });
                }
            });
        }
        "swarm" => {
            let name: GatewayName = args[2].parse().unwrap();
            let (from, to): (u64, u64) = (args[3].parse().unwrap(), args[4].parse().unwrap());
            let seed: u64 = args[5].parse().unwrap();
            next.store(from, Ordering::Relaxed);
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        loop {
                            let number = next.fetch_add(1, Ordering::Relaxed);
                            if number >= to {
                                break;
                            }
                            LABEL.with_borrow_mut(|l| {
                                *l = (name.name().to_owned(), format!("seed {seed} plan {number}"))
                            });
                            let _ = attempt(&draft(seed, number, Stage::Direct), &mut One(name));
                        }
                    });
                }
            });
        }
        _ => panic!("catalogue or swarm"),
    }
    let found = FOUND.lock().unwrap();
    println!("judged by both: {}", JUDGED.load(Ordering::Relaxed));
    let out = std::env::var("OUT").unwrap_or("/tmp/compare".into());
    std::fs::create_dir_all(&out).unwrap();
    for (index, ((gateway, kind), e)) in found.iter().enumerate() {
        println!("{:>8} {gateway:<24} {kind}\n         at {}: {}", e.count, e.place, e.said);
        let plan = toml::to_string(&e.plan).unwrap().replacen("stop_budget = ", "# ", 1);
        let plan = plan.replace("\n[", "\n[plan.").replace("[plan.[", "[[plan.");
        std::fs::write(format!("{out}/{index}.toml"), format!("# {gateway} {kind}\nstory = \"s\"\nsource = \"s\"\ncategory = \"other\"\nstage = \"direct\"\nexpect = {{ core = \"acquitted\" }}\n\n[plan]\n{plan}")).unwrap();
        println!("         {out}/{index}.toml");
    }
}
